"""`dispatch demo`: a sandbox in a process of its own, on a file that is removed at the end, and a view of it in the terminal."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from rich.console import Console

from dispatch.config import Resolved, Settings
from dispatch.errors import SettingError
from dispatch.storage.tables.opening import reading
from dispatch.text import say
from dispatch.top.screen import Screen, save_svg, screen_for
from dispatch.transport.ws.server import run
from sim.demo.ending import DemoEnding
from sim.demo.main import KINDS_TOLD, DemoOutcome
from sim.demo.server import ServerProcess
from sim.demo.summary import as_line, demo_summary, print_table
from sim.report.outputs import require_writable
from sim.sandbox.steering import MOST_DRIVERS
from sim.sandbox.terms import sandbox_settings
from sim.sandbox.watch import SandboxWatch

DRIVERS: Final = 50


@dataclass(frozen=True, kw_only=True)
class Show:
    """What is shown: the server's settings and flags, how long, and where a picture of it goes."""

    settings: Settings
    flags: tuple[str, ...]
    drivers: int
    seed: int
    rides: int | None
    """How many passengers book; None: there is no end."""
    for_s: float | None
    view_file: str | None
    opens: bool
    """Open a page in the browser."""


def demo(resolved: Resolved, script: str, view_file: str | None = None) -> int:
    """Run the demo, print what came of it, and return the exit status: 0, or 1 when the server failed.

    Args:
        resolved: the settings, and where they come from: a port that nobody chose is any free one.
        script: the file of the command line; the server is started with it.
        view_file: save a picture of the last view there (SVG).

    Raises:
        DispatchError: the server did not start, or the settings are not those of a sandbox.
    """
    require_writable("--save-view", view_file)
    as_json, db = resolved.simulate.json, resolved.simulate.db
    if db is not None and Path(db).exists():
        with reading(db):  # what cannot be used is said before anything starts
            pass
    console = Console(highlight=False)
    screen = screen_for(console, as_json=as_json)
    with TemporaryDirectory(prefix="dispatch-demo-") as folder:
        outcome = run(_play(show_of(resolved, folder, view_file), script, screen))
    if not as_json:
        print_table(outcome.summary, console)
    for error, times in outcome.errors.most_common(KINDS_TOLD):
        say(f"refused {times:,} ×: {error}", error=True)
    if outcome.died:
        for line in ("the server ended by itself; its last words:", *outcome.last_lines):
            say(line, error=True)
    say(as_line(outcome.summary))
    return 1 if outcome.died or outcome.summary["server_exit"] else 0


def show_of(resolved: Resolved, folder: str, view_file: str | None) -> Show:
    """What these settings ask for. If they name no database, it is in `folder`."""
    wanted = resolved.simulate
    drivers = DRIVERS if wanted.drivers is None else wanted.drivers
    if drivers > MOST_DRIVERS:
        raise SettingError("drivers", f"drivers must be at most {MOST_DRIVERS:,} in a sandbox, got {drivers:,}")
    port = 0 if resolved.origins["port"] == "default" else resolved.settings.port
    flags = [f"--sandbox={drivers}", f"--sandbox-seed={wanted.seed}"]
    if wanted.rides is not None:
        flags.append(f"--sandbox-rides={wanted.rides}")
    return Show(
        settings=replace(sandbox_settings(resolved), port=port, db=wanted.db or str(Path(folder) / "demo.db")),
        flags=tuple(flags),
        drivers=drivers,
        seed=wanted.seed,
        rides=wanted.rides,
        for_s=wanted.for_s,
        view_file=view_file,
        opens=wanted.for_s is None and not wanted.json and sys.stdout.isatty() and has_screen(os.environ, sys.platform),
    )


def has_screen(environ: Mapping[str, str], platform: str) -> bool:
    """Whether a browser that is opened here would be seen."""
    return platform in ("darwin", "win32") or bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))


async def _play(show: Show, script: str, screen: Screen) -> DemoOutcome:
    """Start all parts from top to bottom, and stop them in the reverse order."""
    ending = DemoEnding()
    ending.watch_loop()
    async with ServerProcess(script, show.settings, *show.flags) as server:
        watch = SandboxWatch(server, drivers=show.drivers, seed=show.seed, for_s=show.for_s, opens=show.opens)
        with screen:
            showing = asyncio.create_task(watch.keep_showing(screen))
            showing.add_done_callback(ending.on_task_over)
            if await ending.before(server.ready()):
                server.ended.add_done_callback(ending.on_task_over)
                await ending.before(watch.run(screen, waits=show.rides == 0))
            died = server.ended.done()
            if not died:
                await watch.ask()
            last = watch.glance()
            summary = demo_summary(watch.summary, last)
            watch.gauges.doing = "hanging up"
            summary["server_exit"] = await server.stop()
            showing.cancel()
    ending.raise_failure()
    if show.view_file is not None:
        save_svg(last, show.view_file)
    return DemoOutcome(summary, died, list(server.last_lines), watch.errors)
