"""Distances on a spherical Earth and travel times. Pure: every room may call them.

A place is (latitude, longitude) in WGS 84 degrees, distances are metres. `EtaModel` is what the other rooms call for a travel time; the
model here knows no roads. `at` is the Unix second of the departure: a street is faster at night than at noon.
"""

from collections.abc import Callable, Iterable, Sequence
from math import asin, cos, pi, sin, sqrt
from typing import Annotated, Protocol

import msgspec

from dispatch.values import Point

EARTH_RADIUS_M = 6_371_008.8
HALF_CIRCUMFERENCE_M = pi * EARTH_RADIUS_M
"""The greatest distance between two places on Earth."""
HOURS = 24
DETOUR = 1.3
"""Road distance by straight-line distance. The median of a day of New York is 1.29."""

_RADIANS = pi / 180.0
_HALF_RADIANS = pi / 360.0
_DIAMETER_M = 2.0 * EARTH_RADIUS_M


def haversine_m(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Great-circle distance in metres. It is symmetric to the last bit, and longitudes may differ by whole turns."""
    half_lat = sin((lat2 - lat1) * _HALF_RADIANS)
    half_lon = sin((lon2 - lon1) * _HALF_RADIANS)
    square = half_lat * half_lat + cos(lat1 * _RADIANS) * cos(lat2 * _RADIANS) * (half_lon * half_lon)
    if square >= 1.0:  # rounding of antipodes
        return HALF_CIRCUMFERENCE_M
    return _DIAMETER_M * asin(sqrt(square))


class EtaModel(Protocol):
    """Distances in metres, times in seconds. It never fails: a place off the map is answered from the straight line."""

    def road_m(self, start: Point, end: Point) -> float:
        """The length of the drive."""

    def eta_s(self, start: Point, end: Point, at: float) -> float:
        """The time of the drive, for a departure at Unix second `at`."""

    def etas_s(self, starts: Iterable[Point], straight_m: Sequence[float], end: Point, at: float) -> list[float]:
        """The time from each start, in the same order; `straight_m`: the straight lines from them to the end. On a map this is far
        cheaper than one call for each. A model without one reads no start.
        """

    def air_s(self, straight_m: float, at: float) -> float:
        """The time for a straight-line distance, where the places themselves are not known."""


class Curve(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Seconds by length and hour of the day: `seconds[hour]` for one unit of length, times the length to the power of `exponent`.

    An exponent below 1 means that a long way is driven faster than a short one. The seconds of an hour hold in the middle of that
    hour. Between two middles they change evenly, also around midnight.
    """

    exponent: Annotated[float, msgspec.Meta(gt=0.0, le=2.0)]
    seconds: Annotated[
        tuple[Annotated[float, msgspec.Meta(gt=0.0, le=86_400.0)], ...],
        msgspec.Meta(min_length=HOURS, max_length=HOURS),
    ]

    def of(self, length: float, hour: float) -> float:
        """Seconds for `length` units (0 or more) at `hour`, which may be a fraction: 17.5 is half past five."""
        since_middle = (hour - 0.5) % HOURS
        before = int(since_middle) % HOURS
        share = since_middle - int(since_middle)
        unit_s = self.seconds[before] * (1.0 - share) + self.seconds[(before + 1) % HOURS] * share
        return unit_s * float(length**self.exponent)


class TravelModel(msgspec.Struct, frozen=True):
    """From the straight line. Road distance is that line times `detour`.

    Time comes from `curve` over the straight kilometres, at the local hour that `hour_of` makes of a Unix second, in [0, 24).
    Without a curve, it is the road distance at `speed_mps` metres per second, at every hour.
    """

    detour: float = DETOUR
    speed_mps: float = 25.0 / 3.6
    curve: Curve | None = None
    hour_of: Callable[[float], float] = float

    def road_m(self, start: Point, end: Point) -> float:
        """The straight line times the detour."""
        return haversine_m(*start, *end) * self.detour

    def eta_s(self, start: Point, end: Point, at: float) -> float:
        """The time for the straight line."""
        return self.air_s(haversine_m(*start, *end), at)

    def etas_s(self, starts: Iterable[Point], straight_m: Sequence[float], end: Point, at: float) -> list[float]:
        """The times for the straight lines, with one look at the hour."""
        if self.curve is None:
            return [metres * self.detour / self.speed_mps for metres in straight_m]
        exponent, unit_s = self.curve.exponent, self.curve.of(1.0, self.hour_of(at))
        return [unit_s * (metres / 1000.0) ** exponent for metres in straight_m]

    def air_s(self, straight_m: float, at: float) -> float:
        """By the curve at that hour, or at the one speed."""
        if self.curve is None:
            return straight_m * self.detour / self.speed_mps
        return self.curve.of(straight_m / 1000.0, self.hour_of(at))
