"""A fake passenger's app: it books, waits, loses patience, and rides."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import ClassVar

from dispatch.domain.places.geo import haversine_m
from dispatch.ids import RideId
from dispatch.messages.base import Message
from dispatch.ports import Clock
from dispatch.transport import wire
from dispatch.values import Trip
from sim.people.behaviour import PassengerBehaviour
from sim.people.phone import Phone, Table
from sim.report.figures import RunFigures


class LosePatience(Message, frozen=True, gc=False):
    """The passenger will not wait any longer."""


class PassengerPhone(Phone):
    """One booking. `on_end` is called once, when the ride is over."""

    def __init__(
        self,
        ride_id: RideId,
        clock: Clock,
        rng: Random,
        behaviour: PassengerBehaviour,
        trip: Trip,
        figures: RunFigures,
        on_end: Callable[[PassengerPhone], None],
    ) -> None:
        super().__init__("phone/" + ride_id, clock, rng)
        self.ride_id = ride_id
        self.behaviour = behaviour
        self.trip = trip
        self.figures = figures
        self.on_end = on_end
        self.phone: str | None = None
        self.booked_at = clock.now
        self.driver_id: str | None = None
        self._was_assigned = self._was_picked_up = False
        self.status = ""

    def book(self) -> None:
        """Ask for the ride, and lose patience after a while."""
        self.booked_at = self.clock.now
        self.figures.requested()
        self.ask()
        self.later(self.behaviour.patience_s(self.rng), LosePatience())

    def ask(self) -> None:
        """Send `find_driver` for the trip. With other terms than before it begins a new search."""
        trip = self.trip
        self.send(
            wire.FindDriver(
                pickup_latitude=trip.pickup.lat,
                pickup_longitude=trip.pickup.lon,
                dropoff_latitude=trip.dropoff.lat,
                dropoff_longitude=trip.dropoff.lon,
                pickup_address=trip.pickup.address,
                dropoff_address=trip.dropoff.address,
                distance_km=trip.distance_km,
                estimated_duration_minutes=trip.duration_min,
                fare_amount=trip.fare,
                vehicle_type=trip.vehicle_type or None,
                payment_method=trip.payment_method or None,
                passenger_phone=self.phone,
            )
        )

    # -- frames

    def _on_searching(self, frame: wire.Searching) -> None:
        self.status = "pending"
        self.figures.rounds(1)

    def _on_driver_assigned(self, frame: wire.DriverAssigned) -> None:
        if self.driver_id is not None:
            return
        self.driver_id, self.status = frame.driver_id, "accepted"
        if self._was_assigned:
            return
        self._was_assigned = True
        distance_m = None
        if frame.driver_latitude is not None and frame.driver_longitude is not None:
            pickup = self.trip.pickup
            distance_m = haversine_m(frame.driver_latitude, frame.driver_longitude, pickup.lat, pickup.lon)
        self.figures.assigned(self.clock.now - self.booked_at, distance_m)

    def _on_driver_arrived(self, frame: wire.DriverArrived) -> None:
        if not self._was_picked_up:
            self._was_picked_up = True
            self.figures.picked_up(self.clock.now - self.booked_at)

    def _on_driver_cancelled(self, frame: wire.DriverCancelled) -> None:
        """Another driver is looked for, and the passenger waits with new patience."""
        self.driver_id, self.status = None, "pending"
        self.later(self.behaviour.patience_s(self.rng), LosePatience())

    def _on_no_drivers(self, frame: wire.NoDrivers) -> None:
        self.figures.no_drivers()
        self._end("no_drivers")

    def _on_ride_cancelled(self, frame: wire.RideEnded) -> None:
        self.figures.cancelled(frame.by)
        self._end("cancelled")

    def _on_ride_completed(self, frame: wire.RideCompleted) -> None:
        self.figures.completed()
        self._end("completed")

    def _on_snapshot(self, frame: wire.PassengerSnapshot) -> None:
        """The app was away: how the ride stands now."""
        self.status = frame.status
        if frame.driver_id is not None and self.driver_id is None:
            self.driver_id = frame.driver_id
            if not self._was_assigned:
                self._was_assigned = True
                self.figures.assigned(self.clock.now - self.booked_at, None)
        elif frame.driver_id is None:
            self.driver_id = None
        self._take_end(frame)

    def _take_end(self, frame: wire.PassengerSnapshot) -> None:
        """The ride may have ended while the app was away. Then the snapshot says by whom."""
        if frame.status == "completed":
            self.figures.completed()
        elif frame.status == "no_drivers":
            self.figures.no_drivers()
        elif frame.status in ("cancelled", "no_show"):
            assert frame.by is not None, "a ride that was cancelled says by whom"
            self.figures.cancelled(frame.by)
        else:
            return
        self._end(frame.status)

    # -- time

    def _on_lose_patience(self, message: LosePatience) -> None:
        if self.driver_id is None:
            self.send(wire.CancelRide(reason="waited too long"))

    def _end(self, status: str) -> None:
        self.status = status
        self.on_end(self)

    frames: ClassVar[Table] = {
        wire.Searching: _on_searching,
        wire.DriverAssigned: _on_driver_assigned,
        wire.DriverArrived: _on_driver_arrived,
        wire.DriverCancelled: _on_driver_cancelled,
        wire.NoDrivers: _on_no_drivers,
        wire.RideEnded: _on_ride_cancelled,
        wire.RideCompleted: _on_ride_completed,
        wire.PassengerSnapshot: _on_snapshot,
    }
    timers: ClassVar[Table] = {LosePatience: _on_lose_patience}
