"""Events: what the journal keeps and what an actor is rebuilt from. Past tense; fields may be added with defaults, never renamed.

Every event names its ride where it has one, so that all that ever happened to a ride is one query. `command` is the app's own name for
what made it happen: a life that is rebuilt from the record knows by it what it has carried out already.
"""

import msgspec

from dispatch.ids import UNNAMED_ZONE, DriverId, OfferId, PassengerId, PersonId, QuoteId, RideId
from dispatch.messages.base import Command, Message
from dispatch.values import DriverCard, Money, Passenger, Place, Price, Trip
from dispatch.words import (
    AskVerdict,
    Leg,
    LinkEnd,
    OfferOutcome,
    Party,
    PersonRole,
    PersonStatus,
    ReleaseReason,
    Result,
    SearchEnd,
    SkippedStep,
    StaffAction,
)


class RideRequested(Message, frozen=True, gc=False):
    """A search began: a passenger booked (`search_no` 1) or asked again with other terms (`search_no` + 1).

    `at`: since when it waits. A ride that was booked for later waits since its `pickup_at`, however early drivers are asked.
    Where the server sets prices, `trip` has its figures, `price` says how they come about, and `claim` is the trip as the app told it.
    `is_named`: the app said the passenger's name with this; else it changes no name on file.
    `known`: the passenger said who they are. `zone`: which zone the ride belongs to from its first booking on.
    `booked_by`: who of staff booked it for a caller, in whose place nobody need be connected; `body`: the fingerprint of that request.
    """

    ride_id: RideId
    search_no: int
    passenger: Passenger
    trip: Trip
    at: float
    pickup_at: float | None = None
    command: Command | None = None
    price: Price | None = None
    claim: Trip | None = None
    quote_id: QuoteId | None = None
    is_named: bool = True
    known: bool = False
    zone: str = UNNAMED_ZONE
    booked_by: str = ""
    body: int = 0


class RideScheduled(Message, frozen=True, gc=False):
    """A passenger booked for later, or changed that. `price` and what follows it: as of a `RideRequested`."""

    ride_id: RideId
    passenger: Passenger
    trip: Trip
    pickup_at: float
    at: float
    command: Command | None = None
    price: Price | None = None
    claim: Trip | None = None
    quote_id: QuoteId | None = None
    is_named: bool = True
    known: bool = False
    zone: str = UNNAMED_ZONE
    booked_by: str = ""
    body: int = 0


class RideAssigned(Message, frozen=True, gc=False):
    """The ride has its driver. `eta_s`: how long the way to the pickup takes, as told; `pin` where the ride asks for one."""

    ride_id: RideId
    driver: DriverCard
    offer_id: OfferId
    round_no: int
    at: float
    eta_s: float | None = None
    pin: str = ""


class RideUnassigned(Message, frozen=True, gc=False):
    """The ride lost its driver before the pickup, by `driver`, `ops` or `system`, and is offered anew as search `search_no`."""

    ride_id: RideId
    driver_id: DriverId
    search_no: int
    by: Party
    reason: str
    at: float
    command: Command | None = None


class RideArrived(Message, frozen=True, gc=False):
    """The driver is at the pickup. `free_wait_ends_at` and `no_show_at`: what both were told, by which the wait is charged."""

    ride_id: RideId
    driver_id: DriverId
    at: float = 0.0
    command: Command | None = None
    free_wait_ends_at: float | None = None
    no_show_at: float | None = None


class PinRefused(Message, frozen=True, gc=False):
    """The driver typed another pin than the passenger's, or none. On record, so that no new life of the ride forgets how often."""

    ride_id: RideId
    driver_id: DriverId
    at: float


class RideStarted(Message, frozen=True, gc=False):
    """The passenger is in."""

    ride_id: RideId
    driver_id: DriverId
    at: float
    command: Command | None = None


class RideCompleted(Message, frozen=True, gc=False):
    """The passenger is out. `skipped` names the steps that the driver's app never reported.

    `price`: the one that was agreed, and what came on top of it, where the server sets prices.
    """

    ride_id: RideId
    driver_id: DriverId
    fare: float
    skipped: tuple[SkippedStep, ...] = ()
    price: Price | None = None
    command: Command | None = None


class RideCancelled(Message, frozen=True, gc=False):
    """Over before its end: by `passenger`, `driver`, `ops` or `system`. `fee`: what the passenger owes, in minor units."""

    ride_id: RideId
    by: Party
    reason: str = ""
    driver_id: DriverId | None = None
    fee: int = 0
    command: Command | None = None


class PassengerNoShow(Message, frozen=True, gc=False):
    """The driver waited at the pickup and nobody came. `fee`: what the passenger owes, in minor units."""

    ride_id: RideId
    driver_id: DriverId
    fee: int = 0
    command: Command | None = None


class SearchFailed(Message, frozen=True, gc=False):
    """Nobody took the ride: rounds and search cap are spent."""

    ride_id: RideId
    reason: SearchEnd
    rounds: int
    drivers_asked: int


class TrackRecorded(Message, frozen=True, gc=False):
    """Where the driver went `to_pickup` or `on_trip`, thinned: seconds since `start_at`, latitude, longitude; and the metres of it."""

    ride_id: RideId
    driver_id: DriverId
    leg: Leg
    start_at: float
    points: tuple[tuple[float, float, float], ...]
    metres: float


class RideRated(Message, frozen=True, gc=False):
    """What the `passenger` or the `driver` thought of the other one, once each: 1 to 5."""

    ride_id: RideId
    by: Party
    rating: int
    comment: str
    driver_id: DriverId
    passenger_id: PassengerId
    command: Command | None = None


class ChargeRequested(Message, frozen=True, gc=False):
    """The ride is over, and the provider is to collect this. In one commit with the end, so that neither is there without the other."""

    ride_id: RideId
    passenger_id: PassengerId
    amount: Money


class ChargeSettled(Message, frozen=True, gc=False):
    """The provider has collected it. `reference`: the provider's own name of it."""

    ride_id: RideId
    reference: str


class ChargeDeclined(Message, frozen=True, gc=False):
    """The provider will not collect it, and why."""

    ride_id: RideId
    reason: str


class FareChanged(Message, frozen=True, gc=False):
    """Staff changed the fare of a ride that has a driver, and told both why. `minor`: in minor units, where the server sets prices."""

    ride_id: RideId
    fare: float
    reason: str
    staff_id: str
    at: float
    minor: int | None = None


class NoteChanged(Message, frozen=True, gc=False):
    """Staff changed the note of a ride that has a driver."""

    ride_id: RideId
    note: str
    staff_id: str
    at: float


class CallerTexted(Message, frozen=True, gc=False):
    """The caller for whom staff booked was texted who comes, or that nobody does: text `number` of the ride has left."""

    ride_id: RideId
    number: int


class StaffActed(Message, frozen=True, gc=False):
    """Somebody of the operator's people did this to a ride: in one commit with what they did, which says the rest. `driver_id`: whom
    staff had asked, or bound. `command`: of staff, who never stand in the events of the deed itself.
    """

    ride_id: RideId
    staff_id: str
    action: StaffAction
    driver_id: DriverId | None = None
    command: Command | None = None


class OfferPlaced(msgspec.Struct, frozen=True, gc=False):
    """One place of a round: whom it went to and how far they were from the pickup."""

    offer_id: OfferId
    driver_id: DriverId
    pickup_distance_m: float


class OffersMade(Message, frozen=True, gc=False):
    """A round opened, with no `offers` if there was nobody to ask, or a place of it was filled again (`refill`).

    `expires_at`: Unix seconds. `radius_m`: how far the round reaches.

    `late`: it was after the last round. `by_desk`: staff had one driver asked, beside the rounds; its `round_no` is 0.
    """

    ride_id: RideId
    search_no: int
    round_no: int
    offers: tuple[OfferPlaced, ...]
    expires_at: float
    refill: bool = False
    radius_m: float = 0.0
    late: bool = False
    by_desk: bool = False


class RoundEnded(Message, frozen=True, gc=False):
    """Nobody was left for the places of this round that had not been shown yet. A round that ends otherwise has no event: the ends of
    its offers tell of it.
    """

    ride_id: RideId
    search_no: int
    round_no: int


class RoundConsidered(Message, frozen=True, gc=False):
    """Whom a round, or a refill of it, looked at: the nearest `drivers`, each with the metres from the pickup and the rule that
    dropped them, `asked` where none did (`matching.zone`). Recorded with the offers that came of it, where the policy explains.
    `radius_m`: how far it reached; `others`: how many more drivers there were, by status.
    """

    ride_id: RideId
    search_no: int
    round_no: int
    at: float
    radius_m: float
    drivers: tuple[DriverId, ...]
    metres: tuple[float, ...]
    rules: tuple[AskVerdict, ...]
    others: tuple[tuple[str, int], ...]
    refill: bool = False


class OffersClosed(Message, frozen=True, gc=False):
    """The dispatcher closed these offers: `expired`, `vanished`, `unavailable`, `driver_busy`."""

    ride_id: RideId
    offers: tuple[OfferId, ...]
    drivers: tuple[DriverId, ...]
    reason: OfferOutcome


class DriverRegistered(Message, frozen=True, gc=False):
    """A driver seen for the first time."""

    driver: DriverCard


class DriverOnline(Message, frozen=True, gc=False):
    """A connection speaks for the driver."""

    driver_id: DriverId


class DriverOffline(Message, frozen=True, gc=False):
    """The driver's connection is gone: `closed` or `silent`."""

    driver_id: DriverId
    reason: LinkEnd


class OfferDeclined(Message, frozen=True, gc=False):
    """The driver said no."""

    ride_id: RideId
    driver_id: DriverId
    offer_id: OfferId
    reason: str = ""
    command: Command | None = None


class DriverReserved(Message, frozen=True, gc=False):
    """The driver said yes and is reserved for this ride until it answers. `closes_at`: when the offer ends (Unix seconds)."""

    ride_id: RideId
    driver_id: DriverId
    offer_id: OfferId
    search_no: int
    round_no: int
    command: Command | None = None
    closes_at: float | None = None


class DriverReleased(Message, frozen=True, gc=False):
    """The driver is free again: the ride refused the driver, ended, or was cancelled."""

    ride_id: RideId
    driver_id: DriverId
    offer_id: OfferId
    reason: ReleaseReason


class AvailabilitySet(Message, frozen=True, gc=False):
    """The driver wants offers, or wants none."""

    driver_id: DriverId
    available: bool
    command: Command | None = None


class CommandDone(Message, frozen=True, gc=False):
    """A command was acknowledged with this `result`, which no other event tells: it changed nothing, or came too late."""

    command: Command
    result: Result
    ride_id: RideId | None = None


class DriverFolded(Message, frozen=True, gc=False):
    """All that the events of a driver came to so far: what is before it need not be read again. It changes nothing."""

    driver_id: DriverId
    driver: DriverCard | None
    ride: DriverReserved | None
    wants_offers: bool
    declined: tuple[RideId, ...]


class QuoteMade(Message, frozen=True, gc=False):
    """A price holds for this trip until `expires_at`. `passenger_id` None: whoever books."""

    quote_id: QuoteId
    passenger_id: PassengerId | None
    pickup: Place
    dropoff: Place
    vehicle_type: str
    price: Price
    at: float
    expires_at: float
    pickup_at: float | None = None


class QuoteTaken(Message, frozen=True, gc=False):
    """A ride has the price, and no other ride will. It is the ride that tells of itself, so this names it in its own way."""

    quote_id: QuoteId
    taken_by: RideId
    at: float


# -- people. `by`: the id of the member of staff who did it; empty: the command line, or the person


class PersonAdded(Message, frozen=True, gc=False):
    """A person has this role from now on. Who has another role already keeps the id, and is called by the newest name. `has_role`: they
    had it before, and their name or vehicle is another one now.
    """

    person_id: PersonId
    role: PersonRole
    name: str
    phone: str
    status: PersonStatus
    is_manager: bool = False
    by: str = ""
    has_role: bool = False


class PersonRenamed(Message, frozen=True, gc=False):
    """The person has another name."""

    person_id: PersonId
    name: str
    by: str = ""


class PhoneMoved(Message, frozen=True, gc=False):
    """The person has another phone number. Their past stays theirs."""

    person_id: PersonId
    phone: str
    by: str = ""


class RoleChanged(Message, frozen=True, gc=False):
    """Whether the person may act in this role, and as a manager, is another matter now. `reason`: as staff said it, if they did."""

    person_id: PersonId
    role: PersonRole
    status: PersonStatus
    is_manager: bool = False
    by: str = ""
    reason: str = ""


class DocumentKept(Message, frozen=True, gc=False):
    """A driver's document is on file. It holds until `expires_at` (Unix seconds); a newer one of the same `kind` replaces it."""

    person_id: PersonId
    kind: str
    number: str
    expires_at: float
    by: str = ""


class PersonRemoved(Message, frozen=True, gc=False):
    """Whoever is called by this pseudonym now was taken out of the file. Nothing says who it was."""

    person_id: PersonId
    by: str = ""


class Purged(Message, frozen=True, gc=False):
    """Of rides and quotes that were over before these Unix seconds, tracks, quotes and addresses are not kept any more: so many
    `events` lost something. Nothing says whose they are.
    """

    tracks_until: float
    quotes_until: float
    addresses_until: float
    events: int
    by: str = ""


Event = (
    RideRequested | RideScheduled | RideAssigned | RideUnassigned | RideArrived | PinRefused | RideStarted | RideCompleted
    | RideCancelled | PassengerNoShow | SearchFailed | TrackRecorded | RideRated
    | ChargeRequested | ChargeSettled | ChargeDeclined | FareChanged | NoteChanged | CallerTexted | StaffActed
    | OffersMade | RoundEnded | RoundConsidered | OffersClosed
    | DriverRegistered | DriverOnline | DriverOffline | OfferDeclined | DriverReserved | DriverReleased | AvailabilitySet
    | CommandDone | DriverFolded | QuoteMade | QuoteTaken
    | PersonAdded | PersonRenamed | PhoneMoved | RoleChanged | DocumentKept | PersonRemoved | Purged
)  # fmt: skip
EVENT_TYPES: tuple[type[Message], ...] = Event.__args__
