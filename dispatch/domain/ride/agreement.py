"""What a ride is booked at, and what passenger and driver owe each other by it. Pure.

First the booking: what is news, at which terms, now or later, and who must be asked before. Then time and money: free cancelling,
waiting, fees, the final price, charges. What both were told at the arrival is on record and holds, even if the settings change before
the passenger gets in. Times are Unix seconds; fees are minor units of the currency, and the tariff says how high they are.
"""

from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from dispatch import addresses
from dispatch.domain.pricing.money import in_minor, rounded
from dispatch.domain.pricing.tariff import Tariff
from dispatch.domain.ride.record import (
    ACCEPTED,
    ARRIVED,
    CHARGED,
    MAY_CANCEL,
    PENDING,
    SCHEDULED,
    UNBOOKED,
    UNDER_WAY,
    Decision,
    RideRecord,
    RideRules,
)
from dispatch.ids import NO_NUMBER, Number, RideId
from dispatch.messages.base import Message
from dispatch.messages.commands import CancelRide, EditRide, FindDriver
from dispatch.messages.events import ChargeDeclined, ChargeRequested, ChargeSettled, RideRequested, RideScheduled
from dispatch.messages.matching import DeskAnswered
from dispatch.messages.providers import AskPrice, FareCollected, FareDeclined, UseQuote
from dispatch.principals import STAFF
from dispatch.values import CARD, CLOCK_SLACK_S, CancelTerms, Money, Passenger, Price, RideTerms, Trip, WaitTerms
from dispatch.words import Party, RefusalCode

OPEN_TO_TERMS: Final = (UNBOOKED, SCHEDULED, PENDING)
"""While a ride is none of these, asking again changes nothing."""
MOST_WAITING: Final = 16
"""How many messages of one passenger wait while a question is open."""
NO_PRICE: Final = "nothing was done: nobody could say what this ride costs; try again"
NO_WORD_OF_PASSENGER: Final = (
    "nothing was done: nobody could say whether another ride of this passenger is open; try again"
)
TOO_MUCH_WAITS: Final = "nothing was done: too much waits for an answer already; try again"
FREE: Final = CancelTerms(0.0)
Waiting = FindDriver | CancelRide | EditRide


# -- booking


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


# -- time


def cancels_free(ride: RideRecord, now: float, rules: RideRules) -> bool:
    """Whether the passenger may leave this ride at `now` without a fee."""
    if ride.status not in (ACCEPTED, ARRIVED) or ride.assigned_at is None:
        return True
    return now - ride.assigned_at <= rules.free_cancel_s + CLOCK_SLACK_S or driver_is_late(ride, now, rules)


def driver_is_late(ride: RideRecord, now: float, rules: RideRules) -> bool:
    """Whether the driver came, or has not come by `now`, at least `driver_late_s` later than the passenger was told."""
    if ride.assigned_at is None or ride.told_eta_s is None:
        return False
    came = ride.arrived_at if ride.arrived_at is not None else now
    expected = max(ride.assigned_at + ride.told_eta_s, ride.pickup_at or 0.0)
    return came - expected >= rules.driver_late_s - CLOCK_SLACK_S


def waits_until(arrived_at: float, pickup_at: float | None, rules: RideRules) -> tuple[float, float]:
    """Until when waiting is free, and when the driver may leave. A driver who came early waits since the time that was booked."""
    since = max(arrived_at, pickup_at or 0.0)
    return since + rules.free_wait_s, since + rules.no_show_s


def told_waits(ride: RideRecord, rules: RideRules) -> tuple[float, float]:
    """The same, as both were told when the driver of this ride arrived."""
    assert ride.arrived_at is not None
    if ride.free_wait_ends_at is None or ride.no_show_at is None:  # recorded by a version that did not keep them
        return waits_until(ride.arrived_at, ride.pickup_at, rules)
    return ride.free_wait_ends_at, ride.no_show_at


def paid_wait_s(ride: RideRecord, rules: RideRules) -> float:
    """Seconds that the driver waited at the pickup beyond the free time; 0 unless both the arrival and the start were reported."""
    if ride.arrived_at is None or ride.started_at is None:
        return 0.0
    return max(0.0, ride.started_at - told_waits(ride, rules)[0] + CLOCK_SLACK_S)


# -- money


def fee(ride: RideRecord, rules: RideRules, of: Callable[[Tariff, str], Money]) -> int:
    """What the passenger owes by the tariff: `Tariff.cancellation_fee` or `Tariff.no_show_fee`. 0 where there is no tariff."""
    tariff, trip = rules.tariff, ride.trip
    return of(tariff, trip.vehicle_type).minor if tariff is not None and trip is not None else 0


def cancel_terms(ride: RideRecord, now: float, rules: RideRules) -> CancelTerms | None:
    """What its passenger is told at `now` of cancelling this ride; None where they cannot. `cancels_free` decides by the same times."""
    if Party.PASSENGER not in MAY_CANCEL[ride.status]:
        return None
    if ride.status not in (ACCEPTED, ARRIVED) or ride.assigned_at is None or driver_is_late(ride, now, rules):
        return FREE
    return terms_since(ride, ride.assigned_at, rules)


def terms_since(ride: RideRecord, assigned_at: float, rules: RideRules) -> CancelTerms:
    """The same for a ride that has a driver since `assigned_at`."""
    tariff, trip = rules.tariff, ride.trip
    if tariff is None or trip is None:
        return FREE
    owed = tariff.cancellation_fee(trip.vehicle_type)
    return CancelTerms(owed.major, assigned_at + rules.free_cancel_s) if owed.minor else FREE


def wait_terms(ride: RideRecord, rules: RideRules) -> WaitTerms | None:
    """What passenger and driver are told of the wait at the pickup; None while nobody waits there."""
    if ride.status != ARRIVED:
        return None
    told, tariff, trip = told_waits(ride, rules), rules.tariff, ride.trip
    if tariff is None or trip is None:
        return WaitTerms(*told, 0.0, 0.0)
    of = trip.vehicle_type
    # Waiting is added to a price of the server alone: the fare of an app stays as it is.
    per_minute = tariff.waiting_per_minute(of) if ride.price is not None else 0.0
    return WaitTerms(*told, per_minute, tariff.no_show_fee(of).major)


def terms(ride: RideRecord, now: float, rules: RideRules) -> RideTerms:
    """What cancelling and waiting cost at `now`."""
    return RideTerms(cancel_terms(ride, now, rules), wait_terms(ride, rules))


def final_price(ride: RideRecord, rules: RideRules) -> Price | None:
    """The price that was agreed, and the paid wait at the pickup; None where the app's fare holds."""
    if ride.price is None or rules.tariff is None:
        return ride.price
    return rules.tariff.with_waiting(ride.price, paid_wait_s(ride, rules))


def charge(
    ride: RideRecord, rules: RideRules, price: Price | None, owed: int | None = None
) -> tuple[ChargeRequested, ...]:
    """The event that follows the end of a ride for which the provider collects money; nothing where it collects none.

    `owed`: the fee that the ride ends with; None: its fare, at `price` where the server sets prices. A price that has a currency of its
    own keeps it.
    """
    trip, passenger = ride.trip, ride.passenger
    if trip is None or passenger is None or trip.payment_method != CARD:
        return ()
    currency, digits = rules.currency, rules.currency_digits
    if price is not None and price.fare.currency:
        currency, digits = price.fare.currency, price.fare.digits
    if owed is None:
        owed = price.fare.minor if price is not None else rounded(in_minor(trip.fare, digits))
    if owed <= 0:
        return ()
    return (ChargeRequested(ride.ride_id, passenger.passenger_id, Money(owed, currency, digits)),)


def collected(ride: RideRecord, message: FareCollected) -> Decision:
    """The provider collected the money. It does not matter which question this answers: what was collected is collected."""
    if ride.payment_status != CHARGED:
        return Decision()
    return Decision((ChargeSettled(ride.ride_id, message.reference),))


def declined(ride: RideRecord, message: FareDeclined, asked: int) -> Decision:
    """The provider will not collect the money. Only the answer to the last question (number `asked`) counts: an older one may have
    been answered otherwise since.
    """
    if ride.payment_status != CHARGED or message.number != asked:
        return Decision()
    return Decision((ChargeDeclined(ride.ride_id, message.reason),))


def pause_s(asked: int, rules: RideRules) -> float:
    """Seconds before a provider that was asked `asked` times (1 or more) is asked again: each time twice as long, up to a limit."""
    return min(rules.payment_retry_s * float(2 ** min(asked - 1, 30)), rules.payment_retry_most_s)
