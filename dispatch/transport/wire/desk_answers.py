"""What the operator's people are answered over HTTP."""

from msgspec import Struct

from dispatch.transport.wire.own import Sums


class DriverNow(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A driver as they are now. `why_not_offered`: missing where nothing is in the way of an offer."""

    driver_id: str
    driver_name: str
    driver_phone: str
    driver_rating: float
    vehicle_type: str
    vehicle_registration: str
    status: str
    ride_id: str | None = None
    open_offers: int
    why_not_offered: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    position_age_s: float | None = None


class DriversPage(Struct, frozen=True, kw_only=True):
    """Drivers by id. `next`: the cursor of the next page."""

    drivers: tuple[DriverNow, ...]
    next: str | None


class CancelledBy(Struct, frozen=True, kw_only=True):
    """How many rides each party cancelled."""

    passenger: int
    driver: int
    ops: int
    system: int


class SecondsToAssign(Struct, frozen=True, kw_only=True):
    """By nearest rank; null where nobody got a driver."""

    p50: float | None
    p90: float | None


class HourFigures(Struct, frozen=True, kw_only=True):
    """What happened in one hour of it, which begins at `at`. `p50` `p90`: seconds to assign."""

    at: str
    requests: int
    completed: int
    no_drivers: int
    revenue: float
    p50: float | None
    p90: float | None


class DayFigures(Struct, frozen=True, kw_only=True):
    """What happened on a day of the town, and in its `hours`. `without_fare`: rides that were completed and for which no fare is on
    file.
    """

    day: str
    currency: str | None
    requests: int
    assigned: int
    completed: int
    cancelled: CancelledBy
    no_show: int
    no_drivers: int
    seconds_to_assign: SecondsToAssign
    revenue: float
    fees: float
    without_fare: int
    hours: tuple[HourFigures, ...]


class DriverTakings(Sums, frozen=True, kw_only=True):
    """What one driver took that day."""

    driver_id: str
    driver_name: str | None
    distance_km: float
    without_fare: int


class DayTakings(Struct, frozen=True, kw_only=True):
    """What each driver took on a day of the town."""

    day: str
    currency: str | None
    drivers: tuple[DriverTakings, ...]


class NamedPlace(Struct, frozen=True, kw_only=True):
    """Where a caller was picked up, or wanted to go."""

    address: str
    latitude: float
    longitude: float


class Caller(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody who has a phone on file: how many rides they booked, their last pickup, and the drop-offs that they named most."""

    name: str
    phone: str
    rides: int
    pickup: NamedPlace | None = None
    dropoffs: tuple[NamedPlace, ...] = ()


class Callers(Struct, frozen=True, kw_only=True):
    """A few of those whose phone begins so."""

    callers: tuple[Caller, ...]


class AskableDriver(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A driver for one ride. `why_not_asked`: why the desk cannot have them asked for it; missing where it can. Metres in a straight
    line and seconds of driving, both to the pickup.
    """

    driver_id: str
    driver_name: str
    vehicle_type: str
    vehicle_registration: str
    distance_m: float | None = None
    eta_s: float | None = None
    why_not_asked: str | None = None


class AskableDrivers(Struct, frozen=True, kw_only=True):
    """Those who can be asked, the soonest first, then others, the nearest first; and how many of both there are in all."""

    drivers: tuple[AskableDriver, ...]
    askable: int
    others: int
