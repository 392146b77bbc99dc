"""Limits of one connection: tokens for messages, a meter for floods, a window for failures. Times are seconds."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

from dispatch.config import Settings

ROUNDING = 1e-3
"""Of a token: sums of floats are forgiven so much."""
CLOCK_STEP_S = 1e-6
"""Unix seconds as a float have steps of a quarter of a microsecond: no two moments are told apart more finely than this."""
FLOOD_TIMES, UNSEEN, TENTHS = 10, 20, 10
ONE_FRAME = 2**40
"""Frames are counted above it, bytes below."""


class TokenBucket:
    """A bucket of `burst` tokens, refilled at `rate_per_s`. Its only state is the second at which it will be full again."""

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
        """Seconds until it holds so many tokens, if none is taken; 0: it holds them already."""
        return max(0.0, self._full_at + tokens * self._interval_s - self._depth_s - now)

    def holds(self, now: float, tokens: float) -> bool:
        """Whether so many tokens are there."""
        return self.wait_s(now, tokens - ROUNDING) == 0.0


@dataclass(frozen=True, slots=True)
class FloodLimits:
    """More than this within a second is a flood. Below `few` frames and `little` bytes the meter does not look closely."""

    frames: int
    bytes: int
    few: int
    little: int

    @classmethod
    def of(cls, settings: Settings) -> FloodLimits:
        """Ten times the rate of messages, `bytes_per_s`, and never less than what other limits allow at once."""
        frames = max(FLOOD_TIMES * settings.messages_per_s, 2 * settings.message_burst)
        bytes = max(settings.bytes_per_s, 2 * settings.frame_bytes)
        return cls(frames, bytes, ceil(frames / UNSEEN), ceil(bytes / UNSEEN))


class FloodMeter:
    """Counts what one connection sent within the last second, once it sends much.

    Every frame of every app passes here. So nothing but their number is looked at until a twentieth of a flood has come; from then on
    all is counted in tenths of a second, until a second has passed that held less.
    """

    __slots__ = ("_bytes", "_clock", "_frames", "_lately", "_limits", "_since", "_sum", "_tenth")

    def __init__(self, limits: FloodLimits, clock: Callable[[], float]) -> None:
        self._limits = limits
        self._clock = clock
        self._frames = self._bytes = 0
        self._lately: list[int] | None = None
        self._sum = self._tenth = 0
        self._since = clock()

    def floods(self, frames: int, bytes: int) -> bool:
        """Count these as well. True: more than the limits came within a second."""
        self._frames += frames
        self._bytes += bytes
        if self._lately is None and self._frames < self._limits.few and self._bytes < self._limits.little:
            return False
        return self._counted(self._clock(), frames, bytes)

    def _counted(self, now: float, frames: int, bytes: int) -> bool:
        lately = self._lately
        if lately is None:
            lately = self._begun(now, frames, bytes)
        self._pass(lately, int(now * TENTHS))
        more = frames * ONE_FRAME + bytes
        lately[self._tenth % TENTHS] += more
        self._sum = counted = self._sum + more
        limits, frames, bytes = self._limits, counted // ONE_FRAME, counted % ONE_FRAME
        if now - self._since >= 1.0 and frames < limits.few and bytes < limits.little:
            self._lately = None
            self._frames = self._bytes = 0
            self._since = now
        return frames > limits.frames or bytes > limits.bytes

    def _begun(self, now: float, frames: int, bytes: int) -> list[int]:
        """Count closely from now on. What came before counts if it is known that it came within a second."""
        before = (self._frames - frames) * ONE_FRAME + self._bytes - bytes
        if now - self._since >= 1.0:
            before, self._since = 0, now
        self._sum, self._tenth = before, int(self._since * TENTHS)
        self._since = now
        self._lately = lately = [0] * TENTHS
        lately[self._tenth % TENTHS] = before
        return lately

    def _pass(self, lately: list[int], tenth: int) -> None:
        """Go on to this tenth of a second: what came a second before it, or longer ago, is over."""
        for passed in range(max(self._tenth, tenth - TENTHS) + 1, tenth + 1):
            self._sum -= lately[passed % TENTHS]
            lately[passed % TENTHS] = 0
        self._tenth = tenth


class FailureWindow:
    """Counts failures: `add` returns True when there were `most` of them within `within_s` seconds."""

    __slots__ = ("_times", "_within_s")

    def __init__(self, most: int, within_s: float) -> None:
        self._times: deque[float] = deque(maxlen=most)
        self._within_s = within_s

    def add(self, now: float) -> bool:
        """Count one failure at second `now`. True: too many."""
        times = self._times
        times.append(now)
        return len(times) == times.maxlen and now - times[0] <= self._within_s
