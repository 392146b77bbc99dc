"""What the operator's people are answered over HTTP."""

from msgspec import Struct


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


class DayFigures(Struct, frozen=True, kw_only=True):
    """What happened on a day of the town. `without_fare`: rides that were completed and for which no fare is on file."""

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


class DriverTakings(Struct, frozen=True, kw_only=True):
    """What one driver's rides that ended that day came to."""

    driver_id: str
    driver_name: str | None
    rides: int
    fares: float
    cash: float
    card: float
    fees: float
    distance_km: float
    without_fare: int


class DayTakings(Struct, frozen=True, kw_only=True):
    """What each driver took on a day of the town."""

    day: str
    currency: str | None
    drivers: tuple[DriverTakings, ...]
