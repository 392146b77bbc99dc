"""What requests over HTTP take and give, as JSON bodies. The fields are those of the frames."""

from msgspec import Struct

from dispatch.transport.wire.fields import (
    Latitude,
    LoginCode,
    Longitude,
    Moment,
    PhoneNumber,
    RefreshTokenText,
    Remark,
    RequestId,
    RoleName,
    VehicleType,
)


class QuoteRequest(Struct, frozen=True, gc=False, kw_only=True):
    """What would this trip cost? `pickup_at`: when it begins, if not now."""

    pickup_latitude: Latitude
    pickup_longitude: Longitude
    dropoff_latitude: Latitude
    dropoff_longitude: Longitude
    vehicle_type: VehicleType | None = None
    pickup_at: Moment | None = None
    passenger_phone: PhoneNumber | None = None


class Quote(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A price that holds until `expires_at`. `eta_s`: how long the nearest free driver takes to the pickup."""

    quote_id: str
    vehicle_type: str = ""
    fare: float
    currency: str
    breakdown: dict[str, float]
    distance_km: float
    duration_minutes: int | float
    expires_at: str
    ttl_ms: int
    eta_s: int | None = None


class Quotes(Quote, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """One for any vehicle, and one for each type that has rates of its own, where the request names no type."""

    quotes: tuple[Quote, ...] = ()


class CancelRequest(Struct, frozen=True, gc=False, kw_only=True):
    """End this ride. The passenger and the driver read the reason."""

    reason: Remark | None = None


class RideClosed(Struct, frozen=True, gc=False, kw_only=True):
    """The ride is over: by whom and why it ended, even if that was before."""

    ride_id: str
    status: str
    by: str
    reason: str


class TownBounds(Struct, frozen=True, gc=False, kw_only=True):
    """A rectangle in WGS 84 degrees."""

    south: float
    west: float
    north: float
    east: float


class TownMap(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """Where pages get the ground that they draw. `streets`: the names and lines of all streets, as `dispatch map build` writes them."""

    streets: str | None = None
    style_url: str | None = None
    pmtiles_url: str | None = None


class Car(Struct, frozen=True, gc=False, kw_only=True):
    """About where a free car is: in the middle of a cell of the map."""

    latitude: float
    longitude: float


class FreeCars(Struct, frozen=True, gc=False, kw_only=True):
    """Free cars near a place, from south to north: not all of them, and nothing by which one could be known again."""

    cars: tuple[Car, ...]


class Cancelling(Struct, frozen=True, gc=False, kw_only=True):
    """What a passenger pays who cancels a ride that has a driver: `fee`, in major units, from `free_s` seconds after the
    assignment on, unless the driver is later than was told by `late_s`.
    """

    fee: float
    free_s: int
    late_s: int


class Town(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """What everybody may know of a server. `vehicle_types`: those that a ride can ask for; with none, every word may be asked for.
    `has_tariff`: the server sets fares, so that it can be asked for quotes. `auth`: `on` where people have to log in, else `off`.
    `time_zone`: the town's, where the settings say one. `sandbox`: nothing here is real. `takes_cards`: rides may be paid by card.
    `free_cars`: people may ask where free cars are. `cancelling`: where there is a tariff. A search is unserved from
    `alarm_unasked_s` without an open offer on, and from `alarm_waiting_s` in all. A ride booked ahead looks for drivers
    `schedule_lead_s` before its time, and may be booked `schedule_ahead_s` before it.
    """

    auth: str
    name: str | None = None
    currency: str | None = None
    desk_phone: str | None = None
    emergency_phone: str | None = None
    time_zone: str | None = None
    sandbox: bool = False
    bounds: TownBounds | None = None
    map: TownMap | None = None
    vehicle_types: tuple[str, ...]
    has_tariff: bool
    takes_cards: bool = False
    free_cars: bool = False
    cancelling: Cancelling | None = None
    alarm_unasked_s: float
    alarm_waiting_s: float
    schedule_lead_s: float
    schedule_ahead_s: float


class CodeRequest(Struct, frozen=True, gc=False, kw_only=True):
    """Send me a login code. `role`: in which role; without it the highest that the number has."""

    phone: PhoneNumber
    role: RoleName | None = None


class CodeOnItsWay(Struct, frozen=True, gc=False, kw_only=True):
    """A code was sent, if the number may log in. Seconds until it ends, and until another one may be offered."""

    request_id: str
    expires_in: int
    resend_in: int


class CodeTyped(Struct, frozen=True, gc=False, kw_only=True):
    """The code that came to the phone."""

    request_id: RequestId
    code: LoginCode


class RefreshRequest(Struct, frozen=True, gc=False, kw_only=True):
    """Go on with, or end, the login session of this token."""

    refresh_token: RefreshTokenText


class WhoLoggedIn(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """Who logged in, and as what."""

    id: str
    role: str
    name: str
    manager: bool = False


class Tokens(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """What an app shows from now on. `expires_in`: seconds. A page of this server has its refresh token in a cookie instead."""

    access_token: str
    token_type: str
    expires_in: int
    refresh_token: str | None = None
    person: WhoLoggedIn
