"""The tracker: what passengers see of their drivers, and when rides hear of drivers who do not come."""

from __future__ import annotations

from typing import Any

import pytest

from dispatch.actors.tracker import TrackerActor, TrackerOptions
from dispatch.domain.places.following import POINTS_A_CHUNK, STANDS, TOLD, WARNED, Tracks
from dispatch.ids import DriverId, RideId
from dispatch.messages.matching import DriverStalled, FollowDriver, StopFollowing, TrackGrown
from tests.actors.rig import Rig

ME, PASSENGER, RIDE_ACTOR, OTHER_RIDE_ACTOR = "tracker/0", "session/7", "ride/r1", "ride/r2"
R1, R2, DAN, EVE = RideId("r1"), RideId("r2"), DriverId("d1"), DriverId("d2")
PICKUP, DROPOFF = (-26.2, 28.0), (-26.3, 28.0)
METRE_DEG = 1.0 / 111_195.0


class Tracked:
    """A tracker whose rides and passengers are listeners."""

    def __init__(self, **options: Any) -> None:
        self.rig = Rig()
        self.rig.listen(PASSENGER, RIDE_ACTOR, OTHER_RIDE_ACTOR)
        self.tracks, self.options = Tracks(), TrackerOptions(**options)
        self.rig.runtime.factory("tracker", lambda address, _: self._make(address))
        self.rig.runtime.spawn(self._make(ME))

    def _make(self, address: str) -> TrackerActor:
        return TrackerActor(self.rig.runtime, address, self.rig.board, self.tracks, self.options)

    def drives(self, metres_away: float, driver_id: DriverId = DAN) -> None:
        """The driver is this far north of the pickup."""
        place = PICKUP[0] + metres_away * METRE_DEG, PICKUP[1]
        self.rig.board.report(driver_id, *place, self.rig.runtime.now)
        self.rig.wait(0.0)

    def follow(self, driver_id: DriverId = DAN, ride_id: RideId = R1, *, to_pickup: bool = True, **fields: Any) -> None:
        """The ride orders it."""
        place = PICKUP if to_pickup else DROPOFF
        self.rig.tell(ME, FollowDriver(ride_id, driver_id, *place, to_pickup, **{"link": PASSENGER, **fields}))

    def shown(self) -> list[tuple[int, int]]:
        """Metres and seconds left, as the passenger was told since the last call."""
        return [(notice.distance_m, notice.eta_s) for notice in self.rig.heard(PASSENGER)]

    def stalled(self, address: str = RIDE_ACTOR) -> list[DriverStalled]:
        """What the ride was told of a driver who does not come, since the last call."""
        return [message for message in self.rig.heard(address) if isinstance(message, DriverStalled)]


def test_a_passenger_sees_each_position_with_the_road_and_the_time_that_are_left() -> None:
    world = Tracked()
    world.drives(1000.0)
    world.follow()
    assert world.shown() == [], "the passenger read the first position with the assignment"
    world.rig.wait(2.0)
    world.drives(900.0)
    world.rig.wait(2.0)
    world.drives(800.0)
    assert world.shown() == [(1170, 168), (1040, 150)]


def test_positions_that_come_too_fast_are_left_out_and_the_next_tick_shows_the_last_one() -> None:
    world = Tracked()
    world.drives(1000.0)
    world.follow()
    world.rig.wait(2.0)
    for metres in (990.0, 980.0, 970.0):
        world.drives(metres)
    assert [metres for metres, _ in world.shown()] == [1287]
    world.rig.wait(8.0)
    assert [metres for metres, _ in world.shown()] == [1261]


@pytest.mark.parametrize(("every_s", "link"), [(0.0, PASSENGER), (2.0, None)])
def test_a_driver_is_shown_only_where_that_is_wanted_and_somebody_looks(every_s: float, link: str | None) -> None:
    world = Tracked(location_every_s=every_s)
    world.follow(link=link)
    for second in range(30):
        world.rig.wait(1.0)
        world.drives(1000.0 - second)
    assert world.shown() == []


def test_a_passenger_who_comes_back_sees_the_driver_at_once() -> None:
    world = Tracked()
    world.drives(1000.0)
    world.follow(link=None)
    world.rig.wait(1.0)
    world.follow()
    assert [metres for metres, _ in world.shown()] == [1300]


def test_on_the_trip_the_way_left_is_that_to_the_dropoff_and_nobody_judges_the_approach() -> None:
    world = Tracked()
    world.drives(0.0)
    world.follow()
    world.rig.wait(2.0)
    world.follow(to_pickup=False)
    ((metres, _),) = world.shown()
    assert metres == pytest.approx(1.3 * 11_119.5, abs=2.0)
    world.rig.wait(600.0)
    assert world.stalled() == []


def test_a_ride_hears_of_a_driver_who_stands_still_at_each_stage_once() -> None:
    world = Tracked()
    world.drives(3000.0)
    world.follow()
    for _ in range(30):
        world.rig.wait(10.0)
        world.drives(3000.0)
    assert world.stalled() == [DriverStalled(DAN, STANDS, WARNED), DriverStalled(DAN, STANDS, TOLD)]


def test_an_order_that_is_repeated_does_not_begin_the_approach_anew() -> None:
    world = Tracked()
    world.drives(3000.0)
    world.follow()
    for _ in range(14):
        world.rig.wait(10.0)
        world.drives(3000.0)
        world.follow()
    assert world.stalled() == [DriverStalled(DAN, STANDS, WARNED)]


def test_after_the_end_of_a_ride_its_driver_is_not_followed_any_more() -> None:
    world = Tracked()
    world.drives(1000.0)
    world.follow()
    world.rig.tell(ME, StopFollowing(R1), StopFollowing(R2))
    world.rig.wait(5.0)
    world.drives(900.0)
    world.rig.wait(600.0)
    assert (world.shown(), world.stalled()) == ([], [])
    assert world.tracks.where(DAN) is None
    assert world.rig.runtime.waiting() == 0


def test_a_ride_with_another_driver_is_shown_that_one_alone() -> None:
    world = Tracked()
    world.drives(1000.0)
    world.drives(2000.0, EVE)
    world.follow()
    world.follow(EVE)
    world.rig.wait(2.0)
    world.drives(990.0)
    world.drives(1990.0, EVE)
    assert [metres for metres, _ in world.shown()] == [2587]


def test_a_driver_whom_the_next_ride_has_ordered_is_followed_on_after_the_end_of_the_last() -> None:
    world = Tracked()
    world.drives(1000.0)
    world.follow()
    world.follow(ride_id=R2)
    world.rig.tell(ME, StopFollowing(R1))
    world.rig.wait(2.0)
    world.drives(900.0)
    assert [metres for metres, _ in world.shown()] == [1170]
    assert world.tracks.where(DAN) is not None


def test_a_ride_is_told_when_the_track_has_grown_long() -> None:
    world = Tracked()
    world.drives(100_000.0)
    world.follow()
    for step in range(1, POINTS_A_CHUNK):
        world.rig.wait(10.0)
        world.drives(100_000.0 - 100.0 * step)
    assert [message for message in world.rig.heard(RIDE_ACTOR) if isinstance(message, TrackGrown)] == [TrackGrown(DAN)]


def test_a_tracker_that_is_rebuilt_follows_the_same_drivers() -> None:
    world = Tracked()
    world.drives(1000.0)
    world.follow()
    world.rig.runtime.rebuild(ME)
    world.rig.wait(2.0)
    world.drives(900.0)
    assert [metres for metres, _ in world.shown()] == [1170]
    for _ in range(20):
        world.rig.wait(10.0)
        world.drives(900.0)
    assert [stalled.stage for stalled in world.stalled()] == [WARNED, TOLD]
