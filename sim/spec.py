"""What a run is asked for: its demand, its fleet and its clock, made from settings. Options that it would not look at are refused."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from typing import NamedTuple

from dispatch.config import Resolved, SimulateSettings
from dispatch.errors import SettingError
from dispatch.runtime import VirtualRuntime
from dispatch.values import Point
from sim.city.demand import Demand, poisson
from sim.city.model import MODEL_DAY, City
from sim.report.progress import Progress
from sim.trips import DAY_S, Skipped, TripsWanted, read

MODEL = "none"
"""`--trips none`: demand of a model city."""
SHIPPED = "shipped"
"""`--trips shipped`: the shipped day of New York, where not naming a file means something else."""
LOSSY = "lossy"
"""`--network lossy`: frames are lost, late and doubled, and connections die."""
OF_A_SCENARIO = ("scenario", "worlds", "seed", "permute", "json", "trace")
"""What a named small world takes; all else of it is its own."""
OF_A_FILE = ("from", "columns", "trips_zone", "skip_most")
"""What only a file of trips takes."""
MODEL_RIDES, MODEL_DRIVERS, MODEL_FOR_S = 1_000, 100, 4 * 3600.0
DAILY_TRIPS_PER_DRIVER = 40
"""Without `--drivers`, trips from a file get the fleet of a whole day at their pace: one driver for so many, and at least ten."""
SHORTEST_PACE_S = 3600.0
"""The pace of a few trips is that of an hour in which nothing else is asked for."""


class Plan(NamedTuple):
    """Who asks for what when, and where drivers start. `start_at`: Unix time of second 0; `skipped`: rows of the file not used."""

    demands: Sequence[Demand]
    starts: Sequence[Point]
    start_at: float
    skipped: Skipped
    is_model: bool
    note: str = ""


def fleet_for(demands: Sequence[Demand]) -> int:
    """How many drivers these trips get where nobody says."""
    lasts_s = max(demands[-1].at - demands[0].at, SHORTEST_PACE_S) if demands else SHORTEST_PACE_S
    return max(10, int(len(demands) * DAY_S / lasts_s) // DAILY_TRIPS_PER_DRIVER)


def make_plan(wanted: SimulateSettings, progress: Progress | None = None) -> Plan:
    """The demand and the fleet that these settings ask for; dice come from streams of the seed alone."""
    progress = progress or Progress()
    dice = VirtualRuntime(wanted.seed).rng
    if wanted.trips == MODEL:
        city = City()
        rides = MODEL_RIDES if wanted.rides is None else wanted.rides
        drivers = MODEL_DRIVERS if wanted.drivers is None else wanted.drivers
        demands: Sequence[Demand] = poisson(city, dice("demand"), rides=rides, for_s=wanted.for_s or MODEL_FOR_S)
        starts = [city.sample(dice("fleet")) for _ in range(drivers)]
        return Plan(demands, starts, MODEL_DAY, Skipped(), True)
    reading = TripsWanted.of(wanted, on_rows=lambda rows: progress.tell(lambda: f"reading trips: {rows:,} rows"))
    path = None if wanted.trips == SHIPPED else wanted.trips
    file = read(path, reading, from_time=wanted.from_time, for_s=wanted.for_s, rides=wanted.rides)
    drivers = fleet_for(file.demands) if wanted.drivers is None else wanted.drivers
    starts = [file.sample(dice("fleet")) for _ in range(drivers)]
    start_at = file.start.replace(tzinfo=UTC).timestamp()
    return Plan(file.demands, starts, start_at, file.skipped, False, file.note)


def wants_trips(resolved: Resolved) -> bool:
    """Whether a demo is asked for trips of a file or of the model city: by `--trips`, or by what only a file of trips takes."""
    return any(resolved.origins[name] != "default" for name in ("trips", *OF_A_FILE))


def refuse_ignored(resolved: Resolved) -> None:
    """Refuse a flag that would change nothing. Files and the environment may say more than one run needs.

    Raises:
        SettingError: it names the flag, and the one beside which it means nothing.
    """
    wanted = resolved.simulate
    flags = {
        name: origin.removeprefix("flag ") for name, origin in resolved.origins.items() if origin.startswith("flag ")
    }
    if wanted.scenario is not None:
        for name, flag in flags.items():
            if name not in OF_A_SCENARIO:
                raise SettingError(
                    name,
                    f"{flag} does not go with --scenario {wanted.scenario}: a small world has trips, drivers and rules of its own",
                )
        if "trace" in flags and wanted.worlds > 1:
            raise SettingError("trace", f"--trace does not go with --worlds {wanted.worlds}: it is a file of one world")
        return
    if "worlds" in flags:
        raise SettingError(
            "worlds", f"--worlds {wanted.worlds} needs --scenario: it is small worlds that are run by the hundred"
        )
    for name in OF_A_FILE:
        if wanted.trips == MODEL and name in flags:
            raise SettingError(
                name, f"{flags[name]} does not go with --trips {MODEL}: a model city has no file of trips"
            )
