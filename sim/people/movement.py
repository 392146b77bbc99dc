"""How a car gets from one place to another: along the straight line, as much slower as the road is longer."""

from __future__ import annotations

from dispatch.domain.places.geo import TravelModel
from sim.city.offsets import wrapped_lon


class StraightDrive:
    """A drive from `start` to `end` (latitude, longitude) that begins at `departs_at` (Unix seconds), in whole microseconds.

    The road is `travel.detour` times as long as the straight line and is driven at `travel.speed_mps`. So the car moves along the line
    at `speed_mps / detour`, and arrives at `arrives_at`, never before. The line is straight in degrees, the shorter way around the
    globe. Over a city it is the great circle to within centimetres.
    """

    __slots__ = ("_lat", "_lat_per_s", "_lon", "_lon_per_s", "arrives_at", "departs_at", "end", "start")

    def __init__(
        self, start: tuple[float, float], end: tuple[float, float], departs_at: float, travel: TravelModel
    ) -> None:
        duration_s = round(travel.eta_s(start, end, departs_at), 6)
        self.start, self.end = start, end
        self.departs_at, self.arrives_at = departs_at, departs_at + duration_s
        self._lat, self._lon = start
        self._lat_per_s = (end[0] - self._lat) / duration_s if duration_s else 0.0
        self._lon_per_s = wrapped_lon(end[1] - self._lon) / duration_s if duration_s else 0.0

    def position(self, now: float) -> tuple[float, float]:
        """Where the car is: exactly `start` until it departs and exactly `end` from its arrival on."""
        if now >= self.arrives_at:
            return self.end
        driven_s = now - self.departs_at
        if driven_s <= 0.0:
            return self.start
        lon = self._lon + driven_s * self._lon_per_s
        if not -180.0 <= lon <= 180.0:
            lon = wrapped_lon(lon)
        return self._lat + driven_s * self._lat_per_s, lon
