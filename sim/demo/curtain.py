"""The end of a demo, whoever brings it about: a signal, the clock, the server, or a bug. Called by `sim.demo.main`."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

STOP_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")


class Curtain:
    """Falls once. Make it on the loop of the demo."""

    def __init__(self) -> None:
        self.failure: BaseException | None = None
        self._fallen = asyncio.Event()

    def watch_loop(self) -> None:
        """Fall on the signals that end programs, and on whatever fails on this loop where nobody waits for it."""
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(self._on_loop_error)
        for name in STOP_SIGNALS:
            with suppress(AttributeError, NotImplementedError):  # not on every system
                loop.add_signal_handler(getattr(signal, name), self.fall)

    def fall(self) -> None:
        """It is over."""
        self._fallen.set()

    def fail(self, error: BaseException) -> None:
        """It is over, because of a bug. The first one counts."""
        self.failure = self.failure or error
        self.fall()

    def on_task_over(self, task: asyncio.Task[Any]) -> None:
        """For tasks without which the demo cannot go on."""
        if not task.cancelled():
            error = task.exception()
            if error is not None:
                self.fail(error)
            self.fall()

    async def before(self, scene: Coroutine[Any, Any, None]) -> bool:
        """Play this scene; False: the curtain fell before its end. Raises what it raises."""
        task, fallen = asyncio.create_task(scene), asyncio.create_task(self._fallen.wait())
        await asyncio.wait({task, fallen}, return_when=asyncio.FIRST_COMPLETED)
        fallen.cancel()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        return not task.cancelled()

    def raise_failure(self) -> None:
        """If it fell because of a bug, raise it."""
        if self.failure is not None:
            raise self.failure

    def _on_loop_error(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if isinstance(error, BaseException):
            self.fail(error)
        else:
            loop.default_exception_handler(context)
