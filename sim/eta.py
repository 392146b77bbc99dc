"""`dispatch eta fit` and `dispatch eta test`: profiles from a file of trips, and how far ETAs are from what its trips took."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click
from msgspec.structs import asdict

from dispatch.travel.fit import TimedTrip, air_samples, fit, road_samples
from dispatch.travel.models import load_roads, model_of
from dispatch.travel.profile import Profile, read_profile
from dispatch.travel.score import Score, ask, score
from sim import trips
from sim.demand import DemandError

if TYPE_CHECKING:
    from dispatch.travel.roads import Roads

ROWS: dict[str, Callable[[int], bool]] = {
    "all": lambda number: True,
    "odd": lambda number: number % 2 == 1,
    "even": lambda number: number % 2 == 0,
}
"""Which rows of a file are taken, by their number: the first row below the header is 1."""


class Taken(NamedTuple):
    """Trips of a file; `name` says which, `skipped` rows of the whole file could not be used, and why the first could not."""

    name: str
    trips: list[TimedTrip]
    skipped: int
    first_skipped: str


def fit_to(path: str | None, rows: str, out: str | None, map_file: str | None) -> None:
    """Write a profile fitted to these trips, with a map also to its roads, to `out`, or print it."""
    taken, roads = take(path, rows), load_roads(map_file)
    _tell_skipped(taken)
    samples = air_samples(taken.trips)
    made_of = f"{len(samples):,} trips of {taken.name}"
    by_road = None
    if roads is not None:
        on_roads = road_samples(taken.trips, partial(_free_s, roads))
        made_of += f"; {len(on_roads):,} of them on the roads of {Path(map_file or '').name}"
        by_road = fit(on_roads)
    profile = Profile(made_of, fit(samples), by_road)
    if out is None:
        click.echo(profile.as_json(), nl=False)
        return
    Path(out).write_bytes(profile.as_json())
    click.echo(f"{out}: fitted to {profile.made_of}")


def score_on(path: str | None, rows: str, profile_file: str | None, map_file: str | None, as_json: bool) -> None:
    """Print how far a profile's ETAs are from what these trips took; with a map, those that it has both ends of, and then all."""
    taken, roads = take(path, rows), load_roads(map_file)
    _tell_skipped(taken)
    model = model_of(read_profile(profile_file), hour_as_it_is, roads)
    asked = ask(model, taken.trips)
    every = score(asked)
    if roads is None:
        _print_score(every, {"skipped": taken.skipped}, as_json)
        return
    on_map = [answer for answer in asked if roads.on_map(answer.trip.start) and roads.on_map(answer.trip.end)]
    if not on_map:
        raise DemandError(f"{taken.name}: no trip has both ends on the map {map_file}")
    found, off_map = score(on_map), len(asked) - len(on_map)
    _print_score(found, {"skipped": taken.skipped, "off_map": off_map, "with_off_map": asdict(every)}, as_json)
    if not as_json:
        click.echo(f"{off_map:,} more begin or end off the map, and are told without roads. With them:")
        click.echo(_in_words(every))


def take(path: str | None, rows: str) -> Taken:
    """The trips of the `odd`, the `even` or `all` rows of a file, None for the shipped one.

    Raises:
        DemandError: the file cannot be read, lacks a column, or has no usable trip in these rows.
    """
    usable, complaints = trips.read_rows(path, timed=True)
    name = f"{Path(path or trips.SHIPPED).name}, {rows} rows"
    timed = [TimedTrip(_hour(row), row.pickup, row.dropoff, row.duration_s) for row in usable if ROWS[rows](row.number)]
    if not timed:
        raise DemandError(f"{name}: no usable trip")
    return Taken(name, timed, len(complaints), next(iter(complaints), ""))


def hour_as_it_is(at: float) -> float:
    """A model made with this takes hours of the day for runtime seconds."""
    return at


def _hour(row: trips.Row) -> float:
    return row.at.hour + row.at.minute / 60.0 + row.at.second / 3600.0


def _tell_skipped(taken: Taken) -> None:
    if taken.skipped:
        click.echo(f"{taken.skipped:,} rows were skipped, the first one: {taken.first_skipped}", err=True)


def _free_s(roads: Roads, trip: TimedTrip) -> float | None:
    return roads.free_s([trip.start], trip.end)[0]


def _print_score(found: Score, more: dict[str, object], as_json: bool) -> None:
    click.echo(json.dumps({**asdict(found), **more}) if as_json else _in_words(found))


def _in_words(found: Score) -> str:
    told = asdict(found)
    return "  ".join(told) + "\n" + "  ".join(f"{value:>{len(name)}}" for name, value in told.items())
