"""A ride with its driver: he arrives, starts with the passenger's pin where there is one, and completes."""

from __future__ import annotations

from math import ceil
from typing import Any

from dispatch import addresses
from dispatch.actors.ending import EndingRide
from dispatch.domain.places.approach import GIVEN_UP, TOLD
from dispatch.domain.places.geo import haversine_m
from dispatch.domain.ride.record import (
    ACCEPTED,
    ARRIVED,
    COMPLETED,
    IN_PROGRESS,
    STEPS_BEFORE_END,
    TRANSITIONS,
    VERBS,
    WITH_DRIVER,
)
from dispatch.domain.ride_terms import pin_locked_s
from dispatch.errors import NoSuchRide
from dispatch.ids import DriverId
from dispatch.messages.base import Message
from dispatch.messages.commands import CompleteRide, ReportArrived, StartRide
from dispatch.messages.events import PinRefused, RideArrived, RideCompleted, RideStarted
from dispatch.messages.matching import ClaimGranted, RideLost, RideMoved
from dispatch.messages.notices import DriverUnreachable, RideProgress
from dispatch.messages.tracking import DriverStalled, WarnDriver
from dispatch.runtime import receives
from dispatch.values import Trip

FAR = "far_from_pickup"
Step = ReportArrived | StartRide | CompleteRide
STEPS: dict[type[Message], type[Message]] = {
    ReportArrived: RideArrived,
    StartRide: RideStarted,
    CompleteRide: RideCompleted,
}
"""What a driver's command makes of a ride that allows it."""


class DrivenRide(EndingRide):
    """The part of a ride's actor that its driver moves on."""

    __slots__ = ()

    _moved: RideMoved | None = None

    @receives(ReportArrived, StartRide, CompleteRide)
    def _on_step(self, message: Step) -> None:
        if not self.is_new(message):
            return
        ride, event_type = self.ride, STEPS[type(message)]
        if not ride.is_driven_by(message.driver_id):
            self.refuse_message(message, NoSuchRide.code, NoSuchRide.says)
        elif event_type is RideStarted and ride.status == IN_PROGRESS:
            self.refuse_message(message, "already_started", "this ride has started already")
        elif event_type not in TRANSITIONS[ride.status] or self._skips_too_much(event_type):
            self.refuse_message(message, "illegal_now", self._why_not(event_type))
        elif wrong := self._wrong_pin(message):
            self.refuse_message(message, "wrong_pin", wrong)  # behind the event, if there is one: no guess is free
        else:
            self._step(event_type, message)

    def _skips_too_much(self, event_type: type[Message]) -> bool:
        """Apps of the seed complete what they never started; not where steps are strict, or the start takes a pin."""
        must_start = self.options.strict_steps or self.ride.pin
        return event_type is RideCompleted and bool(must_start) and self.ride.status != IN_PROGRESS

    def _why_not(self, event_type: type[Message]) -> str:
        """What stands in the way of this step."""
        told = f"cannot {VERBS[event_type]} a ride that is {self.ride.status}"
        if event_type not in TRANSITIONS[self.ride.status]:
            return told
        return f"{told}: send start_ride first{', with the pin of the passenger' if self.ride.pin else ''}"

    def _wrong_pin(self, message: Step) -> str:
        """Why the ride does not start with what the driver typed; empty: it does."""
        ride, now, options = self.ride, self.runtime.now, self.options
        if not ride.pin or type(message) is not StartRide:
            return ""
        locked_s = pin_locked_s(ride, now, options.pin_tries, options.pin_lock_s)
        if locked_s > 0.0:
            return f"too many wrong pins; try again in {ceil(locked_s)} s"
        if message.pin == ride.pin:
            return ""
        if not message.pin:
            return "this ride starts with the passenger's pin"  # no guess: an app that knows no pins locks nobody out
        self.record(PinRefused(ride.ride_id, message.driver_id, now))
        return "that is not the passenger's pin"

    def _step(self, event_type: type[Message], message: Step) -> None:
        ride, trip, now = self.ride, self.ride.trip, self.runtime.now
        assert trip is not None
        price = self.final_price() if event_type is RideCompleted else None
        fare = ride.fare if price is None else price.fare.major
        terms, command = self.options.terms, message.command
        fields: dict[type[Message], tuple[Any, ...]] = {
            RideArrived: (now, command, *terms.of_arrival(now, ride.pickup_at)),
            RideStarted: (now, command),
            RideCompleted: (fare, STEPS_BEFORE_END.get(ride.status, ()), price, command),
        }
        minutes = trip.duration_min
        if event_type is RideCompleted and ride.started_at is not None:
            minutes = round((now - ride.started_at) / 60.0, 2)
        self.record_track()
        self.record(event_type(ride.ride_id, message.driver_id, *fields[event_type]))
        told = (ride.ride_id, ride.status, fare, trip.distance_km, minutes)
        free_until, no_show_at = terms.told_of_arrival(ride) if ride.status == ARRIVED else (None, None)
        more = (free_until, no_show_at, ride.driven_m if ride.is_over else None, price)
        self.say(RideProgress, *told, *more, ride.payment_status)
        self._moved = RideMoved(*told, command, *more, ride.payment_status)
        tell = self.send_ahead if ride.is_over else self.send  # he records that he is free, and no other step
        tell(addresses.driver(message.driver_id), self._moved)
        if event_type is RideArrived:
            self._warn_if_far(message.driver_id)
        if ride.is_over:
            self.stop_following()
        else:
            self.follow()
        self.retire_later()

    # -- is he where he should be?

    @receives(DriverStalled)
    def _on_stalled(self, message: DriverStalled) -> None:
        """First he is warned, then his passenger is told, then, if so wanted, somebody else is asked."""
        if self.ride.status != ACCEPTED or not self.ride.is_driven_by(message.driver_id):
            return
        if message.stage == GIVEN_UP:
            self.offer_anew("system", message.what)
        elif message.stage == TOLD:
            self.say(DriverUnreachable, self.ride.ride_id, message.what)
        else:
            self.tell_driver(message.driver_id, WarnDriver(self.ride.ride_id, message.what))

    def _warn_if_far(self, driver_id: DriverId) -> None:
        trip, far_m = self.ride.trip, self.options.arrived_within_m
        where = self._tracks.where(driver_id) if self._tracks is not None else None
        if where is not None and trip is not None and haversine_m(*where, trip.pickup.lat, trip.pickup.lon) > far_m:
            self.tell_driver(driver_id, WarnDriver(self.ride.ride_id, FAR))

    def granted_before(self) -> Message:
        """For the ride's own driver, who was rebuilt and does not know how it went on."""
        ride, trip = self.ride, self.ride.trip
        assert trip is not None and ride.offer_id is not None
        if ride.status in WITH_DRIVER:
            return ClaimGranted(self.card(), ride.offer_id, ride.status)
        if ride.status == COMPLETED:
            return self._moved or self._completed_before(trip)
        return RideLost(ride.ride_id, ride.ended_by, ride.reason, fee=ride.fee)

    def _completed_before(self, trip: Trip) -> RideMoved:
        ride = self.ride
        told = (ride.ride_id, COMPLETED, ride.fare, trip.distance_km, trip.duration_min)
        return RideMoved(*told, driven_m=ride.driven_m, price=ride.price, payment_status=ride.payment_status)
