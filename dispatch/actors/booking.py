"""How a ride is booked: now or ahead, as the app says or at the server's price, and what is news among what an app repeats."""

from __future__ import annotations

from msgspec.structs import replace

from dispatch.actors.priced import PricedRide
from dispatch.domain.ride import PENDING, SCHEDULED, UNBOOKED
from dispatch.messages.base import Command, Message
from dispatch.messages.commands import FindDriver
from dispatch.messages.events import RideRequested, RideScheduled
from dispatch.messages.matching import EndSearch, SearchDriver
from dispatch.runtime import receives
from dispatch.types import Passenger, Price, QuoteId, Trip

OPEN_TO_TERMS = (UNBOOKED, SCHEDULED, PENDING)
"""While a ride is none of these, asking again changes nothing."""
Terms = tuple[Price | None, Trip | None, QuoteId | None, bool]
"""The server's price, what the app had claimed where that differs, the quote it came from, and whether the app said who rides."""


class _TimeHasCome(Message, frozen=True, gc=False):
    """So long before the time that was booked drivers are asked."""

    pickup_at: float


class BookedRide(PricedRide):
    """The part of a ride's actor that takes `find_driver`."""

    __slots__ = ()

    @receives(FindDriver)
    def _on_find_driver(self, message: FindDriver) -> None:
        if self.waits_for_a_price(message) or not self.is_new(message):
            return
        if not self._is_news(message):
            self.done(message.command, self._say_snapshot())
        elif message.quote_id is not None or self.options.pricing == "http":
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
        terms = (price, claim if trip != claim else None, message.quote_id, is_named)
        if due is not None and due - self.options.schedule_lead_s > self.runtime.now:
            self._schedule(passenger, trip, due, terms, message.command)
            self.done(message.command, self._say_snapshot())
        else:
            self._search(passenger, trip, due, terms, message.command)
            self._wait_for_answer(message.command)

    # -- the terms

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
            self._search(ride.passenger, ride.trip, ride.pickup_at, (ride.price, claim, ride.quote_id, False))

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
