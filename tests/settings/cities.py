"""Rows of the settings of `dispatch simulate`: each runs a small city, or one of the small worlds."""

from __future__ import annotations

import io
import json
from contextlib import chdir, redirect_stdout
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from dispatch.errors import DispatchError
from dispatch.transport import wire
from sim.run import run, simulate
from sim.spec import make_plan
from sim.world import World
from tests.settings.table import Given, changes

CITY = {"trips": "none", "drivers": "5", "rides": "5"}
TRIP = "40.75,-73.99,40.76,-73.98"


def told(given: Given) -> str:
    """What the command prints."""
    with chdir(given.folder), redirect_stdout(io.StringIO()) as out:
        assert simulate(given.settings, given.simulate) == 0
    return out.getvalue()


def figures(given: Given) -> dict[str, Any]:
    """What it prints as one JSON object."""
    told_as_json: dict[str, Any] = json.loads(told(given._replace(simulate=replace(given.simulate, json=True))))
    return told_as_json


def lived(given: Given) -> World:
    """The city when all is over."""
    world, _ = run(given.settings, given.simulate, make_plan(given.simulate))
    return world


@changes("drivers", {"3": 3, "6": 6}, trips="none", rides="5")
def how_many_drivers_there_are(given: Given) -> object:
    return figures(given)["drivers"]


@changes("rides", {"3": 3, "6": 6}, trips="none", drivers="5")
def how_many_rides_are_asked_for(given: Given) -> object:
    return figures(given)["requests"]


def file_of(given: Given, *rows: str, times: str = "pickup_time") -> None:
    """The file two.csv in the row's folder: trips from one place to another, each row what stands in the columns of its times."""
    header = f"{times},pickup_lat,pickup_lon,dropoff_lat,dropoff_lon"
    (given.folder / "two.csv").write_text("\n".join([header, *(f"{row},{TRIP}" for row in rows)]))


@changes("trips", {"none": 5, "two.csv": 2}, drivers="5", rides="5")
@changes("from", {"08:00": 2, "08:30": 1}, trips="two.csv", drivers="5")
@changes("for", {"10m": 1, "2h": 2}, trips="two.csv", drivers="5")
def how_many_rides_are_asked_for_of_a_file_with_two(given: Given) -> object:
    file_of(given, "2015-01-15 08:00:00", "2015-01-15 08:45:00")
    return figures(given)["requests"]


def begins(given: Given) -> str:
    """The local time at which the file begins."""
    with chdir(given.folder):
        return datetime.fromtimestamp(make_plan(given.simulate).start_at, UTC).strftime("%H:%M")


@changes("columns", {"pickup_time=Called": "08:00", "pickup_time=Came": "08:09"}, trips="two.csv")
def when_a_file_begins_that_has_two_times(given: Given) -> object:
    file_of(given, "2015-01-15 08:00:00,2015-01-15 08:09:00", times="Called,Came")
    return begins(given)


@changes("trips_zone", {"UTC": "13:00", "America/New_York": "08:00"}, trips="two.csv")
def when_a_file_begins_whose_times_have_an_offset(given: Given) -> object:
    file_of(given, "2015-01-15T08:00:00-05:00")
    return begins(given)


@changes("skip_most", {"5": "BadTrips", "60": "a plan"}, trips="two.csv")
def what_becomes_of_a_file_with_a_bad_row_in_two(given: Given) -> object:
    file_of(given, "2015-01-15 08:00:00", "one day")
    with chdir(given.folder):
        try:
            make_plan(given.simulate)
        except DispatchError as error:
            return type(error).__name__
    return "a plan"


@changes("position_every", {"10s": True, "5m": False}, **CITY)
def whether_every_driver_reports_more_than_once_a_minute(given: Given) -> object:
    found = figures(given)
    return found["positions"] > found["drivers"] * found["virtual_s"] / 60


@changes("seed", {"1": True, "2": False}, **CITY)
@changes("permute", {"false": True, "true": False}, **CITY)
def whether_all_that_happens_is_as_by_seed_one(given: Given) -> object:
    plain = given._replace(simulate=replace(given.simulate, seed=1, permute=False))
    return figures(given)["digest"] == figures(plain)["digest"]


@changes("codec", {"off": False, "on": True}, **CITY)
def whether_later_positions_than_the_first_come_as_frames(given: Given) -> object:
    world = lived(given)
    return world.gateway.counters.frames_in[wire.LocationUpdate] > len(world.drivers)


@changes("json", {"false": False, "true": True}, **CITY)
def whether_one_json_object_is_printed(given: Given) -> object:
    return told(given).startswith("{")


@changes("simulate_db", {"a.db": ["a.db"], "b.db": ["b.db"]}, **CITY)
@changes("trace", {"a.txt": ["a.txt"], "b.txt": ["b.txt"]}, **CITY)
def which_files_there_are_afterwards(given: Given) -> object:
    told(given)
    return sorted(
        path.name for path in given.folder.iterdir() if path.stat().st_size and path.suffix in (".db", ".txt")
    )


@changes("network", {"good": False, "lossy": True}, **CITY)
def whether_frames_come_twice(given: Given) -> object:
    return lived(given).trouble.get("frame doubled", 0) > 0


@changes("scenario", {"small": False, "lossy": True}, seed="3")
def whether_frames_are_lost(given: Given) -> object:
    return "frame lost" in figures(given)["seen"]


@changes("worlds", {"2": 2, "3": 3}, scenario="small", seed="3")
def how_many_worlds_are_run(given: Given) -> object:
    return figures(given)["worlds"]
