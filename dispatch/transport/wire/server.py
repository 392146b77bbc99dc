"""Frames that apps get. What has `seq` belongs to the stream of its ride or driver; what is None is left out of the JSON."""

from typing import get_args

from msgspec import Struct


class ServerMessage(Struct, frozen=True, gc=False, omit_defaults=True):
    """Any frame of the server."""


class StreamMessage(ServerMessage, frozen=True, gc=False, kw_only=True):
    """One of a numbered stream: `seq` rises by one, `epoch` changes when the numbers start anew."""

    seq: int
    epoch: str


class RideMessage(StreamMessage, frozen=True, gc=False):
    """One that is about a ride."""

    ride_id: str


# -- to the passenger


class Searching(RideMessage, tag="searching", frozen=True, gc=False, kw_only=True):
    """Drivers are being asked. `expires_at`: when this round ends."""

    round: int
    drivers_notified: int
    fare: float
    currency: str | None = None
    expires_at: str
    ttl_ms: int


class DriverAssigned(RideMessage, tag="driver_assigned", frozen=True, gc=False, kw_only=True):
    """Who comes, and from where if that is known."""

    driver_id: str
    driver_name: str
    driver_phone: str
    driver_rating: float
    vehicle_type: str
    vehicle_registration: str
    driver_latitude: float | None = None
    driver_longitude: float | None = None
    eta_s: int | None = None
    distance_m: int | None = None
    start_pin: str | None = None


class DriverLocation(ServerMessage, tag="driver_location", frozen=True, gc=False, kw_only=True):
    """Where the driver is, and what is left of the way: to the pickup, then to the dropoff. The latest counts."""

    ride_id: str
    latitude: float
    longitude: float
    heading: float | None = None
    eta_s: int
    distance_m: int


class DriverUnreachable(RideMessage, tag="driver_unreachable", frozen=True, gc=False, kw_only=True):
    """The driver on the way is `standing_still`, `driving_away` or `not_heard`."""

    reason: str


class DriverCancelled(RideMessage, tag="driver_cancelled", frozen=True, gc=False, kw_only=True):
    """The driver does not come; `searching` follows, or `no_drivers`."""

    by: str
    reason: str


class NoDrivers(RideMessage, tag="no_drivers", frozen=True, gc=False, kw_only=True):
    """The search is over and nobody took the ride."""

    reason: str
    rounds: int
    drivers_asked: int


class PassengerSnapshot(RideMessage, tag="snapshot", frozen=True, gc=False, kw_only=True):
    """The whole ride as its passenger may see it; the driver's fields once there is one, and until the end where the driver is, if that
    is known; `payment_status` where a card pays.
    """

    status: str
    fare: float | None = None
    currency: str | None = None
    driver_id: str | None = None
    driver_name: str | None = None
    driver_phone: str | None = None
    driver_rating: float | None = None
    vehicle_type: str | None = None
    vehicle_registration: str | None = None
    driver_latitude: float | None = None
    driver_longitude: float | None = None
    eta_s: int | None = None
    distance_m: int | None = None
    start_pin: str | None = None
    pickup_at: str | None = None
    payment_status: str | None = None
    recovered: bool


# -- to the driver


class TripMessage(RideMessage, frozen=True, gc=False, kw_only=True):
    """One that tells a driver whom to fetch and where. `estimated_duration` is whole where the passenger's app said it so."""

    passenger_name: str
    passenger_phone: str
    pickup_address: str
    dropoff_address: str
    pickup_latitude: float
    pickup_longitude: float
    dropoff_latitude: float
    dropoff_longitude: float
    distance: float
    fare: float
    estimated_duration: int | float


class RideRequest(TripMessage, tag="ride_request", frozen=True, gc=False, kw_only=True):
    """Will you take it?"""

    offer_id: str
    round: int
    expires_at: str
    ttl_ms: int
    pickup_distance_m: int
    pickup_eta_s: int
    currency: str | None = None
    pickup_at: str | None = None
    payment_method: str | None = None


class OfferClosed(RideMessage, tag="offer_closed", frozen=True, gc=False, kw_only=True):
    """That offer is over, and why."""

    offer_id: str
    reason: str


class RideAccepted(TripMessage, tag="ride_accepted", frozen=True, gc=False, kw_only=True):
    """The ride is yours: whom to fetch, where, and what it pays."""

    currency: str | None = None
    note: str | None = None
    pin_required: bool = False
    pickup_at: str | None = None
    payment_method: str | None = None


class CurrentRide(ServerMessage, frozen=True, gc=False, kw_only=True):
    """The driver's ride inside a snapshot: what `ride_accepted` said, and how far it is."""

    ride_id: str
    status: str
    passenger_name: str
    passenger_phone: str
    pickup_address: str
    dropoff_address: str
    pickup_latitude: float
    pickup_longitude: float
    dropoff_latitude: float
    dropoff_longitude: float
    distance: float
    fare: float
    estimated_duration: int | float
    currency: str | None = None
    note: str | None = None
    pin_required: bool = False
    pickup_at: str | None = None
    payment_method: str | None = None


class DriverWarning(RideMessage, tag="warning", frozen=True, gc=False, kw_only=True):
    """Something about the driver's ride is not right: `standing_still`, `driving_away`, `not_heard`, `far_from_pickup`."""

    reason: str


class DriverSnapshot(StreamMessage, tag="snapshot", frozen=True, gc=False, kw_only=True):
    """All that a driver's app needs after a gap. `offer` and `ride` are always there, null where there is none."""

    status: str
    offer: RideRequest | None
    ride: CurrentRide | None
    recovered: bool


# -- to the desk


class OpsRideClosed(ServerMessage, tag="ride_closed", frozen=True, gc=False, kw_only=True):
    """The ride that the desk cancelled is over: by whom and why it ended, even if that was before."""

    ride_id: str
    status: str
    by: str
    reason: str


# -- to both


class DriverArrived(RideMessage, tag="driver_arrived", frozen=True, gc=False, kw_only=True):
    """The driver is at the pickup. When waiting begins to cost, and when a no-show may be reported."""

    waiting_free_until: str | None = None
    no_show_at: str | None = None
    no_show_ttl_ms: int | None = None


class RideStarted(RideMessage, tag="ride_started", frozen=True, gc=False):
    """The passenger is in."""


class RideCompleted(RideMessage, tag="ride_completed", frozen=True, gc=False, kw_only=True):
    """The passenger is out. `breakdown`: what the server's fare is made of, line by line. `payment_status`: `cash` or `pending`."""

    fare: float
    currency: str | None = None
    breakdown: dict[str, float] | None = None
    distance_km: float
    duration_minutes: int | float
    driven_km: float | None = None
    payment_status: str


class Payment(RideMessage, tag="payment", frozen=True, gc=False, kw_only=True):
    """The charge of a ride that is over was `paid` or `declined`. `reason` in the provider's words, where it gave one; to the passenger
    alone.
    """

    status: str
    amount: float
    currency: str
    reason: str | None = None


class RideCancelled(RideMessage, tag="ride_cancelled", frozen=True, gc=False, kw_only=True):
    """Over before its end, by `passenger`, `driver`, `ops` or `system`. `fee`: what the passenger owes."""

    by: str
    reason: str
    fee: float
    currency: str | None = None


class Pong(ServerMessage, tag="pong", frozen=True, gc=False):
    """I am here."""


class Ack(ServerMessage, tag="ack", frozen=True, gc=False):
    """What became of what you sent; `id` is the one that you gave it. `result`: `ok`, it took effect, or `ignored`, and the `reason`.

    `ignored`: of several positions in one message, how many were ignored, by reason.
    """

    result: str
    id: str | None = None
    reason: str | None = None
    ignored: dict[str, int] | None = None


class Error(ServerMessage, tag="error", frozen=True, gc=False):
    """What you sent did nothing, and why: `code` for programs, `message` for people."""

    code: str
    message: str
    field: str | None = None
    id: str | None = None
    ride_id: str | None = None
    retry_after_ms: int | None = None


ToPassenger = (
    Searching | DriverAssigned | DriverLocation | DriverUnreachable | DriverCancelled | NoDrivers | PassengerSnapshot | Payment
    | DriverArrived | RideStarted | RideCompleted | RideCancelled
    | Ack | Error | Pong
)  # fmt: skip
ToDriver = (
    RideRequest | RideAccepted | OfferClosed | DriverWarning | DriverSnapshot | Payment
    | DriverArrived | RideStarted | RideCompleted | RideCancelled
    | Ack | Error | Pong
)  # fmt: skip
ToStaff = OpsRideClosed | Ack | Error | Pong
TO_PASSENGER_FRAMES: tuple[type[ServerMessage], ...] = get_args(ToPassenger)
TO_DRIVER_FRAMES: tuple[type[ServerMessage], ...] = get_args(ToDriver)
TO_STAFF_FRAMES: tuple[type[ServerMessage], ...] = get_args(ToStaff)
