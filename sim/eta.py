"""`dispatch eta fit` and `dispatch eta test`: profiles from a file of trips, and how far ETAs are from what its trips took."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import click

from dispatch.domain.eta import HourlyModel
from dispatch.travel.fit import TimedTrip, air_samples, fit
from dispatch.travel.profile import Profile, read_profile
from dispatch.travel.score import score
from sim import trips
from sim.demand import DemandError

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


def fit_to(path: str | None, rows: str, out: str | None) -> None:
    """Write a profile fitted to these trips to `out`, or print it."""
    taken = take(path, rows)
    _tell_skipped(taken)
    samples = air_samples(taken.trips)
    profile = Profile(made_of=f"{len(samples):,} trips of {taken.name}", air=fit(samples))
    if out is None:
        click.echo(profile.as_json(), nl=False)
        return
    Path(out).write_bytes(profile.as_json())
    click.echo(f"{out}: fitted to {profile.made_of}")


def score_on(path: str | None, rows: str, profile_file: str | None, as_json: bool) -> None:
    """Print how far a profile's ETAs are from what these trips took."""
    taken = take(path, rows)
    _tell_skipped(taken)
    profile = read_profile(profile_file)
    found = score(taken.trips, HourlyModel(profile.air, hour_as_it_is))
    told = {"trips": found.trips, "mae_s": found.mae_s, "median_error": found.median_error}
    click.echo(json.dumps({**told, "skipped": taken.skipped}) if as_json else _in_words(told))


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


def _in_words(told: dict[str, float]) -> str:
    return "  ".join(told) + "\n" + "  ".join(f"{value:>{len(name)}}" for name, value in told.items())
