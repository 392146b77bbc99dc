"""Thousands who have logged in lose their connections at one moment: `python benchmarks/bench_reconnect.py [apps]`.

Drivers connect with access tokens and say a command with an `id` each. Before an answer can come all connections are cut. All come
back as apps do: at once, and where there is no room at a random moment of the time that the server advises. Each resumes its stream and
says its command again until that is answered. Then one in ten sends too much and reads nothing any more, beside the same with apps that
do read. In the end the server is told to stop. The journal is held against what was answered. Linux only.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import sqlite3
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from random import Random
from struct import pack
from tempfile import TemporaryDirectory
from typing import Any

from town import ON, App, Server, Town, handshake, phone, raise_limits, served

from dispatch.principals import Role
from dispatch.transport.ws.server import run

APPS, ONE_IN = 5_000, 10
CITY, SPREAD = (-26.2041, 28.0473), 0.1
A_SECOND = 400
BACK_WITHIN_S, WATCH_S, PING_EVERY_S, NOISE_EVERY_S = 60.0, 6.0, 2.0, 1 / 15
COME_BACK = re.compile(rb"within (\d+) ms")
PING = '{"type":"ping"}'


class Driver:
    """A driver's app, from connection to connection."""

    def __init__(self, town: Town, server: Server, number: int) -> None:
        self.server = server
        self.number = number
        self.dice = Random(number)
        self.opening = handshake(
            server.address, f"/ws/driver/%2B{phone(number)}/", town.token(Role.DRIVER, town.drivers[number])
        )
        self.link: Link | None = None
        self.epoch, self.seq = "", 0
        self.unanswered = ""
        self.answers = 0
        self.holes = self.doubles = self.refused = 0
        self.back = asyncio.Event()
        self.pinged_at = 0.0
        self.waits_ms: list[float] = []

    def said(self) -> str:
        """The command, whose id is the driver's own."""
        return f'{{"type":"set_availability","available":false,"id":"cut-{self.number}"}}'

    async def connect(self) -> None:
        """Connect, and again when the server has no room or the network none."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                _, link = await loop.create_connection(lambda: Link(self), self.server.host, self.server.port)
            except OSError:
                await asyncio.sleep(self.dice.random())
                continue
            link.transport.write(self.opening)
            advised_ms = await link.answered
            if not advised_ms:
                self.link = link
                return
            self.refused += 1
            await asyncio.sleep(self.dice.random() * advised_ms / 1e3)

    def hear(self, text: bytes) -> None:
        """One frame."""
        if text == b'{"type":"pong"}':
            if self.pinged_at:
                self.waits_ms.append((time.perf_counter() - self.pinged_at) * 1e3)
                self.pinged_at = 0.0
            return
        frame: dict[str, Any] = json.loads(text)
        if frame["type"] == "ack" and frame.get("id") == self.unanswered:
            self.unanswered = ""
            self.answers += 1
            self.back.set()
        if "seq" not in frame:
            return
        if frame["type"] == "snapshot" and not frame["recovered"]:
            self.holes += bool(self.seq)
        elif self.epoch == frame["epoch"] and frame["seq"] != self.seq + 1 and frame["type"] != "snapshot":
            self.holes += frame["seq"] > self.seq + 1
            self.doubles += frame["seq"] <= self.seq
        self.epoch, self.seq = frame["epoch"], max(self.seq, frame["seq"])

    def greet(self) -> None:
        """What is said first on each connection."""
        assert self.link is not None
        if self.epoch:
            self.link.say(f'{{"type":"resume","epoch":"{self.epoch}","last_seq":{self.seq}}}')
        lat, lon = (centre + self.dice.uniform(-SPREAD, SPREAD) for centre in CITY)
        self.link.say(f'{{"type":"location_update","latitude":{lat:.6f},"longitude":{lon:.6f}}}')

    def ping(self) -> None:
        """Measure how long an answer takes, unless the last one is still awaited."""
        if self.link is not None and not self.pinged_at:
            self.pinged_at = time.perf_counter()
            self.link.say(PING)


class Link(App):
    """One connection of a driver."""

    def __init__(self, driver: Driver) -> None:
        super().__init__()
        self.driver = driver
        self.answered: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.is_over = False

    def opened(self) -> None:
        if self.status != 101:
            advised = COME_BACK.search(self._data)
            self._done(int(advised[1]) if advised else 1_000)
            self.transport.abort()
        else:
            self._done(0)

    def heard(self, text: bytes) -> None:
        self.driver.hear(text)

    def ended(self) -> None:
        self.is_over = True
        self._done(1_000)
        if self.driver.link is self:
            self.driver.link = None

    def _done(self, advised_ms: int) -> None:
        if not self.answered.done():
            self.answered.set_result(advised_ms)


def cut(link: App) -> None:
    """As a network that is gone: no goodbye, and nothing more arrives."""
    link.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, pack("ii", 1, 0))
    link.transport.abort()


async def all_connected(drivers: list[Driver]) -> float:
    """Everybody connects, so many a second. Returns the seconds that it took."""
    began = time.perf_counter()
    for start in range(0, len(drivers), A_SECOND // 10):
        some = drivers[start : start + A_SECOND // 10]
        await asyncio.gather(*(driver.connect() for driver in some))
        for driver in some:
            driver.greet()
        await asyncio.sleep(max(0.0, began + start / A_SECOND - time.perf_counter()))
    return time.perf_counter() - began


async def storm(drivers: list[Driver]) -> list[float]:
    """All say something and are cut at once. After how many seconds each was back: connected, and its command answered."""
    for driver in drivers:
        driver.unanswered = f"cut-{driver.number}"
        assert driver.link is not None
        driver.link.say(driver.said())
    began = time.perf_counter()
    for driver in drivers:
        link, driver.link = driver.link, None
        assert link is not None
        cut(link)

    async def returns(driver: Driver) -> float:
        while driver.unanswered:
            await driver.connect()
            driver.greet()
            assert driver.link is not None
            link = driver.link
            link.say(driver.said())
            while driver.unanswered and not link.is_over:
                await asyncio.wait([asyncio.create_task(driver.back.wait())], timeout=1.0)
        return time.perf_counter() - began

    async with asyncio.timeout(BACK_WITHIN_S):
        return list(await asyncio.gather(*map(returns, drivers)))


async def watched(
    others: list[Driver], noisy: list[Driver], server: Server, *, they_read: bool
) -> tuple[list[float], float]:
    """What others wait for an answer while these few send too much, in ms; and after how many seconds all of the few were out."""
    for driver in others:
        driver.waits_ms.clear()
        driver.pinged_at = 0.0
    links = [driver.link for driver in noisy if driver.link is not None]
    if not they_read:
        for link in links:
            link.transport.pause_reading()
    began, step = time.perf_counter(), round(PING_EVERY_S / NOISE_EVERY_S)
    out_s = asyncio.create_task(all_out(server, len(others), began))
    for tick in range(int(WATCH_S / NOISE_EVERY_S)):
        await asyncio.sleep(max(0.0, began + tick * NOISE_EVERY_S - time.perf_counter()))
        for link in links:
            if not link.transport.is_closing():
                link.say(PING)
        for driver in others[tick % step :: step]:
            driver.ping()
    await asyncio.sleep(0.5)
    return [wait for driver in others for wait in driver.waits_ms], await out_s


async def all_out(server: Server, left: int, began: float) -> float:
    """After how many seconds no more than these are connected, by the server's own count."""
    while time.perf_counter() - began < 2 * WATCH_S:
        await asyncio.sleep(0.25)
        if await asyncio.to_thread(server.connected) <= left:
            break
    return time.perf_counter() - began


def at(samples: list[float], share: float) -> float:
    """The value that this share of them is below."""
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def judged(db: Path, drivers: list[Driver]) -> dict[str, int]:
    """What is on file of the commands that were answered."""
    with closing(sqlite3.connect(db)) as connection:
        rows = connection.execute(
            "SELECT json_extract(body, '$.command.id') FROM events WHERE json_extract(body, '$.command.id') GLOB 'cut-*'"
        ).fetchall()
    times = Counter(row[0] for row in rows)
    return {
        "acknowledged": sum(driver.answers for driver in drivers),
        "acknowledged and lost": sum(not times[f"cut-{driver.number}"] for driver in drivers if driver.answers),
        "done twice": sum(count > 1 for count in times.values()),
        "answered twice": sum(driver.answers > 1 for driver in drivers),
        "gaps, or told anew": sum(driver.holes for driver in drivers),
        "frames that came twice": sum(driver.doubles for driver in drivers),
    }


async def measure(server: Server, town: Town, apps: int) -> list[Driver]:
    """Connect, cut, be noisy."""
    drivers = [Driver(town, server, number) for number in range(apps)]
    before = server.cpu_s()
    took_s = await all_connected(drivers)
    await asyncio.sleep(2.0)
    cpu_ms = (server.cpu_s() - before) / apps * 1e3
    print(f"{apps:,} connected in {took_s:.1f} s, {cpu_ms:.2f} ms of the server's CPU each")
    before = server.cpu_s()
    back = await storm(drivers)
    cpu_s, refused = server.cpu_s() - before, sum(driver.refused for driver in drivers)
    print(
        f"cut at once: back after {at(back, 0.5):.1f} s (median), {at(back, 0.99):.1f} s (99 %), {max(back):.1f} s (all);"
        f" {refused:,} were asked to come later; {cpu_s:.1f} s of the server's CPU"
    )
    await asyncio.sleep(2.0)
    noisy, others = drivers[::ONE_IN], [driver for number, driver in enumerate(drivers) if number % ONE_IN]
    calm, _ = await watched(others, noisy, server, they_read=True)
    await asyncio.sleep(3.0)
    beside, out_s = await watched(others, noisy, server, they_read=False)
    print(
        f"{len(noisy):,} send too much and read: the others' answers take {at(calm, 0.5):.2f} ms, p99 {at(calm, 0.99):.1f}"
    )
    ratio = at(beside, 0.99) / at(calm, 0.99)
    print(
        f"{len(noisy):,} do not read: {at(beside, 0.5):.2f} ms, p99 {at(beside, 0.99):.1f}, {ratio:.2f} times;"
        f" all out after {out_s:.1f} s"
    )
    lost = sum(driver.link is None for driver in others)
    print(f"of the others {lost} lost their connection")
    return drivers


def main(apps: int = APPS) -> None:
    """Print the figures."""
    raise_limits()
    first, *more = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {more[0] if more else first})
    with TemporaryDirectory() as folder:
        db = Path(folder) / "town.db"
        town = Town(db, drivers=apps)
        with served(db, *ON, core=first) as server:

            async def all_of_it() -> tuple[list[Driver], float]:
                drivers = await measure(server, town, apps)
                for driver in drivers:
                    if driver.link is None:
                        await driver.connect()
                return drivers, await asyncio.to_thread(server.stop)

            drivers, stop_s = run(all_of_it())
            print(
                f"SIGTERM with {apps:,} connected: gone after {stop_s:.1f} s, exit status {server.process.returncode}"
            )
        for name, count in judged(db, drivers).items():
            print(f"{name:<28}{count:>10,}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
