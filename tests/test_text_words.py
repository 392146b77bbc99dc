"""Words of a list, however people write them, and how many of a thing."""

import pytest

from dispatch.text import counted, word


@pytest.mark.parametrize(
    "written", ["mini van", "Mini Van", "  MINI\tVAN\n", "mini\u00a0van", "\uff2d\uff29\uff2e\uff29 van"]
)
def test_case_width_and_space_make_no_other_word(written: str) -> None:
    assert word(written) == "mini van"


def test_a_word_stays_as_it_is_when_it_is_read_again() -> None:
    for written in ("Stra\u00dfe", "\u1e9e", " \u0130X ", "\ufb01ne", ""):
        assert word(word(written)) == word(written)


def test_other_letters_are_another_word() -> None:
    assert word("mini-van") != word("mini van") != word("minivan")


@pytest.mark.parametrize(
    ("count", "words"), [(0, "0 rides"), (1, "1 ride"), (2, "2 rides"), (1_234, "1,234 rides"), (-1, "-1 rides")]
)
def test_one_of_a_thing_is_told_in_the_singular(count: int, words: str) -> None:
    assert counted(count, "ride") == words


def test_a_plural_may_be_a_word_of_its_own() -> None:
    assert counted(2, "person", "people") == "2 people"
