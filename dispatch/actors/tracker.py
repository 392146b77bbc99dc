"""The tracker of one zone: it shows passengers where their drivers are, and tells rides of drivers who do not come. It decides nothing.

The position board calls it while a position of a followed driver comes in, which costs one function call. Other drivers cost nothing.
"""

from typing import Any

import msgspec

from dispatch import addresses
from dispatch.config import Rules
from dispatch.domain.places.following import Approach, ApproachRules, Tracks
from dispatch.domain.places.geo import EtaModel, TravelModel
from dispatch.domain.places.positions import PositionBoard
from dispatch.ids import DriverId, RideId
from dispatch.messages.base import Message
from dispatch.messages.matching import DriverStalled, FollowDriver, StopFollowing, TrackGrown
from dispatch.messages.notices import DriverLocation
from dispatch.runtime import Actor, Runtime, receives
from dispatch.values import Fix


class TrackerOptions(msgspec.Struct, frozen=True):
    """A passenger is told a position at most every `location_every_s` (0: never). Drivers are judged every `watch_every_s`. Seconds."""

    location_every_s: float = Rules.location_every_s
    watch_every_s: float = Rules.watch_every_s
    approach: ApproachRules = ApproachRules()
    travel: EtaModel = TravelModel()


class _Tick(Message, frozen=True, gc=False):
    """It is time to judge all followed drivers."""


class FollowedDriver(msgspec.Struct):
    """What the ride ordered, how the driver approaches the pickup, and where and when the passenger saw the driver last."""

    order: FollowDriver
    approach: Approach | None
    shown_at: float = float("-inf")
    shown: tuple[float, float] | None = None


class TrackerActor(Actor):
    """Follows the drivers that rides order it to follow. After a rebuild it goes on with the same drivers."""

    def __init__(
        self, runtime: Runtime, address: str, board: PositionBoard, tracks: Tracks, options: TrackerOptions
    ) -> None:
        super().__init__(runtime, address)
        self.options = options
        self.board = board
        self.tracks = tracks
        self._of_ride: dict[RideId, FollowedDriver] = {}
        self._of_driver: dict[DriverId, FollowedDriver] = {}
        self._ticks = False

    def on_start(self) -> None:
        self.board.follower = self._on_position

    def carry_over(self, before: Any) -> None:
        self._of_ride, self._of_driver = before._of_ride, before._of_driver
        self._set_tick()

    # -- orders of rides

    @receives(FollowDriver)
    def _on_follow(self, message: FollowDriver) -> None:
        driver_id, known = message.driver_id, self._of_ride.get(message.ride_id)
        if known is not None and known.order.driver_id != driver_id:
            self._drop(known)
            known = None
        now, fix = self.runtime.now, self.board.position(driver_id)
        approach = known.approach if known is not None and message.to_pickup else None
        if message.to_pickup and approach is None:
            approach = Approach(message.lat, message.lon, now)
            approach.look(fix, now, self.options.approach)
        followed = self._of_ride[message.ride_id] = self._of_driver[driver_id] = FollowedDriver(message, approach)
        self.tracks.begin(message.ride_id, driver_id, fix)
        self.board.follow(driver_id)
        if fix is not None:
            if known is not None:
                self._show(followed, fix)
            else:  # the passenger has just read this position in `driver_assigned`
                followed.shown_at, followed.shown = now, (fix.lat, fix.lon)
        self._set_tick()

    @receives(StopFollowing)
    def _on_stop(self, message: StopFollowing) -> None:
        known = self._of_ride.get(message.ride_id)
        if known is not None:
            self._drop(known)

    def _drop(self, followed: FollowedDriver) -> None:
        order = followed.order
        del self._of_ride[order.ride_id]
        if self._of_driver.get(order.driver_id) is followed:  # otherwise another ride has ordered this driver since
            del self._of_driver[order.driver_id]
            self.board.unfollow(order.driver_id)
        self.tracks.end(order.ride_id, order.driver_id)

    # -- positions

    def _on_position(self, driver_id: DriverId, fix: Fix) -> None:
        """The board calls this within the report of a position. It is no turn of this actor."""
        followed = self._of_driver.get(driver_id)
        if followed is not None:
            if self.tracks.add(driver_id, fix):
                self.runtime.tell(addresses.ride(followed.order.ride_id), TrackGrown(driver_id))
            self._show(followed, fix)

    def _show(self, followed: FollowedDriver, fix: Fix) -> None:
        """Tell the passenger's connection, unless there is none or it was told too recently: then the next tick tells it."""
        order, now, every_s = followed.order, self.runtime.now, self.options.location_every_s
        if order.link is None or not every_s or now - followed.shown_at < every_s:
            return
        here, there, travel = (fix.lat, fix.lon), (order.lat, order.lon), self.options.travel
        followed.shown_at, followed.shown = now, here
        metres, seconds = round(travel.road_m(here, there)), round(travel.eta_s(here, there, now))
        shown = DriverLocation(
            ride_id=order.ride_id,
            latitude=fix.lat,
            longitude=fix.lon,
            heading=fix.heading,
            eta_s=seconds,
            distance_m=metres,
        )
        self.runtime.tell(order.link, shown)

    # -- time

    @receives(_Tick)
    def _on_tick(self, message: _Tick) -> None:
        self._ticks = False
        for followed in list(self._of_ride.values()):
            order, approach = followed.order, followed.approach
            fix = self.board.position(order.driver_id)
            if fix is not None and followed.shown != (fix.lat, fix.lon):
                self._show(followed, fix)
            reason = approach.look(fix, self.runtime.now, self.options.approach) if approach is not None else None
            if approach is not None and reason:
                stalled = DriverStalled(order.driver_id, reason, approach.stage)
                self.runtime.tell(addresses.ride(order.ride_id), stalled)
        self._set_tick()

    def _set_tick(self) -> None:
        if self._of_ride and not self._ticks:
            self._ticks = True
            self.runtime.set_timer(self.options.watch_every_s, self.address, _Tick())
