"""What ride and driver actors tell the connection that speaks for them. The session turns each into a frame.

A `Numbered` notice is part of that ride's or driver's stream: each has the next number. Any other notice is no part of it.
"""

from dispatch.ids import OfferId, RideId
from dispatch.messages.base import Message
from dispatch.values import DriverCard, Lease, Money, Price, RideCard
from dispatch.words import (
    DriverStatus,
    OfferOutcome,
    Party,
    PaymentStatus,
    RefusalCode,
    Result,
    RideStatus,
    RideWarning,
    SearchEnd,
)


class Numbered(Message, frozen=True, gc=False, kw_only=True):
    """A notice of a stream. `seq`: its number; 0: it has none yet, and the stream will give it one."""

    seq: int = 0


# -- to the passenger


class Searching(Numbered, frozen=True, gc=False):
    """A round opened. `expires_at`: Unix seconds."""

    ride_id: RideId
    round_no: int
    drivers_notified: int
    fare: float
    expires_at: float


class DriverAssigned(Numbered, frozen=True, gc=False):
    """Who comes, and from where if the position is known."""

    ride_id: RideId
    driver: DriverCard
    lat: float | None = None
    lon: float | None = None
    distance_m: float | None = None
    eta_s: float | None = None
    pin: str = ""


class DriverUnreachable(Numbered, frozen=True, gc=False):
    """The driver on the way is `standing_still`, `driving_away` or `not_heard`."""

    ride_id: RideId
    reason: RideWarning


class DriverLocation(Message, frozen=True, gc=False):
    """Where the driver is, and what is left of the way. No part of the stream: the latest counts."""

    ride_id: RideId
    lat: float
    lon: float
    distance_m: int
    eta_s: int
    heading: float | None = None


class DriverCancelled(Numbered, frozen=True, gc=False):
    """The driver does not come, by `driver`, `ops` or `system`; others are asked, unless `NoDrivers` follows."""

    ride_id: RideId
    by: Party
    reason: str


class NoDrivers(Numbered, frozen=True, gc=False):
    """Nobody took it."""

    ride_id: RideId
    reason: SearchEnd
    rounds: int
    drivers_asked: int


class PassengerSnapshot(Numbered, frozen=True, gc=False):
    """The whole ride as its passenger may see it. `driver` once assigned; where the driver is and what is left of the way, if known."""

    ride_id: RideId
    status: RideStatus
    fare: float | None
    driver: DriverCard | None = None
    recovered: bool = False
    pin: str = ""
    pickup_at: float | None = None
    payment_status: PaymentStatus = PaymentStatus.NOTHING
    lat: float | None = None
    lon: float | None = None
    distance_m: float | None = None
    eta_s: float | None = None


# -- to the driver


class OfferMade(Numbered, frozen=True, gc=False):
    """Will you take it? `pickup_eta_s`: how long the way to the pickup took when the driver was asked."""

    lease: Lease
    ride: RideCard
    pickup_eta_s: float = 0.0


class OfferClosed(Numbered, frozen=True, gc=False):
    """That offer is over. Said again with the same `seq` to an answer that comes too late."""

    ride_id: RideId
    offer_id: OfferId
    reason: OfferOutcome


class RideAccepted(Numbered, frozen=True, gc=False):
    """It is yours: whom to fetch, where, and what it pays."""

    ride: RideCard


class DriverWarned(Numbered, frozen=True, gc=False):
    """Something about your ride is not right: `standing_still`, `driving_away`, `not_heard` or `far_from_pickup`."""

    ride_id: RideId
    reason: RideWarning


class DriverSnapshot(Numbered, frozen=True, gc=False):
    """All that a driver's app needs after a gap: the open offer and the ride, if any."""

    status: DriverStatus
    offer: OfferMade | None = None
    ride: RideCard | None = None
    ride_status: RideStatus | None = None
    recovered: bool = False


# -- to both


class RideProgress(Numbered, frozen=True, gc=False):
    """The ride is now `arrived`, `in_progress` or `completed`.

    `free_until` and `no_show_at`: of an arrival, when waiting begins to cost and when the driver may leave (Unix seconds).
    `driven_m`: of a completion, the metres that were driven on the trip, if they were seen. `payment_status`: empty for cash.
    """

    ride_id: RideId
    status: RideStatus
    fare: float
    distance_km: float
    duration_min: float
    free_until: float | None = None
    no_show_at: float | None = None
    driven_m: float | None = None
    price: Price | None = None
    payment_status: PaymentStatus = PaymentStatus.NOTHING


class PaymentChanged(Numbered, frozen=True, gc=False):
    """What became of the charge of a ride that is over: `paid` or `declined`."""

    ride_id: RideId
    status: PaymentStatus
    amount: Money
    reason: str = ""


class RideEnded(Numbered, frozen=True, gc=False):
    """Cancelled, by whom and why; a `no_show` is told like this too. `fee`: what the passenger owes, in minor units."""

    ride_id: RideId
    by: Party
    reason: str
    fee: int = 0


# -- outside the stream


class Ack(Message, frozen=True, gc=False):
    """The command took effect and is on disk. `id` is the app's own, where it gave one."""

    id: str | None
    result: Result = Result.OK


class Refused(Message, frozen=True, gc=False):
    """The command did nothing, and why. `ride_id` where it concerned one."""

    code: RefusalCode
    text: str
    id: str | None = None
    ride_id: RideId | None = None
    field: str | None = None


class StreamLife(Message, frozen=True, gc=False):
    """What this connection will hear is numbered in this life of the stream, not in its first: the numbers began anew."""

    life: int


class Replaced(Message, frozen=True, gc=False):
    """A newer connection speaks for this ride or driver now."""


class Faulted(Message, frozen=True, gc=False):
    """The actor behind this connection was quarantined; `error_id` finds it in the log."""

    error_id: str


Notice = (
    Searching | DriverAssigned | DriverUnreachable | DriverLocation | DriverCancelled | NoDrivers | PassengerSnapshot
    | OfferMade | OfferClosed | RideAccepted | DriverWarned | DriverSnapshot
    | RideProgress | PaymentChanged | RideEnded | Ack | Refused | StreamLife | Replaced | Faulted
)  # fmt: skip
