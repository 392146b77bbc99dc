"""What the operator's people ask over HTTP, as JSON bodies. The fields are those of the frames."""

from msgspec import Struct

from dispatch.transport.wire.fields import (
    Address,
    Amount,
    DriverIdText,
    Latitude,
    Longitude,
    Moment,
    PaymentMethod,
    PersonName,
    PhoneNumber,
    QuoteIdText,
    Remark,
    Switch,
    VehicleType,
)
from dispatch.transport.wire.own import OwnEntry, OwnRide


class DeskEntry(OwnEntry, frozen=True, kw_only=True, omit_defaults=True):
    """What happened to a ride, with whom of staff and of drivers it concerns."""

    staff_id: str | None = None
    driver_id: str | None = None
    driver_name: str | None = None
    drivers: tuple[str, ...] | None = None
    note: str | None = None
    amount_minor: int | None = None


class DeskRide(OwnRide, frozen=True, kw_only=True):
    """A ride as the operator's people see it. What there is none of is null. `fee` is in minor units."""

    passenger_id: str
    restarts: int
    booked_by: str | None = None
    timeline: tuple[DeskEntry, ...] | None = None


class DeskRides(Struct, frozen=True, kw_only=True):
    """A page of rides, the newest first. `next`: the cursor of the page after it."""

    rides: tuple[DeskRide, ...]
    next: str | None


class Act(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one of staff did, to which ride, driver or person."""

    at: str
    staff_id: str
    action: str
    ride_id: str | None = None
    driver_id: str | None = None
    person_id: str | None = None
    role: str | None = None
    status: str | None = None
    is_manager: bool | None = None
    kind: str | None = None
    reason: str | None = None


class Acts(Struct, frozen=True, kw_only=True):
    """A page of what staff did, the newest first. `next`: the cursor of the page after it."""

    acts: tuple[Act, ...]
    next: str | None


class DriverAsked(Struct, frozen=True, kw_only=True):
    """The offer is on its way."""

    ride_id: str
    driver_id: str
    bind: bool


class BookRequest(Struct, frozen=True, gc=False, kw_only=True):
    """Book this trip for a caller. What is missing of fare, distance and duration is the server's."""

    passenger_phone: PhoneNumber
    passenger_name: PersonName | None = None
    pickup_latitude: Latitude
    pickup_longitude: Longitude
    dropoff_latitude: Latitude
    dropoff_longitude: Longitude
    pickup_address: Address
    dropoff_address: Address
    distance_km: Amount | None = None
    estimated_duration_minutes: Amount | None = None
    fare_amount: Amount | None = None
    quote_id: QuoteIdText | None = None
    vehicle_type: VehicleType | None = None
    note: Remark | None = None
    require_pin: Switch | None = None
    pickup_at: Moment | None = None
    payment_method: PaymentMethod | None = None


class AssignRequest(Struct, frozen=True, gc=False, kw_only=True):
    """Offer the ride to this driver; with `bind` it is the driver's without an answer."""

    driver_id: DriverIdText
    bind: Switch | None = None


class ReassignRequest(Struct, frozen=True, gc=False, kw_only=True):
    """Take the ride from its driver and ask others. Both sides read the reason."""

    reason: Remark | None = None


class EditRequest(Struct, frozen=True, gc=False, kw_only=True):
    """Move the pickup or the drop-off, while nobody has the ride, or say something else to the driver. What is missing stays as it is;
    of a place latitude and longitude are named together.
    """

    pickup_latitude: Latitude | None = None
    pickup_longitude: Longitude | None = None
    pickup_address: Address | None = None
    dropoff_latitude: Latitude | None = None
    dropoff_longitude: Longitude | None = None
    dropoff_address: Address | None = None
    note: Remark | None = None


class FareRequest(Struct, frozen=True, gc=False, kw_only=True):
    """The ride costs so much from now on. Both sides read the reason."""

    fare: Amount
    reason: Remark
