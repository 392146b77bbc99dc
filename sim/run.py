"""`dispatch simulate`: a day of trips, or the model city, through the real dispatcher on virtual time."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dispatch.config import Settings, SimulateSettings
from dispatch.errors import SettingError
from dispatch.ids import DriverId
from dispatch.prices import require_rates
from dispatch.storage.file.owner import owned
from dispatch.text import counted, say
from sim.city.demand import DemandError
from sim.large_pages import LargePages
from sim.people.behaviour import DriverBehaviour, PassengerBehaviour
from sim.report import printed
from sim.report.figures import Summary
from sim.report.outputs import require_writable
from sim.report.progress import INTERRUPTED, Progress, interruptible
from sim.spec import LOSSY, Plan, make_plan
from sim.world import World, WorldOptions

if TYPE_CHECKING:
    from dispatch.storage.log.on_file import Writer

FIRST_DRIVER = 27_820_000_000


def simulate(settings: Settings, wanted: SimulateSettings) -> int:
    """Run, print the figures, and return the exit status: 1 when an invariant broke, 2 when the trips cannot be used, 130 when Ctrl-C
    cut the run short."""
    require_writable("--trace", wanted.trace)
    if wanted.scenario is not None:
        return explore(wanted, wanted.scenario)
    if settings.pricing != "none":
        require_rates(settings)
    progress = Progress()
    try:
        plan = make_plan(wanted, progress)
    except DemandError as error:
        progress.clear()
        return printed.refuse(error, wanted.json)
    if plan.note:
        progress.clear()
        say(plan.note, error=True)
    world, summary = run(settings, wanted, plan, progress)
    if wanted.json:
        network: dict[str, Any] = {"network": dict(world.trouble)} if world.trouble else {}
        printed.print_json(summary, **printed.told_of(plan.skipped), interrupted=world.is_cut_short, **network)
    else:
        notes = [str(plan.skipped)] if plan.skipped.count else []
        notes += [f"{what}: {count:,}" for what, count in world.trouble.items()]
        cut = f", interrupted when {summary['requests']:,} of {counted(len(plan.demands), 'ride')} had been asked for"
        printed.print_table(
            summary, cancelled_by=world.figures.cancelled_by, notes=notes, cut_short=cut if world.is_cut_short else ""
        )
    for violation in world.watch.violations:
        say(f"invariant broken: {violation}", error=True)
    if world.is_cut_short:
        return INTERRUPTED
    return 1 if world.watch.violations.total else 0


def explore(wanted: SimulateSettings, scenario: str) -> int:
    """Run one world of this name, or many. Returns the exit status."""
    from sim.explore.explorer import explore_many
    from sim.explore.scenarios import explore_one

    if wanted.worlds > 1:
        seeds = range(wanted.seed, wanted.seed + wanted.worlds)
        return explore_many(scenario, seeds, permute=wanted.permute, as_json=wanted.json)
    trace = Path(wanted.trace) if wanted.trace is not None else None
    return explore_one(scenario, wanted.seed, permute=wanted.permute, as_json=wanted.json, trace=trace)


def run(
    settings: Settings, wanted: SimulateSettings, plan: Plan, progress: Progress | None = None
) -> tuple[World, Summary]:
    """Let the plan happen, to the end of the last ride or until Ctrl-C."""
    started_cpu, started_wall = time.process_time(), time.perf_counter()
    is_lossy = wanted.network == LOSSY
    held = ExitStack()
    writer = held.enter_context(_new_file(wanted.db)) if wanted.db is not None else None
    options = WorldOptions(
        permute=wanted.permute,
        plain=not wanted.permute and not is_lossy,
        codec=wanted.codec == "on" or (wanted.codec == "auto" and not plan.is_model),
        trace=Path(wanted.trace) if wanted.trace is not None else None,
        position_every_s=wanted.position_every_s,
    )
    if settings.follow_drivers == "auto" and writer is None:  # nobody reads it
        settings = replace(settings, follow_drivers="off")
    if writer is None:
        settings = replace(settings, explain_candidates=0)
    if options.plain:
        settings = replace(settings, stream_kept=0)  # no app is ever away and comes back
    world = _kind_of(wanted)(wanted.seed, settings, options, writer=writer, start_at=plan.start_at)
    without_collector = gc.isenabled() and not is_lossy
    if without_collector:
        gc.disable()  # nothing but lost lines makes circles; a collection would only walk the living
    try:
        for number, start in enumerate(plan.starts):
            world.add_driver(DriverId(str(FIRST_DRIVER + number)), start, DriverBehaviour())
        world.report_positions()
        world.expect(plan.demands, PassengerBehaviour())
        with interruptible() as is_interrupted:
            shown, memory = progress or Progress(), LargePages()

            def go_on() -> bool:
                shown.tell(partial(_how_far, world, plan))
                memory.keep_up()
                return not is_interrupted()

            world.go_on = go_on
            world.settle()
            shown.clear()
        world.close()
    finally:
        if without_collector:
            gc.enable()
        held.close()
    summary = world.figures.summary(
        seed=wanted.seed,
        digest=world.trace.digest(),
        decisions=world.watch.ledger.decisions.digest(),
        drivers=len(plan.starts),
        virtual_s=world.elapsed_s,
        cpu_s=time.process_time() - started_cpu,
        wall_s=time.perf_counter() - started_wall,
        invariants_checked=world.watch.checked,
        violations=world.watch.violations.total,
    )
    return world, summary


def _kind_of(wanted: SimulateSettings) -> type[World]:
    """The world that these settings ask for."""
    if wanted.network != LOSSY:
        return World
    from sim.explore.lossy_day import LossyDay

    return LossyDay


def _how_far(world: World, plan: Plan) -> str:
    clock, rides = timedelta(seconds=int(world.elapsed_s)), counted(len(plan.demands), "ride")
    return f"{clock} simulated, {world.came:,} of {rides} asked for, {len(world.passengers):,} open"


@contextmanager
def _new_file(path: str) -> Iterator[Writer]:
    """The file that this run's events go to, owned meanwhile. One that holds others would mix two histories, and is not touched."""
    from dispatch.storage.log.on_file import Writer
    from dispatch.storage.tables.opening import has_events

    with owned(path, make=True) as ownership:
        if not ownership.is_new and has_events(path):
            raise SettingError("db", f"db must be a new file for a simulation, {path} holds the events of another run")
        writer = Writer(path, synchronous="normal")
        ownership.keep()
        yield writer
