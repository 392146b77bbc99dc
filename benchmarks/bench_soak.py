"""Half an hour of churn on a real server: `python benchmarks/bench_soak.py [--minutes 30] [--picture soak.svg]`.

Each second 20 rides are booked, driven and ended, and 100 connections come, the passengers' among them: visitors are drivers' apps
that say where they are, and go with a Close, without one, or in the middle of a frame. Twice the server is killed (`kill -9`), three
times within seconds, and started again: so it has three lives, each a third of the run. In the end every acknowledged command is
looked for in the journal, no ride may be stuck, and `dispatch db check` must find the file sound.

Memory (what is resident of the server's process) is judged in each life alone, from the sixth part of the run on: its mean over the
last fifth of that time may be no more than 2 % above that over the first fifth. Latencies are those of a ping of an app that does
nothing else, and of bookings until they are on disk, as apps see them: this machine's other work is in them.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import count, cycle
from pathlib import Path
from random import Random
from statistics import mean, quantiles
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from bench_kills import CLI, QUIET_WITHIN_S, Driver, Passenger, Server, Told, judged
from town import App, handshake, raise_limits, text_frame
from websockets.exceptions import WebSocketException

LIVES, KILLS_A_TIME, BETWEEN = 3, 3, -1
DRIVERS, VISITORS = 120, 2_000
MOST_AT_ONCE = 200
"""Rides, and visits, under way. Where the machine cannot keep up no more are begun: the server is measured, not a heap of apps."""
LOOK_EVERY_S = 5.0
PING_EVERY_S = 0.25
POSITION_EVERY_S = 4.0
"""Of each driver: whose place is old is asked no more."""
MOST_GROWTH = 0.02
SETTLES_FOR = 1 / 6
"""Of the run: five minutes of thirty."""


class Sample(NamedTuple):
    """One look: seconds since the start, which life of the server, megabytes, milliseconds at the median and the 99th percentile."""

    at_s: float
    life: int
    memory_mb: float
    ping_p50: float
    ping_p99: float
    booking_p50: float
    booking_p99: float


class Clocked(Passenger):
    """A passenger who notes how long a booking took until it was acknowledged."""

    took_ms: list[float]

    async def hear(self, frame: dict[str, Any]) -> None:
        asked = self.unanswered.get(frame.get("id") or "")
        if frame["type"] == "ack" and asked is not None and asked["type"] == "find_driver":
            self.took_ms.append((time.perf_counter() - self.began) * 1e3)
        await super().hear(frame)

    async def ride(self) -> None:
        self.began = time.perf_counter()
        await super().ride()


class Visitor(App):
    """A driver's app that connects, says where it is, and goes in one of three ways."""

    def __init__(self, dice: Random) -> None:
        super().__init__()
        self._dice = dice

    def opened(self) -> None:
        lat, lon = self._dice.uniform(40, 50), self._dice.uniform(0, 20)  # far from those who are asked
        self.say(f'{{"type":"location_update","latitude":{lat},"longitude":{lon},"id":"v"}}')

    def heard(self, text: bytes) -> None:
        if b'"ack"' not in text:
            return
        way = self._dice.randrange(3)
        if way == 0:
            self.transport.write(b"\x88\x82\0\0\0\0\x03\xe8")
        elif way == 1:
            self.transport.abort()
        else:
            self.transport.write(text_frame('{"type":"ping"}')[:5])
            self.transport.close()


class Pinger(App):
    """Notes how long a pong takes."""

    def __init__(self, took_ms: list[float]) -> None:
        super().__init__()
        self._took_ms = took_ms
        self._asked_at = 0.0
        self.is_over = False

    def ask(self) -> None:
        if self.status == 101 and not self._asked_at:
            self._asked_at = time.perf_counter()
            self.say('{"type":"ping"}')

    def heard(self, text: bytes) -> None:
        if b'"pong"' in text and self._asked_at:
            self._took_ms.append((time.perf_counter() - self._asked_at) * 1e3)
            self._asked_at = 0.0

    def ended(self) -> None:
        self.is_over = True


class Soak:
    """The run: what keeps the server busy, what is looked at, and what was seen."""

    def __init__(self, server: Server, asked: Namespace) -> None:
        self.server, self.asked = server, asked
        self.told: Told = []
        self.samples: list[Sample] = []
        self.connections = self.life = 0
        self.kills_at: list[float] = []
        self.starts_s: list[float] = []
        self.stuck = 0
        self._pings: list[float] = []
        self._bookings: list[float] = []
        self._rides: set[asyncio.Task[None]] = set()
        self._visits: set[asyncio.Task[App | None]] = set()
        self._dice, self._numbers = Random(1), count(1)

    async def run(self) -> None:
        """The whole of it, from the first connection until the last ride is over."""
        fleet = [Driver(self.server, f"2782{n:07}", self.told, Random(n)) for n in range(DRIVERS)]
        tasks = [asyncio.create_task(driver.live()) for driver in fleet]
        self.began = time.perf_counter()
        churn = [
            asyncio.create_task(_every(1 / self.asked.rides, self._book)),
            asyncio.create_task(_every(1 / max(1, self.asked.connections - self.asked.rides), self._visit)),
            asyncio.create_task(_every(POSITION_EVERY_S / DRIVERS, partial(_report, cycle(fleet)))),
            asyncio.create_task(self._ping()),
            asyncio.create_task(self._look()),
        ]
        life_s = self.asked.minutes * 60 / LIVES
        for self.life in range(LIVES):
            await asyncio.sleep(max(0.0, (self.life + 1) * life_s - self._now()))
            if self.life < LIVES - 1:
                await self._kill()
        for task in churn:
            task.cancel()
        _, stuck = await asyncio.wait(self._rides, timeout=QUIET_WITHIN_S) if self._rides else (None, set())
        self.stuck = len(stuck)
        for task in (*tasks, *stuck):
            task.cancel()
        await asyncio.gather(*tasks, *stuck, *churn, return_exceptions=True)

    def _now(self) -> float:
        return time.perf_counter() - self.began

    async def _book(self) -> None:
        if len(self._rides) >= MOST_AT_ONCE:
            return
        passenger = Clocked(self.server, f"k{next(self._numbers)}", self.told, self._dice)
        passenger.took_ms = self._bookings
        self.connections += 1
        task = asyncio.create_task(passenger.ride())
        self._rides.add(task)
        task.add_done_callback(self._rides.discard)

    async def _visit(self) -> None:
        if len(self._visits) >= MOST_AT_ONCE:
            return
        opening = handshake(f"127.0.0.1:{self.server.port}", f"/ws/driver/v{self._dice.randrange(VISITORS)}/")
        visit = asyncio.create_task(self._connected(lambda: Visitor(self._dice), opening))
        self._visits.add(visit)
        visit.add_done_callback(self._visits.discard)

    async def _connected(self, make: Callable[[], App], opening: bytes) -> App | None:
        """None: the server is being started again."""
        try:
            _, app = await asyncio.get_running_loop().create_connection(make, "127.0.0.1", self.server.port)
        except OSError:
            return None
        self.connections += 1
        app.transport.write(opening)
        return app

    async def _ping(self) -> None:
        pinger: Any = None
        while True:
            if pinger is None or pinger.is_over:
                opening = handshake(f"127.0.0.1:{self.server.port}", "/ws/ride/pinger/")
                pinger = await self._connected(lambda: Pinger(self._pings), opening)
            else:
                pinger.ask()
            await asyncio.sleep(PING_EVERY_S)

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            assert self.server.process is not None
            memory = _resident_mb(self.server.process.pid)
            pings, bookings = _middle_and_worst(self._pings), _middle_and_worst(self._bookings)
            if memory and pings and bookings:
                self.samples.append(Sample(self._now(), self.life, memory, *pings, *bookings))

    async def _kill(self) -> None:
        self.life = BETWEEN  # what is looked at meanwhile is of no life
        self.kills_at.append(self._now())
        for _ in range(KILLS_A_TIME):
            self.server.end()
            self.starts_s.append(await asyncio.to_thread(self.server.start))
            await asyncio.sleep(self._dice.uniform(0.3, 2.0))


async def _report(drivers: Iterator[Driver]) -> None:
    """The next driver says where they are, if connected."""
    driver = next(drivers)
    with suppress(WebSocketException, OSError):
        if driver.socket is not None:
            await driver.greet()


async def _every(seconds: float, do: Callable[[], Any]) -> None:
    """Do it so often on the average, also when one took longer."""
    due = time.perf_counter()
    while True:
        due += seconds
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        await do()


def _resident_mb(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    except (OSError, IndexError):
        return 0.0


def _middle_and_worst(took_ms: list[float]) -> tuple[float, float] | None:
    """Median and 99th percentile of what was noted since the last look."""
    noted, took_ms[:] = took_ms[:], []
    if len(noted) < 2:
        return None
    hundredths = quantiles(noted, n=100, method="inclusive")
    return hundredths[49], hundredths[98]


# -- the judgement


def growths(samples: Sequence[Sample], minutes: float) -> list[float]:
    """How much the memory of each life grew once it had settled, as a share."""
    grown = []
    for life in range(LIVES):
        lived = [sample for sample in samples if sample.life == life]
        settled_at = lived[0].at_s + minutes * 60 * SETTLES_FOR if lived else 0.0
        settled = [sample.memory_mb for sample in lived if sample.at_s >= settled_at]
        fifth = len(settled) // 5
        if fifth:
            grown.append(mean(settled[-fifth:]) / mean(settled[:fifth]) - 1)
    return grown


def main() -> int:
    """Print the figures and draw the picture; 1 if anything was lost, stuck or grew."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--rides", type=float, default=20.0, help="a second")
    parser.add_argument("--connections", type=float, default=100.0, help="a second")
    parser.add_argument("--picture", default="soak.svg")
    asked = parser.parse_args()
    raise_limits()
    with TemporaryDirectory() as folder:
        server = Server(Path(folder) / "soak.db")
        server.start()
        soak = Soak(server, asked)
        asyncio.run(soak.run())
        server.end(signal.SIGTERM)
        figures = {**judged(server.db, soak.told), "stuck": soak.stuck}
        check = [sys.executable, str(CLI), "db", "check", "--db", str(server.db)]
        checked = subprocess.run(check, capture_output=True, text=True, check=False)
    grown = growths(soak.samples, asked.minutes)
    Path(asked.picture).write_text(picture(soak.samples, soak.kills_at, asked.minutes), encoding="utf-8")
    seconds = asked.minutes * 60
    print(f"{'connections a second':<28}{soak.connections / seconds:>10.1f}")
    print(f"{'rides a second':<28}{figures['rides'] / seconds:>10.1f}")
    for name, figure in figures.items():
        print(f"{name:<28}{figure:>10,}")
    print(f"{'kills; serving again, worst':<28}{len(soak.starts_s):>10} {max(soak.starts_s):.2f} s")
    print(f"{'memory grew, by life':<28}{', '.join(f'{each:+.1%}' for each in grown):>20}")
    for name in ("ping_p50", "ping_p99", "booking_p50", "booking_p99"):
        print(f"{name + ', ms':<28}{quantiles([getattr(sample, name) for sample in soak.samples], n=2)[0]:>10.1f}")
    print(checked.stdout.strip(), checked.stderr.strip())
    return int(
        any(figures[name] for name in list(figures)[2:]) or checked.returncode or max(grown, default=0.0) > MOST_GROWTH
    )


# -- the picture

WIDTH, HEIGHT, LEFT, TOP, GAP = 900, 220, 60, 30, 50


def picture(samples: Sequence[Sample], kills_at: Sequence[float], minutes: float) -> str:
    """Memory above, latencies below, over the minutes of the run; kills are dashed."""
    panels = (
        ("resident memory of the server, MB", ("memory_mb",)),
        (
            "latency, ms: a ping and a booking, p50 and p99 of five seconds",
            ("ping_p50", "ping_p99", "booking_p50", "booking_p99"),
        ),
    )
    drawn = [_panel(number, title, names, samples, kills_at, minutes) for number, (title, names) in enumerate(panels)]
    height = TOP + len(panels) * (HEIGHT + GAP)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH + LEFT + 20} {height}" font-family="sans-serif" font-size="12">'
        f'<rect width="100%" height="100%" fill="#fff"/>{"".join(drawn)}</svg>\n'
    )


COLOURS = ("#1f5fa8", "#c4541b", "#2a8a4a", "#8a2a6f")


def _panel(
    number: int, title: str, names: Sequence[str], samples: Sequence[Sample], kills_at: Sequence[float], minutes: float
) -> str:
    top, highest = (
        TOP + number * (HEIGHT + GAP),
        max(getattr(sample, name) for sample in samples for name in names) * 1.05,
    )

    def x(at_s: float) -> str:
        return f"{LEFT + at_s / (minutes * 60) * WIDTH:.1f}"

    def y(value: float) -> str:
        return f"{top + HEIGHT * (1 - value / highest):.1f}"

    parts = [f'<text x="{LEFT}" y="{top - 8}">{title}</text>']
    for step in range(5):
        value = highest * step / 4
        label = f'<text x="{LEFT - 6}" y="{y(value)}" text-anchor="end">{value:.0f}</text>'
        parts.append(f'<path d="M{LEFT} {y(value)}h{WIDTH}" stroke="#ddd"/>{label}')
    for tenth in range(11):
        at_s = minutes * 6 * tenth
        parts.append(f'<text x="{x(at_s)}" y="{top + HEIGHT + 16}" text-anchor="middle">{at_s / 60:g} min</text>')
    parts += [f'<path d="M{x(at)} {top}v{HEIGHT}" stroke="#c00" stroke-dasharray="4"/>' for at in kills_at]
    for colour, name in zip(COLOURS, names, strict=False):
        points = " ".join(f"{x(sample.at_s)},{y(getattr(sample, name))}" for sample in samples)
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.2"/>')
        told = LEFT + 400 + 110 * names.index(name)
        parts.append(f'<text x="{told}" y="{top - 8}" fill="{colour}">{name.replace("_", " ")}</text>')
    return "".join(parts)


if __name__ == "__main__":
    sys.exit(main())
