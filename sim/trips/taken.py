"""Which trips of a file a run gets: by time, how long, how many. A file of any size is read once, and only these are kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from random import Random

from dispatch.values import Point
from sim.city.demand import Demand, DemandError, trip_between
from sim.trips.reading import Skipped, Trips, TripsWanted
from sim.trips.rows import TripRow

SHIPPED = "nyc-trips-2015-01-15.csv.gz"
DAY_S = 86_400.0
PLACES_KEPT = 10_000
"""Pickups where drivers may begin when no trip was taken."""
ROOM = 50_000
FEW, A_HANDFUL = 100, 10
"""Less than one in so many of a file's trips is told, unless it was asked for, and so are fewer than `A_HANDFUL` of more."""
TIMED_AT_MOST = 200_000
"""Trips that a profile is made of, or tested on. Of more, every other one is left out until they fit: more teach nothing."""


@dataclass(frozen=True, kw_only=True)
class TripFile:
    """What was taken from a file. `start` is the local time of virtual second 0; `skipped` is what was not used of the whole file.

    `note` says so where nearly all of the file lies long after its first trip: one wrong year makes a run of one trip.
    """

    start: datetime
    demands: list[Demand]
    skipped: Skipped
    places: list[Point]
    note: str = ""

    def sample(self, rng: Random) -> Point:
        """Where a driver may begin: the pickup of one of the trips taken (of the first in the file when none was)."""
        return rng.choice(self.places)


def read(
    path: str | None,
    wanted: TripsWanted | None = None,
    *,
    from_time: str | None,
    for_s: float | None,
    rides: int | None,
) -> TripFile:
    """Take trips from a file by time: those from `from_time` on, within `for_s` seconds, the first `rides`.

    Args:
        path: the file; None for the trips of one New York day that are shipped.
        wanted: how the file is to be read.
        from_time: local date and time, or a time of day on the file's first day; None for its first trip.
        for_s: None for as long as `rides` says, or for 24 hours when that is None too.
        rides: None for all.

    Raises:
        DemandError: no such file, it is broken, lacks a column, or has no usable trip from `from_time` on.
        BadTrips: too many of its rows cannot be used.
    """
    trips = Trips(source_of(path), wanted or TripsWanted())
    window = Window(from_time, DAY_S if for_s is None and rides is None else for_s, rides)
    for row in trips:
        window.add(row)
    start, taken = window.start, window.taken()
    if window.last < start:
        raise DemandError(
            f"{path or SHIPPED} has no trip from {start} on: it goes from {window.first} to {window.last}"
        )
    usable, note = trips.skipped.rows - trips.skipped.count, ""
    if from_time is None and rides is None and len(taken) < max(usable / FEW, min(A_HANDFUL, usable)):
        note = f"{len(taken):,} of {usable:,} trips are taken, those soon after the first, at {start}; --from says where to begin"
    return TripFile(
        start=start,
        note=note,
        demands=[Demand((row.at - start).total_seconds(), trip_between(row.pickup, row.dropoff)) for row in taken],
        skipped=trips.skipped,
        places=[row.pickup for row in taken] or window.places,
    )


def timed_rows(path: str | None, wanted: TripsWanted, rows: int | None) -> tuple[list[TripRow], Skipped]:
    """Trips of which it is known how long they took, at most `TIMED_AT_MOST`, evenly spread over the file.

    `rows`: 1 for the 1st, 3rd … row alone, 0 for the 2nd, 4th …, None for all. Raises as `read`.
    """
    trips = Trips(source_of(path), wanted._replace(timed=True))
    kept: list[TripRow] = []
    step = met = 0
    for row in trips:
        if rows is not None and row.number % 2 != rows:
            continue
        if met & ((1 << step) - 1) == 0:
            kept.append(row)
        met += 1
        if len(kept) > TIMED_AT_MOST:
            del kept[1::2]
            step += 1
    return kept, trips.skipped


def source_of(path: str | None) -> Traversable:
    """The file of this name; the shipped one for None."""
    return files("sim").joinpath("data", SHIPPED) if path is None else Path(path)


class Window:
    """Keeps, of all rows in any order, those that may be taken.

    Where it begins may depend on the earliest row, which may come last. It can only become earlier, so what lies behind its end now is
    out for good.
    """

    def __init__(self, from_time: str | None, for_s: float | None, rides: int | None, room: int = ROOM) -> None:
        """As for `read`. `room`: rows beyond those wanted that wait to be sorted out together."""
        self._from, self._is_time_of_day = from_time, (from_time or "")[2:3] == ":"
        self._for_s, self._rides = for_s, rides
        self._rows: list[TripRow] = []
        self._room = self._spare = room
        self.places: list[Point] = []
        self.first, self.last = datetime.max, datetime.min
        self.start = datetime.max if self._follows else self._begin(datetime.max)

    @property
    def kept(self) -> int:
        """How many rows it holds now."""
        return len(self._rows)

    @property
    def _follows(self) -> bool:
        """Whether it begins with, or on the day of, the first trip."""
        return self._from is None or self._is_time_of_day

    def add(self, row: TripRow) -> None:
        """One more of the file."""
        if row.at < self.first:
            self.first = row.at
            if self._follows:
                self.start = self._begin(row.at)
        self.last = max(self.last, row.at)
        if len(self.places) < PLACES_KEPT:
            self.places.append(row.pickup)
        if self._may_hold(row):
            self._rows.append(row)
            if len(self._rows) > self._room:
                self._sort_out()

    def taken(self) -> list[TripRow]:
        """Those in it, by time; of equal times the earlier in the file comes first."""
        inside = [row for row in self._rows if row.at >= self.start and self._may_hold(row)]
        return sorted(inside, key=lambda row: row.at)[: self._rides]

    def _begin(self, first: datetime) -> datetime:
        if self._from is None:
            return first
        try:
            start = datetime.fromisoformat(f"{first.date()}T{self._from}" if self._is_time_of_day else self._from)
        except ValueError:
            start = None
        if start is None or start.tzinfo is not None:
            raise DemandError(f"{self._from!r} is not a local time (08:00, 2015-01-15T08:00)")
        return start

    def _may_hold(self, row: TripRow) -> bool:
        if row.at < self.start and not self._follows:
            return False
        return self._for_s is None or (row.at - self.start).total_seconds() < self._for_s

    def _sort_out(self) -> None:
        """Drop what is out by now, and of what is in already all beyond the wanted number."""
        before = [row for row in self._rows if row.at < self.start and self._may_hold(row)]
        self._rows = [*before, *self.taken()]
        self._room = len(self._rows) + self._spare
