"""What ride and driver actors tell the connection that speaks for them.

A notice with a `tag` is the frame that the app gets, with the wire's names. Its session finishes what depends on the moment and the
server: `currency`, `ttl_ms`, times as texts, money in major units. From any other notice the session makes a frame.
A `Numbered` notice is part of that ride's or driver's stream: each has the next number. Any other notice is no part of it.
"""

from typing import Final

import msgspec

from dispatch.ids import OfferId, RideId
from dispatch.messages.base import Message
from dispatch.values import CancelTerms, DriverCard, Lease, Price, RideCard, RideTerms, Trip, WaitTerms
from dispatch.words import (
    DriverStatus,
    OfferOutcome,
    Party,
    PaymentStatus,
    RideStatus,
    RideWarning,
    SearchEnd,
)

TimeOrText = float | str
"""Unix seconds in a notice, an RFC 3339 text in its frame."""
Way = tuple[float | None, float | None, float | None, float | None]
"""Latitude and longitude where it begins, metres to drive, seconds to take."""
NOWHERE: Final[Way] = (None, None, None, None)


class Numbered(Message, frozen=True, gc=False, kw_only=True):
    """A notice of a stream. `seq`: its number; 0: it has none yet, and the stream will give it one.

    `epoch`: in which the stream counts. Another one means that the numbers began anew.
    """

    seq: int = 0
    epoch: str = ""


class OfRide(Numbered, frozen=True, gc=False):
    """One that is about a ride."""

    ride_id: RideId


# -- to the passenger


class Searching(OfRide, tag="searching", frozen=True, gc=False, kw_only=True):
    """Drivers are being asked. `expires_at`: when this round ends; `search_expires_at`: when the whole search does. `asked_total`:
    drivers who were asked so far, in all rounds of this search.
    """

    round: int
    rounds_max: int | None = None
    drivers_notified: int
    asked_total: int | None = None
    fare: float
    fare_by_agreement: bool = False
    currency: str | None = None
    expires_at: TimeOrText
    ttl_ms: int | None = None
    search_expires_at: TimeOrText | None = None
    search_ttl_ms: int | None = None


class DriverAssigned(Numbered, frozen=True, gc=False):
    """Who comes, and from where if the position is known."""

    ride_id: RideId
    driver: DriverCard
    lat: float | None = None
    lon: float | None = None
    distance_m: float | None = None
    eta_s: float | None = None
    pin: str = ""
    cancel: CancelTerms | None = None


class DriverUnreachable(OfRide, tag="driver_unreachable", frozen=True, gc=False, kw_only=True):
    """The driver on the way is `standing_still`, `driving_away` or `not_heard`."""

    reason: RideWarning


class DriverLocation(Message, tag="driver_location", frozen=True, gc=False, kw_only=True):
    """Where the driver is, and what is left of the way: to the pickup, then to the dropoff. The latest counts."""

    ride_id: RideId
    latitude: float
    longitude: float
    heading: float | None = None
    eta_s: int
    distance_m: int


class DriverCancelled(OfRide, tag="driver_cancelled", frozen=True, gc=False, kw_only=True):
    """The driver does not come, by `driver`, `ops` or `system`; `searching` follows, or `no_drivers`."""

    by: Party
    reason: str


class NoDrivers(OfRide, tag="no_drivers", frozen=True, gc=False, kw_only=True):
    """The search is over and nobody took the ride."""

    reason: SearchEnd
    rounds: int
    drivers_asked: int


class RideProgress(Numbered, frozen=True, gc=False):
    """The ride is now `arrived`, `in_progress` or `completed`; to both sides.

    `waiting` and `cancel`: of an arrival. `driven_m`: of a completion, the metres that were driven on the trip, if they were seen.
    `payment_status`: empty for cash. `by_agreement`: nobody has named a fare.
    """

    ride_id: RideId
    status: RideStatus
    fare: float
    distance_km: float
    duration_min: float
    waiting: WaitTerms | None = None
    cancel: CancelTerms | None = None
    driven_m: float | None = None
    price: Price | None = None
    payment_status: PaymentStatus = PaymentStatus.NOTHING
    by_agreement: bool = False


class RideEnded(OfRide, tag="ride_cancelled", frozen=True, gc=False, kw_only=True):
    """Over before its end, by whom and why; a `no_show` is told like this too; to both sides. `fee`: what the passenger owes, in minor
    units, and in major units in the frame.
    """

    by: Party
    reason: str
    fee: float
    currency: str | None = None


class PassengerSnapshot(Numbered, frozen=True, gc=False):
    """The whole ride as its passenger may see it. `driver` once assigned; `way`: where the driver is and what is left, if it is known.
    `end`: how it ended, once it has.
    """

    ride_id: RideId
    status: RideStatus
    fare: float | None
    driver: DriverCard | None = None
    recovered: bool = False
    pin: str = ""
    pickup_at: float | None = None
    payment_status: PaymentStatus = PaymentStatus.NOTHING
    way: Way = NOWHERE
    trip: Trip | None = None
    terms: RideTerms = RideTerms()
    end: RideProgress | RideEnded | None = None


# -- to the driver


class OfferMade(Numbered, frozen=True, gc=False):
    """Will you take it? `pickup_eta_s`: how long the way to the pickup took when the driver was asked."""

    lease: Lease
    ride: RideCard
    pickup_eta_s: float = 0.0


class OfferClosed(OfRide, tag="offer_closed", frozen=True, gc=False, kw_only=True):
    """That offer is over, and why. Said again with the same `seq` to an answer that comes too late."""

    offer_id: OfferId
    reason: OfferOutcome


class RideAccepted(Numbered, frozen=True, gc=False):
    """It is yours: whom to fetch, where, and what it pays."""

    ride: RideCard


class DriverWarned(OfRide, tag="warning", frozen=True, gc=False, kw_only=True):
    """Something about the driver's ride is not right: `standing_still`, `driving_away`, `not_heard` or `far_from_pickup`."""

    reason: RideWarning


class NoOffers(Numbered, tag="no_offers", frozen=True, gc=False, kw_only=True):
    """The driver's file keeps offers away: the driver is `suspended`, or this `document` does not hold any more."""

    reason: DriverStatus
    document: str | None = None


class DocumentExpiring(Numbered, tag="document_expiring", frozen=True, gc=False, kw_only=True):
    """A document of the driver ends soon: then there will be no offers."""

    document: str
    expires_at: TimeOrText
    ttl_ms: int | None = None


class DriverSnapshot(Numbered, frozen=True, gc=False):
    """All that a driver's app needs after a gap: the open offer, and the ride with the terms of a wait at its pickup, if any."""

    status: DriverStatus
    offer: OfferMade | None = None
    ride: RideCard | None = None
    ride_status: RideStatus | None = None
    recovered: bool = False
    waiting: WaitTerms | None = None


# -- to both


class PaymentChanged(OfRide, tag="payment", frozen=True, gc=False, kw_only=True):
    """The charge of a ride that is over was `paid` or `declined`. `amount` in major units. `reason` in the provider's words, where it
    gave one; to the passenger alone.
    """

    status: PaymentStatus
    amount: float
    currency: str
    reason: str | None = None


class FareNews(OfRide, tag="fare_changed", frozen=True, gc=False, kw_only=True):
    """The operator's people changed the fare, and why."""

    fare: float
    currency: str | None = None
    reason: str


class NoteNews(OfRide, tag="note_changed", frozen=True, gc=False, kw_only=True):
    """The operator's people changed the passenger's note for the driver."""

    note: str


# -- outside the stream


class Ack(Message, tag="ack", frozen=True, gc=False):
    """What became of what the app sent; `id` is the one that the app gave it. `result`: `ok`, it took effect and is on disk, or
    `ignored`, and the `reason`. `ignored`: of several positions in one message, how many were ignored, by reason.
    """

    result: str
    id: str | None = None
    reason: str | None = None
    ignored: dict[str, int] | None = None


class Refused(Message, tag="error", frozen=True, gc=False):
    """What the app sent did nothing, and why: `code` for programs, `message` for people. `ride_id` where it concerned one.
    `tries_left`: how many more wrong pins lock the ride.
    """

    code: str
    message: str
    field: str | None = None
    id: str | None = None
    ride_id: str | None = None
    retry_after_ms: int | None = None
    tries_left: int | None = None


class Replaced(Message, frozen=True, gc=False):
    """A newer connection speaks for this ride or driver now."""


class NotYours(Message, frozen=True, gc=False):
    """The ride is another passenger's: the connection speaks for nobody, and nothing that came over it was done."""


class Faulted(Message, frozen=True, gc=False):
    """The actor behind this connection was quarantined; `error_id` finds it in the log."""

    error_id: str


class CutOff(Message, frozen=True, gc=False):
    """The actor behind this connection leaves memory. `for_good`: the app is not to come back as it is; else it may, and finds it."""

    for_good: bool


# -- to the desk: what the overview of a zone tells. Each frame has the next number of all that is told of the zone


DriverRow = tuple[int, str, str, bool, bool, int | None, int | None, str | None, str]
"""A driver: index, id, status, connected, position young enough for an offer, latitude and longitude in steps, ride, vehicle type."""


class RideRow(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A ride that is not over, or that has just ended. `asked`: who holds an offer of it in this `round`. `unasked_since`: since when
    nobody does.
    """

    ride_id: str
    status: str
    requested_at: str | None
    passenger_name: str
    pickup_latitude: float
    pickup_longitude: float
    pickup_address: str
    dropoff_latitude: float
    dropoff_longitude: float
    dropoff_address: str
    driver_id: str | None = None
    pickup_at: str | None = None
    by_phone: bool = False
    round: int = 0
    asked: tuple[str, ...] = ()
    unasked_since: str | None = None


class Board(Message, tag="board", frozen=True, gc=False):
    """All drivers in memory, and all rides that are not over."""

    number: int
    at: str
    beat_ms: int
    drivers: tuple[DriverRow, ...]
    rides: tuple[RideRow, ...]


class BoardChanged(Message, tag="board_changed", frozen=True, gc=False):
    """These indexes have no driver now; these drivers and rides are as follows."""

    number: int
    at: str
    gone: tuple[int, ...]
    drivers: tuple[DriverRow, ...]
    rides: tuple[RideRow, ...]


class BoardMoved(Message, tag="board_moved", frozen=True, gc=False):
    """Who has moved since the last of these, three numbers each: how many indexes further, how many steps north, how many east."""

    number: int
    at: str
    moved: tuple[int, ...]


Notice = (
    Searching | DriverAssigned | DriverUnreachable | DriverLocation | DriverCancelled | NoDrivers | RideProgress | RideEnded
    | PassengerSnapshot | OfferMade | OfferClosed | RideAccepted | DriverWarned | NoOffers | DocumentExpiring | DriverSnapshot
    | PaymentChanged | FareNews | NoteNews | Ack | Refused | Replaced | NotYours | Faulted | CutOff
    | Board | BoardChanged | BoardMoved
)  # fmt: skip
