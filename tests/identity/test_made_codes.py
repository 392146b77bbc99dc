"""What is remembered of login codes that were made."""

from math import inf

from dispatch.identity.login import DAY_S
from dispatch.identity.made_codes import Made, MadeCodes

NOON = 1_800_000_000.0


def test_codes_are_counted_by_phone_and_by_address_the_oldest_first() -> None:
    made = MadeCodes([Made(NOON, "1", "a"), Made(NOON + 1, "2", "a")])
    made.add(Made(NOON + 2, "1", "b"))
    assert list(made.of_phone("1")) == [NOON, NOON + 2]
    assert list(made.of_address("a")) == [NOON, NOON + 1]
    assert not made.of_phone("3") and not made.of_address("c") and made.until == -inf


def test_what_is_a_day_old_goes_and_no_file_is_asked_for_it() -> None:
    made = MadeCodes([Made(NOON, "1", "a"), Made(NOON + 1, "1", "a")])
    made.add(Made(NOON + DAY_S, "2", "b"))
    assert list(made.of_phone("1")) == [NOON + 1] and made.until == -inf


def test_of_too_many_the_oldest_go_and_it_is_known_until_when() -> None:
    made = MadeCodes([Made(NOON, "1", "a"), Made(NOON, "2", "a"), Made(NOON + 1, "1", "a")], most=3)
    made.add(Made(NOON + 2, "3", "b"))
    assert made.until == NOON, "and with it all that are as old"
    assert list(made.of_phone("1")) == [NOON + 1] and not made.of_phone("2")
    assert list(made.of_address("a")) == [NOON + 1]


def test_a_phone_that_is_forgotten_counts_nowhere_any_more() -> None:
    made = MadeCodes([Made(NOON, "1", "a"), Made(NOON + 1, "2", "a")])
    made.forget(("1", "9"))
    assert not made.of_phone("1") and list(made.of_address("a")) == [NOON + 1]
    made.add(Made(NOON + 2, "1", "a"))
    assert list(made.of_phone("1")) == [NOON + 2]
