"""Where a town drives, by the settings: what the apps of passengers may ask for."""

from dispatch.config import Settings
from dispatch.config.bounds import bounds_in
from dispatch.errors import OutsideArea, SettingError
from dispatch.values import Point

ANYWHERE, TRIPS = "anywhere", "trips"


def require_area(settings: Settings) -> None:
    """Raise SettingError where rides are to stay within a rectangle that nobody named."""
    if settings.serve_within != ANYWHERE and not settings.town_bounds:
        raise SettingError("town_bounds", f"town_bounds must be set where serve_within is {settings.serve_within}")


def require_served(settings: Settings, pickup: Point, dropoff: Point) -> None:
    """Raise OutsideArea if this server takes no such trip from an app. Staff may book any."""
    if settings.serve_within == ANYWHERE:
        return
    bounds = bounds_in(settings.town_bounds)
    assert bounds is not None, "required at the start"
    if not bounds.hold(*pickup):
        raise OutsideArea("pickup")
    if settings.serve_within == TRIPS and not bounds.hold(*dropoff):
        raise OutsideArea("dropoff")
