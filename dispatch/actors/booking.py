"""How a ride is booked: now or ahead, as the app says or at the server's price, and what is news among what an app repeats."""

from __future__ import annotations

from msgspec.structs import replace

from dispatch import addresses
from dispatch.actors.priced import PricedRide
from dispatch.domain.ride.record import PENDING, SCHEDULED, UNBOOKED
from dispatch.errors import IllegalTransition
from dispatch.ids import PassengerId, QuoteId
from dispatch.messages.base import Command, Message
from dispatch.messages.commands import FindDriver
from dispatch.messages.events import RideRequested, RideScheduled
from dispatch.messages.matching import EndSearch, SearchDriver
from dispatch.messages.passenger import (
    AnnounceHold,
    HoldPassenger,
    LeavePassenger,
    PassengerBusy,
    PassengerTaken,
    TakePassenger,
)
from dispatch.runtime import receives
from dispatch.values import Passenger, Price, Trip

OPEN_TO_TERMS = (UNBOOKED, SCHEDULED, PENDING)
"""While a ride is none of these, asking again changes nothing."""
Terms = tuple[Price | None, Trip | None, QuoteId | None, bool, bool]
"""The server's price, what the app had claimed where that differs, the quote it came from, whether the app said the passenger's name,
and whether the passenger is known.
"""


NOBODY_KNOWS = "nothing was done: nobody could say whether another ride of this passenger is open; try again"

BOOKED_ANOTHER = "the passenger booked another ride"


class _TimeHasCome(Message, frozen=True, gc=False):
    """So long before the time that was booked drivers are asked."""

    pickup_at: float


class BookedRide(PricedRide):
    """The part of a ride's actor that takes `find_driver`."""

    __slots__ = ()

    _holds: PassengerId | None = None
    """The passenger whose actor was told, or asked, that this is their open ride."""

    @receives(FindDriver)
    def _on_find_driver(self, message: FindDriver) -> None:
        if self.waits_for_answer(message) or not self.is_new(message):
            return
        if not self._is_news(message):
            self.done(message.command, self._say_snapshot())
        elif self._must_be_the_only_one(message):
            self._holds = (self.ride.passenger or message.passenger).passenger_id
            number = self.await_answer(message, NOBODY_KNOWS)
            self.send(addresses.passenger(self._holds), TakePassenger(self.ride_id, number))
        else:
            self._price(message)

    def _price(self, message: FindDriver) -> None:
        if message.quote_id is not None or self.options.pricing == "http":
            self.ask_price(message)
        else:
            self.book(message, self._price_of(message))

    def book(self, message: FindDriver, price: Price | None) -> None:
        """Now or for later. Somebody may have taken the ride, or ended it, while its price was asked for: then it stays so."""
        if not self._is_news(message):
            self.done(message.command, self._say_snapshot())
            return
        claim, due = self._trip_of(message), message.pickup_at
        trip = claim if price is None else at_price(claim, price)
        is_named = self.ride.passenger is None and message.passenger.is_named
        passenger = self.ride.passenger or self._on_file(message.passenger)
        terms = (price, claim if trip != claim else None, message.quote_id, is_named, self._is_known(message))
        if self._is_for_later(message):
            assert due is not None
            self._schedule(passenger, trip, due, terms, message.command)
            self.done(message.command, self._say_snapshot())
        else:
            self._search(passenger, trip, due, terms, message.command)
            self._wait_for_answer(message.command)

    # -- one ride at a time

    def _is_known(self, message: FindDriver) -> bool:
        return message.known if self.ride.passenger is None else self.ride.known

    def _must_be_the_only_one(self, message: FindDriver) -> bool:
        """Whether the passenger's own actor must be asked first. It was already where this ride is open."""
        if self.options.one_ride_each == "never" or not self._is_known(message):
            return False
        return not self.ride.is_known_passengers_now and not self._is_for_later(message)

    @receives(PassengerTaken)
    def _on_passenger_taken(self, message: PassengerTaken) -> None:
        question = self.answered(message.number)
        if question is not None:
            self._price(question)
            self.go_on()

    @receives(PassengerBusy)
    def _on_passenger_busy(self, message: PassengerBusy) -> None:
        question = self.answered(message.number)
        if question is not None:
            text = f"cannot book another ride: ride {message.open_ride} of this passenger is open (one_ride_each)"
            self.refuse(question.command, IllegalTransition.code, text, self.ride_id)
            self.go_on()

    @receives(AnnounceHold)
    def _on_announce_hold(self, message: AnnounceHold) -> None:
        """A search that nobody waits for gives way. An end that is not on disk yet is none: whoever hears of it may rely on it."""
        ride = self.ride
        if ride.status == PENDING and self.link is None and ride.pickup_at is None:
            self.cancel("system", BOOKED_ANOTHER)
        address = addresses.passenger(message.passenger_id)
        if self._holds == message.passenger_id:
            self.runtime.tell(address, HoldPassenger(self.ride_id))
        else:
            self.send(address, LeavePassenger(self.ride_id))
            self.retire_later()

    def _settle_hold(self) -> None:
        """Tell the passenger's actor what it does not know yet: that this ride is open, or is not any more."""
        if self.ride.is_known_passengers_now:
            if self._holds is None and self.options.one_ride_each != "never":
                assert self.ride.passenger is not None
                self._holds = self.ride.passenger.passenger_id
                self.send(addresses.passenger(self._holds), HoldPassenger(self.ride_id))
        elif self._holds is not None and not self.is_asking:
            held, self._holds = self._holds, None
            self.send(addresses.passenger(held), LeavePassenger(self.ride_id))

    def record(self, event: Message) -> None:
        """As every actor does; what is open changes with it."""
        super().record(event)
        self._settle_hold()

    def go_on(self) -> None:
        super().go_on()
        self._settle_hold()

    def restore(self) -> list[Message]:
        events = super().restore()
        self._settle_hold()
        return events

    def carry_over(self, before: BookedRide) -> None:  # type: ignore[override]
        super().carry_over(before)
        self._holds = before._holds

    def on_set_aside(self, message: Message, error_id: str) -> None:
        super().on_set_aside(message, error_id)
        self._settle_hold()

    def on_quarantine(self, error_id: str) -> None:
        super().on_quarantine(error_id)
        if self._holds is not None:
            self.runtime.tell(addresses.passenger(self._holds), LeavePassenger(self.ride_id))

    # -- the terms

    def _is_for_later(self, message: FindDriver) -> bool:
        due = message.pickup_at
        return due is not None and due - self.options.schedule_lead_s > self.runtime.now

    def _on_file(self, passenger: Passenger) -> Passenger:
        """With the name on file, where the app said none."""
        known = None if passenger.is_named else self.store.passenger(passenger.passenger_id)
        return replace(passenger, name=known.name) if known is not None else passenger

    def _is_news(self, message: FindDriver) -> bool:
        """Whether this asks for something that was not asked for yet, while there is time for it."""
        ride = self.ride
        asked = (ride.asked, ride.pickup_at, ride.quote_id)
        is_new = ride.status == UNBOOKED or (self._trip_of(message), message.pickup_at, message.quote_id) != asked
        return is_new and ride.status in OPEN_TO_TERMS

    def _trip_of(self, message: FindDriver) -> Trip:
        """What the app asks for, with what the server asks for."""
        return replace(message.trip, pin=True) if self.options.start_pin else message.trip

    def _price_of(self, message: FindDriver) -> Price | None:
        """By the tariff; None where the app's own fare holds."""
        if self.options.pricing != "tariff":
            return None
        trip, pricer = message.trip, self.options.pricer
        assert pricer is not None
        return pricer.price(trip.pickup, trip.dropoff, trip.vehicle_type, self.begins_at(message))

    # -- later and now

    def _schedule(
        self, passenger: Passenger, trip: Trip, pickup_at: float, terms: Terms, command: Command | None
    ) -> None:
        ride, was_pending = self.ride, self.ride.status == PENDING
        self.record(RideScheduled(ride.ride_id, passenger, trip, pickup_at, self.runtime.now, command, *terms))
        if was_pending:
            self.send(self.dispatcher(), EndSearch(ride.ride_id, ride.search_no, "superseded"))
        self.wait_for_time()

    def wait_for_time(self) -> None:
        """If this ride is booked for later."""
        ride, runtime = self.ride, self.runtime
        if ride.status == SCHEDULED and ride.pickup_at is not None:
            begin_at = ride.pickup_at - self.options.schedule_lead_s
            runtime.set_timer(begin_at - runtime.now, self.address, _TimeHasCome(ride.pickup_at))

    @receives(_TimeHasCome)
    def _on_time_has_come(self, message: _TimeHasCome) -> None:
        ride = self.ride
        if ride.status == SCHEDULED and ride.pickup_at == message.pickup_at:
            assert ride.passenger is not None and ride.trip is not None
            claim = ride.asked if ride.asked != ride.trip else None
            self._search(
                ride.passenger, ride.trip, ride.pickup_at, (ride.price, claim, ride.quote_id, False, ride.known)
            )

    def _search(
        self,
        passenger: Passenger,
        trip: Trip,
        pickup_at: float | None,
        terms: Terms,
        command: Command | None = None,
    ) -> None:
        ride, since = self.ride, max(self.runtime.now, pickup_at or 0.0)
        self.record(RideRequested(ride.ride_id, ride.search_no + 1, passenger, trip, since, pickup_at, command, *terms))
        self.send_ahead(self.dispatcher(), SearchDriver(self.card(), since))


def at_price(claim: Trip, price: Price) -> Trip:
    """The trip as it is offered: the server's figures in the place of the app's."""
    return replace(
        claim,
        distance_km=price.distance_m / 1000,
        duration_min=round(price.duration_s / 60, 2),
        fare=price.fare.major,
        vehicle_type=claim.vehicle_type or price.vehicle_type,
    )
