"""What the desk's page costs in a browser, and what it adds to a server: `python benchmarks/bench_desk_page.py [drivers]`.

A real server (the stream at 1 Hz), 5,000 drivers on real sockets who move and report every 5 s, and `/desk` in Chromium, which draws by
software. Three figures: the server's CPU without the page and with it; what comes over the page's socket each second; and how long the
page's own JavaScript runs for each frame of the stream, by Chromium's trace. Needs Chromium (variable CHROMIUM, else from PATH). Takes
two minutes.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
import tempfile
from math import cos, radians, sin
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

from playwright.async_api import Browser, Page, async_playwright
from town import OFF, App, Server, Town, connected, handshake, phone, raise_limits, served

from dispatch.travel.streets import SHIPPED

DRIVERS, REPORT_EVERY_S, STEP_M = 5_000, 5.0, 40.0
MIDDLE, SPREAD = (60.1717, 24.9443), 0.02
WARM_UP_S, MEASURED_S = 10.0, 20.0
DOORS = 200
METRES_A_DEGREE = 111_195.0
TRACED = ["devtools.timeline", "v8"]
ARGUMENTS = [
    "--no-sandbox",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
]


class Driver(App):
    """Drives on and says so."""

    def __init__(self, dice: Random) -> None:
        super().__init__()
        self._lat = MIDDLE[0] + dice.uniform(-SPREAD, SPREAD)
        self._lon = MIDDLE[1] + dice.uniform(-SPREAD, SPREAD)
        self._heading = dice.uniform(0.0, 360.0)

    def report(self) -> None:
        """One position, a step farther than the last."""
        self._lat += STEP_M / METRES_A_DEGREE * cos(radians(self._heading))
        self._lon += STEP_M / METRES_A_DEGREE * 2.0 * sin(radians(self._heading))
        place = {"latitude": round(self._lat, 6), "longitude": round(self._lon, 6), "heading": round(self._heading, 1)}
        self.say(json.dumps({"type": "location_update", **place}))


async def fleet(server: Server, count: int) -> list[Driver]:
    """So many drivers, online."""
    dice, doors = Random(1), asyncio.Semaphore(DOORS)

    async def come(number: int) -> Driver:
        async with doors:
            opening = handshake(server.address, f"/ws/driver/{phone(number)}/")
            app = await connected(lambda: Driver(Random(f"{number}")), server, opening)
            while not app.status:
                await asyncio.sleep(0.05)
            assert isinstance(app, Driver)
            return app

    apps = await asyncio.gather(*(come(number) for number in range(count)))
    dice.shuffle(apps)
    return list(apps)


async def drive(apps: list[Driver]) -> None:
    """All report in turn, until cancelled."""
    turns = round(REPORT_EVERY_S * 20)
    turn, loop = 0, asyncio.get_running_loop()
    next_at = loop.time()
    while True:
        for app in apps[turn % turns :: turns]:
            app.report()
        turn, next_at = turn + 1, next_at + REPORT_EVERY_S / turns
        await asyncio.sleep(max(0.0, next_at - loop.time()))


async def share(server: Server) -> float:
    """The share of a core that the server needs."""
    before = server.cpu_s()
    await asyncio.sleep(MEASURED_S)
    return (server.cpu_s() - before) / MEASURED_S


async def opened(browser: Browser, server: Server) -> tuple[Page, list[int]]:
    """The desk with its map, and the lengths of the frames of its socket."""
    page, lengths = await browser.new_page(viewport={"width": 1440, "height": 900}, locale="en"), list[int]()
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: lengths.append(len(frame))))
    await page.goto(f"http://{server.address}/desk")
    await page.locator("[data-test=ride-list]").wait_for(timeout=60_000)
    await page.locator("[data-test=map] canvas").first.wait_for(timeout=60_000)
    return page, lengths


def pieces(trace: bytes) -> tuple[list[float], list[float]]:
    """Milliseconds of each call of the page's own code from outside, and of each animation frame, the map's code in it."""
    own, frames = [], []
    for event in json.loads(trace)["traceEvents"]:
        if event.get("ph") != "X":
            continue
        ms, data = event.get("dur", 0) / 1_000.0, event.get("args", {}).get("data") or {}
        if event["name"] == "FunctionCall" and "/web/" in data.get("url", "") and "/vendor/" not in data["url"]:
            own.append(ms)
        elif event["name"] == "FireAnimationFrame":
            frames.append(ms)
    return own, frames


def spread(ms: list[float]) -> str:
    """The middle one, the 99th of 100 and the longest, in words."""
    ms = sorted(ms) or [0.0]
    return f"{median(ms):.2f} ms, 99 of 100 within {ms[int(0.99 * (len(ms) - 1))]:.1f}, at most {ms[-1]:.1f}"


async def measure(count: int, chromium: str) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        town = Town(Path(folder) / "town.db", count)
        options = (*OFF, "--map-streets", str(SHIPPED), "--sockets-per-address", "20000", "--desk-beat", "1s")
        with served(town.db, *options) as server:
            driving = asyncio.create_task(drive(await fleet(server, count)))
            await asyncio.sleep(WARM_UP_S)
            alone = await share(server)
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
                page, lengths = await opened(browser, server)
                await asyncio.sleep(WARM_UP_S)
                board, before = lengths[0] if lengths else 0, len(lengths)
                await browser.start_tracing(page=page, categories=TRACED)
                with_desk = await share(server)
                own, frames = pieces(await browser.stop_tracing())
                received: Any = lengths[before:]
                await browser.close()
            driving.cancel()
    print(f"{count:,} drivers who report every {REPORT_EVERY_S:g} s")
    print(f"the server: {alone:.1%} of a core without the page, {with_desk:.1%} with it")
    print(f"its socket: the board of {board / 1000:.0f} kB, then {sum(received) / MEASURED_S / 1000:.1f} kB/s")
    print(f"its own code: {sum(own) / MEASURED_S:.1f} ms a second; a call {spread(own)}")
    print(f"an animation frame, the map's code in it: {spread(frames)}")


def main() -> None:
    """Measure, where there is a browser."""
    chromium = shutil.which(os.environ.get("CHROMIUM", "chromium"))
    if chromium is None:
        raise SystemExit("no Chromium: install it, or name one in the variable CHROMIUM")
    raise_limits()
    asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else DRIVERS, chromium))


if __name__ == "__main__":
    main()
