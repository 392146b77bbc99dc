"""The tracker of one zone: passengers see their drivers come, rides hear of drivers who do not. It decides nothing.

It is told of positions by the board, between messages: one function call for a driver on a ride, none for any other.
"""

from __future__ import annotations

from typing import Any

import msgspec

from dispatch import addresses
from dispatch.domain.places.approach import Approach, ApproachRules
from dispatch.domain.places.eta import EtaModel, TravelModel
from dispatch.domain.places.positions import PositionBoard
from dispatch.domain.places.tracks import Tracks
from dispatch.ids import DriverId, RideId
from dispatch.messages.base import Message
from dispatch.messages.notices import DriverLocation
from dispatch.messages.tracking import DriverStalled, FollowDriver, StopFollowing, TrackGrown
from dispatch.runtime import Actor, Runtime, receives
from dispatch.values import Fix


class TrackerOptions(msgspec.Struct, frozen=True):
    """Times in seconds. A passenger is told a position at most every `tell_every_s`; 0: never."""

    tell_every_s: float = 2.0
    tick_s: float = 10.0
    approach: ApproachRules = ApproachRules()
    travel: EtaModel = TravelModel()


class _Tick(Message, frozen=True, gc=False):
    """Look after everybody on the way."""


class Followed(msgspec.Struct):
    """A driver on a ride. `told`: where his passenger last saw him, and when."""

    order: FollowDriver
    approach: Approach | None
    told_at: float = float("-inf")
    told: tuple[float, float] | None = None


class TrackerActor(Actor):
    """Watches whoever it is told to follow."""

    def __init__(
        self, runtime: Runtime, address: str, board: PositionBoard, tracks: Tracks, options: TrackerOptions
    ) -> None:
        super().__init__(runtime, address)
        self.options = options
        self.board = board
        self.tracks = tracks
        self._of_ride: dict[RideId, Followed] = {}
        self._of_driver: dict[DriverId, Followed] = {}
        self._ticking = False

    def on_start(self) -> None:
        self.board.follower = self._heard

    def carry_over(self, before: Any) -> None:
        self._of_ride, self._of_driver = before._of_ride, before._of_driver
        self._tick_later()

    # -- rides

    @receives(FollowDriver)
    def _on_follow(self, message: FollowDriver) -> None:
        driver_id, known = message.driver_id, self._of_ride.get(message.ride_id)
        if known is not None and known.order.driver_id != driver_id:
            self._forget(known)
            known = None
        fix = self.board.position(driver_id)
        approach = known.approach if known is not None else None
        if message.to_pickup and approach is None:
            approach = Approach(message.lat, message.lon, self.runtime.now)
            approach.look(fix, self.runtime.now, self.options.approach)
        followed = Followed(message, approach if message.to_pickup else None)
        self._of_ride[message.ride_id] = self._of_driver[driver_id] = followed
        self.tracks.begin(message.ride_id, driver_id, fix)
        self.board.follow(driver_id)
        if known is not None and fix is not None:
            self._tell(followed, fix)
        elif fix is not None:  # his passenger has just read it in `driver_assigned`
            followed.told_at, followed.told = self.runtime.now, (fix.lat, fix.lon)
        self._tick_later()

    @receives(StopFollowing)
    def _on_stop(self, message: StopFollowing) -> None:
        known = self._of_ride.get(message.ride_id)
        if known is not None:
            self._forget(known)

    def _forget(self, followed: Followed) -> None:
        order = followed.order
        del self._of_ride[order.ride_id]
        if self._of_driver.get(order.driver_id) is followed:
            del self._of_driver[order.driver_id]
            self.board.unfollow(order.driver_id)
        self.tracks.end(order.ride_id, order.driver_id)

    # -- positions

    def _heard(self, driver_id: DriverId, fix: Fix) -> None:
        """The board, while somebody's position comes in: he has moved."""
        followed = self._of_driver.get(driver_id)
        if followed is None:
            return
        if self.tracks.add(driver_id, fix):
            self.runtime.tell(addresses.ride(followed.order.ride_id), TrackGrown(driver_id))
        self._tell(followed, fix)

    def _tell(self, followed: Followed, fix: Fix) -> None:
        """The passenger sees it, if he looks and has not just seen one. What is left out now, the next tick makes up for."""
        order, now, every_s = followed.order, self.runtime.now, self.options.tell_every_s
        if order.link is None or not every_s or now - followed.told_at < every_s:
            return
        followed.told_at, followed.told = now, (fix.lat, fix.lon)
        travel, here, there = self.options.travel, (fix.lat, fix.lon), (order.lat, order.lon)
        metres, seconds = round(travel.road_m(here, there)), round(travel.eta_s(here, there, now))
        self.runtime.tell(order.link, DriverLocation(order.ride_id, fix.lat, fix.lon, metres, seconds, fix.heading))

    # -- time

    @receives(_Tick)
    def _on_tick(self, message: _Tick) -> None:
        self._ticking = False
        for followed in list(self._of_ride.values()):
            self._look_after(followed)
        self._tick_later()

    def _look_after(self, followed: Followed) -> None:
        order = followed.order
        fix = self.board.position(order.driver_id)
        if fix is not None and followed.told != (fix.lat, fix.lon):
            self._tell(followed, fix)
        if followed.approach is None:
            return
        what = followed.approach.look(fix, self.runtime.now, self.options.approach)
        if what:
            stalled = DriverStalled(order.driver_id, what, followed.approach.stage)
            self.runtime.tell(addresses.ride(order.ride_id), stalled)

    def _tick_later(self) -> None:
        if not self._ticking and self._of_ride:
            self._ticking = True
            self.runtime.set_timer(self.options.tick_s, self.address, _Tick())
