"""`dispatch demo --trips …`: the real server in a process of its own, a fleet and passengers on real WebSockets, and a view of it all.

The trips are real, and so are speeds and distances: no car jumps. What is not: passengers book faster than they did (`RIDES_PER_S`),
some of them go a hundred metres from a taxi rank (`sim.demo.ranks`), and drivers answer after a median of 3 s instead of 6 and wait
5 s at the pickup instead of 30, so that half a minute shows whole rides.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from rich.console import Console

from dispatch.config import Resolved, Settings, SimulateSettings
from dispatch.errors import SettingError
from dispatch.ids import DriverId
from dispatch.runtime.realtime import RealtimeRuntime
from dispatch.storage.tools.seed import demo_fleet, seed
from dispatch.text import plain, say
from dispatch.top.screen import Screen, save_svg, screen_for
from dispatch.transport.ws.listener import forget_startup_garbage, prepare_process
from dispatch.transport.ws.server import run
from dispatch.travel.models import CONSTANT
from dispatch.values import Point
from sim.city.demand import Demand, DemandError
from sim.demo.crowd import DemoCrowd
from sim.demo.ending import DemoEnding
from sim.demo.gauges import DemoGauges
from sim.demo.pace import paced
from sim.demo.ranks import at_ranks, ranks_among, with_short_rides
from sim.demo.server import ServerProcess
from sim.demo.summary import DemoSummary, as_line, demo_summary, print_table
from sim.people.behaviour import DriverBehaviour, PassengerBehaviour
from sim.report.figures import RunFigures, Summary
from sim.report.outputs import require_writable
from sim.report.printed import refuse, told_of
from sim.spec import MODEL, SHIPPED, make_plan
from sim.trips import Skipped

DRIVERS = 1_200
RIDES_PER_S = 1.1
"""With so many of the shipped trips six to eight hundred drivers are busy, for hours. With many more, too many drivers end up in the
suburbs: pickups become long, fewer drivers are free, and pickups become longer still."""
MORNING_FROM, MORNING_FOR_S = "07:00", 5 * 3600.0
"""The part of the shipped day that is replayed, again and again, unless `--from` says otherwise."""
DRIVER = DriverBehaviour(reaction_median_s=3.0, boarding_s=5.0)
SPARE_FILES = 200
"""Open files that the fleet must leave for passengers and the rest."""
QUIET_EVERY_S = 0.5
KINDS_TOLD = 5
"""Kinds of refusals that are named at the end, the most frequent first."""


@dataclass(frozen=True, kw_only=True)
class DemoPlan:
    """What is shown: who starts where, who books when, and the settings of the server."""

    settings: Settings
    wanted: SimulateSettings
    title: str
    fleet: Sequence[tuple[DriverId, Point]]
    demands: Sequence[Demand]
    rides_per_s: float
    skipped: Skipped


class DemoOutcome(NamedTuple):
    """What a demo came to. `died`: the server ended by itself. `last_lines`: of its log. `errors`: what it refused, in words."""

    summary: DemoSummary
    died: bool
    last_lines: Sequence[str]
    errors: Counter[str]


def demo(resolved: Resolved, script: str, view_file: str | None = None) -> int:
    """Run the demo, print what came of it, and return the exit status: 0, or 1 when the server failed.

    Args:
        resolved: the settings, and where they come from: a port that nobody chose is any free one.
        script: the file of the command line; the server is started with it.
        view_file: save a picture of the last view there (SVG).

    Raises:
        DispatchError: the trips cannot be read, or the server did not start.
    """
    require_writable("--save-view", view_file)
    console = Console(highlight=False)
    screen = screen_for(console, as_json=resolved.simulate.json)
    with TemporaryDirectory(prefix="dispatch-demo-") as folder:
        try:
            plan = demo_plan(resolved, folder)
        except DemandError as bad:
            return refuse(bad, resolved.simulate.json)
        if plan.skipped.count:
            say(plan.skipped, error=True)
        outcome = run(_show(plan, script, screen, view_file))
    if not resolved.simulate.json:
        print_table(outcome.summary, console)
    for error, times in outcome.errors.most_common(KINDS_TOLD):
        say(f"refused {times:,} ×: {error}", error=True)
    if outcome.died:
        for line in ("the server ended by itself; its last words:", *outcome.last_lines):
            say(line, error=True)
    say(as_line(outcome.summary, **told_of(plan.skipped)))
    return 1 if outcome.died or outcome.summary["server_exit"] else 0


def demo_plan(resolved: Resolved, folder: str) -> DemoPlan:
    """The demo that these settings ask for. If they name no database, it is in `folder`."""
    wanted = resolved.simulate
    drivers = DRIVERS if wanted.drivers is None else wanted.drivers
    most = prepare_process() - SPARE_FILES
    if drivers > most:
        limit = "the limit on open files, ulimit -n"
        raise SettingError("drivers", f"drivers must be at most {most:,} on this system ({limit}), got {drivers:,}")
    is_shipped = wanted.trips in (None, SHIPPED)
    is_morning = is_shipped and wanted.from_time is None
    window = {"from_time": MORNING_FROM, "for_s": MORNING_FOR_S} if is_morning else {"for_s": None}
    plan = make_plan(replace(wanted, drivers=drivers, rides=None, **window))
    ranks = ranks_among(plan.starts)
    port = 0 if resolved.origins["port"] == "default" else resolved.settings.port
    db = wanted.db or str(Path(folder) / "demo.db")
    per_s = wanted.rides / wanted.for_s if wanted.rides is not None and wanted.for_s is not None else 0.0
    return DemoPlan(
        settings=replace(resolved.settings, port=port, db=db, eta_model=CONSTANT),  # as its cars drive
        wanted=wanted,
        title=_title(wanted, plan.start_at),
        fleet=[
            (card.driver_id, at) for card, at in zip(demo_fleet(drivers), at_ranks(plan.starts, ranks), strict=True)
        ],
        demands=with_short_rides(plan.demands, ranks),
        rides_per_s=max(RIDES_PER_S, per_s),
        skipped=plan.skipped,
    )


def _title(wanted: SimulateSettings, start_at: float) -> str:
    if wanted.trips == MODEL:
        return "passengers of the model city"
    where = "New York" if wanted.trips in (None, SHIPPED) else plain(Path(wanted.trips or "").name)
    return f"real trips: {where}, {datetime.fromtimestamp(start_at, UTC):%d %B %Y from %H:%M}"


async def _show(plan: DemoPlan, script: str, screen: Screen, view_file: str | None) -> DemoOutcome:
    """Start all parts from top to bottom, and stop them in the reverse order."""
    ending, runtime, figures = DemoEnding(), RealtimeRuntime(plan.wanted.seed), RunFigures()
    ending.watch_loop()
    seed(plan.settings.db, len(plan.fleet), now=runtime.now)  # so that drivers have names and cars
    crowd = DemoCrowd(runtime, figures, ending.fail)
    async with ServerProcess(script, plan.settings) as server:
        gauges = DemoGauges(crowd, server, plan.title, plan.wanted.for_s)
        with screen:
            showing = asyncio.create_task(_keep_showing(screen, gauges, plan, figures))
            showing.add_done_callback(ending.on_task_over)
            if await ending.before(server.ready()):
                server.ended.add_done_callback(ending.on_task_over)
                await ending.before(_play(plan, crowd, gauges, server.url))
            died, told = server.ended.done(), _told(plan, figures)
            last = gauges.look(told)
            summary = demo_summary(told, last)
            gauges.doing = "hanging up"
            await crowd.hang_up()
            gauges.doing = "stopping the server"
            summary["server_exit"] = await server.stop()
            showing.cancel()
    ending.raise_failure()
    if view_file is not None:
        save_svg(last, view_file)
    return DemoOutcome(summary, died, list(server.last_lines), crowd.errors)


async def _play(plan: DemoPlan, crowd: DemoCrowd, gauges: DemoGauges, url: str) -> None:
    """Run from the first driver's connection to the end of the time, or to the end of the last ride.

    Without rides of its own (`--rides 0`) it is a fleet for other people's apps: only the end of the time ends it.
    """
    gauges.doing = "connecting the fleet"
    await crowd.connect(url, plan.fleet, DRIVER)
    forget_startup_garbage()
    crowd.runtime.read_clock()
    gauges.doing, gauges.began = "apps may book" if plan.wanted.rides == 0 else "rides arrive", crowd.runtime.now
    crowd.expect(islice(paced(plan.demands, plan.rides_per_s), plan.wanted.rides), PassengerBehaviour())
    if plan.wanted.for_s is not None:
        await asyncio.sleep(plan.wanted.for_s)
        return
    while plan.wanted.rides == 0 or not crowd.is_quiet:  # without passengers of its own it waits for somebody else's
        await asyncio.sleep(QUIET_EVERY_S)


async def _keep_showing(screen: Screen, gauges: DemoGauges, plan: DemoPlan, figures: RunFigures) -> None:
    while True:
        screen.show(gauges.look(_told(plan, figures)))
        await asyncio.sleep(screen.every_s)


def _told(plan: DemoPlan, figures: RunFigures) -> Summary:
    """The figures so far. Those about virtual time and invariants mean nothing in a demo."""
    return figures.summary(
        seed=plan.wanted.seed,
        digest="",
        drivers=len(plan.fleet),
        virtual_s=0.0,
        cpu_s=0.0,
        wall_s=0.0,
        invariants_checked=0,
        violations=0,
    )
