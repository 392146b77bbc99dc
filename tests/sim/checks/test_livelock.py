"""Time goes on: an instant with too many deliveries raises, and no supervisor may survive that."""

import pytest

from sim.checks.livelock import MOST_AT_AN_INSTANT, Livelock, LivelockGuard


def deliver(guard: LivelockGuard, at: float, count: int) -> None:
    for _ in range(count):
        guard(at, "ride/r1", "hello")


def test_any_number_of_deliveries_is_fine_while_the_clock_moves() -> None:
    guard = LivelockGuard()
    for second in range(3):
        deliver(guard, float(second), MOST_AT_AN_INSTANT)


def test_an_instant_that_does_not_end_raises_and_names_who_is_told_what() -> None:
    guard = LivelockGuard()
    deliver(guard, 7.0, MOST_AT_AN_INSTANT)
    with pytest.raises(Livelock, match=r"second 7\.0 does not end: ride/r1 gets hello"):
        deliver(guard, 7.0, 1)


def test_whoever_survives_exceptions_does_not_survive_a_livelock() -> None:
    assert not issubclass(Livelock, Exception)
