"""What proving who one is costs, beside a server that believes everybody: `python benchmarks/bench_auth.py [pairs]`.

Two servers on one core, one with `auth = "on"` and one with `auth = "off"`, each with its own drivers and file, take turns: positions,
whole rides, and connecting for the first time. A pair is one turn of each, so both have the same neighbours. What is printed is the
median of the pairs with the middle half of them, in CPU time of the servers' processes, all threads. Linux only.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Awaitable
from pathlib import Path
from random import Random
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any

from town import OFF, ON, App, Server, Town, connected, handshake, phone, raise_limits, served

from dispatch.principals import Role
from dispatch.transport.ws.server import run

PAIRS, DRIVERS, RIDES, REPORTS, NEWCOMERS = 9, 60, 40, 100, 100
CITY = (-26.2041, 28.0473)
BOOKING = {
    "type": "find_driver",
    "pickup_latitude": CITY[0],
    "pickup_longitude": CITY[1],
    "dropoff_latitude": -26.1850,
    "dropoff_longitude": 28.0550,
    "pickup_address": "123 Main St",
    "dropoff_address": "456 Oak Ave",
    "distance_km": 5.2,
    "estimated_duration_minutes": 15,
    "fare_amount": 85.5,
}


class Phone(App):
    """Opens, and waits for frames of a kind."""

    def __init__(self, side: Side, driver_id: str = "") -> None:
        super().__init__()
        self.side = side
        self.driver_id = driver_id
        self.open = asyncio.get_running_loop().create_future()

    def opened(self) -> None:
        self.open.set_result(self.status)

    def heard(self, text: bytes) -> None:
        self.side.hear(self, json.loads(text))


class Side:
    """One of the two servers, with its fleet."""

    def __init__(self, town: Town, server: Server, *, logs_in: bool) -> None:
        self.town, self.server, self.logs_in = town, server, logs_in
        self.fleet: list[Phone] = []
        self.rides = self.newcomers = 0
        self.asked: dict[str, int] = {}
        self.done: dict[str, asyncio.Future[None]] = {}
        self.dice = Random(1)

    def opening(self, role: Role, person: str, path: str) -> bytes:
        return handshake(self.server.address, path, self.town.token(role, person) if self.logs_in else "")

    async def driver(self, number: int) -> Phone:
        """A driver's app, connected."""
        opening = self.opening(Role.DRIVER, self.town.drivers[number], f"/ws/driver/%2B{phone(number)}/")
        app = await connected(lambda: Phone(self, phone(number)), self.server, opening)
        assert isinstance(app, Phone)
        assert await app.open == 101
        return app

    def report(self, app: Phone) -> None:
        lat, lon = (centre + self.dice.uniform(-0.01, 0.01) for centre in CITY)
        app.say(f'{{"type":"location_update","latitude":{lat:.6f},"longitude":{lon:.6f}}}')

    def hear(self, app: Phone, frame: dict[str, Any]) -> None:
        """Of five drivers who are asked four decline; the last accepts and completes."""
        kind, ride = frame["type"], frame.get("ride_id", "")
        if kind == "ride_request":
            asked = self.asked[ride] = self.asked.get(ride, 0) + 1
            answer = "accept_ride" if asked == 5 else "decline_ride"
            app.say(json.dumps({"type": answer, "ride_id": ride, "driver_id": app.driver_id}))
        elif kind == "ride_accepted":
            app.say(json.dumps({"type": "complete_ride", "ride_id": ride}))
        elif kind == "ride_completed" and app not in self.fleet:
            self.done[ride].set_result(None)
        elif kind in ("error", "no_drivers"):
            raise SystemExit(f"{ride} heard {frame}")

    async def cpu_ms(self, work: Awaitable[Any], count: int) -> float:
        """CPU milliseconds of the server for each of so many."""
        before = self.server.cpu_s()
        await work
        await asyncio.sleep(0.3)
        return (self.server.cpu_s() - before) / count * 1e3

    # -- what is measured

    async def reports(self) -> None:
        """Every driver reports, again and again, a little apart."""
        for _ in range(REPORTS):
            for app in self.fleet:
                self.report(app)
            await asyncio.sleep(0.105)

    async def connects(self) -> None:
        """Drivers whom the server has not seen before connect one after the other, and leave."""
        for _ in range(NEWCOMERS):
            app = await self.driver(DRIVERS + self.newcomers)
            self.newcomers += 1
            app.transport.close()

    async def ride(self, number: int) -> None:
        """A whole ride, from the passenger's connection to its end."""
        ride = f"r{number}"
        person = self.town.passengers[number % len(self.town.passengers)]
        self.done[ride] = asyncio.get_running_loop().create_future()
        app = await connected(
            lambda: Phone(self), self.server, self.opening(Role.PASSENGER, person, f"/ws/ride/{ride}/")
        )
        app.say(json.dumps(BOOKING))
        async with asyncio.timeout(60):
            await self.done[ride]
        app.transport.close()

    async def whole_rides(self) -> None:
        """Rides one after the other, three at a time."""

        async def some(first: int) -> None:
            for number in range(first, RIDES, 3):
                await self.ride(self.rides + number)

        await asyncio.gather(*map(some, range(3)))
        self.rides += RIDES


async def measure(on: Side, off: Side, pairs: int) -> None:
    """Both in turns, and the table."""
    for side in (on, off):
        side.fleet = [await side.driver(number) for number in range(DRIVERS)]
        for app in side.fleet:
            side.report(app)
        await asyncio.sleep(1.0)
        await side.whole_rides()
    figures: dict[str, list[tuple[float, float]]] = {"position": [], "ride": [], "first connect": []}
    for number in range(pairs):
        turn = (on, off) if number % 2 else (off, on)
        for what, work, count in (
            ("position", Side.reports, REPORTS * DRIVERS),
            ("ride", Side.whole_rides, RIDES),
            ("first connect", Side.connects, NEWCOMERS),
        ):
            took = {side: await side.cpu_ms(work(side), count) for side in turn}
            figures[what].append((took[on], took[off]))
    print(f"{pairs} pairs, CPU{'':13}{'on':>10}{'off':>10}{'less, median and middle half':>34}{'ratio':>24}")
    for what, unit, per in (("position", "us", 1e3), ("ride", "ms", 1.0), ("first connect", "ms", 1.0)):
        both = figures[what]
        less, ratios = [(a - b) * per for a, b in both], [a / b for a, b in both]
        (low, _, high), (least, _, most) = quantiles(less), quantiles(ratios)
        print(
            f"{what + ', ' + unit:<24}{median(a for a, _ in both) * per:>10.2f}{median(b for _, b in both) * per:>10.2f}"
            f"{median(less):>+14.3f} ({low:+.3f} … {high:+.3f}){median(ratios):>10.3f} ({least:.3f} … {most:.3f})"
        )


def main(pairs: int = PAIRS) -> None:
    """Start both servers on the first core, be the apps on the second."""
    raise_limits()
    first, *more = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {more[0] if more else first})
    options = ("--retire-after", "1s", "--message-burst", "1000")
    with TemporaryDirectory() as folder:
        towns = [Town(Path(folder) / f"{name}.db", DRIVERS + pairs * NEWCOMERS, 200) for name in ("on", "off")]
        with (
            served(towns[0].db, *ON, *options, core=first) as on,
            served(towns[1].db, *OFF, *options, core=first) as off,
        ):
            run(measure(Side(towns[0], on, logs_in=True), Side(towns[1], off, logs_in=False), pairs))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
