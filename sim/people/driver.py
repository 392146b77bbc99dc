"""A fake driver's app: it thinks about offers, drives to the pickup, waits for the passenger, and drives to the dropoff."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import ClassVar, Protocol

from dispatch.domain.places.geo import TravelModel
from dispatch.ids import DriverId
from dispatch.messages.base import Message
from dispatch.ports import Clock
from dispatch.transport import wire
from dispatch.values import Point
from sim.people.behaviour import DriverBehaviour
from sim.people.movement import StraightDrive
from sim.people.phone import Phone, Table
from sim.report.figures import RunFigures


class Drives(Protocol):
    """A drive, on whatever way: it begins at `start`, and is at `end` from Unix second `arrives_at` on."""

    start: Point
    end: Point
    departs_at: float
    arrives_at: float

    def position(self, now: float) -> Point:
        """Where the car is."""


FREE, TO_PICKUP, ON_TRIP = "p1", "p2", "p3"
"""The periods of a driver's time: waiting for a ride, on the way to one, with a passenger."""


class Decide(Message, frozen=True, gc=False):
    """The driver has made up their mind about this offer."""

    offer_id: str
    accept: bool


class ReachPickup(Message, frozen=True, gc=False):
    """The driver is at the pickup of this ride."""

    ride_id: str


class PassengerBoarded(Message, frozen=True, gc=False):
    """The passenger of this ride is in."""

    ride_id: str


class ReachDropoff(Message, frozen=True, gc=False):
    """The driver is at the dropoff of this ride."""

    ride_id: str


class DriverPhone(Phone):
    """One driver. The position follows from the last leg and the clock, so nothing has to move the driver."""

    def __init__(
        self,
        driver_id: DriverId,
        clock: Clock,
        rng: Random,
        behaviour: DriverBehaviour,
        travel: TravelModel,
        at: Point,
        figures: RunFigures,
    ) -> None:
        super().__init__("phone/" + driver_id, clock, rng)
        self.driver_id = driver_id
        self.behaviour = behaviour
        self.travel = travel
        self.figures = figures
        self.road: Clock = clock
        """By which the car drives: where cars can be made faster, people are not."""
        self.leg: Drives = StraightDrive(at, at, clock.now, travel)
        self.on_drive: Callable[[DriverPhone, Drives], None] | None = None
        """Is told when the car has begun to go another way, and which way it went before."""
        self.ride: wire.RideAccepted | wire.CurrentRide | None = None
        self.finished = False
        self.pin: str | None = None
        """What the passenger of this ride said at the car."""
        self.offers: dict[str, str] = {}
        self._period = FREE
        self._since = clock.now

    def position(self) -> Point:
        """Where the driver is now: latitude, longitude."""
        return self.leg.position(self.road.now)

    def report(self) -> None:
        """Send the position, as a real app does on its cadence."""
        if self.link is not None:
            lat, lon = self.position()
            self.link.send(wire.LocationUpdate(latitude=lat, longitude=lon))

    def clock_out(self) -> None:
        """The run is over: count the time of the current period."""
        self._enter(self._period)

    # -- frames

    def _on_ride_request(self, frame: wire.RideRequest) -> None:
        self.figures.offered()
        self.offers[frame.offer_id] = frame.ride_id
        answer = self.behaviour.answer(self.rng)
        if answer != "silent":
            self.later(self.behaviour.reaction_s(self.rng), Decide(frame.offer_id, answer == "accept"))

    def _on_offer_closed(self, frame: wire.OfferClosed) -> None:
        if self.offers.pop(frame.offer_id, None) is not None and frame.reason == "expired":
            self.figures.timed_out()

    def _on_ride_accepted(self, frame: wire.RideAccepted) -> None:
        if self.ride is None:
            self.offers = {offer: ride for offer, ride in self.offers.items() if ride != frame.ride_id}
            self._set_out(frame)

    def _on_ride_completed(self, frame: wire.RideCompleted) -> None:
        if self.ride is not None and self.ride.ride_id == frame.ride_id:
            self._be_free()

    def _on_ride_cancelled(self, frame: wire.RideEnded) -> None:
        if self.ride is not None and self.ride.ride_id == frame.ride_id:
            self._drive(self.position(), None)
            self._be_free()

    def _on_snapshot(self, frame: wire.DriverSnapshot) -> None:
        """The app was away: what the server knows holds, and what the server did not hear is sent again."""
        self.offers = {frame.offer.offer_id: frame.offer.ride_id} if frame.offer is not None else {}
        if frame.ride is None:
            if self.ride is not None:
                self._be_free()
        elif self.ride is None:
            self._set_out(frame.ride)
        elif self.finished:
            self.send(wire.CompleteRide(ride_id=self.ride.ride_id))

    # -- time

    def _on_decide(self, message: Decide) -> None:
        ride_id = self.offers.get(message.offer_id)
        if ride_id is None:
            return
        if message.accept and self.ride is None:
            self.send(wire.AcceptRide(ride_id=ride_id, driver_id=self.driver_id, offer_id=message.offer_id))
        else:
            self.figures.declined()
            self.send(wire.DeclineRide(ride_id=ride_id, driver_id=self.driver_id, offer_id=message.offer_id))

    def _on_reach_pickup(self, message: ReachPickup) -> None:
        if self._is_on(message.ride_id):
            self.send(wire.Arrived(ride_id=message.ride_id))
            self.later(self.behaviour.boarding_s, PassengerBoarded(message.ride_id))

    def _on_board(self, message: PassengerBoarded) -> None:
        if not self._is_on(message.ride_id):
            return
        ride = self.ride
        assert ride is not None
        self.send(wire.StartRide(ride_id=message.ride_id, pin=self.pin))
        self._enter(ON_TRIP)
        self._drive((ride.dropoff_latitude, ride.dropoff_longitude), ReachDropoff(message.ride_id))

    def _on_reach_dropoff(self, message: ReachDropoff) -> None:
        if self._is_on(message.ride_id):
            self.finished = True
            self.send(wire.CompleteRide(ride_id=message.ride_id))

    # -- driving

    def _is_on(self, ride_id: str) -> bool:
        return self.ride is not None and self.ride.ride_id == ride_id

    def _set_out(self, ride: wire.RideAccepted | wire.CurrentRide) -> None:
        self.ride, self.finished, self.pin = ride, False, None
        self._enter(TO_PICKUP)
        self._drive((ride.pickup_latitude, ride.pickup_longitude), ReachPickup(ride.ride_id))

    def _drive(self, to: Point, then: Message | None) -> None:
        """Set out for this place, and get the message `then` there."""
        now, before = self.road.now, self.leg
        self.leg = self._leg(before.position(now), to, now)
        if self.on_drive is not None:
            self.on_drive(self, before)
        if then is not None:
            self.road.set_timer(self.leg.arrives_at - now, self.address, then)

    def _leg(self, start: Point, to: Point, now: float) -> Drives:
        return StraightDrive(start, to, now, self.travel)

    def _be_free(self) -> None:
        self.ride, self.finished = None, False
        self._enter(FREE)

    def _enter(self, period: str) -> None:
        now = self.clock.now
        self.figures.period(self._period, now - self._since)
        self._period, self._since = period, now

    frames: ClassVar[Table] = {
        wire.RideRequest: _on_ride_request,
        wire.OfferClosed: _on_offer_closed,
        wire.RideAccepted: _on_ride_accepted,
        wire.RideCompleted: _on_ride_completed,
        wire.RideEnded: _on_ride_cancelled,
        wire.DriverSnapshot: _on_snapshot,
    }
    timers: ClassVar[Table] = {
        Decide: _on_decide,
        ReachPickup: _on_reach_pickup,
        PassengerBoarded: _on_board,
        ReachDropoff: _on_reach_dropoff,
    }
