"""Real time on asyncio: a pump on the event loop that lets sockets have their turn in between."""

import asyncio
from collections.abc import Callable, Iterable
from contextvars import copy_context
from math import ceil, inf
from typing import Any

from dispatch.runtime.clock import LOOK_EVERY_S, UnixClock
from dispatch.runtime.core import Runtime

TURNS_A_PUMP = 256


class RealtimeRuntime(Runtime):
    """Make it on the event loop that is to run it. `now` is Unix time by a `UnixClock`."""

    def __init__(self, seed: int | str, *, loop: asyncio.AbstractEventLoop | None = None, **options: Any) -> None:
        super().__init__(seed, **options)
        self._loop = loop or asyncio.get_running_loop()
        self._context = copy_context()
        """Turns and timers run in this one: what is said of a request must not cling to whatever follows from it, hours later."""
        self._clock: UnixClock = UnixClock(self._loop.time)
        self.now = 0.0
        self.start_at(0.0)
        self._is_idle = True
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_is_for = inf
        self._loop.call_later(LOOK_EVERY_S, self._look_at_clock, context=self._context)

    def set_timer(self, delay_s: float, address: str, message: Any) -> None:
        super().set_timer(delay_s, address, message)
        if self._timers.next_due() != self._alarm_is_for:  # it is due before all others
            self._set_alarm()

    def tell_threadsafe(self, letters: Iterable[tuple[str, Any]]) -> None:
        """Tell these (address, message) pairs in order, from another thread, with one wake-up of the loop.

        Once the loop is closed they are dropped.
        """
        self.call_threadsafe(self._tell_all, list(letters))

    def call_threadsafe(self, callback: Callable[..., object], *args: Any) -> None:
        """Call `callback` soon, from another thread. Not once the loop is closed."""
        try:
            self._loop.call_soon_threadsafe(callback, *args, context=self._context)
        except RuntimeError:
            if not self._loop.is_closed():
                raise

    def call_soon(self, callback: Callable[[], None]) -> None:
        """Call `callback` once the turns that follow from what is told now are over, or it is the sockets' turn."""
        self._loop.call_soon(self._call, callback, context=self._context)

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> None:
        """Call `callback` in `delay_s` seconds. For rooms that have no mailbox."""
        self._loop.call_later(delay_s, self._call, callback, context=self._context)

    def start_at(self, at: float) -> None:
        """Let `now` be Unix second `at`, if that has not come yet, and the process's epoch the microsecond at which it starts."""
        self._clock.start_at(at)
        self.read_clock()
        self.epoch = int(self.now * 1e6)

    def _call(self, callback: Callable[[], None]) -> None:
        self.read_clock()
        callback()

    def _look_at_clock(self) -> None:
        self._loop.call_later(LOOK_EVERY_S, self._look_at_clock, context=self._context)
        self._clock.look()
        self._ring()  # the alarm was set by the offset before

    def _set_alarm(self) -> None:
        """Whole milliseconds, rounded up: uvloop rounds to the nearest and would ring early."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        due = self._timers.next_due()
        if due is None:
            self._alarm_is_for = inf
            return
        self._alarm_is_for = due
        wait_ms = ceil((due - self._clock.offset - self._loop.time()) * 1000.0)
        self._alarm = self._loop.call_later(max(wait_ms, 0) / 1000.0, self._ring, context=self._context)

    def _ring(self) -> None:
        self.read_clock()
        try:
            self._fire_due()
        finally:
            self._set_alarm()

    def _tell_all(self, letters: list[tuple[str, Any]]) -> None:
        self.read_clock()
        for address, message in letters:
            self.tell(address, message)

    def _start_pump(self) -> None:
        self._is_idle = False
        self._loop.call_soon(self._pump, context=self._context)

    def _pump(self) -> None:
        try:
            self._drain(TURNS_A_PUMP)
        finally:  # a failure that nobody supervises ends this turn, not the post
            if self._ready:
                self._loop.call_soon(self._pump, context=self._context)
            else:
                self._is_idle = True
