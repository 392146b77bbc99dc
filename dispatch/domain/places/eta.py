"""How long it takes to drive somewhere. `EtaModel` is what the rest asks; the models here know no roads. Pure.

Places are (latitude, longitude); `at` is the runtime second of the departure, since a street is faster at night than at noon.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Protocol

import msgspec

from dispatch.domain.places.geo import haversine_m
from dispatch.values import Point

HOURS = 24
DETOUR = 1.3
"""Metered over crow-fly distance: the median of a day of New York is 1.29."""


class EtaModel(Protocol):
    """Distances in metres, times in seconds. No answer is an error: a place off the map is answered from the straight line."""

    def road_m(self, start: Point, end: Point) -> float:
        """How far it is to drive."""

    def eta_s(self, start: Point, end: Point, at: float) -> float:
        """How long it takes who departs at runtime second `at`."""

    def etas_s(self, starts: Sequence[Point], end: Point, at: float) -> list[float]:
        """From each start, in their order: for a map far cheaper than one by one."""

    def air_s(self, straight_m: float, at: float) -> float:
        """How long so many metres of air take, where the places themselves are not known."""


class TravelModel(msgspec.Struct, frozen=True):
    """At one speed, whatever the hour: road distance is the straight line times `detour`; speed in metres per second."""

    detour: float = DETOUR
    speed_mps: float = 25.0 / 3.6

    def road_m(self, start: Point, end: Point) -> float:
        """The straight line, longer by the detour."""
        return haversine_m(*start, *end) * self.detour

    def eta_s(self, start: Point, end: Point, at: float) -> float:
        """The road at the speed."""
        return self.air_s(haversine_m(*start, *end), at)

    def etas_s(self, starts: Sequence[Point], end: Point, at: float) -> list[float]:
        """One by one."""
        return [self.eta_s(start, end, at) for start in starts]

    def air_s(self, straight_m: float, at: float) -> float:
        """The same whenever it is."""
        return straight_m * self.detour / self.speed_mps


class Curve(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Seconds by length of the way and hour of the day: `seconds[hour]` for one unit of length, growing with its power `exponent`.

    Below 1 the exponent says that a long way is driven faster than a short one. An hour's seconds hold in its middle; between two
    middles they change evenly, around midnight too.
    """

    exponent: Annotated[float, msgspec.Meta(gt=0.0, le=2.0)]
    seconds: Annotated[
        tuple[Annotated[float, msgspec.Meta(gt=0.0, le=86_400.0)], ...],
        msgspec.Meta(min_length=HOURS, max_length=HOURS),
    ]

    def of(self, length: float, hour: float) -> float:
        """Seconds for `length` units (0 or more) at `hour` o'clock, a fraction of the hour included."""
        power: float = length**self.exponent
        return self.unit_s(hour) * power

    def unit_s(self, hour: float) -> float:
        """Seconds for one unit of length at `hour` o'clock."""
        since_middle = (hour - 0.5) % HOURS
        before = int(since_middle) % HOURS
        share = since_middle - int(since_middle)
        return self.seconds[before] * (1.0 - share) + self.seconds[(before + 1) % HOURS] * share


class HourlyModel:
    """By the hour of the day, from a curve over kilometres of air."""

    def __init__(self, curve: Curve, hour_of: Callable[[float], float], detour: float = DETOUR) -> None:
        """`hour_of`: the local hour of day, in [0, 24), of a runtime second."""
        self._curve = curve
        self._hour_of = hour_of
        self._detour = detour

    def road_m(self, start: Point, end: Point) -> float:
        """The straight line, longer by the detour."""
        return haversine_m(*start, *end) * self._detour

    def eta_s(self, start: Point, end: Point, at: float) -> float:
        """What the curve says of the straight line at that hour."""
        return self.air_s(haversine_m(*start, *end), at)

    def etas_s(self, starts: Sequence[Point], end: Point, at: float) -> list[float]:
        """One by one."""
        return [self.eta_s(start, end, at) for start in starts]

    def air_s(self, straight_m: float, at: float) -> float:
        """What the curve says at that hour."""
        return self._curve.of(straight_m / 1000.0, self._hour_of(at))
