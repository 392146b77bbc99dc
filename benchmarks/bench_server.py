"""What one core of the live server does, beside a bare echo server in the same run: `python benchmarks/bench_server.py [drivers]`.

Both servers are processes of their own on one core, the apps are on another, everything on the loopback interface. The echo server is
`websockets` and nothing else: what any Python server on that library pays. All figures but latencies are the servers' CPU time, threads
included, from the operating system's clock of the process. Takes about a minute; Linux only.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import resource
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from urllib.request import urlopen

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from dispatch.transport.ws.server import run
from dispatch.values import Trip
from sim.city.demand import poisson
from sim.city.model import City

CLI = Path(__file__).parent.parent / "cli.py"
DRIVERS, FIRST_DRIVER, WARM_UP = 1_000, 27_820_000_000, 200
REPORT_EVERY_S, SLICES = 4.0, 2
"""Every 4 s, not the usual 5: who is silent for 5 s is pinged by the server, and that is another figure."""
FLOOD_EVERY_S, FLOOD_S = 0.1, 4.0
RIDES_A_SECOND, RIDES_S = 40.0, 8.0
STEP_DEGREES = 1e-5  # a metre a report: ten a second is still a car
AT_MOST_S = 85.0
PING = '{"type":"ping"}'
FATES = ("reported", "refused")


# -- the servers


class Server:
    """A process under measurement, pinned to a core. `command` prints its address once it accepts connections."""

    def __init__(self, command: list[str], core: int) -> None:
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        os.sched_setaffinity(self._process.pid, {core})  # its threads, which come later, inherit it
        assert self._process.stdout is not None
        address = re.search(r"127\.0\.0\.1:\d+", self._process.stdout.readline())
        if address is None:
            raise SystemExit(f"{' '.join(command)} does not start; run it by hand to see why")
        self.address = address[0]
        self.is_dispatch = "serve" in command
        self._clock = (~self._process.pid << 3) | 2  # clock_getcpuclockid(3): all threads, nanoseconds

    def cpu_s(self) -> float:
        """CPU seconds that the process has used."""
        return time.clock_gettime(self._clock)

    def rss_kib(self) -> float:
        """Memory that the process holds."""
        pages = Path(f"/proc/{self._process.pid}/statm").read_text().split()[1]
        return int(pages) * resource.getpagesize() / 1024

    def positions(self) -> int:
        """How many positions dispatch has believed, by its metrics page."""
        with urlopen(f"http://{self.address}/metrics", timeout=5) as page:
            figures = dict(re.findall(r"^(dispatch_positions_total\S+) (\S+)$", page.read().decode(), re.M))
        reported, refused = (float(figures[f'dispatch_positions_total{{fate="{fate}"}}']) for fate in FATES)
        return int(reported - refused)

    def stop(self) -> None:
        """End it and wait until it is gone."""
        self._process.terminate()
        self._process.wait(15)


@contextmanager
def both_servers(core: int) -> Iterator[tuple[Server, Server]]:
    """dispatch on a fresh database, and the echo server."""
    with TemporaryDirectory() as folder, ExitStack() as stack:
        options = ["--port", "0", "--db", f"{folder}/bench.db", "--retire-after", "1s", "--message-burst", "1000"]
        dispatch = Server([sys.executable, str(CLI), "serve", *options], core)
        stack.callback(dispatch.stop)
        echo = Server([sys.executable, __file__, "--echo"], core)
        stack.callback(echo.stop)
        yield dispatch, echo


async def echo_forever() -> None:
    """The least that a server on `websockets` can do."""

    async def echo(socket: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            async for message in socket:
                await socket.send(message)

    async with serve(echo, "127.0.0.1", 0, compression=None, ping_interval=None, backlog=4096) as server:
        print(f"127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
        await server.serve_forever()


# -- the apps


class App:
    """A driver's app, or one that talks to the echo server as if. `heard` counts frames."""

    def __init__(self, number: int, place: tuple[float, float]) -> None:
        self.driver_id = str(FIRST_DRIVER + number)
        self.lat, self.lon = place
        self.heard = 0
        self.socket: ClientConnection

    async def open(self, address: str, rides: Rides) -> None:
        """Connect, say where it is, and listen from now on."""
        self.socket = await connect(
            f"ws://{address}/ws/driver/{self.driver_id}/", compression=None, ping_interval=None, open_timeout=30
        )
        rides.tasks.append(asyncio.create_task(self._listen(rides)))
        await self.report()

    async def report(self) -> None:
        """Say where it is now: it crawls north."""
        self.lat += STEP_DEGREES
        await self.socket.send(f'{{"type":"location_update","latitude":{self.lat:.6f},"longitude":{self.lon:.6f}}}')

    async def say(self, kind: str, ride_id: str) -> None:
        """An answer, as the first apps send it."""
        await self.socket.send(json.dumps({"type": kind, "ride_id": ride_id, "driver_id": self.driver_id}))

    async def _listen(self, rides: Rides) -> None:
        with suppress(ConnectionClosed):
            async for frame in self.socket:
                self.heard += 1
                if '"ride_id"' in frame:
                    await rides.on_frame(self, json.loads(frame))


class Rides:
    """Books rides; of the five drivers who are asked, four decline and the last to hear of it accepts and completes."""

    def __init__(self, address: str) -> None:
        self.tasks: list[asyncio.Task[None]] = []
        self.assigned_ms: list[float] = []
        self._address = address
        self._asked: dict[str, int] = {}

    async def on_frame(self, app: App, frame: dict[str, Any]) -> None:
        """What a driver does when its app shows this."""
        ride_id = frame["ride_id"]
        if frame["type"] == "ride_request":
            asked = self._asked[ride_id] = self._asked.get(ride_id, 0) + 1
            await app.say("accept_ride" if asked == 5 else "decline_ride", ride_id)
        elif frame["type"] == "ride_accepted":
            await app.say("complete_ride", ride_id)

    async def one(self, ride_id: str, booking: str) -> None:
        """A passenger's app from its connection to its end."""
        url = f"ws://{self._address}/ws/ride/{ride_id}/"
        async with connect(url, compression=None, ping_interval=None, open_timeout=30) as socket:
            booked_at = time.perf_counter()
            await socket.send(booking)
            async for frame in socket:
                kind = json.loads(frame)["type"]
                if kind == "driver_assigned":
                    self.assigned_ms.append((time.perf_counter() - booked_at) * 1e3)
                elif kind == "ride_completed":
                    return
                elif kind != "searching":
                    raise SystemExit(f"{ride_id} heard {frame!r}")


async def paced(rate: float, for_s: float, act: Callable[[int], Awaitable[None]]) -> int:
    """`act(0)`, `act(1)`, … evenly, `rate` a second for so long. Returns how many."""
    clock = asyncio.get_running_loop().time
    started, done, total = clock(), 0, int(rate * for_s)
    while done < total:
        due = min(total, int((clock() - started) * rate) + 1)
        while done < due:
            await act(done)
            done += 1
        await asyncio.sleep(0.001)
    return done


async def in_turn(apps: list[App], every_s: float, for_s: float, what: Callable[[App], Awaitable[None]]) -> int:
    """Each app does it every so often, all of them spread evenly. Returns how often it was done."""
    return await paced(len(apps) / every_s, for_s, lambda number: what(apps[number % len(apps)]))


# -- what is measured


class Fleet(NamedTuple):
    """Apps on one server, what an idle connection of theirs holds there, and how many of their reports it has handled."""

    server: Server
    apps: list[App]
    rides: Rides
    kib_a_connection: float
    handled: Callable[[], int]

    async def cpu_of(self, work: Awaitable[Any], reports: int = 0) -> float:
        """CPU seconds that the server spends on this, until it has handled so many more reports."""
        expected = await asyncio.to_thread(self.handled) + reports
        before = self.server.cpu_s()
        await work
        await asyncio.sleep(0.1)
        used = self.server.cpu_s() - before
        while await asyncio.to_thread(self.handled) < expected:  # asking costs the server a little
            await asyncio.sleep(0.2)
            used = self.server.cpu_s() - before
        return used


async def connected(server: Server, places: Iterable[tuple[float, float]]) -> Fleet:
    """Everybody connects, a hundred at a time; memory is counted from the 200th on, when all that is shared exists."""
    rides = Rides(server.address)
    apps = [App(number, place) for number, place in enumerate(places)]
    before = 0.0
    for start in range(0, len(apps), 100):
        if start == WARM_UP:
            await asyncio.sleep(0.5)
            before = server.rss_kib()
        await asyncio.gather(*(app.open(server.address, rides) for app in apps[start : start + 100]))
    await asyncio.sleep(1.0)
    kib_each = (server.rss_kib() - before) / (len(apps) - WARM_UP)
    handled = server.positions if server.is_dispatch else lambda: sum(app.heard for app in apps)
    return Fleet(server, apps, rides, kib_each, handled)


async def flood(fleet: Fleet) -> float:
    """CPU microseconds a location_update at half of the rate that one app may send."""
    reports = round(len(fleet.apps) * FLOOD_S / FLOOD_EVERY_S)
    return await fleet.cpu_of(in_turn(fleet.apps, FLOOD_EVERY_S, FLOOD_S, App.report), reports) / reports * 1e6


async def lone_reports(fleets: tuple[Fleet, Fleet]) -> list[float]:
    """CPU seconds a location_update at the usual cadence, when each wakes the server; the servers take turns."""
    cpu_s = [0.0, 0.0]
    for number in range(SLICES * len(fleets)):
        fleet = fleets[number % len(fleets)]
        reports = in_turn(fleet.apps, REPORT_EVERY_S, REPORT_EVERY_S, App.report)
        cpu_s[number % len(fleets)] += await fleet.cpu_of(reports, len(fleet.apps))
    return [used / (SLICES * len(fleet.apps)) for used, fleet in zip(cpu_s, fleets, strict=True)]


async def whole_rides(fleet: Fleet, share: float, seed: int) -> float:
    """CPU milliseconds a ride, beyond the share of the core that the fleet's reports take anyway."""
    count = round(RIDES_A_SECOND * RIDES_S)
    bookings = [booking(demand.trip) for demand in poisson(City(), Random(seed), rides=count, for_s=1.0)]

    async def book(number: int) -> None:
        fleet.rides.tasks.append(asyncio.create_task(fleet.rides.one(f"bench-{number}", bookings[number])))

    async def all_of_it() -> None:
        started, first = time.perf_counter(), len(fleet.rides.tasks)
        await asyncio.gather(
            in_turn(fleet.apps, REPORT_EVERY_S, RIDES_S, App.report), paced(RIDES_A_SECOND, RIDES_S, book)
        )
        await asyncio.gather(*fleet.rides.tasks[first:])
        await asyncio.sleep(max(0.0, started + RIDES_S + 1.5 - time.perf_counter()))  # they leave memory after 1 s

    cpu_s = await fleet.cpu_of(all_of_it())
    return (cpu_s - share * RIDES_S) / count * 1e3


def booking(trip: Trip) -> str:
    """The passenger's frame."""
    return json.dumps(
        {
            "type": "find_driver",
            "pickup_latitude": trip.pickup.lat,
            "pickup_longitude": trip.pickup.lon,
            "dropoff_latitude": trip.dropoff.lat,
            "dropoff_longitude": trip.dropoff.lon,
            "pickup_address": "123 Main St",
            "dropoff_address": "456 Oak Ave",
            "distance_km": trip.distance_km,
            "estimated_duration_minutes": trip.duration_min,
            "fare_amount": trip.fare,
        }
    )


async def echo_connections(fleet: Fleet) -> float:
    """CPU milliseconds for a connection, one message echoed, and the close."""

    async def one(number: int) -> None:
        async with connect(f"ws://{fleet.server.address}/", compression=None, ping_interval=None) as socket:
            await socket.send(PING)
            await socket.recv()

    cpu_s = await fleet.cpu_of(paced(RIDES_A_SECOND, FLOOD_S, one))
    return cpu_s / (RIDES_A_SECOND * FLOOD_S) * 1e3


async def measure(dispatch: Server, echo: Server, drivers: int, seed: int = 1) -> None:
    """Everything, phase by phase, and the table."""
    dice = Random(seed)
    places = [City().sample(dice) for _ in range(drivers)]
    bare, fleet = await connected(echo, places), await connected(dispatch, places)
    bare_flood_us, flood_us = await flood(bare), await flood(fleet)
    bare_lone_s, lone_s = await lone_reports((bare, fleet))
    share = lone_s * drivers / REPORT_EVERY_S
    bare_ride_ms, ride_ms = await echo_connections(bare), await whole_rides(fleet, share, seed)
    print(f"{drivers:,} drivers connected to one core{'':10}{'dispatch':>10}{'echo':>10}{'ratio':>8}")
    for label, ours, bare_figure in (
        ("location_update, 10/s from each, CPU us", flood_us, bare_flood_us),
        ("location_update, one in 4 s, CPU us", lone_s * 1e6, bare_lone_s * 1e6),
        ("whole ride (echo: a connection), CPU ms", ride_ms, bare_ride_ms),
        ("idle connection, KiB", fleet.kib_a_connection, bare.kib_a_connection),
    ):
        print(f"{label:<42}{ours:>10.2f}{bare_figure:>10.2f}{ours / bare_figure:>8.1f}")
    waits = sorted(fleet.rides.assigned_ms)
    print(
        f"{drivers:,} drivers who report every {REPORT_EVERY_S:g} s take {share:.1%} of the core; at {RIDES_A_SECOND:g} rides a second "
        f"a passenger waits {waits[len(waits) // 2]:.1f} ms (p95 {waits[len(waits) * 95 // 100]:.1f}) for five answers"
    )


def main() -> None:
    """Start the servers on the first core, be the apps on the second."""
    if not sys.platform.startswith("linux"):
        raise SystemExit("this benchmark reads Linux's clocks of other processes")
    _, files = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    if "--echo" in sys.argv:
        run(echo_forever())
        return
    drivers = next((int(argument) for argument in sys.argv[1:] if argument.isdecimal()), DRIVERS)
    if drivers < 2 * WARM_UP:
        raise SystemExit(f"with less than {2 * WARM_UP} drivers too little is to be seen")
    first, *others = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {others[0] if others else first})

    with both_servers(first) as (dispatch, echo):
        try:
            run(asyncio.wait_for(measure(dispatch, echo, drivers), AT_MOST_S))
        except TimeoutError:
            raise SystemExit(f"not done after {AT_MOST_S:g} s: something else keeps this machine busy") from None


if __name__ == "__main__":
    main()
