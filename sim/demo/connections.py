"""The connections of a crowd: each app's runs as a task of its own, until it is over or everybody hangs up."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Final

from sim.demo.apps import DemoApp
from sim.network.socket_link import Ending

DOORS: Final = 50
"""Handshakes at once. Of a thousand at once all would be slow, and some too late."""
HANG_UP_BATCH, HANG_UP_WITHIN_S = 100, 5.0


class Connections:
    """`doors`: what the handshakes of all links go through."""

    def __init__(
        self,
        errors: Counter[str],
        on_failure: Callable[[BaseException], None],
        on_over: Callable[[DemoApp, bool], None],
    ) -> None:
        """
        Args:
            errors: counts how the server ended connections for good, in words.
            on_failure: hears when an app has a bug: nothing fails in silence.
            on_over: hears of each app whose connection is over, and whether the server ended it for good.
        """
        self.doors = asyncio.Semaphore(DOORS)
        self._errors, self._on_failure, self._on_over = errors, on_failure, on_over
        self._apps: dict[asyncio.Task[Ending | None], DemoApp] = {}
        self._came_back = 0

    @property
    def came_back(self) -> int:
        """Connections that replaced a lost one."""
        return self._came_back + sum(app.link.came_back for app in self._apps.values())

    def keep(self, app: DemoApp) -> None:
        """Keep the connection of this app from now on."""
        task = asyncio.create_task(app.link.run(app))
        self._apps[task] = app
        task.add_done_callback(self._on_done)

    def _on_done(self, task: asyncio.Task[Ending | None]) -> None:
        app = self._apps.pop(task)
        app.opened.set()  # nobody need wait for it any longer
        self._came_back += app.link.came_back
        ending = None
        if not task.cancelled():
            failure = task.exception()
            if failure is not None:
                self._on_failure(failure)
            else:
                ending = task.result()
        if ending is not None:
            self._errors[f"{ending.code} {ending.reason}".rstrip()] += 1
        self._on_over(app, ending is not None)

    async def hang_up(self) -> None:
        """Hang up: who came last first, a batch at a time. An app that takes more than a few seconds is cut off."""
        running = list(self._apps.items())[::-1]  # the fleet came first
        for start in range(0, len(running), HANG_UP_BATCH):
            batch = running[start : start + HANG_UP_BATCH]
            for _, app in batch:
                app.link.close()
            await asyncio.wait([task for task, _ in batch], timeout=HANG_UP_WITHIN_S)
            for task, _ in batch:
                task.cancel()
