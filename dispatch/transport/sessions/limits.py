"""How much one connection may send: a bucket of tokens for messages, a memory for mistakes. Times are runtime seconds."""

from __future__ import annotations

from collections import deque

ROUNDING = 1e-3
"""Of a token: sums of floats are forgiven so much."""
CLOCK_STEP_S = 1e-6
"""Unix seconds as a float have steps of a quarter of a microsecond: no two moments are told apart more finely than this."""


class TokenBucket:
    """`burst` tokens that come back at `rate_per_s`. Kept as the one moment at which it will be full again."""

    __slots__ = ("_depth_s", "_full_at", "_interval_s")

    def __init__(self, rate_per_s: float, burst: int) -> None:
        self._interval_s = 1.0 / rate_per_s
        self._depth_s = (burst + ROUNDING) * self._interval_s + CLOCK_STEP_S
        self._full_at = 0.0

    def take(self, now: float) -> bool:
        """Take a token if there is one."""
        full_at = self._full_at
        if full_at < now:
            full_at = now
        full_at += self._interval_s
        if full_at - now > self._depth_s:
            return False
        self._full_at = full_at
        return True

    def wait_s(self, now: float, tokens: float = 1.0) -> float:
        """Seconds until it holds so many tokens, if nobody takes any; 0 when it does already."""
        return max(0.0, self._full_at + tokens * self._interval_s - self._depth_s - now)

    def holds(self, now: float, tokens: float) -> bool:
        """Whether so many tokens are there."""
        return self.wait_s(now, tokens - ROUNDING) == 0.0


class FailureWindow:
    """Counts what should be rare: `add` says whether it happened `most` times within `within_s`, this time included."""

    __slots__ = ("_times", "_within_s")

    def __init__(self, most: int, within_s: float) -> None:
        self._times: deque[float] = deque(maxlen=most)
        self._within_s = within_s

    def add(self, now: float) -> bool:
        """It happened again. True: too often."""
        times = self._times
        times.append(now)
        return len(times) == times.maxlen and now - times[0] <= self._within_s
