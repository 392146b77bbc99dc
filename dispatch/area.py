"""Where a town drives, by the settings: what the apps of passengers may ask for."""

from typing import NamedTuple

from dispatch.config import Settings
from dispatch.config.bounds import Bounds, bounds_in
from dispatch.errors import OutsideArea, SettingError
from dispatch.values import Point

ANYWHERE, TRIPS = "anywhere", "trips"


class ServedArea(NamedTuple):
    """Where rides of apps begin and, if `whole_trips`, end. Staff may book any."""

    bounds: Bounds
    whole_trips: bool

    def require(self, pickup: Point, dropoff: Point) -> None:
        """Raise OutsideArea if an app may not ask for this trip."""
        if not self.bounds.hold(*pickup):
            raise OutsideArea("pickup")
        if self.whole_trips and not self.bounds.hold(*dropoff):
            raise OutsideArea("dropoff")


def served_area(settings: Settings) -> ServedArea | None:
    """None: rides may begin and end anywhere. Raises SettingError where they are to stay within a rectangle that nobody named."""
    if settings.serve_within == ANYWHERE:
        return None
    bounds = bounds_in(settings.town_bounds)
    if bounds is None:
        raise SettingError("town_bounds", f"town_bounds must be set where serve_within is {settings.serve_within}")
    return ServedArea(bounds, settings.serve_within == TRIPS)
