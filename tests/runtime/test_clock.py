"""A clock that follows the system's without ever running backwards."""

import logging
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.runtime.clock import LONGEST_STANDSTILL_S, LOOK_EVERY_S, UnixClock


class Machine:
    """A computer whose two clocks are moved by hand, and somebody who reads our clock on it and keeps the highest value."""

    def __init__(self) -> None:
        self.up_s, self.unix = 1_000.0, 1_700_000_000.0
        self.clock = UnixClock(lambda: self.up_s, lambda: self.unix)
        self.now = self.unix

    def wait(self, seconds: float) -> None:
        self.up_s += seconds
        self.unix += seconds
        self.read()

    def read(self) -> float:
        self.now = max(self.now, self.clock.offset + self.clock.monotonic())
        return self.now

    def look(self) -> float:
        self.clock.look()
        return self.read()


@pytest.fixture
def machine() -> Machine:
    return Machine()


def test_it_is_unix_time_and_goes_on_with_the_monotonic_clock(machine: Machine) -> None:
    assert machine.read() == 1_700_000_000.0
    machine.wait(3.5)
    assert machine.read() == 1_700_000_003.5


def test_a_step_is_taken_when_the_clock_is_looked_at_and_not_before(machine: Machine) -> None:
    machine.unix += 3_600.0
    assert machine.read() == 1_700_000_000.0
    assert machine.look() == 1_700_003_600.0


def test_set_back_a_little_it_stands_still_until_the_system_has_caught_up(machine: Machine) -> None:
    machine.unix -= 4.0
    assert machine.look() == 1_700_000_000.0
    machine.wait(3.0)
    assert machine.read() == 1_700_000_000.0
    machine.wait(2.0)
    assert machine.read() == machine.unix == 1_700_000_001.0


def test_set_back_an_hour_it_goes_on_at_half_speed_until_the_system_has_caught_up(machine: Machine) -> None:
    machine.unix -= 3_600.0
    seen = [machine.look()]
    while machine.read() > machine.unix:
        machine.wait(LOOK_EVERY_S)
        seen.append(machine.look())
    assert len(seen) - 1 == 3_600.0 / LONGEST_STANDSTILL_S
    assert {later - earlier for earlier, later in pairwise(seen)} == {LOOK_EVERY_S - LONGEST_STANDSTILL_S}


def test_a_step_is_logged_once_and_drift_is_not(machine: Machine, caplog: pytest.LogCaptureFixture) -> None:
    machine.unix -= 60.0
    for _ in range(5):
        machine.look()
        machine.wait(LOOK_EVERY_S)
        machine.unix += 0.01
    machine.unix += 120.0
    machine.look()
    steps = [(record.levelno, record.getMessage(), record.by_s) for record in caplog.records]  # type: ignore[attr-defined]
    assert steps == [
        (logging.WARNING, "the system's clock was set", pytest.approx(-60.0, abs=0.1)),
        (logging.WARNING, "the system's clock was set", pytest.approx(120.0, abs=0.1)),
    ]


def test_it_starts_no_earlier_than_the_newest_event_and_lets_the_system_catch_up(
    machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    machine.clock.start_at(machine.unix + 20.0)
    assert machine.read() == 1_700_000_020.0
    for _ in range(5):
        machine.wait(LOOK_EVERY_S)
        machine.look()
    assert machine.read() == machine.unix
    assert [record.getMessage() for record in caplog.records] == [
        "the file has newer events than the system's clock"
    ], "it is told at the start, and not again at each look"


def test_a_file_of_the_past_changes_nothing(machine: Machine, caplog: pytest.LogCaptureFixture) -> None:
    machine.clock.start_at(machine.unix - 20.0)
    assert (machine.read(), caplog.records) == (machine.unix, [])


@given(st.lists(st.tuples(st.floats(0.0, 30.0), st.floats(-1e5, 1e5), st.booleans()), max_size=40))
def test_however_the_system_is_set_ours_never_runs_backwards_and_comes_to_agree(
    steps: list[tuple[float, float, bool]],
) -> None:
    machine = Machine()
    for seconds, set_by_s, looks in steps:
        before = machine.read()
        machine.unix += set_by_s
        machine.wait(seconds)
        assert (machine.look() if looks else machine.read()) >= before
    for _ in range(int(abs(machine.read() - machine.unix) / LONGEST_STANDSTILL_S) + 2):
        machine.wait(LOOK_EVERY_S)
        machine.look()
    assert machine.read() == pytest.approx(machine.unix, abs=1e-3)
