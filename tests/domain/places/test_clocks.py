"""What the reports of a phone tell of its clock, and what they do not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain.places.clocks import NEAR_S, PhoneClock

DELAY_S = 0.2


def heard(clock: PhoneClock, recorded_at: float, now: float) -> float:
    """The Unix second of this report, after the clock has learnt from it."""
    clock.learn(recorded_at, now)
    return clock.when(recorded_at, now)


def live(clock: PhoneClock, off_s: float, since: float, count: int, every_s: float = 5.0) -> list[float]:
    """Reports of a phone whose clock is `off_s` ahead. The result is how old each report was taken to be."""
    moments = [since + every_s * number for number in range(count)]
    return [now - heard(clock, now - DELAY_S + off_s, now) for now in moments]


@pytest.mark.parametrize("off_s", [-1.7e9, -7_200.0, -70.0, -10.0, 10.0, 3_600.0, 1e6])
@pytest.mark.parametrize("every_s", [0.3, 1.0, 5.0, 30.0, 90.0])
def test_two_reports_that_keep_step_tell_how_far_a_clock_is_off(off_s: float, every_s: float) -> None:
    ages = live(PhoneClock(), off_s, 0.0, 10, every_s)
    assert ages[1:] == pytest.approx([0.0] * 9, abs=1e-5)


def test_a_clock_that_is_right_is_believed_and_so_is_the_delay_of_the_network() -> None:
    assert live(PhoneClock(), 0.0, 0.0, 10) == pytest.approx([DELAY_S] * 10)


def test_one_old_report_may_be_a_kept_one_and_proves_nothing() -> None:
    clock = PhoneClock()
    assert heard(clock, 100.0, 400.0) == 100.0
    assert clock.behind_s == 0.0


def test_one_report_of_the_future_proves_that_the_clock_is_ahead() -> None:
    clock = PhoneClock()
    assert heard(clock, 4_000.0, 400.0) == 400.0
    assert heard(clock, 3_905.0, 405.0) == 305.0, "this one was kept for a hundred seconds"


@pytest.mark.parametrize("at_once_s", [0.0, 0.05, 0.5, 3.0])
def test_what_was_kept_keeps_its_times_however_fast_it_comes(at_once_s: float) -> None:
    clock = PhoneClock()
    for number in range(100):
        recorded_at, now = 5.0 * number, 600.0 + at_once_s * number / 100
        assert heard(clock, recorded_at, now) == recorded_at


@pytest.mark.parametrize("off_s", [-7_200.0, -70.0, 0.0, 3_600.0])
def test_after_a_tunnel_a_known_clock_tells_when_each_was_recorded(off_s: float) -> None:
    clock = PhoneClock()
    live(clock, off_s, 0.0, 5)
    for number in range(1, 60):
        when = heard(clock, 20.0 + 5.0 * number + off_s, 400.0)
        assert when == pytest.approx(20.0 + 5.0 * number, abs=DELAY_S + 1e-3)


@pytest.mark.parametrize(
    ("before_s", "after_s"), [(0.0, -70.0), (0.0, 3_600.0), (3_600.0, 0.0), (-7_200.0, 0.0), (-70.0, 70.0)]
)
def test_a_clock_that_is_put_right_or_wrong_is_learnt_anew(before_s: float, after_s: float) -> None:
    clock = PhoneClock()
    live(clock, before_s, 0.0, 200)
    ages = live(clock, after_s, 1_000.0, 12)
    assert max(ages[-4:]) <= NEAR_S


@pytest.mark.parametrize("wild_s", [60.0, 3_600.0, 1e9])
def test_one_wild_report_of_the_future_costs_no_later_one(wild_s: float) -> None:
    for before in (0, 5):
        clock = PhoneClock()
        live(clock, 0.0, -100.0, before)
        heard(clock, 5.0 + wild_s, 5.0)
        assert live(clock, 0.0, 10.0, 5) == pytest.approx([DELAY_S] * 5)


def test_two_reports_that_change_places_on_the_way_tell_nothing_of_the_clock() -> None:
    for off_s in (-7_200.0, 0.0, 3_600.0):
        clock = PhoneClock()
        live(clock, off_s, 0.0, 5)
        for recorded_at, now in ((26.0, 30.1), (25.0, 30.2), (30.0, 30.3)):
            assert heard(clock, recorded_at + off_s, now) == pytest.approx(recorded_at, abs=DELAY_S + 1e-3)


def test_whole_seconds_do_as_well() -> None:
    clock = PhoneClock()
    ages = [now - heard(clock, float(int(now - 70.0)), now) for now in (0.4, 5.3, 10.6, 15.1, 20.9, 26.0, 31.2)]
    assert max(ages[2:]) < NEAR_S


def test_a_report_that_is_only_repeated_grows_old() -> None:
    clock = PhoneClock()
    live(clock, 0.0, 0.0, 3)
    assert [heard(clock, 10.0, now) for now in (15.0, 20.0, 80.0)] == [10.0] * 3


@given(
    st.lists(st.tuples(st.floats(0.0, 100.0), st.floats(-1e5, 1e5)), max_size=40),
    st.floats(-1e5, 1e5),
)
def test_nothing_is_ever_recorded_in_the_future_and_an_honest_phone_is_believed_again(
    noise: list[tuple[float, float]], off_s: float
) -> None:
    clock, now = PhoneClock(), 0.0
    for passed, recorded_at in noise:
        now += passed
        assert heard(clock, recorded_at, now) <= now
    assert max(live(clock, off_s, now + 1.0, 14)[-3:]) <= NEAR_S + DELAY_S
