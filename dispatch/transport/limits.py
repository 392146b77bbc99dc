"""How much one connection may send: a bucket of tokens for messages, a memory for mistakes. Times are runtime seconds."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from dispatch.config import Settings
from dispatch.domain.vehicles import ANY_VEHICLES, Vehicles

ROUNDING = 1e-3
"""Of a token: sums of floats are forgiven so much."""
CLOCK_STEP_S = 1e-6
"""Unix seconds as a float have steps of a quarter of a microsecond: no two moments are told apart more finely than this."""


FLOOD_TIMES, CLOSELY, TENTHS = 10, 8, 10
ONE_FRAME = 2**40
"""Frames are counted above it, bytes below."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLimits:
    """What one session may take from the server."""

    messages_per_s: float
    message_burst: int
    bad_frames_per_minute: int
    frame_bytes: int
    dead_after_s: float
    max_accuracy_m: float
    schedule_ahead_s: float = 2_592_000.0
    """A ride may be booked so long ahead."""
    phone_region: str = ""
    """Of phone numbers that name no country; empty: they are no phone numbers."""
    kept_positions: int = 100
    """So many positions a minute may come at once beyond the rate: what a phone kept while it was offline."""
    resume_wait_s: float = 0.25
    """So long an app may take to say that it resumes."""
    takes_cards: bool = False
    """Whether there is somebody who collects from cards."""
    vehicles: Vehicles = ANY_VEHICLES
    """The types that may be asked for."""
    over_limit_s: float = 10.0
    """A connection that stays over its rate this long is closed."""

    @classmethod
    def of(cls, settings: Settings) -> SessionLimits:
        """The limits that these settings ask for."""
        return cls(
            messages_per_s=settings.messages_per_s,
            message_burst=settings.message_burst,
            kept_positions=settings.kept_positions,
            bad_frames_per_minute=settings.bad_frames_per_minute,
            frame_bytes=settings.frame_bytes,
            dead_after_s=settings.dead_after_s,
            max_accuracy_m=settings.gps_max_accuracy_m,
            schedule_ahead_s=settings.schedule_ahead_s,
            resume_wait_s=settings.resume_wait_s,
            phone_region=settings.phone_region,
            takes_cards=settings.payment != "none",
            vehicles=Vehicles.of(settings.vehicle_types),
        )


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


@dataclass(frozen=True, slots=True)
class FloodLimits:
    """More than this from one connection within a second is a flood. Below an eighth of it nobody counts closely."""

    frames: int
    bytes: int

    @classmethod
    def of(cls, settings: Settings) -> FloodLimits:
        """Ten times the rate of messages, `bytes_per_s`, and never less than what other limits allow at once."""
        frames = max(FLOOD_TIMES * settings.messages_per_s, 2 * settings.message_burst)
        return cls(frames, max(settings.bytes_per_s, 2 * settings.frame_bytes))


class FloodMeter:
    """Counts what one connection sent within the last second.

    Every frame of every app passes here. So a connection that sends little is counted second by second, which costs next to nothing;
    only when it sends more is it counted in tenths of the last second, frames and bytes in one number.
    """

    __slots__ = ("_bytes", "_frames", "_lately", "_since", "_sum", "_tenth")

    def __init__(self) -> None:
        self._since = 0.0
        self._frames = self._bytes = 0
        self._lately: list[int] | None = None
        self._sum = self._tenth = 0

    def floods(self, now: float, frames: int, bytes: int, limits: FloodLimits) -> bool:
        """Count these as well. True: that is more than the limits."""
        if self._lately is not None:
            if now * TENTHS - self._tenth <= 2 * TENTHS:
                return self._counted(now, frames, bytes, limits)
            self._lately = None
        if now - self._since >= 1.0:
            self._since = now
            self._frames = self._bytes = 0
        before = self._frames, self._bytes
        self._frames += frames
        self._bytes += bytes
        if self._frames * CLOSELY < limits.frames and self._bytes * CLOSELY < limits.bytes:
            return False
        self._lately = [0] * TENTHS
        self._tenth = int(self._since * TENTHS)
        self._sum = 0
        self._counted(self._since, *before, limits)
        return self._counted(now, frames, bytes, limits)

    def _counted(self, now: float, frames: int, bytes: int, limits: FloodLimits) -> bool:
        lately = self._passed(int(now * TENTHS))
        more = frames * ONE_FRAME + bytes
        lately[self._tenth % TENTHS] += more
        self._sum = counted = self._sum + more
        return counted // ONE_FRAME > limits.frames or counted % ONE_FRAME > limits.bytes

    def _passed(self, tenth: int) -> list[int]:
        """What is counted at this tenth of a second: what came a second before it, or longer ago, is over."""
        lately = self._lately or []
        for passed in range(max(self._tenth, tenth - TENTHS) + 1, tenth + 1):
            self._sum -= lately[passed % TENTHS]
            lately[passed % TENTHS] = 0
        self._tenth = tenth
        return lately


class Lapses:
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
