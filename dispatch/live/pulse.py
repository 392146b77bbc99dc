"""How late the server is, measured ten times a second: by a timer of the event loop, and by a message like any other."""

import asyncio
from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import Final

from dispatch.addresses import PULSE
from dispatch.messages.base import Message
from dispatch.metric_families import LAG_S, Figures, Spread
from dispatch.runtime import Actor, Runtime, receives

BEAT_S: Final = 0.1
OVER_S: Final = 60.0
"""The worst lag is that of so long."""


class _Beat(Message, frozen=True, gc=False):
    """Sent through the post to see how long that takes. `at`: when (monotonic seconds)."""

    at: float


class _Postbox(Actor):
    """Takes the beats in their turn, behind all mail that was there before."""

    def __init__(self, runtime: Runtime, on_beat: Callable[[float], None]) -> None:
        super().__init__(runtime, PULSE)
        self._on_beat = on_beat

    @receives(_Beat)
    def _on_message(self, message: _Beat) -> None:
        self._on_beat(message.at)


class Pulse:
    """Make it on the event loop that serves; `stop` ends it."""

    def __init__(self, runtime: Runtime, loop: asyncio.AbstractEventLoop) -> None:
        self._runtime, self._loop = runtime, loop
        self._lags_s, self._waits_s = Spread(LAG_S), Spread(LAG_S)
        self._worst: deque[tuple[float, float]] = deque()
        """Lags of the last minute and when they were; after each only smaller ones."""
        self._under_way: float | None = None
        """Since when a beat is in the post; None: none is."""
        runtime.spawn(_Postbox(runtime, self._arrived))
        self._due, self._timer = monotonic() + BEAT_S, loop.call_later(BEAT_S, self._beat)

    def stop(self) -> None:
        """Beat no more."""
        self._timer.cancel()

    def figures(self) -> Figures:
        """What was seen so far. A loop that is late answers late, and then knows it."""
        now = monotonic()
        late_s = max(0.0, now - self._due)
        self._forget_before(now - OVER_S)
        worst = self._worst[0][1] if self._worst else 0.0
        return {
            "dispatch_loop_lag_seconds": self._lags_s,
            "dispatch_loop_lag_max_seconds": max(worst, late_s),
            "dispatch_mail_wait_seconds": self._waits_s,
            "dispatch_mail_oldest_seconds": now - self._under_way if self._under_way is not None else 0.0,
        }

    def _beat(self) -> None:
        now = monotonic()
        lag_s = max(0.0, now - self._due)
        self._lags_s.note(lag_s)
        self._forget_before(now - OVER_S)
        while self._worst and self._worst[-1][1] <= lag_s:
            self._worst.pop()
        self._worst.append((now, lag_s))
        if self._under_way is None:  # while one waits, it is the oldest
            self._under_way = now
            self._runtime.tell(PULSE, _Beat(now))
        self._due, self._timer = now + BEAT_S, self._loop.call_later(BEAT_S, self._beat)

    def _arrived(self, at: float) -> None:
        self._under_way = None
        self._waits_s.note(monotonic() - at)

    def _forget_before(self, at: float) -> None:
        while self._worst and self._worst[0][0] < at:
            self._worst.popleft()
