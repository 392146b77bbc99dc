"""A clock that can be stopped, and made faster: what simulated people live by. The server and everybody's own apps have real time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any

from dispatch.runtime import Sink


class SteeredClock:
    """Unix seconds that pass at `rate` seconds a second from now on, and timers by them. To be used on the event loop.

    A timer is a message to whoever is at its address in `post` when it is due; one to nobody is dropped.
    """

    def __init__(self, post: dict[str, Sink], on_failure: Callable[[BaseException], None]) -> None:
        """`on_failure` hears what a sink raises: the others go on."""
        self._loop = asyncio.get_running_loop()
        self._post = post
        self._on_failure = on_failure
        self._rate = 1.0
        self._told, self._told_at = time.time(), self._loop.time()
        self._timers: list[tuple[float, int, str, Any]] = []
        self._count = 0
        self._alarm: asyncio.TimerHandle | None = None

    @property
    def now(self) -> float:
        """Unix seconds by this clock."""
        return self._told + (self._loop.time() - self._told_at) * self._rate

    @property
    def rate(self) -> float:
        """How many of its seconds pass in one second."""
        return self._rate

    @rate.setter
    def rate(self, rate: float) -> None:
        self._told, self._told_at = self.now, self._loop.time()
        self._rate = rate
        self._set_alarm()

    def read_clock(self) -> None:
        """Nothing: `now` always is of this moment."""

    def set_timer(self, delay_s: float, address: str, message: Any) -> None:
        """Tell this message to whoever is at `address` in so many seconds of this clock."""
        self._count += 1
        timer = (self.now + max(0.0, delay_s), self._count, address, message)
        heappush(self._timers, timer)
        if self._timers[0] is timer:
            self._set_alarm()

    def stop(self) -> None:
        """Drop all timers."""
        self._timers.clear()
        self._set_alarm()

    def _set_alarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if self._timers and self._rate > 0.0:
            wait_s = (self._timers[0][0] - self.now) / self._rate
            self._alarm = self._loop.call_later(max(0.0, wait_s), self._ring)

    def _ring(self) -> None:
        now = self.now
        while self._timers and self._timers[0][0] <= now:
            _, _, address, message = heappop(self._timers)
            sink = self._post.get(address)
            if sink is None:
                continue
            try:
                sink.deliver(message)
            except Exception as error:
                self._on_failure(error)
        self._set_alarm()
