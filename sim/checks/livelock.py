"""No livelock: what happens at one instant of virtual time has an end, so that time goes on."""

from __future__ import annotations

from typing import Any, Final

MOST_AT_AN_INSTANT: Final = 20_000
"""Deliveries. The largest story needs a quarter of it, a small world less."""


class Livelock(BaseException):
    """Two actors answer one another for ever, and the clock stands still. Not an `Exception`: no supervisor may survive it."""


class LivelockGuard:
    """An observer. Raises `Livelock` when one instant has more than `MOST_AT_AN_INSTANT` deliveries."""

    def __init__(self) -> None:
        self._instant = -1.0
        self._deliveries = 0

    def __call__(self, now: float, address: str, message: Any) -> None:
        if now != self._instant:
            self._instant, self._deliveries = now, 0
        self._deliveries += 1
        if self._deliveries > MOST_AT_AN_INSTANT:
            raise Livelock(f"second {now} does not end: {address} gets {message}, and so on")
