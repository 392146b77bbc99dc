"""Frames that apps get: most are notices as they stand, the others are here. What has `seq` belongs to the stream of its ride or
driver; what is None is left out of the JSON.
"""

from typing import get_args

from msgspec import Struct

from dispatch.messages.base import Message
from dispatch.messages.notices import (
    Ack,
    Board,
    BoardChanged,
    BoardMoved,
    DocumentExpiring,
    DriverCancelled,
    DriverLocation,
    DriverUnreachable,
    DriverWarned,
    FareNews,
    NoDrivers,
    NoOffers,
    NoteNews,
    Numbered,
    OfferClosed,
    OfRide,
    PaymentChanged,
    Refused,
    RideEnded,
    Searching,
)

# -- to the passenger


class CancelFields(OfRide, frozen=True, gc=False, kw_only=True):
    """What cancelling costs the passenger: nothing until `cancel_free_until`, then `cancel_fee`."""

    cancel_fee: float | None = None
    cancel_free_until: str | None = None
    cancel_free_ttl_ms: int | None = None


class DriverAssigned(CancelFields, tag="driver_assigned", frozen=True, gc=False, kw_only=True):
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


class PassengerSnapshot(CancelFields, tag="snapshot", frozen=True, gc=False, kw_only=True):
    """The whole ride as its passenger may see it; the driver's fields once there is one, and until the end where the driver is, if that
    is known; `payment_status` where a card pays; the fields of waiting while the driver waits; `breakdown` and `driven_km` of a ride
    that is completed, `by`, `reason` and `fee` of one that ended otherwise.
    """

    status: str
    fare: float | None = None
    fare_by_agreement: bool = False
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
    pickup_address: str | None = None
    dropoff_address: str | None = None
    pickup_latitude: float | None = None
    pickup_longitude: float | None = None
    dropoff_latitude: float | None = None
    dropoff_longitude: float | None = None
    distance_km: float | None = None
    duration_minutes: int | float | None = None
    driven_km: float | None = None
    breakdown: dict[str, float] | None = None
    waiting_free_until: str | None = None
    waiting_free_ttl_ms: int | None = None
    waiting_per_minute: float | None = None
    no_show_at: str | None = None
    no_show_ttl_ms: int | None = None
    no_show_fee: float | None = None
    by: str | None = None
    reason: str | None = None
    fee: float | None = None
    recovered: bool


# -- to the driver: what a frame says first (`ride_id`, `seq`, `epoch`) is not the first class of it


class TripFields(Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """Whom to fetch and where. `estimated_duration` is whole where the passenger's app said it so."""

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
    fare_by_agreement: bool = False


class OfferFields(TripFields, frozen=True, gc=False, kw_only=True):
    """And until when the driver may take it."""

    offer_id: str
    round: int
    expires_at: str
    ttl_ms: int
    pickup_distance_m: int
    pickup_eta_s: int
    currency: str | None = None
    pickup_at: str | None = None
    payment_method: str | None = None
    vehicle_type: str | None = None
    note: str | None = None


class RideRequest(OfferFields, tag="ride_request", frozen=True, gc=False):
    """Will you take it?"""

    ride_id: str
    seq: int
    epoch: str


class RideFields(TripFields, frozen=True, gc=False, kw_only=True):
    """And what only the driver who has the ride is told."""

    currency: str | None = None
    note: str | None = None
    pin_required: bool = False
    pickup_at: str | None = None
    payment_method: str | None = None
    vehicle_type: str | None = None


class RideAccepted(RideFields, tag="ride_accepted", frozen=True, gc=False):
    """The ride is yours: whom to fetch, where, and what it pays."""

    ride_id: str
    seq: int
    epoch: str


class CurrentRide(RideFields, frozen=True, gc=False):
    """The driver's ride inside a snapshot: what `ride_accepted` said, how far it is, and what `driver_arrived` said of the wait."""

    ride_id: str
    status: str
    waiting_free_until: str | None = None
    waiting_free_ttl_ms: int | None = None
    waiting_per_minute: float | None = None
    no_show_at: str | None = None
    no_show_ttl_ms: int | None = None
    no_show_fee: float | None = None


class DriverSnapshot(Numbered, tag="snapshot", frozen=True, gc=False, kw_only=True):
    """All that a driver's app needs after a gap. `offer` and `ride` are always there, null where there is none."""

    status: str
    offer: RideRequest | None
    ride: CurrentRide | None
    recovered: bool


# -- to the desk


class OpsRideClosed(Message, tag="ride_closed", frozen=True, gc=False, kw_only=True):
    """The ride that the desk cancelled is over: by whom and why it ended, even if that was before."""

    ride_id: str
    status: str
    by: str
    reason: str


# -- to both


class DriverArrived(CancelFields, tag="driver_arrived", frozen=True, gc=False, kw_only=True):
    """The driver is at the pickup. When waiting begins to cost and what a minute costs; when a no-show may be reported and what the
    passenger owes then.
    """

    waiting_free_until: str | None = None
    waiting_free_ttl_ms: int | None = None
    waiting_per_minute: float | None = None
    no_show_at: str | None = None
    no_show_ttl_ms: int | None = None
    no_show_fee: float | None = None


class RideStarted(OfRide, tag="ride_started", frozen=True, gc=False):
    """The passenger is in."""


class RideCompleted(OfRide, tag="ride_completed", frozen=True, gc=False, kw_only=True):
    """The passenger is out. `breakdown`: what the server's fare is made of, line by line. `payment_status`: `cash` or `pending`."""

    fare: float
    fare_by_agreement: bool = False
    currency: str | None = None
    breakdown: dict[str, float] | None = None
    distance_km: float
    duration_minutes: int | float
    driven_km: float | None = None
    payment_status: str


class TokenExpiring(Message, tag="token_expiring", frozen=True, gc=False):
    """The access token of this connection ends in `ttl_ms`: send a newer one with `authenticate`."""

    ttl_ms: int


class Pong(Message, tag="pong", frozen=True, gc=False):
    """I am here."""


ToPassenger = (
    Searching | DriverAssigned | DriverLocation | DriverUnreachable | DriverCancelled | NoDrivers | PassengerSnapshot
    | PaymentChanged | FareNews | NoteNews | DriverArrived | RideStarted | RideCompleted | RideEnded
    | Ack | Refused | TokenExpiring | Pong
)  # fmt: skip
ToDriver = (
    RideRequest | RideAccepted | OfferClosed | DriverWarned | NoOffers | DocumentExpiring | DriverSnapshot
    | PaymentChanged | FareNews | NoteNews | DriverArrived | RideStarted | RideCompleted | RideEnded
    | Ack | Refused | TokenExpiring | Pong
)  # fmt: skip
ToStaff = Board | BoardChanged | BoardMoved | OpsRideClosed | Ack | Refused | TokenExpiring | Pong
ServerMessage = ToPassenger | ToDriver | ToStaff
TO_PASSENGER_FRAMES: tuple[type[ServerMessage], ...] = get_args(ToPassenger)
TO_DRIVER_FRAMES: tuple[type[ServerMessage], ...] = get_args(ToDriver)
TO_STAFF_FRAMES: tuple[type[ServerMessage], ...] = get_args(ToStaff)
