"""How a demo ends: by a signal, by the clock, by the server, or by a bug. Called by `sim.demo.main`."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

STOP_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")


class DemoEnding:
    """Comes once, and then the demo is over. Make it on the event loop of the demo."""

    def __init__(self) -> None:
        self.failure: BaseException | None = None
        self._over = asyncio.Event()

    def watch_loop(self) -> None:
        """End the demo on the signals that end programs, and on failures on this loop that nobody awaits."""
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(self._on_loop_error)
        for name in STOP_SIGNALS:
            with suppress(AttributeError, NotImplementedError):  # not on every system
                loop.add_signal_handler(getattr(signal, name), self.end)

    def end(self) -> None:
        """End the demo."""
        self._over.set()

    def fail(self, error: BaseException) -> None:
        """End the demo because of a bug. The first bug is kept."""
        self.failure = self.failure or error
        self.end()

    def on_task_over(self, task: asyncio.Task[Any]) -> None:
        """End the demo when this task is over. For tasks without which the demo cannot go on."""
        if not task.cancelled():
            error = task.exception()
            if error is not None:
                self.fail(error)
            self.end()

    async def before(self, work: Coroutine[Any, Any, None]) -> bool:
        """Run this coroutine. False: the demo was over before its end. Raises what the coroutine raises."""
        task, over = asyncio.create_task(work), asyncio.create_task(self._over.wait())
        await asyncio.wait({task, over}, return_when=asyncio.FIRST_COMPLETED)
        over.cancel()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        return not task.cancelled()

    def raise_failure(self) -> None:
        """Raise the bug because of which the demo was over, if there was one."""
        if self.failure is not None:
            raise self.failure

    def _on_loop_error(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if isinstance(error, BaseException):
            self.fail(error)
        else:
            loop.default_exception_handler(context)
