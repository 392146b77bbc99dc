"""What is due comes in the order in which it is due, however far ahead it was set and whatever came meanwhile."""

from __future__ import annotations

from heapq import heappop

from hypothesis import given
from hypothesis import strategies as st

from dispatch.runtime.timers import FEWEST_A_SEARCH, PAGE_S, Timers

DELAYS = st.one_of(st.floats(0.0, 5 * PAGE_S), st.floats(0.0, 1e6), st.sampled_from([0.0, PAGE_S, 2 * PAGE_S]))
STARTS = st.sampled_from([0.0, 17.3, -25.0, 1_795_000_000.123])


def take(timers: Timers) -> tuple[float, str]:
    assert timers.next_due() is not None
    due, _, address, _ = heappop(timers.soon)
    return due, address


@given(STARTS, st.lists(st.one_of(DELAYS, st.none()), max_size=60))
def test_whatever_is_set_and_taken_meanwhile_comes_in_order(now: float, steps: list[float | None]) -> None:
    """A delay sets a timer, None lets the next one ring."""
    timers, waiting = Timers(), []
    for number, delay_s in enumerate([*steps, *[None] * len(steps)]):
        if delay_s is not None:
            timers.add(now + delay_s, str(number), None)
            waiting.append((now + delay_s, number, str(number)))
        elif waiting:
            waiting.sort()
            due, _, address = waiting.pop(0)
            assert timers.next_due() == due
            assert take(timers) == (due, address)
            now = due
        else:
            assert timers.next_due() is None


def test_all_of_one_instant_lie_open_when_it_comes() -> None:
    timers = Timers()
    for number in range(5):
        timers.add(3 * PAGE_S, str(number), None)
    timers.add(4 * PAGE_S, "later", None)
    assert timers.next_due() == 3 * PAGE_S
    assert [timer[2] for timer in sorted(timers.soon)] == ["0", "1", "2", "3", "4"]


def test_whoever_is_gone_hears_nothing_soon_or_later() -> None:
    timers = Timers()
    for due in (1.0, 2.0, 5 * PAGE_S, 6 * PAGE_S):
        timers.add(due, "ride/1", None)
        timers.add(due + 0.5, "journal", None)
    assert timers.next_due() == 1.0
    timers.drop(lambda address: address == "ride/1")
    assert [take(timers) for _ in range(4)] == [
        (due, "journal") for due in (1.5, 2.5, 5 * PAGE_S + 0.5, 6 * PAGE_S + 0.5)
    ]
    assert timers.next_due() is None


def test_a_page_of_which_all_are_gone_is_passed_over() -> None:
    timers = Timers()
    timers.add(PAGE_S, "ride/1", None)
    timers.add(9 * PAGE_S, "journal", None)
    timers.drop(lambda address: address == "ride/1")
    assert take(timers) == (9 * PAGE_S, "journal")


def test_rides_that_were_booked_for_months_ahead_and_are_gone_leave_nothing_behind() -> None:
    """Not even the pages on which their timers were: a quarter of a million of them lie in a month."""
    timers = Timers()
    timers.add(500 * PAGE_S, "desk", None)
    for number in range(1_000):
        timers.add(number * PAGE_S, "ride/1", None)
    timers.drop(lambda address: address == "ride/1")
    assert len(timers._pages) == len(timers._dates) == 1
    timers.add(500 * PAGE_S, "journal", None)
    assert [take(timers) for _ in range(2)] == [(500 * PAGE_S, "desk"), (500 * PAGE_S, "journal")]
    assert timers.next_due() is None


def test_a_search_is_worth_its_while_when_as_many_were_set_as_it_looks_at() -> None:
    timers = Timers()
    for expected in (FEWEST_A_SEARCH, FEWEST_A_SEARCH, 2 * FEWEST_A_SEARCH):
        for number in range(expected):
            assert not timers.may_be_left_behind
            timers.add(1e6, str(number), None)
        assert timers.may_be_left_behind
        timers.drop(lambda address: False)
