"""Points are named after what is delivered there, the same in each run, and a world dies at the one that was asked for."""

import pytest

from sim.stories.crash_points import CrashPoints, Died
from sim.stories.stage import Stage


def an_accept(dies_at: str | None = None) -> tuple[Stage, CrashPoints]:
    stage, points = Stage(7), CrashPoints(dies_at)
    stage.world.runtime.observe(points)
    stage.driver("d1", reports=False)
    stage.passenger("r1").books(at=1)
    stage.drivers["d1"].accepts("r1", at=5)
    return stage, points


def test_a_commit_has_a_point_before_and_one_after_and_so_has_what_is_told_of_it() -> None:
    stage, points = an_accept()
    stage.run(until=5)
    passed = points.passed
    told = [
        passed.index("before RideAssigned is on disk"),
        passed.index("after RideAssigned is on disk"),
        passed.index("before r1 hears DriverAssigned"),
    ]
    assert told == sorted(told) and told[-1] < len(passed) - 1
    assert len(set(passed)) == len(passed)


def test_the_same_story_passes_the_same_points() -> None:
    (one, first), (other, second) = an_accept(), an_accept()
    one.run(until=5)
    other.run(until=5)
    assert first.passed == second.passed


@pytest.mark.parametrize(
    ("point", "is_on_disk"),
    [("before RideAssigned is on disk", False), ("after RideAssigned is on disk", True)],
)
def test_a_world_dies_at_the_point_that_was_asked_for_and_once(point: str, is_on_disk: bool) -> None:
    stage, points = an_accept(point)
    with pytest.raises(Died):
        stage.run(until=5)
    assert points.passed[-1] == point
    assert any(type(event).__name__ == "RideAssigned" for event in stage.record("r1")) is is_on_disk
    assert stage.passengers["r1"].heard("driver_assigned") == []
    stage.crashes()
    assert stage.end() == []
