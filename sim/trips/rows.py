"""A trip out of the cells of one row, or why there is none."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from dispatch.domain.places.geo import haversine_m
from dispatch.values import Point
from sim.trips.columns import CANONICAL, Layout
from sim.trips.text import QUOTE
from sim.trips.times import TripClock

NO_PLACE, BAD_TIME, BAD_NUMBER, TOO_FAR = "no place", "bad time", "bad number", "too far"
BAD_DURATION, UNREADABLE = "bad duration", "unreadable line"
REASONS = (NO_PLACE, BAD_TIME, BAD_NUMBER, TOO_FAR, BAD_DURATION, UNREADABLE)
"""Why rows are skipped. Of many a published file a part has no places: `NO_PLACE` alone says nothing against how the file is read."""
LONGEST_S = 3 * 3600.0
"""A timed trip that lasts longer is a meter that was left running."""
FARTHEST_M = 300_000.0
"""A trip that ends farther from its pickup (metres of air) is a wrong position, and would keep its driver for a day."""
SURELY_NEAR_DEG = 1.5
"""Two places that are nearer in both directions are no `FARTHEST_M` from one another."""
PORTO_STEP_S = 15.0
"""Seconds from one point of a polyline to the next."""
NOTHING = frozenset(("", "null", "none", "nan", "na", "n/a", "<na>", "\\n", "-"))
"""What stands where there is no value, in small letters."""
LIMITS = {"lat": 90.0, "lon": 180.0}
NOWHERE: Point = (0.0, 0.0)
SHOWN = 40


class TripRow(NamedTuple):
    """A usable row. `number`: which row of the file it is, from 1. `duration_s`: 0 where trips are not timed."""

    number: int
    at: datetime
    pickup: Point
    dropoff: Point
    duration_s: float = 0.0


class Unusable(ValueError):
    """Why a row is skipped: a `reason` to count it by, and words that follow its line number."""

    def __init__(self, reason: str, why: str) -> None:
        super().__init__(why)
        self.reason = reason


class RowReader:
    """Makes rows of cells that stand as `layout` says."""

    def __init__(self, layout: Layout, clock: TripClock, timed: bool) -> None:
        self._names = layout.names
        self._clock = clock
        self._timed = timed
        self._is_line = layout.fields[1:] == ("polyline",)
        self._ends = layout.fields[len(CANONICAL)] if len(layout.fields) > len(CANONICAL) else ""

    def row(self, number: int, cells: Sequence[str]) -> TripRow:
        """The trip in the cells of the layout's columns. Raises Unusable."""
        if QUOTE in "".join(cells):
            name, cell = next((name, cell) for name, cell in zip(self._names, cells, strict=True) if QUOTE in cell)
            raise Unusable(UNREADABLE, f"{name} has a stray quotation mark: {cell[:SHOWN]}")
        if self._is_line:
            pickup, dropoff, duration_s = self._along(cells[1])
        else:
            pickup, dropoff = self._places(cells[1:5])
            duration_s = 0.0
        _must_be_near(pickup, dropoff)
        at = self._time(0, cells[0])
        if self._ends:
            duration_s = self._lasted(at, cells[5])
        if self._timed:
            _must_last(duration_s)
        return TripRow(number, at, pickup, dropoff, duration_s)

    def _places(self, cells: Sequence[str]) -> tuple[Point, Point]:
        names = self._names
        pickup = self._degrees(names[1], "lat", cells[0]), self._degrees(names[2], "lon", cells[1])
        dropoff = self._degrees(names[3], "lat", cells[2]), self._degrees(names[4], "lon", cells[3])
        if NOWHERE in (pickup, dropoff):
            name = "pickup" if pickup == NOWHERE else "dropoff"
            raise Unusable(NO_PLACE, f"{name} is at 0, 0, which stands for a missing position")
        return pickup, dropoff

    def _along(self, text: str) -> tuple[Point, Point, float]:
        """The ends of a line of points [[lon, lat], …], and how long it took."""
        name = self._names[1]
        if text.lower() in NOTHING:
            raise Unusable(NO_PLACE, f"{name} is missing")
        try:
            points = _LINE.decode(text)
        except msgspec.DecodeError:
            raise Unusable(BAD_NUMBER, f"{name} {text[:SHOWN]!r} is not a list of points [[-8.62, 41.14], …]") from None
        if not points:
            raise Unusable(NO_PLACE, f"{name} is empty")
        ends = []
        for lon, lat in (points[0], points[-1]):
            if not (abs(lat) <= LIMITS["lat"] and abs(lon) <= LIMITS["lon"]):
                raise Unusable(BAD_NUMBER, f"{name} has the point [{lon}, {lat}], which is no longitude and latitude")
            ends.append((lat, lon))
        return ends[0], ends[1], PORTO_STEP_S * (len(points) - 1)

    def _degrees(self, name: str, what: str, text: str) -> float:
        try:
            degrees = float(text)
        except ValueError:
            if text.lower() in NOTHING:
                raise Unusable(NO_PLACE, f"{name} is missing") from None
            degrees = self._number(name, text)
        most = LIMITS[what]
        if -most <= degrees <= most:
            return degrees
        if degrees != degrees:
            raise Unusable(NO_PLACE, f"{name} is missing")
        raise Unusable(BAD_NUMBER, f"{name} {text[:SHOWN]!r} is not from -{most:.0f} to {most:.0f}")

    def _number(self, name: str, text: str) -> float:
        try:
            return float(text)
        except ValueError:
            pass
        try:
            # Much of Europe writes 40,75.
            return float(text.replace("\N{MINUS SIGN}", "-").replace(",", ".").rstrip("°"))
        except ValueError:
            raise Unusable(BAD_NUMBER, f"{name} {text[:SHOWN]!r} is not a number") from None

    def _time(self, index: int, text: str) -> datetime:
        name = self._names[index]
        if text.lower() in NOTHING:
            raise Unusable(BAD_TIME, f"{name} is missing")
        try:
            return self._clock.read(text)
        except (ValueError, OverflowError):
            raise Unusable(BAD_TIME, f"{name} {text[:SHOWN]!r} is not a time like 2015-01-15 08:00:00") from None

    def _lasted(self, at: datetime, text: str) -> float:
        name = self._names[5]
        if self._ends == "duration_s":
            if text.lower() in NOTHING:
                raise Unusable(BAD_DURATION, f"{name} is missing")
            return self._number(name, text.replace(",", "") if _grouped(text) else text)
        ended = self._time(5, text)
        duration_s = (ended - at).total_seconds()
        if duration_s <= 0.0:
            raise Unusable(BAD_DURATION, f"{name} {ended} is not after {self._names[0]} {at}")
        return duration_s


def _must_be_near(pickup: Point, dropoff: Point) -> None:
    if abs(pickup[0] - dropoff[0]) < SURELY_NEAR_DEG and abs(pickup[1] - dropoff[1]) < SURELY_NEAR_DEG:
        return
    metres = haversine_m(*pickup, *dropoff)
    if metres > FARTHEST_M:
        raise Unusable(
            TOO_FAR,
            f"dropoff is {metres / 1000:,.0f} km from the pickup, more than {FARTHEST_M / 1000:.0f} km of air are no trip",
        )


def _must_last(duration_s: float) -> None:
    if not 0.0 < duration_s < math.inf:
        raise Unusable(BAD_DURATION, f"the trip took {duration_s:g} seconds")
    if duration_s > LONGEST_S:
        took = timedelta(seconds=duration_s)
        raise Unusable(BAD_DURATION, f"the trip took {took}, a trip lasts {LONGEST_S / 3600:.0f} hours at most")


def _grouped(text: str) -> bool:
    """Whether the commas in this number stand between thousands, as Chicago writes seconds: 1,380."""
    head, *groups = text.split(",")
    return bool(groups) and head.isdecimal() and all(len(group) == 3 and group.isdecimal() for group in groups)


_LINE = msgspec.json.Decoder(list[tuple[float, float]])
