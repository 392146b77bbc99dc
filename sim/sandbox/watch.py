"""Watches a sandbox in another process for the demo: asks it how far it is, shows that, and says when the time is over."""

from __future__ import annotations

import asyncio
import time
import webbrowser
from collections import Counter
from contextlib import suppress
from http.client import HTTPException
from typing import Final, cast
from urllib.request import urlopen

import msgspec

from dispatch.top.screen import Screen
from dispatch.top.view import Glance
from sim.demo.server import ServerProcess
from sim.report.figures import Summary
from sim.sandbox.figures import FiguresSoFar, SandboxGauges, nothing_yet

PAGES: Final = {"passenger": "/", "driver": "/driver", "desk": "/desk", "app developer": "/client/"}
OPENED: Final = "/desk"
"""The page that shows the whole town."""
LOOK_EVERY_S: Final = 0.25
WITHIN_S: Final = 5.0
_decode = msgspec.json.Decoder(FiguresSoFar).decode


class SandboxWatch:
    """`told`: what the sandbox told last. `gauges`: what is made of it."""

    def __init__(self, server: ServerProcess, *, drivers: int, seed: int, for_s: float | None, opens: bool) -> None:
        """`for_s`: how long it runs; None: until it is stopped, or over. `opens`: open a page in the browser."""
        self.told = nothing_yet(seed, drivers)
        self.gauges = SandboxGauges("a sandbox in Helsinki", for_s)
        self._server, self._for_s, self._opens = server, for_s, opens
        self._began: float | None = None

    @property
    def summary(self) -> Summary:
        """The figures that were told last."""
        return cast("Summary", self.told.figures)

    @property
    def errors(self) -> Counter[str]:
        """What the server refused, in words."""
        return Counter(self.told.errors)

    @property
    def _elapsed_s(self) -> float:
        return 0.0 if self._began is None else time.monotonic() - self._began

    def glance(self) -> Glance:
        """The state as it was told last."""
        return self.gauges.look(self.told, self._server.usage(), time.monotonic(), self._elapsed_s)

    async def ask(self) -> None:
        """Ask how far it is. A server that does not answer changes nothing."""
        if self._server.url:
            with suppress(OSError, HTTPException, msgspec.DecodeError):
                self.told = _decode(await asyncio.to_thread(self._fetch))

    async def run(self, screen: Screen, *, waits: bool) -> None:
        """From the first driver's connection to the end of the time, or of the last ride. `waits`: for others, until stopped."""
        address = self._server.url.replace("ws", "http", 1)
        self.gauges.title = f"a sandbox in Helsinki · {address}"
        for who, path in PAGES.items():
            screen.tell(f"{who:<14}{address}{path}")
        if self._opens:
            await asyncio.to_thread(webbrowser.open, address + OPENED)
        self.gauges.doing = "connecting the fleet"
        while self.told.connected < self.told.drivers:
            await self._look()
        self.gauges.doing, self._began = "apps may book" if waits else "rides arrive", time.monotonic()
        if self._for_s is not None:
            await asyncio.sleep(self._for_s)
            return
        while waits or not self.told.is_over:
            await self._look()

    async def keep_showing(self, screen: Screen) -> None:
        """Show it until cancelled."""
        while True:
            await self.ask()
            screen.show(self.glance())
            await asyncio.sleep(screen.every_s)

    async def _look(self) -> None:
        await self.ask()
        await asyncio.sleep(LOOK_EVERY_S)

    def _fetch(self) -> bytes:
        address = self._server.url.replace("ws", "http", 1)
        with urlopen(f"{address}/api/sandbox/figures", timeout=WITHIN_S) as answer:
            told: bytes = answer.read()
        return told
