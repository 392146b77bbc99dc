"""How a ride is booked: what is news, at which terms, now or later, and who must be asked before. Pure."""

from typing import Final

from msgspec.structs import replace

from dispatch import addresses
from dispatch.domain.ride.record import PENDING, SCHEDULED, UNBOOKED, UNDER_WAY, RideRecord, RideRules
from dispatch.ids import NO_NUMBER, Number, RideId
from dispatch.messages.base import Message
from dispatch.messages.commands import CancelRide, EditRide, FindDriver
from dispatch.messages.events import RideRequested, RideScheduled
from dispatch.messages.matching import DeskAnswered
from dispatch.messages.providers import AskPrice, UseQuote
from dispatch.principals import STAFF
from dispatch.values import Passenger, Price, Trip
from dispatch.words import RefusalCode

OPEN_TO_TERMS: Final = (UNBOOKED, SCHEDULED, PENDING)
"""While a ride is none of these, asking again changes nothing."""
MOST_WAITING: Final = 16
"""How many messages of one passenger wait while a question is open."""
NO_PRICE: Final = "nothing was done: nobody could say what this ride costs; try again"
NO_WORD_OF_PASSENGER: Final = (
    "nothing was done: nobody could say whether another ride of this passenger is open; try again"
)
TOO_MUCH_WAITS: Final = "nothing was done: too much waits for an answer already; try again"
Waiting = FindDriver | CancelRide | EditRide


def wanted(message: FindDriver, rules: RideRules) -> Trip:
    """The trip that the app asks for, with the pin that the server asks for."""
    return replace(message.trip, pin=True) if rules.start_pin else message.trip


def is_news(ride: RideRecord, message: FindDriver, rules: RideRules) -> bool:
    """Whether this asks for something that was not asked for yet, while there is time for it."""
    if ride.status == UNBOOKED:
        return True
    if message.principal.role is STAFF:
        return ride.status in OPEN_TO_TERMS
    asked = (ride.asked, ride.pickup_at, ride.quote_id)
    return ride.status in OPEN_TO_TERMS and (wanted(message, rules), message.pickup_at, message.quote_id) != asked


def answer_known(ride: RideRecord, message: FindDriver) -> DeskAnswered | None:
    """What staff hear who book a ride that is booked already; None: it is not. The same request again has the same answer."""
    if ride.status == UNBOOKED:
        return None
    if (ride.booked_by, ride.body) == (message.principal.id, message.body):
        return DeskAnswered(ride.status, again=True)
    return DeskAnswered(ride.status, RefusalCode.ID_REUSED, "this id was already used for another booking")


def needs_hold(ride: RideRecord, message: FindDriver, now: float, rules: RideRules) -> bool:
    """Whether the passenger's own actor must be asked first if another ride of theirs is open. It was already if this ride is."""
    known = message.known if ride.passenger is None else ride.known
    if (
        not known
        or message.principal.role is STAFF
        or rules.one_ride_each == "never"
        or (ride.known and ride.status in UNDER_WAY)
    ):
        return False
    return not is_for_later(message, now, rules)


def is_for_later(message: FindDriver, now: float, rules: RideRules) -> bool:
    """Whether the search begins later than now."""
    due = message.pickup_at
    return due is not None and due - rules.schedule_lead_s > now


def price_question(
    ride: RideRecord, message: FindDriver, number: Number, now: float, address: str
) -> tuple[str, AskPrice | UseQuote]:
    """Whom to ask for the price, and what: the quote that the passenger names, or else the provider. The answer names `number`."""
    trip, quote_id = message.trip, message.quote_id
    way = (trip.pickup, trip.dropoff, trip.vehicle_type)
    if quote_id is None:
        return addresses.PRICING, AskPrice(address, number, *way, max(now, message.pickup_at or 0.0))
    passenger_id = (ride.passenger or message.passenger).passenger_id
    return addresses.quote(quote_id), UseQuote(quote_id, ride.ride_id, number, passenger_id, *way, message.pickup_at)


def tariff_price(message: FindDriver, now: float, rules: RideRules) -> Price:
    """The price by the tariff, at the rates of the time when the ride begins."""
    trip, pricer = message.trip, rules.pricer
    assert pricer is not None
    return pricer.price(trip.pickup, trip.dropoff, trip.vehicle_type, max(now, message.pickup_at or 0.0))


def book(
    ride: RideRecord, message: FindDriver, passenger: Passenger, price: Price | None, now: float, rules: RideRules
) -> RideRequested | RideScheduled:
    """The event that books this. `passenger`: who rides, with the name on file; whoever booked first keeps the ride."""
    claim, due = wanted(message, rules), message.pickup_at
    trip = claim if price is None else at_price(claim, price)
    first = ride.passenger is None
    quote_id = message.quote_id
    if not first and message.principal.role is STAFF:  # an app that repeats what it asked for asks for nothing new
        claim, quote_id = ride.asked or trip, ride.quote_id
    known = message.known if first else ride.known
    is_named = first and message.passenger.is_named
    zone = ride.zone or rules.zones.zone_at(trip.pickup.lat, trip.pickup.lon)
    booked = (ride.booked_by, ride.body)
    if first and message.principal.role is STAFF:
        booked = message.principal.id, message.body
    command = message.command if message.principal.role is not STAFF else None  # the act of staff has it
    terms = (command, price, claim if trip != claim else None, quote_id, is_named, known, zone, *booked)
    passenger = ride.passenger or passenger
    if due is not None and is_for_later(message, now, rules):
        return RideScheduled(ride.ride_id, passenger, trip, due, now, *terms)
    since = max(now, due or 0.0)
    return RideRequested(ride.ride_id, ride.search_no + 1, passenger, trip, since, due, *terms)


def edited(ride: RideRecord, message: EditRide, now: float, rules: RideRules) -> FindDriver:
    """The ride as staff want it. Where the server sets no prices its fare stays. A way that is another one is as long as the server
    says.
    """
    assert ride.trip is not None and ride.passenger is not None
    before, note = ride.trip, message.note
    pickup, dropoff = message.pickup or before.pickup, message.dropoff or before.dropoff
    trip = replace(before, pickup=pickup, dropoff=dropoff, note=before.note if note is None else note)
    ends = pickup.point, dropoff.point
    if ends != (before.pickup.point, before.dropoff.point):
        at = max(now, ride.pickup_at or 0.0)
        metres, seconds = rules.travel.road_m(*ends), rules.travel.eta_s(*ends, at)
        trip = replace(trip, distance_km=round(metres / 1000.0, 3), duration_min=round(seconds / 60.0, 2))
    return FindDriver(
        message.principal,
        ride.ride_id,
        trip,
        ride.passenger,
        message.command,
        pickup_at=ride.pickup_at,
        reply_to=message.reply_to,
    )


def begin_search(ride: RideRecord, now: float) -> RideRequested:
    """The event by which the search of a ride that was booked for later begins, at the terms that were booked."""
    assert ride.passenger is not None and ride.trip is not None
    claim = ride.asked if ride.asked != ride.trip else None
    since = max(now, ride.pickup_at or 0.0)
    terms = (None, ride.price, claim, ride.quote_id, False, ride.known, ride.zone, ride.booked_by, ride.body)
    return RideRequested(ride.ride_id, ride.search_no + 1, ride.passenger, ride.trip, since, ride.pickup_at, *terms)


def at_price(claim: Trip, price: Price) -> Trip:
    """The trip as it is offered: the server's figures in the place of the app's."""
    return replace(
        claim,
        distance_km=price.distance_m / 1000,
        duration_min=round(price.duration_s / 60, 2),
        fare=price.fare.major,
        by_agreement=False,
        vehicle_type=claim.vehicle_type or price.vehicle_type,
    )


def busy_text(open_ride: RideId) -> str:
    """Why a passenger whose ride `open_ride` is open cannot book another."""
    return f"cannot book another ride: ride {open_ride} of this passenger is open (one_ride_each)"


class OpenQuestion:
    """What a booking waits for: the price, or the passenger's own actor. One question at a time; the next messages wait behind it.

    No event tells of it. An actor that is made anew takes it over, unless the turn that was to settle it was lost.
    """

    __slots__ = ("booking", "in_hand", "number", "waiting")

    def __init__(self) -> None:
        self.booking: FindDriver | None = None
        self.number = NO_NUMBER
        self.waiting: tuple[Waiting, ...] = ()
        self.in_hand: tuple[Waiting, ...] = ()
        """What the turn under way is to settle."""

    def ask(self, booking: FindDriver, number: Number) -> None:
        """Somebody was asked about this booking, under this number, which no question of any ride had before."""
        self.booking, self.number = booking, number

    def answered(self, number: Number) -> FindDriver | None:
        """The booking that waited for this answer; None: it answers an older question. What waits behind it is now `in_hand`, too."""
        booking = self.booking
        if booking is None or number != self.number:
            return None
        self.in_hand = (booking, *self.waiting)
        self.booking, self.waiting = None, ()
        return booking

    def take_all(self) -> tuple[Message, ...]:
        """Everything that waits for an answer, which will not be acted on any more."""
        everything = self.in_hand or ((self.booking, *self.waiting) if self.booking is not None else ())
        self.booking, self.waiting, self.in_hand = None, (), ()
        return everything
