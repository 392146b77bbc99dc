"""The life of a ride: its states, the record that its events fold into, and the rules that hold for it. Pure."""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import msgspec

from dispatch.config import PaymentRules, PricingRules, Rules
from dispatch.domain.places.geo import EtaModel, TravelModel
from dispatch.domain.places.zones import ONE_ZONE, ZoneMap
from dispatch.domain.pricing.money import USUAL_DIGITS
from dispatch.domain.pricing.pricer import Pricer
from dispatch.domain.pricing.tariff import Tariff
from dispatch.errors import IllegalTransition
from dispatch.ids import DriverId, OfferId, QuoteId, RideId
from dispatch.messages.base import Message
from dispatch.messages.commands import FindDriver
from dispatch.messages.events import (
    CallerTexted,
    ChargeDeclined,
    ChargeRequested,
    ChargeSettled,
    CommandDone,
    FareChanged,
    NoteChanged,
    PassengerNoShow,
    PinRefused,
    RideArrived,
    RideAssigned,
    RideCancelled,
    RideCompleted,
    RideRated,
    RideRequested,
    RideScheduled,
    RideStarted,
    RideUnassigned,
    SearchFailed,
    StaffActed,
    TrackRecorded,
)
from dispatch.messages.matching import AskDriver
from dispatch.messages.notices import DriverWarned, Numbered
from dispatch.principals import PASSENGER, Principal, passenger_of
from dispatch.values import DriverCard, FareLine, Money, Passenger, Place, Price, RideCard, Trip
from dispatch.words import Leg, Party, PaymentStatus, RefusalCode, RideStatus, SkippedStep

UNBOOKED: Final = RideStatus.UNBOOKED
SCHEDULED: Final = RideStatus.SCHEDULED
PENDING: Final = RideStatus.PENDING
ACCEPTED: Final = RideStatus.ACCEPTED
ARRIVED: Final = RideStatus.ARRIVED
IN_PROGRESS: Final = RideStatus.IN_PROGRESS
COMPLETED: Final = RideStatus.COMPLETED
CANCELLED: Final = RideStatus.CANCELLED
NO_DRIVERS: Final = RideStatus.NO_DRIVERS
NO_SHOW: Final = RideStatus.NO_SHOW
STATUSES: Final = tuple(RideStatus)

CHARGED: Final = PaymentStatus.PENDING
PAID: Final = PaymentStatus.PAID
DECLINED: Final = PaymentStatus.DECLINED
"""How it stands with the money of a ride that is over, where it is not cash."""
TERMINAL: Final = frozenset((COMPLETED, CANCELLED, NO_DRIVERS, NO_SHOW))
WITH_DRIVER: Final = frozenset((ACCEPTED, ARRIVED, IN_PROGRESS))

TRANSITIONS: Final[dict[RideStatus, dict[type[Message], RideStatus]]] = {
    UNBOOKED: {RideRequested: PENDING, RideScheduled: SCHEDULED},
    SCHEDULED: {RideRequested: PENDING, RideScheduled: SCHEDULED, RideCancelled: CANCELLED},
    PENDING: {
        RideRequested: PENDING,
        RideScheduled: SCHEDULED,
        RideAssigned: ACCEPTED,
        RideCancelled: CANCELLED,
        SearchFailed: NO_DRIVERS,
    },
    ACCEPTED: {
        RideArrived: ARRIVED,
        RideStarted: IN_PROGRESS,
        RideCompleted: COMPLETED,
        RideCancelled: CANCELLED,
        RideUnassigned: PENDING,
    },
    ARRIVED: {
        RideStarted: IN_PROGRESS,
        RideCompleted: COMPLETED,
        RideCancelled: CANCELLED,
        PassengerNoShow: NO_SHOW,
    },
    IN_PROGRESS: {RideCompleted: COMPLETED, RideCancelled: CANCELLED},
    COMPLETED: {},
    CANCELLED: {},
    NO_DRIVERS: {},
    NO_SHOW: {},
}
assert tuple(TRANSITIONS) == STATUSES, "every status has its row"

_ALL_BUT_DRIVER: Final = frozenset(Party) - {Party.DRIVER}
MAY_CANCEL: Final[dict[RideStatus, frozenset[Party]]] = {
    UNBOOKED: frozenset(),
    SCHEDULED: _ALL_BUT_DRIVER,
    PENDING: _ALL_BUT_DRIVER,
    ACCEPTED: frozenset(Party),
    ARRIVED: _ALL_BUT_DRIVER,
    IN_PROGRESS: frozenset((Party.OPS, Party.SYSTEM)),
    COMPLETED: frozenset(),
    CANCELLED: frozenset(),
    NO_DRIVERS: frozenset(),
    NO_SHOW: frozenset(),
}
assert tuple(MAY_CANCEL) == STATUSES, "every status says who may cancel"

VERBS: Final[dict[type[Message], str]] = {
    RideRequested: "book",
    RideScheduled: "schedule",
    RideAssigned: "assign",
    RideArrived: "arrive at",
    PinRefused: "refuse a pin of",
    RideStarted: "start",
    RideCompleted: "complete",
    RideCancelled: "cancel",
    RideUnassigned: "offer anew",
    PassengerNoShow: "report a no_show of",
    SearchFailed: "give up",
    TrackRecorded: "track",
    RideRated: "rate",
    ChargeRequested: "charge",
    ChargeSettled: "settle",
    ChargeDeclined: "decline the charge of",
    FareChanged: "change the fare of",
    NoteChanged: "change the note of",
    CallerTexted: "text the caller of",
}
AGREED: Final = "agreed"
"""The one line of a fare that staff changed."""
UNDER_WAY: Final = frozenset((PENDING, *WITH_DRIVER))
"""A ride in one of these is its passenger's ride now; one that is booked ahead is not yet."""
STEPS_BEFORE_END: Final[dict[str, tuple[SkippedStep, ...]]] = {
    ACCEPTED: (SkippedStep.ARRIVED, SkippedStep.STARTED),
    ARRIVED: (SkippedStep.STARTED,),
}
"""What a `complete_ride` skips in each status, as the seed's apps do: they know no step between accepting and completing."""


UNMOVING: Final[dict[type[Message], frozenset[str]]] = {
    PinRefused: frozenset((ACCEPTED, ARRIVED)),
    TrackRecorded: WITH_DRIVER,
    RideRated: frozenset((COMPLETED,)),
    ChargeRequested: TERMINAL,
    ChargeSettled: TERMINAL,
    ChargeDeclined: TERMINAL,
    FareChanged: WITH_DRIVER,
    NoteChanged: WITH_DRIVER,
    CallerTexted: frozenset((PENDING, *WITH_DRIVER, *TERMINAL)),
}
"""Events of a ride that leave its status as it is, and in which they can happen."""


def next_status(status: RideStatus, event: type[Message]) -> RideStatus:
    """Where this event leads from `status`. Raises IllegalTransition where the table has no such step."""
    if event in (CommandDone, StaffActed) or status in UNMOVING.get(event, ()):
        return status
    target = TRANSITIONS[status].get(event)
    if target is None:
        raise IllegalTransition(f"cannot {VERBS[event]} a ride that is {status}")
    return target


class RideRules(msgspec.Struct, frozen=True):
    """The settings that decide rides. Times in seconds, distances in metres.

    A passenger cancels free of charge for `free_cancel_s` after the assignment, and once the driver is `driver_late_s` later than was
    told. Waiting at the pickup is free for `free_wait_s`; after `no_show_s` the driver may leave. `max_restarts`: how often a ride
    whose driver gave it up is offered anew, and only within `search_cap_s`. `strict_steps`: only a started ride can be completed.
    `start_pin`: every ride asks for a pin; `pin_tries` wrong ones lock it for `pin_lock_s`. `ride_cap_s`: no ride has a driver longer.
    `text_callers`: a caller for whom staff booked is texted who comes, and that nobody does.
    A driver who reports an arrival farther than `arrived_within_m` from the pickup is warned. `schedule_lead_s`: drivers are asked so
    long before the time that was booked. `accept_window_s`: after the first accept others may still do better for so long; 0: the first
    has the ride. `one_ride_each`: `known` (a passenger who says who they are has one open ride at a time) or `never`.

    `pricing`: `none` (the app's fare holds), `tariff` (`pricer` is asked) or `http` (the provider is, for `price_patience_s`).
    `tariff`: fees and waiting; None: there are none. `currency`, `currency_digits`: of amounts that have none of their own. A provider
    of payments answers within `payment_patience_s`, or is asked again, first after `payment_retry_s` and at last every
    `payment_retry_most_s`.

    A passenger without a connection is waited for `link_grace_s` while the ride is searched for. `retire_after_s`: a ride that is over
    stays in memory so long. `zones`: which zone a pickup lies in.
    """

    free_cancel_s: float = Rules.free_cancel_s
    driver_late_s: float = Rules.driver_late_s
    free_wait_s: float = Rules.free_wait_s
    no_show_s: float = Rules.no_show_s
    max_restarts: int = Rules.max_restarts
    search_cap_s: float = Rules.search_cap_s
    strict_steps: bool = Rules.strict_steps
    start_pin: bool = Rules.start_pin
    text_callers: bool = Rules.text_callers
    pin_tries: int = Rules.pin_tries
    pin_lock_s: float = Rules.pin_lock_s
    ride_cap_s: float = Rules.ride_cap_s
    arrived_within_m: float = Rules.arrived_within_m
    schedule_lead_s: float = Rules.schedule_lead_s
    accept_window_s: float = 0.0
    one_ride_each: str = Rules.one_ride_each
    travel: EtaModel = TravelModel()
    zones: ZoneMap = ONE_ZONE
    pricing: str = PricingRules.pricing
    pricer: Pricer | None = None
    price_patience_s: float = PricingRules.price_patience_s
    tariff: Tariff | None = None
    currency: str = ""
    currency_digits: int = USUAL_DIGITS
    payment_patience_s: float = 15.0
    payment_retry_s: float = PaymentRules.payment_retry_s
    payment_retry_most_s: float = PaymentRules.payment_retry_most_s
    link_grace_s: float = Rules.link_grace_s
    retire_after_s: float = Rules.retire_after_s


class RideRecord(msgspec.Struct):
    """All that events tell of one ride."""

    ride_id: RideId
    status: RideStatus = UNBOOKED
    search_no: int = 0
    passenger: Passenger | None = None
    trip: Trip | None = None
    requested_at: float = 0.0
    pickup_at: float | None = None
    driver: DriverCard | None = None
    offer_id: OfferId | None = None
    round_no: int = 0
    assigned_at: float | None = None
    told_eta_s: float | None = None
    pin: str = ""
    wrong_pins: int = 0
    wrong_pin_at: float = 0.0
    arrived_at: float | None = None
    free_wait_ends_at: float | None = None
    no_show_at: float | None = None
    started_at: float | None = None
    restarts: int = 0
    ended_by: Party = Party.SYSTEM
    reason: str = ""
    fee: int = 0
    driven_m: float | None = None
    rated_by: tuple[Party, ...] = ()
    rounds: int = 0
    drivers_asked: int = 0
    price: Price | None = None
    asked: Trip | None = None
    known: bool = False
    quote_id: QuoteId | None = None
    charge: Money | None = None
    payment_status: PaymentStatus = PaymentStatus.NOTHING
    booked_by: str = ""
    body: int = 0
    texts: int = 0
    texted: int = 0
    """How many texts the caller was to get, and the number of the last that has left."""
    zone: str = ""
    """Whose dispatcher looks for its driver, and whose tracker follows the driver: where the pickup lay at the first booking."""

    @property
    def fare(self) -> float:
        """What the passenger pays, in major units: the server's price where there is one, else what the app said."""
        assert self.trip is not None
        return self.trip.fare if self.price is None else self.price.fare.major

    @property
    def is_over(self) -> bool:
        """Whether nothing can happen to it any more."""
        return self.status in TERMINAL

    @property
    def needs_listener(self) -> bool:
        """Whether its search ends when its passenger's app is gone: not when the ride is booked ahead, or by phone."""
        return self.status == PENDING and self.pickup_at is None and not self.booked_by

    @property
    def heads_for(self) -> Place:
        """Where its driver drives to: the pickup, and after the start the dropoff."""
        assert self.trip is not None
        return self.trip.pickup if self.status in (ACCEPTED, ARRIVED) else self.trip.dropoff

    def card(self) -> RideCard:
        """The ride as drivers are asked about it."""
        assert self.passenger is not None and self.trip is not None
        return RideCard(self.ride_id, self.search_no, self.passenger, self.trip, self.pickup_at)

    def is_driven_by(self, driver_id: DriverId) -> bool:
        """Whether this driver is, or was at its end, the ride's."""
        return self.driver is not None and self.driver.driver_id == driver_id

    def apply(self, event: Message) -> None:
        """Fold one event in. Raises IllegalTransition and changes nothing where the table has no such step."""
        kind = type(event)
        self.status = TRANSITIONS[self.status].get(kind) or next_status(self.status, kind)
        remember = _MEMORIES.get(kind)
        if remember is not None:
            remember(self, event)


def _remember_request(ride: RideRecord, event: RideRequested) -> None:
    ride.search_no, ride.requested_at = event.search_no, event.at
    _remember_terms(ride, event)


def _remember_terms(ride: RideRecord, event: RideRequested | RideScheduled) -> None:
    trip = ride.trip = event.trip
    ride.passenger, ride.known, ride.pickup_at = event.passenger, event.known, event.pickup_at
    ride.price, ride.asked, ride.quote_id = event.price, event.claim or trip, event.quote_id
    ride.zone = event.zone
    ride.booked_by, ride.body = event.booked_by, event.body


def _remember_driver(ride: RideRecord, event: RideAssigned) -> None:
    ride.driver, ride.offer_id, ride.round_no = event.driver, event.offer_id, event.round_no
    ride.assigned_at, ride.told_eta_s, ride.pin = event.at, event.eta_s, event.pin
    ride.texts += bool(ride.booked_by)


def _forget_driver(ride: RideRecord, event: RideUnassigned) -> None:
    ride.driver, ride.offer_id, ride.assigned_at, ride.told_eta_s, ride.pin = None, None, None, None, ""
    ride.search_no, ride.wrong_pins = event.search_no, 0
    ride.restarts += 1


def _remember_arrival(ride: RideRecord, event: RideArrived) -> None:
    ride.arrived_at = event.at
    ride.free_wait_ends_at, ride.no_show_at = event.free_wait_ends_at, event.no_show_at


def _remember_wrong_pin(ride: RideRecord, event: PinRefused) -> None:
    ride.wrong_pins, ride.wrong_pin_at = ride.wrong_pins + 1, event.at


def _remember_start(ride: RideRecord, event: RideStarted) -> None:
    ride.started_at = event.at


def _remember_completion(ride: RideRecord, event: RideCompleted) -> None:
    ride.price = event.price or ride.price


def _remember_cancel(ride: RideRecord, event: RideCancelled) -> None:
    ride.ended_by, ride.reason, ride.fee = event.by, event.reason, event.fee


def _remember_track(ride: RideRecord, event: TrackRecorded) -> None:
    if event.leg == Leg.ON_TRIP:
        ride.driven_m = (ride.driven_m or 0.0) + event.metres


def _remember_rating(ride: RideRecord, event: RideRated) -> None:
    ride.rated_by = (*ride.rated_by, event.by)


def _remember_charge(ride: RideRecord, event: ChargeRequested) -> None:
    ride.charge, ride.payment_status = event.amount, CHARGED


def _remember_payment(ride: RideRecord, event: ChargeSettled) -> None:
    ride.payment_status = PAID


def _remember_decline(ride: RideRecord, event: ChargeDeclined) -> None:
    ride.payment_status = DECLINED


def _remember_fare(ride: RideRecord, event: FareChanged) -> None:
    assert ride.trip is not None
    ride.trip = msgspec.structs.replace(ride.trip, fare=event.fare, by_agreement=False)
    if ride.price is not None and event.minor is not None:
        fare = msgspec.structs.replace(ride.price.fare, minor=event.minor)
        ride.price = msgspec.structs.replace(ride.price, fare=fare, lines=(FareLine(AGREED, event.minor),))


def _remember_note(ride: RideRecord, event: NoteChanged) -> None:
    assert ride.trip is not None
    ride.trip = msgspec.structs.replace(ride.trip, note=event.note)


def _remember_text(ride: RideRecord, event: CallerTexted) -> None:
    ride.texted = event.number


def _remember_no_show(ride: RideRecord, event: PassengerNoShow) -> None:
    ride.ended_by, ride.reason, ride.fee = Party.DRIVER, NO_SHOW, event.fee


def _remember_failure(ride: RideRecord, event: SearchFailed) -> None:
    ride.texts += bool(ride.booked_by)
    ride.ended_by, ride.reason, ride.rounds, ride.drivers_asked = (
        Party.SYSTEM,
        event.reason,
        event.rounds,
        event.drivers_asked,
    )


_MEMORIES: dict[type[Message], Callable[[RideRecord, Any], None]] = {
    RideRequested: _remember_request,
    RideScheduled: _remember_terms,
    RideAssigned: _remember_driver,
    RideUnassigned: _forget_driver,
    RideArrived: _remember_arrival,
    PinRefused: _remember_wrong_pin,
    RideStarted: _remember_start,
    RideCompleted: _remember_completion,
    RideCancelled: _remember_cancel,
    PassengerNoShow: _remember_no_show,
    TrackRecorded: _remember_track,
    RideRated: _remember_rating,
    ChargeRequested: _remember_charge,
    ChargeSettled: _remember_payment,
    ChargeDeclined: _remember_decline,
    FareChanged: _remember_fare,
    NoteChanged: _remember_note,
    CallerTexted: _remember_text,
    SearchFailed: _remember_failure,
}


# -- whose it is


def is_foreign(ride: RideRecord, principal: Principal, holder: str = "") -> bool:
    """Whether the ride is another passenger's. Then this one is told of it what they are told of a ride that nobody ever booked.

    It is the person's who booked it, or for whom staff did. While nobody has, it is the `holder`'s, whose app waits there; empty:
    nobody's. Where people need not log in, whoever names the ride owns it. Of drivers the record says who has it (`is_driven_by`).
    """
    if principal.role is not PASSENGER:
        return False
    owner = ride.passenger.passenger_id if ride.passenger is not None else holder
    return bool(owner) and owner != principal.id and principal != passenger_of(ride.ride_id)


# -- what the rules of a ride come to


class Refusal(NamedTuple):
    """Why nothing happens: the code and the sentence that whoever asked is told. `field`: which field is at fault, if one is. `wait_s`:
    seconds after which it may be tried again; 0: no time makes it possible. `tries_left`: how many more wrong pins lock the ride.
    """

    code: RefusalCode
    text: str
    field: str | None = None
    wait_s: float = 0.0
    tries_left: int | None = None


class Decision(msgspec.Struct, frozen=True, gc=False):
    """What follows from a message: `events`, to be recorded together; a `refusal` for whoever gave the command.

    `say`: a notice for the passenger that no event brings. `warn`: one for the driver. `say_end`: the end is told again. `ask`: the
    dispatcher is to do it, and answers. `book`: it is to be booked at these terms, once the price is known.
    """

    events: tuple[Message, ...] = ()
    refusal: Refusal | None = None
    say: Numbered | None = None
    warn: DriverWarned | None = None
    say_end: bool = False
    ask: AskDriver | None = None
    book: FindDriver | None = None
