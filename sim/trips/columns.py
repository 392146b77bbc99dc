"""Which columns of a file hold what a trip needs, by the names that cities and programs give them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import NamedTuple

from dispatch.config.trip_columns import TRIP_COLUMNS
from sim.city.demand import DemandError

CANONICAL = ("pickup_time", "pickup_lat", "pickup_lon", "dropoff_lat", "dropoff_lon")
"""What every file must have, unless it has `polyline` instead of places."""
DURATION = ("duration_s", "dropoff_time")
"""Of these a file must have one where trips are timed; the first wins: Chicago rounds its times to a quarter of an hour."""
TIME_NAMES = ("time", "datetime", "date", "timestamp", "at")
PICKUPS = (
    "pickup",
    "pick up",
    "start",
    "trip start",
    "trip pickup",
    "tpep pickup",
    "lpep pickup",
    "origin",
    "from",
    "begin",
    "started",
)
DROPOFFS = (
    "dropoff",
    "drop off",
    "end",
    "trip end",
    "trip dropoff",
    "tpep dropoff",
    "lpep dropoff",
    "destination",
    "to",
    "ended",
)
LATITUDES = ("lat", "latitude", "centroid latitude", "station latitude", "y")
LONGITUDES = ("lon", "lng", "long", "longitude", "centroid longitude", "station longitude", "x")
ZONES = ("pulocationid", "dolocationid", "locationid", "pickupcommunityarea", "dropoffcommunityarea")
"""Columns that say in which zone of the city a trip began or ended: no place that a car can drive to."""
WORDS = {"_time": ("time", "date"), "_lat": ("lat",), "_lon": ("lon", "lng")}
"""What the names of columns of each kind have in them, and those of others have not."""
COLUMNS_TOLD = 25


def _pairs(ends: Iterable[str], whats: Iterable[str]) -> tuple[str, ...]:
    return tuple(plain(f"{end} {what}") for end in ends for what in whats)


def plain(name: str) -> str:
    """A name without what people write differently: `Trip_Pickup_DateTime` and `trip pickup datetime` are one."""
    return "".join(letter for letter in name.lower() if letter.isalnum())


KNOWN: dict[str, tuple[str, ...]] = {
    "pickup_time": (*_pairs(PICKUPS, TIME_NAMES), "timestamp", "datetime", "requestdatetime", "requesttime"),
    "pickup_lat": (*_pairs(PICKUPS, LATITUDES), "lat", "latitude"),
    "pickup_lon": (*_pairs(PICKUPS, LONGITUDES), "lon", "lng", "longitude"),
    "dropoff_lat": _pairs(DROPOFFS, LATITUDES),
    "dropoff_lon": _pairs(DROPOFFS, LONGITUDES),
    "dropoff_time": _pairs(DROPOFFS, TIME_NAMES),
    "duration_s": ("durations", "tripseconds", "triptimeinsecs", "durationseconds", "durationsec"),
    "polyline": ("polyline",),
}
"""By what it holds, what a column may be called, the surest name first."""
assert set(KNOWN) == set(TRIP_COLUMNS), "every column that can be named has its names"


class Layout(NamedTuple):
    """`fields`: what is read of each row; `order`: where it stands; `names`: what the file calls it."""

    fields: tuple[str, ...]
    order: tuple[int, ...]
    names: tuple[str, ...]


def found(header: Sequence[str]) -> dict[str, int]:
    """Where each thing that is known by its name stands."""
    places: dict[str, int] = {}
    for index, name in enumerate(header):
        places.setdefault(plain(name), index)
    return {
        what: next(places[name] for name in names if name in places)
        for what, names in KNOWN.items()
        if any(name in places for name in names)
    }


def layout(header: Sequence[str], file: str, named: Mapping[str, str], timed: bool) -> Layout:
    """What to read of this file's rows, and where it stands.

    Args:
        header: the names of its columns.
        file: its name, for errors.
        named: what the user says: the file's own name by what it holds.
        timed: how long each trip took is needed as well.

    Raises:
        DemandError: a column is missing.
    """
    where = {**found(header), **{what: _named(header, file, what, name) for what, name in named.items()}}
    has_places = all(what in where for what in CANONICAL[1:])
    as_line = "polyline" in named or ("polyline" in where and not has_places)
    fields = ["pickup_time", "polyline"] if as_line else list(CANONICAL)
    if timed and not as_line:
        fields.append(
            next((what for what in DURATION if what in named), None)
            or next((what for what in DURATION if what in where), DURATION[1])
        )
    for what in fields:
        if what not in where:
            raise DemandError(_missing(what, header, file, where))
    order = tuple(where[what] for what in fields)
    return Layout(tuple(fields), order, tuple(header[index] for index in order))


def _named(header: Sequence[str], file: str, what: str, name: str) -> int:
    if name in header:
        return header.index(name)
    alike = [index for index, other in enumerate(header) if plain(other) == plain(name)]
    if not alike:
        raise DemandError(
            f"{file} has no column {name}, which --columns names for {what}{_likely(plain(name), header)}{_has(header)}"
        )
    return alike[0]


def _missing(what: str, header: Sequence[str], file: str, where: Mapping[str, int]) -> str:
    zones = [name for name in header if plain(name) in ZONES]
    if zones and what.endswith(("_lat", "_lon")):
        until = "; New York's files have coordinates until June 2016" if "location" in plain(zones[0]) else ""
        return (
            f"{file} has zone numbers only ({', '.join(zones)}) and no coordinates: no car can drive to a zone{until}"
        )
    strangers = [
        name for index, name in enumerate(header) if index not in where.values() and _is_like(what, plain(name))
    ]
    return f"{file} has no column {what}{_likely(plain(what), strangers) or f'; --columns {what}=NAME says which it is'}{_has(header)}"


def _is_like(what: str, name: str) -> bool:
    """Whether a column of this name could hold it: a time is none of the places, and a latitude is no longitude."""
    return not any(word in name for kind, words in WORDS.items() for word in words if not what.endswith(kind))


def _likely(name: str, others: Iterable[str]) -> str:
    by_plain = {plain(other): other for other in others}
    likely = get_close_matches(name, sorted(by_plain), n=1, cutoff=0.6)
    return f"; did you mean {by_plain[likely[0]]!r}?" if likely else ""


def _has(header: Sequence[str]) -> str:
    if not any(header):
        return "; it is empty"
    more = f" and {len(header) - COLUMNS_TOLD} more" if len(header) > COLUMNS_TOLD else ""
    return f" (it has {', '.join(name[:40] for name in header[:COLUMNS_TOLD])}{more})"
