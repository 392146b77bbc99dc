"""Kills a real server at random instants under load, again and again: `python benchmarks/bench_kills.py [kills] [events]`.

Drivers and passengers over real sockets say everything with an `id`, and again after each crash until it is answered. In the end the
journal is held against what they were told: acknowledged and lost, two drivers on a ride, rides that are stuck. `events`: so many are
on file before (0: none). Also prints how long the server takes to serve again, beside a start on an empty file.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from itertools import count
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, WebSocketException

CLI = Path(__file__).parent.parent / "cli.py"
DRIVERS, RIDES_AT_ONCE = 40, 20
KILL_AFTER_S = (0.15, 1.2)
SPEEDY = ("--offer-timeout", "2s", "--search-cap", "30s", "--link-grace", "30s", "--messages-per-s", "1000")
QUIET_WITHIN_S = 60.0
CITY = (-26.2041, 28.0473)
STATUS_AFTER = {"ride_accepted": "accepted", "driver_arrived": "arrived", "ride_started": "in_progress"}
STEPS = {"accepted": "arrived", "arrived": "start_ride", "in_progress": "complete_ride"}
Told = list[tuple[str, str, str, str, str]]
"""Who (a driver's or passenger's id), what they asked, of which ride, the result that was acknowledged, and the command's id."""


class Server:
    """One file, served by one process after the other on one port."""

    def __init__(self, db: Path, port: int = 0) -> None:
        self.db, self.port = db, port
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> float:
        """Seconds until it serves."""
        began = time.perf_counter()
        command = [sys.executable, str(CLI), "serve", "--port", str(self.port), "--db", str(self.db), *SPEEDY]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self.process.stdout is not None
        address = re.search(r"127\.0\.0\.1:(\d+)", self.process.stdout.readline())
        if address is None:
            raise SystemExit(f"{' '.join(command)} does not start; run it by hand to see why")
        self.port = int(address[1])
        return time.perf_counter() - began

    def end(self, how: signal.Signals = signal.SIGKILL) -> None:
        assert self.process is not None and self.process.stdout is not None
        self.process.send_signal(how)
        self.process.wait()
        self.process.stdout.close()


class App:
    """Says everything with an id, and again on each connection until it is answered."""

    numbers = count(1)

    def __init__(self, server: Server, path: str, who: str, told: Told) -> None:
        self.server, self.path, self.who, self.told = server, path, who, told
        self.unanswered: dict[str, dict[str, Any]] = {}
        self.socket: ClientConnection | None = None
        self.is_over = False

    async def live(self) -> None:
        """Connect, and again, until it is over."""
        while not self.is_over:
            with suppress(OSError, WebSocketException, InvalidHandshake, TimeoutError, EOFError):
                async with connect(f"ws://127.0.0.1:{self.server.port}{self.path}", compression=None) as socket:
                    self.socket = socket
                    await self.greet()
                    for frame in list(self.unanswered.values()):
                        await socket.send(json.dumps(frame))
                    async for text in socket:
                        await self.hear(json.loads(text))
                        if self.is_over and not self.unanswered:
                            return
            self.socket = None
            await asyncio.sleep(0.05)

    async def say(self, kind: str, **fields: Any) -> None:
        frame = {"id": f"{self.who}-{next(self.numbers)}", **fields, "type": kind}
        self.unanswered[frame["id"]] = frame
        with suppress(WebSocketException, OSError):
            if self.socket is not None:
                await self.socket.send(json.dumps(frame))

    async def hear(self, frame: dict[str, Any]) -> None:
        asked = self.unanswered.get(frame.get("id") or "")
        if frame["type"] == "ack" and asked is not None:
            del self.unanswered[frame["id"]]
            ride = asked.get("ride_id", self.who)
            self.told.append((self.who, asked["type"], ride, frame["result"], frame["id"]))
        elif frame["type"] == "error" and asked is not None:
            del self.unanswered[frame["id"]]
            if frame["code"] in ("unavailable", "rate_limited", "internal"):
                await asyncio.sleep(0.2)
                await self.say(**asked | {"kind": asked["type"]})
        await self.on_frame(frame)

    async def greet(self) -> None:
        """What is said first on each connection."""

    async def on_frame(self, frame: dict[str, Any]) -> None:
        """What the app does with it."""


class Driver(App):
    """Accepts most offers, gives up a few rides, drives the others at once."""

    def __init__(self, server: Server, name: str, told: Told, dice: Random) -> None:
        super().__init__(server, f"/ws/driver/{name}/", name, told)
        self.dice = dice
        self.ride: tuple[str, str] | None = None
        self.place = (CITY[0] + dice.uniform(-0.02, 0.02), CITY[1] + dice.uniform(-0.02, 0.02))

    async def greet(self) -> None:
        assert self.socket is not None
        where = {"type": "location_update", "latitude": self.place[0], "longitude": self.place[1]}
        await self.socket.send(json.dumps(where))

    async def on_frame(self, frame: dict[str, Any]) -> None:
        kind, ride = frame["type"], frame.get("ride_id")
        if kind == "ride_request":
            accepts = self.dice.random() < 0.7
            await self.say("accept_ride" if accepts else "decline_ride", ride_id=ride, driver_id=self.who)
        elif kind == "snapshot":
            self.ride = (frame["ride"]["ride_id"], frame["ride"]["status"]) if frame["ride"] is not None else None
        elif kind in STATUS_AFTER:
            self.ride = (ride, STATUS_AFTER[kind])
        elif kind in ("ride_completed", "ride_cancelled"):
            self.ride = None
        if self.ride is not None and not self.unanswered:
            ride, status = self.ride
            gives_up = status == "accepted" and self.dice.random() < 0.1
            await self.say("cancel_ride" if gives_up else STEPS[status], ride_id=ride)


class Passenger(App):
    """Books one ride, and sometimes cancels it."""

    def __init__(self, server: Server, ride: str, told: Told, dice: Random) -> None:
        super().__init__(server, f"/ws/ride/{ride}/", ride, told)
        self.changes_their_mind = dice.random() < 0.1
        lat, lon = CITY[0] + dice.uniform(-0.02, 0.02), CITY[1] + dice.uniform(-0.02, 0.02)
        self.trip = {
            "pickup_latitude": lat, "pickup_longitude": lon, "dropoff_latitude": lat + 0.01, "dropoff_longitude": lon,
            "pickup_address": "", "dropoff_address": "", "distance_km": 1.4, "estimated_duration_minutes": 4, "fare_amount": 9,
        }  # fmt: skip

    async def ride(self) -> None:
        await self.say("find_driver", **self.trip)
        await self.live()

    async def on_frame(self, frame: dict[str, Any]) -> None:
        kind = frame["type"]
        if kind == "searching" and self.changes_their_mind:
            self.changes_their_mind = False
            await self.say("cancel_ride")
        ended = kind in ("ride_completed", "ride_cancelled", "no_drivers")
        if ended or (kind == "snapshot" and frame["status"] in ("completed", "cancelled", "no_drivers", "no_show")):
            self.is_over = True
            self.unanswered.clear()


# -- the run


async def under_load(
    server: Server, kills: int, dice: Random, drivers: int = DRIVERS, rides_at_once: int = RIDES_AT_ONCE
) -> tuple[Told, list[float], int]:
    """What was acknowledged, how long each start took, and how many rides were stuck in the end."""
    told: Told = []
    fleet = [Driver(server, f"2782{n:07}", told, Random(n)) for n in range(drivers)]
    tasks = [asyncio.create_task(driver.live()) for driver in fleet]
    rides: set[asyncio.Task[None]] = set()
    numbers, booking, starts = count(1), True, []

    async def book() -> None:
        while booking:
            while len(rides) < rides_at_once:
                passenger = Passenger(server, f"k{next(numbers)}", told, dice)
                task = asyncio.create_task(passenger.ride())
                rides.add(task)
                task.add_done_callback(rides.discard)
            await asyncio.sleep(0.01)

    booker = asyncio.create_task(book())
    for _ in range(kills):
        await asyncio.sleep(dice.uniform(*KILL_AFTER_S))
        server.end()
        starts.append(await asyncio.to_thread(server.start))
    await asyncio.sleep(1.0)
    booking = False
    await booker
    _, stuck = await asyncio.wait(rides, timeout=QUIET_WITHIN_S) if rides else (None, set())
    for task in (*tasks, *stuck):
        task.cancel()
    await asyncio.gather(*tasks, *stuck, return_exceptions=True)
    return told, starts, len(stuck)


# -- the judgement


def judged(db: Path, told: Told) -> dict[str, int]:
    """The journal held against what apps were told."""
    with closing(sqlite3.connect(db)) as connection:
        rows = connection.execute(
            "SELECT ride_id, kind, body FROM events WHERE ride_id GLOB 'k*' AND stream GLOB 'ride/*' ORDER BY n"
        ).fetchall()
        found = connection.execute("SELECT DISTINCT json_extract(body, '$.command.id') FROM events").fetchall()
    happened: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for ride, kind, body in rows:
        happened.setdefault(ride, []).append((kind, json.loads(body)))
    ids = {row[0] for row in found}
    lost = sum(
        1
        for who, asked, ride, result, command in told
        if command not in ids or not _holds(happened.get(ride, []), who, asked, result)
    )
    return {
        "rides": len(happened),
        "acknowledged": len(told),
        "acknowledged and lost": lost,
        "two drivers on a ride": sum(map(_doubles, happened.values())),
        "rides of a driver at once": _at_once(rows),
    }


def _holds(events: list[tuple[str, dict[str, Any]]], who: str, asked: str, result: str) -> bool:
    """Whether what was acknowledged to them is on record."""
    if result != "ok":
        return True  # too late, or a no: nothing was promised
    promised: dict[str, Callable[[str, dict[str, Any]], bool]] = {
        "find_driver": lambda kind, body: kind == "RideRequested",
        "accept_ride": lambda kind, body: kind == "RideAssigned" and body["driver"]["driver_id"] == who,
        "arrived": lambda kind, body: kind == "RideArrived" and body["driver_id"] == who,
        "start_ride": lambda kind, body: kind == "RideStarted" and body["driver_id"] == who,
        "complete_ride": lambda kind, body: kind == "RideCompleted" and body["driver_id"] == who,
        "cancel_ride": lambda kind, body: kind in ("RideUnassigned", "RideCancelled", "PassengerNoShow"),
    }
    wanted = promised.get(asked)
    return wanted is None or any(wanted(kind, body) for kind, body in events)


def _doubles(events: list[tuple[str, dict[str, Any]]]) -> int:
    """How often somebody was assigned to a ride that had a driver."""
    has_driver, doubles = False, 0
    for kind, _ in events:
        doubles += has_driver and kind == "RideAssigned"
        has_driver = kind == "RideAssigned" or (has_driver and kind != "RideUnassigned")
    return doubles


def _at_once(rows: list[tuple[str, str, str]]) -> int:
    """How often a driver was assigned to a ride while on another."""
    on: dict[str, str] = {}
    driver_of: dict[str, str] = {}
    twice = 0
    for ride, kind, body in rows:
        if kind == "RideAssigned":
            driver = json.loads(body)["driver"]["driver_id"]
            twice += driver in on
            on[driver], driver_of[ride] = ride, driver
        elif kind in ("RideUnassigned", "RideCompleted", "RideCancelled", "PassengerNoShow"):
            on.pop(driver_of.pop(ride, ""), None)
    return twice


def main(kills: int = 20, events: int = 20_000) -> int:
    """Print the figures; 1 if anything was lost, double or stuck."""
    with TemporaryDirectory() as folder:
        server = Server(Path(folder) / "kills.db")
        if events:
            fill(server.db, events)
        empty = Server(Path(folder) / "empty.db")
        bare = []
        for _ in range(5):
            bare.append(empty.start())
            empty.end()
        server.start()
        told, starts, stuck = asyncio.run(under_load(server, kills, Random(1)))
        server.end(signal.SIGTERM)
        figures = {**judged(server.db, told), "stuck": stuck}
        if stuck:
            print_open_rides(server.db)
    for name, figure in figures.items():
        print(f"{name:<28}{figure:>10,}")
    print(f"{'serving again, s':<28}{median(starts):>10.2f} median, {max(starts):.2f} worst of {kills}")
    print(f"{'a start on an empty file, s':<28}{median(bare):>10.2f} median")
    return int(any(figures[name] for name in list(figures)[2:]))


def print_open_rides(db: Path) -> None:
    """What is on record of rides that did not end."""
    with closing(sqlite3.connect(db)) as connection:
        rows = connection.execute(
            "SELECT e.ride_id, e.stream, e.kind FROM events e JOIN rides r USING (ride_id) WHERE r.ended_at IS NULL ORDER BY e.n"
        )
        for row in rows.fetchall()[-40:]:
            print(*row)


def fill(db: Path, events: int) -> None:
    """A past of about so many events, by a simulated evening."""
    rides = str(events // 17)
    model = ("--trips", "none", "--drivers", str(max(50, events // 170)), "--rides", rides, "--for", "4h")
    subprocess.run(
        [sys.executable, str(CLI), "simulate", *model, "--db", str(db), "--json"], check=True, stdout=subprocess.DEVNULL
    )
    with closing(sqlite3.connect(db)) as connection:
        (on_file,) = connection.execute("SELECT count(*) FROM events").fetchone()
    print(f"{'events on file before':<28}{on_file:>10,}")


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    sys.exit(main(*map(int, sys.argv[1:])))
