"""Real time on asyncio: a pump on the event loop that lets sockets breathe between turns."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Iterable
from typing import Any

from dispatch.runtime.core import Runtime

TURNS_A_PUMP = 256


class RealtimeRuntime(Runtime):
    """Make it on the event loop that is to run it.

    `now` is Unix time as it was when the runtime was made, plus what the loop's monotonic clock has counted since: deaf to clock jumps,
    and it means the same after a restart.
    """

    def __init__(self, seed: int | str, *, loop: asyncio.AbstractEventLoop | None = None, **options: Any) -> None:
        super().__init__(seed, **options)
        self._loop = loop or asyncio.get_running_loop()
        self._zero = time.time() - self._loop.time()
        self._is_idle = True
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_is_for: float | None = None

    @property
    def now(self) -> float:  # type: ignore[override]
        return self._zero + self._loop.time()

    def set_timer(self, delay_s: float, address: str, message: Any) -> None:
        super().set_timer(delay_s, address, message)
        if self._timers.next_due() != self._alarm_is_for:  # it is due before all others
            self._set_alarm()

    def tell_threadsafe(self, letters: Iterable[tuple[str, Any]]) -> None:
        """From another thread: tell all of these, in order, with one wake-up of the loop. Dropped once the loop is closed."""
        try:
            self._loop.call_soon_threadsafe(self._tell_all, list(letters))
        except RuntimeError:
            if not self._loop.is_closed():
                raise

    def call_soon(self, callback: Callable[[], None]) -> None:
        """Once the turns that follow from what is told now are over, or it is the sockets' turn."""
        self._loop.call_soon(callback)

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> None:
        """For the socket edge, which has no mailbox."""
        self._loop.call_later(delay_s, callback)

    def _set_alarm(self) -> None:
        """Whole milliseconds, rounded up: uvloop rounds to the nearest and would ring early."""
        due = self._alarm_is_for = self._timers.next_due()
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if due is None:
            return
        wait_ms = math.ceil((due - self.now) * 1000.0)
        self._alarm = self._loop.call_later(max(wait_ms, 0) / 1000.0, self._ring)

    def _ring(self) -> None:
        self._alarm = None
        try:
            self._fire_due()
        finally:
            self._set_alarm()

    def _tell_all(self, letters: list[tuple[str, Any]]) -> None:
        for address, message in letters:
            self.tell(address, message)

    def _start_pump(self) -> None:
        self._is_idle = False
        self._loop.call_soon(self._pump)

    def _pump(self) -> None:
        try:
            self._drain(TURNS_A_PUMP)
        finally:  # a failure that nobody supervises ends this turn, not the post
            if self._ready:
                self._loop.call_soon(self._pump)
            else:
                self._is_idle = True
