"""The model city: a square with five busy places. Demand and the fleet's first positions are drawn from it."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians
from random import Random

from dispatch.domain.places.geo import EARTH_RADIUS_M

MODEL_DAY = 1_767_225_600.0
"""Unix time of 2026-01-01T00:00:00Z, a Thursday: where a run begins that has no trips of a day of its own."""
_DEGREE_M = radians(1.0) * EARTH_RADIUS_M


@dataclass(frozen=True, kw_only=True)
class City:
    """A square around `centre` (latitude, longitude) whose sides run north and east.

    A share `hot_share` of all points is normally spread, with `sigma_m`, around one of the hotspots (metres north and east of the
    centre, all equally busy). The rest lies anywhere. A degree is taken to be as long everywhere as at the centre, which changes
    distances in the default city by less than 0.1 %.
    """

    centre: tuple[float, float] = (-26.2041, 28.0473)
    side_m: float = 20_000.0
    hotspots: tuple[tuple[float, float], ...] = (
        (0.0, 0.0),
        (5_500.0, 2_500.0),
        (2_000.0, -6_000.0),
        (-5_000.0, 5_000.0),
        (-6_000.0, -3_500.0),
    )
    sigma_m: float = 2_000.0
    hot_share: float = 0.7

    def sample(self, rng: Random) -> tuple[float, float]:
        """Latitude and longitude of a point inside the square where somebody is, or wants to go."""
        half_m = self.side_m / 2.0
        if rng.random() < self.hot_share:
            north_m, east_m = self._around(rng.choice(self.hotspots), half_m, rng)
        else:
            north_m, east_m = (rng.random() * 2.0 - 1.0) * half_m, (rng.random() * 2.0 - 1.0) * half_m
        lat, lon = self.centre
        return lat + north_m / _DEGREE_M, lon + east_m / (_DEGREE_M * cos(radians(lat)))

    def holds(self, point: tuple[float, float]) -> bool:
        """Whether this point lies inside the square."""
        half_m, (lat, lon) = self.side_m / 2.0, self.centre
        north_m, east_m = (point[0] - lat) * _DEGREE_M, (point[1] - lon) * _DEGREE_M * cos(radians(lat))
        return abs(north_m) <= half_m and abs(east_m) <= half_m

    def _around(self, spot: tuple[float, float], half_m: float, rng: Random) -> tuple[float, float]:
        """A point near the spot. A point outside the city is drawn again, since clipping would crowd the border."""
        while True:
            north_m, east_m = rng.gauss(spot[0], self.sigma_m), rng.gauss(spot[1], self.sigma_m)
            if abs(north_m) <= half_m and abs(east_m) <= half_m:
                return north_m, east_m
