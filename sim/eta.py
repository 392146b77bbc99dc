"""`dispatch eta fit` makes a profile from a file of trips. `dispatch eta test` says how far ETAs are from what trips took."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click
from msgspec.structs import asdict

from dispatch.text import counted, say
from dispatch.travel.fit import TimedTrip, air_samples, fit, road_samples
from dispatch.travel.models import load_roads, model_of
from dispatch.travel.profile import Profile, read_profile
from dispatch.travel.score import Score, ask, score
from sim.city.demand import DemandError
from sim.report import printed
from sim.report.outputs import require_writable
from sim.trips import SHIPPED, BadTrips, Skipped, TripRow, TripsWanted, timed_rows

if TYPE_CHECKING:
    from dispatch.travel.roads import Roads

ROWS = {"all": None, "odd": 1, "even": 0}
"""Which rows of a file are taken, as the remainder of their number by 2. The first row below the header is 1."""


class Taken(NamedTuple):
    """Trips of a file; `name` says which, `skipped` is what could not be used of the whole file."""

    name: str
    trips: list[TimedTrip]
    skipped: Skipped


def fit_to(path: str | None, wanted: TripsWanted, rows: str, out: str | None, map_file: str | None) -> int:
    """Write a profile fitted to these trips, with a map also to its roads, to `out`, or print it. Returns the exit status."""
    require_writable("--out", out)
    try:
        taken = take(path, wanted, rows)
    except BadTrips as error:
        return printed.refuse(error, as_json=False)
    roads = load_roads(map_file)
    _tell_skipped(taken)
    samples = air_samples(taken.trips)
    made_of = f"{counted(len(samples), 'trip')} of {taken.name}"
    by_road = None
    if roads is not None:
        on_roads = road_samples(taken.trips, partial(_free_s, roads))
        made_of += f"; {len(on_roads):,} of them on the roads of {Path(map_file or '').name}"
        by_road = fit(on_roads)
    profile = Profile(made_of, fit(samples), by_road)
    if out is None:
        click.echo(profile.as_json(), nl=False)
        return 0
    Path(out).write_bytes(profile.as_json())
    say(f"{out}: fitted to {profile.made_of}")
    return 0


def score_on(
    path: str | None, wanted: TripsWanted, rows: str, profile_file: str | None, map_file: str | None, as_json: bool
) -> int:
    """Print how far a profile's ETAs are from what these trips took; with a map, those that it has both ends of, and then all.

    Returns the exit status.
    """
    try:
        taken = take(path, wanted, rows)
    except BadTrips as error:
        return printed.refuse(error, as_json)
    roads = load_roads(map_file)
    _tell_skipped(taken)
    model = model_of(read_profile(profile_file), hour_as_it_is, roads)
    asked = ask(model, taken.trips)
    every = score(asked)
    if roads is None:
        _print_score(every, printed.told_of(taken.skipped), as_json)
        return 0
    on_map = [answer for answer in asked if roads.on_map(answer.trip.start) and roads.on_map(answer.trip.end)]
    if not on_map:
        raise DemandError(f"{taken.name}: no trip has both ends on the map {map_file}")
    found, off_map = score(on_map), len(asked) - len(on_map)
    _print_score(found, {**printed.told_of(taken.skipped), "off_map": off_map, "with_off_map": asdict(every)}, as_json)
    if not as_json:
        say(f"{off_map:,} more begin or end off the map, and are told without roads. With them:")
        _print_words(every)
    return 0


def take(path: str | None, wanted: TripsWanted, rows: str) -> Taken:
    """The trips of the `odd`, the `even` or `all` rows of a file, None for the shipped one.

    Raises:
        DemandError: the file cannot be read, lacks a column, or has no usable trip in these rows.
        BadTrips: too many of its rows cannot be used.
    """
    usable, skipped = timed_rows(path, wanted, ROWS[rows])
    name = f"{Path(path or SHIPPED).name}, {rows} rows"
    if not usable:
        raise DemandError(f"{name}: no usable trip")
    return Taken(name, [TimedTrip(_hour(row), row.pickup, row.dropoff, row.duration_s) for row in usable], skipped)


def hour_as_it_is(at: float) -> float:
    """A model made with this takes hours of the day for Unix seconds."""
    return at


def _hour(row: TripRow) -> float:
    return row.at.hour + row.at.minute / 60.0 + row.at.second / 3600.0


def _tell_skipped(taken: Taken) -> None:
    if taken.skipped.count:
        say(str(taken.skipped), error=True)


def _free_s(roads: Roads, trip: TimedTrip) -> float | None:
    return roads.free_s([trip.start], trip.end)[0]


def _print_score(found: Score, more: dict[str, object], as_json: bool) -> None:
    if as_json:
        say(json.dumps({**asdict(found), **more}))
    else:
        _print_words(found)


def _print_words(found: Score) -> None:
    told = asdict(found)
    say("  ".join(told))
    say("  ".join(f"{value:>{len(name)}}" for name, value in told.items()))
