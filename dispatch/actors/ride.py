"""The ride actor: the one truth of an assignment. Accept, cancel, give-up and every step of the ride pass through its mailbox."""

from __future__ import annotations

from typing import Any

import msgspec

from dispatch import addresses
from dispatch.actors.conversing import ConversingActor
from dispatch.actors.ports import EventStore
from dispatch.domain.eta import TravelModel
from dispatch.domain.geo import haversine_m
from dispatch.domain.ride import (
    ACCEPTED,
    CANCELLED,
    COMPLETED,
    IN_PROGRESS,
    MAY_CANCEL,
    NO_DRIVERS,
    PENDING,
    STEPS_BEFORE_END,
    TRANSITIONS,
    UNBOOKED,
    VERBS,
    RideRecord,
)
from dispatch.errors import NoSuchRide
from dispatch.messages.base import Command, Message
from dispatch.messages.commands import (
    Attach,
    CancelRide,
    CompleteRide,
    Detach,
    FindDriver,
    ReportArrived,
    StartRide,
)
from dispatch.messages.events import (
    RideArrived,
    RideAssigned,
    RideCancelled,
    RideCompleted,
    RideRequested,
    RideStarted,
    SearchFailed,
)
from dispatch.messages.matching import (
    ClaimGranted,
    ClaimRefused,
    ClaimRide,
    EndSearch,
    RideLost,
    RideMoved,
    RideRefused,
    RoundOpened,
    SearchDriver,
    SearchExhausted,
)
from dispatch.messages.notices import (
    DriverAssigned,
    NoDrivers,
    PassengerSnapshot,
    RideEnded,
    RideProgress,
    Searching,
)
from dispatch.runtime import Runtime, receives
from dispatch.types import DriverCard, DriverId, RideCard, RideId

STEPS: dict[type[Message], type[Message]] = {
    ReportArrived: RideArrived,
    StartRide: RideStarted,
    CompleteRide: RideCompleted,
}
"""What a driver's command makes of a ride that allows it."""
NUMBERS_A_LIFE = 1_000_000
"""A ride that left memory and is woken goes on with higher numbers; the snapshot that its app gets first is the bridge."""
REFUSALS = {CANCELLED: "cancelled", NO_DRIVERS: "expired"}
"""What a driver who claims a ride in this status hears; in every other one somebody has it: `taken`."""


class RideOptions(msgspec.Struct, frozen=True):
    """Times in seconds."""

    link_grace_s: float = 60.0
    retire_after_s: float = 60.0
    travel: TravelModel = TravelModel()


class _Rebuilt(Message, frozen=True, gc=False):
    """There was a life before this one, and a turn of it was lost."""


class _PassengerGone(Message, frozen=True, gc=False):
    """The connection with this number has been gone for the whole grace."""

    number: int


class _Retire(Message, frozen=True, gc=False):
    """The ride was over, and connection `number` gone, when this was set."""

    number: int


class RideActor(ConversingActor):
    """One booking. It decides from its own record alone, in the order in which messages arrive."""

    def __init__(self, runtime: Runtime, address: str, store: EventStore, options: RideOptions) -> None:
        super().__init__(runtime, address, store)
        self.options = options
        self.ride = RideRecord(RideId(addresses.name_of(address)))
        self._booking: Command | None = None
        self._ending: RideEnded | None = None
        self._moved: RideMoved | None = None

    def apply(self, event: Message) -> None:
        self.ride.apply(event)

    # -- its life

    def restore(self) -> None:
        super().restore()
        if self.seq == 0 and self.ride.status != UNBOOKED:  # an earlier life of this ride numbered its stream too
            self.seq = self.incarnation * NUMBERS_A_LIFE
        if self.ride.status == PENDING:
            self.send(self._dispatcher(), SearchDriver(self._card(), self.ride.requested_at, again=True))

    def on_quarantine(self, error_id: str) -> None:
        """Whoever is bound to this ride, or looks for a driver for it, goes on without it."""
        super().on_quarantine(error_id)
        ride, tell = self.ride, self.runtime.tell
        if ride.driver is not None and not ride.is_over:
            tell(addresses.driver(ride.driver.driver_id), RideLost(ride.ride_id, "system", "out of service"))
        if ride.status == PENDING:
            tell(self._dispatcher(), EndSearch(ride.ride_id, ride.search_no, "cancelled"))

    def carry_over(self, before: RideActor) -> None:  # type: ignore[override]
        super().carry_over(before)
        if before._booking is not None and before._booking.id in (self._answers or ()):
            self._booking = before._booking
        self.runtime.tell(self.address, _Rebuilt())

    @receives(_Rebuilt)
    def _on_rebuilt(self, message: _Rebuilt) -> None:
        """Whatever its app was to hear in the turn that was lost."""
        if self.ride.status != UNBOOKED:
            self._booked(self._say_snapshot())
        self._retire_later()

    # -- the passenger's connection

    @receives(Attach)
    def _on_attach(self, message: Attach) -> None:
        if self.take_link(message) and self.ride.status != UNBOOKED:
            self._say_snapshot()

    @receives(Detach)
    def _on_detach(self, message: Detach) -> None:
        if message.number != self.link_number or self.link is None:
            return
        self.link = None
        if self.ride.status == PENDING:
            self.runtime.set_timer(self.options.link_grace_s, self.address, _PassengerGone(message.number))
        self._retire_later()

    # -- the passenger's commands

    @receives(FindDriver)
    def _on_find_driver(self, message: FindDriver) -> None:
        if not self.is_new(message):
            return
        ride = self.ride
        if ride.status == UNBOOKED or (ride.status == PENDING and message.trip != ride.trip):
            self.record(
                RideRequested(
                    ride.ride_id,
                    ride.search_no + 1,
                    ride.passenger or message.passenger,
                    message.trip,
                    self.runtime.now,
                )
            )
            self.send(self._dispatcher(), SearchDriver(self._card(), self.runtime.now))
            self._booking = message.command
        else:
            self.done(message.command, self._say_snapshot())

    @receives(CancelRide)
    def _on_cancel(self, message: CancelRide) -> None:
        """From the passenger's own connection, or from a driver by way of his actor."""
        driver_id = message.driver_id
        if driver_id is not None:
            self.remember(message)
        elif not self.is_new(message):
            return
        ride = self.ride
        if ride.status == UNBOOKED or (driver_id is not None and not ride.is_driven_by(driver_id)):
            self._refuse(message, NoSuchRide.code, NoSuchRide.says)
        elif message.by in MAY_CANCEL[ride.status]:
            self._cancel(message.by, message.reason, message.command, driver_id)
        elif ride.status == CANCELLED and driver_id is None:
            self.done(message.command, self._say_end_again())
        else:
            self._refuse(message, "illegal_now", f"cannot cancel a ride that is {ride.status}")

    # -- the search

    @receives(RoundOpened)
    def _on_round_opened(self, message: RoundOpened) -> None:
        ride = self.ride
        if ride.status != PENDING or message.search_no != ride.search_no:
            return
        assert ride.trip is not None
        searching = self.say(
            Searching, ride.ride_id, message.round_no, message.drivers_notified, ride.trip.fare, message.expires_at
        )
        self._booked(searching)

    @receives(SearchExhausted)
    def _on_search_exhausted(self, message: SearchExhausted) -> None:
        ride = self.ride
        if ride.status != PENDING or message.search_no != ride.search_no:
            return
        self.record(SearchFailed(ride.ride_id, message.reason, message.rounds, message.drivers_asked))
        self.say(NoDrivers, ride.ride_id, message.reason, message.rounds, message.drivers_asked)
        self._retire_later()

    @receives(ClaimRide)
    def _on_claim(self, message: ClaimRide) -> None:
        """A driver accepted. Asked again, the answer is the same: it depends on the record alone."""
        ride, driver_id = self.ride, message.driver.driver_id
        back = addresses.driver(driver_id)
        if ride.status == PENDING and message.search_no == ride.search_no:
            self._assign(message)
        elif ride.is_driven_by(driver_id) and ride.offer_id == message.offer_id:
            self.send(back, self._granted_before())
        elif ride.status == PENDING:
            self.send(back, ClaimRefused(ride.ride_id, message.offer_id, "superseded"))
        else:
            reason = REFUSALS.get(ride.status, "taken")
            self.send(back, ClaimRefused(ride.ride_id, message.offer_id, reason))

    # -- the driver's steps

    @receives(ReportArrived, StartRide, CompleteRide)
    def _on_step(self, message: ReportArrived | StartRide | CompleteRide) -> None:
        self.remember(message)
        ride, event_type = self.ride, STEPS[type(message)]
        if not ride.is_driven_by(message.driver_id):
            self._refuse(message, NoSuchRide.code, NoSuchRide.says)
        elif event_type in TRANSITIONS[ride.status]:
            self._step(event_type, message.driver_id, message.command)
        elif event_type is RideStarted and ride.status == IN_PROGRESS:
            self._refuse(message, "already_started", "this ride has started already")
        else:
            self._refuse(message, "illegal_now", f"cannot {VERBS[event_type]} a ride that is {ride.status}")

    def turn_away(self, message: Any, code: str, text: str) -> None:
        """A driver hears it by way of his actor, the passenger directly."""
        driver_id: DriverId | None = getattr(message, "driver_id", None)
        if driver_id is None:
            super().turn_away(message, code, text)
        else:
            refused = RideRefused(self.ride.ride_id, code, text, message.command)
            self.runtime.tell(addresses.driver(driver_id), refused)

    # -- timers

    @receives(_PassengerGone)
    def _on_passenger_gone(self, message: _PassengerGone) -> None:
        if self.link is None and message.number == self.link_number and self.ride.status == PENDING:
            self._cancel("system", "the passenger left", None, None)

    @receives(_Retire)
    def _on_retire(self, message: _Retire) -> None:
        """Leave memory if nobody talks to us and nothing can happen any more."""
        if message.number != self.link_number or self.link is not None or not self.is_committed:
            return
        over = self.ride.is_over
        if (over or self.ride.status == UNBOOKED) and self.runtime.retire(self.address) and over:
            self.store.forget(self.ride.ride_id)

    # -- what is done in more than one place

    def _assign(self, claim: ClaimRide) -> None:
        ride, driver_id = self.ride, claim.driver.driver_id
        self.record(RideAssigned(ride.ride_id, claim.driver, claim.offer_id, claim.round_no, self.runtime.now))
        self.send(addresses.driver(driver_id), ClaimGranted(self._card(), claim.offer_id, ACCEPTED))
        self.send(self._dispatcher(), EndSearch(ride.ride_id, ride.search_no, "taken"))
        self.say(DriverAssigned, ride.ride_id, claim.driver, *self._way_to_pickup(claim))

    def _granted_before(self) -> Message:
        """For the ride's own driver, who was rebuilt and does not know how it went on."""
        ride, trip = self.ride, self.ride.trip
        assert trip is not None and ride.offer_id is not None
        if ride.status == COMPLETED:
            return self._moved or RideMoved(ride.ride_id, COMPLETED, trip.fare, trip.distance_km, trip.duration_min)
        if ride.status == CANCELLED:
            return RideLost(ride.ride_id, ride.ended_by, ride.reason)
        return ClaimGranted(self._card(), ride.offer_id, ride.status)

    def _step(self, event_type: type[Message], driver_id: DriverId, command: Command | None) -> None:
        ride, trip = self.ride, self.ride.trip
        assert trip is not None
        fields: dict[type[Message], tuple[Any, ...]] = {
            RideArrived: (),
            RideStarted: (self.runtime.now,),
            RideCompleted: (trip.fare, STEPS_BEFORE_END.get(ride.status, ())),
        }
        minutes = trip.duration_min
        if event_type is RideCompleted and ride.started_at is not None:
            minutes = round((self.runtime.now - ride.started_at) / 60.0, 2)
        self.record(event_type(ride.ride_id, driver_id, *fields[event_type]))
        self.say(RideProgress, ride.ride_id, ride.status, trip.fare, trip.distance_km, minutes)
        self._moved = RideMoved(ride.ride_id, ride.status, trip.fare, trip.distance_km, minutes, command)
        self.send(addresses.driver(driver_id), self._moved)
        self._retire_later()

    def _cancel(self, by: str, reason: str, command: Command | None, driver_id: DriverId | None) -> None:
        ride, driver, was_pending = self.ride, self.ride.driver, self.ride.status == PENDING
        self.record(RideCancelled(ride.ride_id, by, reason, driver.driver_id if driver else None))
        if was_pending:
            self.send(self._dispatcher(), EndSearch(ride.ride_id, ride.search_no, "cancelled"))
        if driver is not None:
            lost = RideLost(ride.ride_id, by, reason, command if driver_id is not None else None)
            self.send(addresses.driver(driver.driver_id), lost)
        self._ending = self.say(RideEnded, ride.ride_id, by, reason)
        if driver_id is None:
            self.done(command, self._ending)
        self._retire_later()

    def _refuse(self, message: Any, code: str, text: str) -> None:
        """To the driver who asked, or to the passenger's own connection."""
        if message.driver_id is not None:
            refused = RideRefused(self.ride.ride_id, code, text, message.command)
            self.send(addresses.driver(message.driver_id), refused)
        else:
            self.refuse(message.command, code, text, self.ride.ride_id)

    def _booked(self, answer: Message) -> None:
        """Whoever booked has his answer."""
        booking, self._booking = self._booking, None
        if booking is not None:
            self.done(booking, answer)

    def _say_end_again(self) -> RideEnded:
        """As it was said before; with a new number by a ride that was rebuilt since."""
        if self._ending is None:
            self._ending = self.say(RideEnded, self.ride.ride_id, self.ride.ended_by, self.ride.reason)
        else:
            self.say_again(self._ending)
        return self._ending

    def _say_snapshot(self) -> PassengerSnapshot:
        ride = self.ride
        driver: DriverCard | None = ride.driver
        snapshot: PassengerSnapshot = self.say(
            PassengerSnapshot, ride.ride_id, ride.status, ride.trip.fare if ride.trip else None, driver
        )
        return snapshot

    def _retire_later(self) -> None:
        if self.link is None and (self.ride.is_over or self.ride.status == UNBOOKED):
            self.runtime.set_timer(self.options.retire_after_s, self.address, _Retire(self.link_number))

    def _way_to_pickup(self, claim: ClaimRide) -> tuple[float | None, ...]:
        """Where the driver is, metres to drive and seconds to take; nothing where his position is unknown."""
        if claim.lat is None or claim.lon is None:
            return ()
        assert self.ride.trip is not None
        pickup, travel = self.ride.trip.pickup, self.options.travel
        straight_m = haversine_m(claim.lat, claim.lon, pickup.lat, pickup.lon)
        return (claim.lat, claim.lon, round(travel.road_m(straight_m), 1), round(travel.eta_s(straight_m), 1))

    def _card(self) -> RideCard:
        ride = self.ride
        assert ride.passenger is not None and ride.trip is not None
        return RideCard(ride.ride_id, ride.search_no, ride.passenger, ride.trip)

    def _dispatcher(self) -> str:
        assert self.ride.trip is not None
        pickup = self.ride.trip.pickup
        return addresses.dispatcher(addresses.zone_of(pickup.lat, pickup.lon))
