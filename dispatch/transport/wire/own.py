"""What people read of their own over HTTP, as JSON. What there is none of is left out."""

from msgspec import Struct

from dispatch.transport.wire.client import Rating
from dispatch.transport.wire.fields import DeviceToken, Platform, Remark


class DocumentShown(Struct, frozen=True, kw_only=True):
    """A driver's document. After `expires_at` the driver is offered no rides."""

    kind: str
    number: str
    expires_at: str


class Me(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who asks. `open_ride_id`: the ride that they are on, or that is searched for."""

    id: str
    role: str
    name: str
    phone: str
    status: str | None = None
    manager: bool = False
    open_ride_id: str | None = None
    rating: float | None = None
    vehicle_type: str | None = None
    vehicle_registration: str | None = None
    documents: tuple[DocumentShown, ...] = ()


class OwnEntry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What happened to a ride, when, and by whom (`passenger` `driver` `ops` `system`)."""

    at: str
    what: str
    by: str
    pickup_at: str | None = None
    round: int | None = None
    drivers_asked: int | None = None
    reason: str | None = None
    fare: float | None = None
    fee: float | None = None
    rating: int | None = None
    comment: str | None = None


class OwnRide(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A ride as its passenger or its driver sees it. A passenger reads the driver's fields, a driver the passenger's. `timeline` is
    there where one ride was asked for.
    """

    ride_id: str
    status: str
    passenger_name: str | None = None
    passenger_phone: str | None = None
    pickup_latitude: float
    pickup_longitude: float
    pickup_address: str
    dropoff_latitude: float
    dropoff_longitude: float
    dropoff_address: str
    distance_km: float
    estimated_duration_minutes: float
    fare: float
    currency: str | None = None
    fee: float | None = None
    requested_at: str
    pickup_at: str | None = None
    assigned_at: str | None = None
    arrived_at: str | None = None
    started_at: str | None = None
    ended_at: str | None = None
    ended_by: str | None = None
    reason: str | None = None
    driver_id: str | None = None
    driver_name: str | None = None
    driver_phone: str | None = None
    vehicle_type: str | None = None
    vehicle_registration: str | None = None
    wanted_vehicle_type: str | None = None
    note: str | None = None
    pin_required: bool | None = None
    payment_method: str | None = None
    fare_by_agreement: bool | None = None
    start_pin: str | None = None
    payment_status: str | None = None
    timeline: tuple[OwnEntry, ...] | None = None


class OwnRides(Struct, frozen=True, kw_only=True):
    """A page of rides, the newest first. `next`: the cursor of the page after it."""

    rides: tuple[OwnRide, ...]
    next: str | None


class Sums(Struct, frozen=True, kw_only=True):
    """What a driver's rides came to, in major units: `fares` of `rides` that were completed, as `cash` and by `card`; and `fees` of
    passengers who cancelled late or did not come.
    """

    rides: int
    fares: float
    cash: float
    card: float
    fees: float


class Takings(Sums, frozen=True, kw_only=True, omit_defaults=True):
    """What a driver took on one day. `online_s`: seconds of it, so far, in which they were connected and wanted offers."""

    day: str
    online_s: int
    currency: str | None = None


class RatingRequest(Struct, frozen=True, kw_only=True):
    """What the passenger thinks of the driver, or the driver of the passenger."""

    rating: Rating
    comment: Remark | None = None


class Rated(Struct, frozen=True, kw_only=True):
    """The rating is kept."""

    ride_id: str
    rating: int


class DeviceRequest(Struct, frozen=True, kw_only=True):
    """What the push service calls the device of the app, and what it runs on."""

    token: DeviceToken
    platform: Platform = "other"


class DeviceShown(Struct, frozen=True, kw_only=True):
    """A device that a push can wake, while the login lasts that registered it."""

    device_id: str
    platform: str
    registered_at: str


class DeviceKept(DeviceShown, frozen=True, kw_only=True):
    """The device is registered. `pushes`: whether this server sends any."""

    pushes: bool


class Devices(Struct, frozen=True, kw_only=True):
    """The devices of a driver, the one that was registered last first. `pushes`: whether this server sends any."""

    devices: tuple[DeviceShown, ...]
    pushes: bool
