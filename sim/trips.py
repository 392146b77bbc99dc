"""Demand out of a file of trips that really were, as CSV: one row a trip, in any order, times local.

Rows that cannot be used are skipped and counted, and the first of them is named.
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from random import Random
from typing import BinaryIO, NamedTuple, cast

from dispatch.errors import did_you_mean
from sim.demand import Demand, DemandError, trip_between

SHIPPED = "nyc-trips-2015-01-15.csv.gz"
COLUMNS = ("pickup_time", "pickup_lat", "pickup_lon", "dropoff_lat", "dropoff_lon")
"""What a file must have; other columns are ignored."""
ENDS = "dropoff_time"
"""What it must have besides where trips are timed."""
LONGEST_S = 3 * 3600.0
"""A timed trip that lasts longer is a meter that was left running."""
LIMITS = dict(zip(COLUMNS[1:], (90, 180, 90, 180), strict=True))
DAY_S = 86_400.0


@dataclass(frozen=True, kw_only=True)
class TripFile:
    """What was taken from a file. `start` is the local time of virtual second 0.

    `skipped` rows of the whole file could not be used; `first_skipped` tells why the first was not ("" if none
    was): `line 17: pickup_lat '91.2' is not from -90 to 90`.
    """

    start: datetime
    demands: list[Demand]
    skipped: int
    first_skipped: str
    places: list[tuple[float, float]]

    def sample(self, rng: Random) -> tuple[float, float]:
        """Where a driver may begin: the pickup of one of the trips taken (of all in the file when none was)."""
        return rng.choice(self.places)


class Row(NamedTuple):
    """A usable row. `number`: which row of the file it is, from 1. `duration_s`: 0 where trips are not timed."""

    number: int
    at: datetime
    pickup: tuple[float, float]
    dropoff: tuple[float, float]
    duration_s: float = 0.0


class _Unusable(ValueError):
    """Why a row is skipped, in words that follow its line number."""


def read(path: str | None, *, from_time: str | None, for_s: float | None, rides: int | None) -> TripFile:
    """Take trips from a `.csv` or `.csv.gz` file by time: those from `from_time` on, within `for_s` seconds, the first `rides`.

    Args:
        path: the file; None for the trips of one New York day that are shipped.
        from_time: local date and time, or a time of day on the file's first day; None for its first trip.
        for_s: None for as long as `rides` says, or for 24 hours when that is None too.
        rides: None for all.

    Raises:
        DemandError: no such file, it is broken, lacks a column, or has no usable trip from `from_time` on.
    """
    rows, complaints = read_rows(path)
    rows.sort(key=lambda row: row.at)
    start = _start(from_time, rows[0].at)
    if rows[-1].at < start:
        raise DemandError(f"{path or SHIPPED} has no trip from {start} on: it goes from {rows[0].at} to {rows[-1].at}")
    taken = _window(rows, start, DAY_S if for_s is None and rides is None else for_s)[:rides]
    return TripFile(
        start=start,
        demands=[Demand((row.at - start).total_seconds(), trip_between(row.pickup, row.dropoff)) for row in taken],
        skipped=len(complaints),
        first_skipped=next(iter(complaints), ""),
        places=[row.pickup for row in taken or rows],
    )


def _start(from_time: str | None, first: datetime) -> datetime:
    if from_time is None:
        return first
    try:
        is_time_of_day = from_time[2:3] == ":"
        start = datetime.fromisoformat(f"{first.date()}T{from_time}" if is_time_of_day else from_time)
    except ValueError:
        start = None
    if start is None or start.tzinfo is not None:
        raise DemandError(f"{from_time!r} is not a local time (08:00, 2015-01-15T08:00)")
    return start


def _window(rows: list[Row], start: datetime, for_s: float | None) -> list[Row]:
    """Rows in [start, start + for_s)."""
    return [row for row in rows if row.at >= start and (for_s is None or (row.at - start).total_seconds() < for_s)]


def read_rows(path: str | None, timed: bool = False) -> tuple[list[Row], list[str]]:
    """The usable rows of a file (None: the shipped one), at least one, in its order, and a complaint for each other row.

    Args:
        path: as for `read`.
        timed: when it ended must be known of each trip.

    Raises:
        DemandError: no such file, it is broken, lacks a column, or has no usable trip.
    """
    source = files("sim").joinpath("data", SHIPPED) if path is None else Path(path)
    try:
        rows, complaints = _rows(source, timed)
    except (OSError, EOFError, zlib.error, csv.Error) as cause:
        raise DemandError(f"cannot read {source}: {getattr(cause, 'strerror', None) or cause}") from cause
    if not rows:
        raise DemandError(f"{source} has no usable trip" + "".join(f"; {why}" for why in complaints[:1]))
    return rows, complaints


def _rows(source: Traversable, timed: bool) -> tuple[list[Row], list[str]]:
    with source.open("rb") as raw:
        packed = gzip.GzipFile(fileobj=cast(BinaryIO, raw)) if source.name.endswith(".gz") else raw
        # A byte that is not UTF-8 spoils its row at most, and Excel begins its files with a byte order mark.
        with io.TextIOWrapper(packed, encoding="utf-8-sig", errors="replace", newline="") as text:
            return parsed(text, str(source), timed)


def parsed(text: Iterable[str], file: str, timed: bool = False) -> tuple[list[Row], list[str]]:
    """All usable rows as they stand in the text of this file, and a complaint for each other one.

    Raises:
        DemandError: a column is missing.
    """
    reader = csv.reader(text)
    header = [name.strip() for name in next(reader, [])]
    order = _order(header, file, (*COLUMNS, ENDS) if timed else COLUMNS)
    rows, complaints, number = [], [], 0
    for cells in reader:
        if not cells:
            continue  # an empty line, as at the end of many a file
        number += 1
        try:
            if len(cells) != len(header):
                raise _Unusable(f"{len(cells)} columns where the header has {len(header)}")
            rows.append(_row(number, [cells[index].strip() for index in order]))
        except _Unusable as why:
            complaints.append(f"line {reader.line_num}: {why}")
    return rows, complaints


def _order(header: list[str], file: str, needed: Sequence[str]) -> list[int]:
    """Where the needed columns stand."""
    for name in needed:
        if name not in header:
            strangers = [other for other in header if other not in needed]
            raise DemandError(f"{file} has no column {name}{did_you_mean(name, strangers)}")
    return [header.index(name) for name in needed]


def _row(number: int, cells: list[str]) -> Row:
    """A row from the cells of the needed columns, in their order."""
    when, coordinates, ends = cells[0], cells[1:5], cells[5:]
    pickup_lat, pickup_lon, dropoff_lat, dropoff_lon = map(_degrees, LIMITS, coordinates)
    at = _local("pickup_time", when)
    duration_s = _duration_s(at, _local(ENDS, ends[0])) if ends else 0.0
    row = Row(number, at, (pickup_lat, pickup_lon), (dropoff_lat, dropoff_lon), duration_s)
    for name, point in (("pickup", row.pickup), ("dropoff", row.dropoff)):
        if point == (0.0, 0.0):
            raise _Unusable(f"{name} is at 0, 0, which stands for a missing position")
    return row


def _local(name: str, text: str) -> datetime:
    if not text:
        raise _Unusable(f"{name} is missing")
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise _Unusable(f"{name} {text[:40]!r} is not a time like 2015-01-15 08:00:00") from None
    if when.tzinfo is not None:
        raise _Unusable(f"{name} {text[:40]!r} has an offset from UTC, local times have none")
    return when


def _duration_s(at: datetime, ended: datetime) -> float:
    duration_s = (ended - at).total_seconds()
    if duration_s <= 0.0:
        raise _Unusable(f"{ENDS} {ended} is not after pickup_time {at}")
    if duration_s > LONGEST_S:
        raise _Unusable(
            f"{ENDS} {ended} is {ended - at} after pickup_time, a trip lasts {LONGEST_S / 3600:.0f} hours at most"
        )
    return duration_s


def _degrees(name: str, text: str) -> float:
    if not text:
        raise _Unusable(f"{name} is missing")
    try:
        degrees = float(text)
    except ValueError:
        raise _Unusable(f"{name} {text[:40]!r} is not a number") from None
    if not -LIMITS[name] <= degrees <= LIMITS[name]:  # false for NaN too
        raise _Unusable(f"{name} {text[:40]!r} is not from -{LIMITS[name]} to {LIMITS[name]}")
    return degrees
