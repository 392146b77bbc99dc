"""What one flooding client does to a server and to everybody else: `python benchmarks/bench_flood.py [--seconds 8]`.

A real server in a process of its own; the flood comes from another process, which connects again whenever it was cut off. Four ways:
tiny frames; pings whose pongs are never read; frames of 60 KB; 5,000 connections that never finish their handshake. Of each: how long
the server's loop was late (its own metric, and the pongs of an honest app), how long honest handshakes took meanwhile, how much memory
the server took, and when the flooder was cut off. The first line is the same without a flood: on a machine that has other work to do,
that is the measure of the rest.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from urllib.request import urlopen

from town import App, connected, handshake, raise_limits, served

TINY, PING, BIG = b"\x81\x82\0\0\0\0{}", b"\x89\xfd\0\0\0\0" + b"x" * 125, b"\x82\xfe\xea\x60\0\0\0\0" + b"x" * 60_000
FLOODS = {"tiny frames": TINY * 4_000, "pings, pongs unread": PING * 500, "60 KB frames": BIG * 4}
HALF_OPEN = 5_000
PING_EVERY_S = 0.06
HANDSHAKE_EVERY_S = 0.05
SOON = re.compile(r'^dispatch_loop_lag_seconds_bucket{le="0.025"} (\S+)$', re.M)
EVER = re.compile(r"^dispatch_loop_lag_seconds_count (\S+)$", re.M)


class Honest(App):
    """Asks for a pong again and again, and notes how long each takes."""

    def __init__(self) -> None:
        super().__init__()
        self.took_ms: list[float] = []
        self._asked_at = 0.0

    def opened(self) -> None:
        self.ask()

    def ask(self) -> None:
        self._asked_at = time.perf_counter()
        self.say('{"type":"ping"}')

    def heard(self, text: bytes) -> None:
        if b'"pong"' in text:
            self.took_ms.append((time.perf_counter() - self._asked_at) * 1e3)
            asyncio.get_running_loop().call_later(PING_EVERY_S, self.ask)


def flood(way: str, host: str, port: int) -> None:
    """In a process of its own: say that it begins, then send until cut off, again and again, and print how long each lasted."""
    raise_limits()
    print("begins", flush=True)
    while way != "half-open handshakes":
        with socket.create_connection((host, port)) as each:
            each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            each.sendall(handshake(f"{host}:{port}", "/ws/driver/flooder/"))
            began = time.perf_counter()
            try:
                while True:
                    each.sendall(FLOODS[way])
            except OSError:
                print(time.perf_counter() - began, flush=True)
        time.sleep(0.2)
    held = [socket.create_connection((host, port)) for _ in range(HALF_OPEN)]
    for each in held:
        each.sendall(b"GET /ws/driver/x/ HTTP/1.1\r\nHost: loc")
    signal.pause()


def late(address: str) -> tuple[float, float]:
    """How often the server looked at how late its loop is, and how often that was no more than 25 ms."""
    with urlopen(f"http://{address}/metrics", timeout=30) as page:
        told = page.read().decode()
    soon, ever = SOON.search(told), EVER.search(told)
    assert soon is not None and ever is not None
    return float(ever[1]), float(soon[1])


def resident_mb(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


class Opening(App):
    """A handshake, and how long it took."""

    def __init__(self, took_ms: list[float]) -> None:
        super().__init__()
        self._took_ms, self._began = took_ms, time.perf_counter()
        self.is_open = asyncio.Event()

    def opened(self) -> None:
        self._took_ms.append((time.perf_counter() - self._began) * 1e3)
        self.is_open.set()
        self.transport.abort()


async def measured(way: str, seconds: float, folder: Path) -> dict[str, float]:
    """What honest apps saw while this was going on; empty: nothing is going on."""
    with served(folder / "flood.db") as server:
        honest = await connected(Honest, server, handshake(server.address, "/ws/ride/honest/"))
        assert isinstance(honest, Honest)
        await asyncio.sleep(1.0)
        before = most = resident_mb(server.process.pid)
        command = [sys.executable, __file__, "--flood", way, server.host, str(server.port)]
        flooder = subprocess.Popen(command, stdout=subprocess.PIPE, text=True) if way else None
        if flooder is not None and flooder.stdout is not None:
            await asyncio.to_thread(flooder.stdout.readline)
        honest.took_ms.clear()
        opened_ms: list[float] = []
        ever, soon = await asyncio.to_thread(late, server.address)
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            app = await connected(lambda: Opening(opened_ms), server, handshake(server.address, "/ws/ride/other/"))
            assert isinstance(app, Opening)
            await app.is_open.wait()
            most = max(most, resident_mb(server.process.pid))
            await asyncio.sleep(HANDSHAKE_EVERY_S)
        then, soon_then = await asyncio.to_thread(late, server.address)
        if flooder is not None:
            flooder.kill()
        lasted = [float(line) for line in flooder.communicate()[0].split()] if flooder is not None else []
        return {
            "loop within 25 ms, %": 100 * (soon_then - soon) / max(then - ever, 1.0),
            "pong p50, ms": quantiles(honest.took_ms, n=100)[49],
            "pong p99": quantiles(honest.took_ms, n=100)[98],
            "handshake p50, ms": quantiles(opened_ms, n=100)[49],
            "handshake p99": quantiles(opened_ms, n=100)[98],
            "memory, MB": most - before,
            "cut, s": max(lasted, default=0.0),
            "times": float(len(lasted)),
        }


def main() -> int:
    """Print a line for each flood."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--flood", nargs=3)
    asked = parser.parse_args()
    if asked.flood:
        flood(asked.flood[0], asked.flood[1], int(asked.flood[2]))
    raise_limits()
    with TemporaryDirectory() as folder:
        for way in ("", *FLOODS, "half-open handshakes"):
            told = asyncio.run(measured(way, asked.seconds, Path(folder)))
            print(
                f"{way or 'no flood':<22}",
                "  ".join(f"{name} {figure:.1f}" for name, figure in told.items()),
                flush=True,
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
