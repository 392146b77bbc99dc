"""Deadlines of sockets, kept so that looking at all of them costs next to nothing while nothing is overdue.

No clock and no timer of their own: the socket edge calls `tick` every `tick_s` seconds.
"""

from collections.abc import Callable
from math import ceil
from typing import Generic, Protocol, TypeVar

Clock = Callable[[], float]
T = TypeVar("T")


class Deadlines(Generic[T]):
    """Things that must be over within the same `limit_s` seconds each; what is not goes to `overdue`."""

    def __init__(self, limit_s: float, clock: Clock, overdue: Callable[[T], None]) -> None:
        self._limit_s = limit_s
        self._clock = clock
        self._overdue = overdue
        self.running: dict[T, float] = {}
        """When each is overdue, the oldest first."""

    def start(self, thing: T) -> None:
        """From now on; a deadline that already runs is not moved."""
        self.running.setdefault(thing, self._clock() + self._limit_s)

    def cancel(self, thing: T) -> None:
        """It is over in time; nothing happens if no deadline runs."""
        self.running.pop(thing, None)

    def tick(self) -> None:
        """Hand over what is overdue, the oldest first. All limits are equal, so the first that is in time ends the look."""
        now = self._clock()
        while self.running:
            thing, deadline = next(iter(self.running.items()))
            if deadline > now:
                return
            del self.running[thing]
            self._overdue(thing)


class Heard(Protocol):
    """A link whose app must say something now and then. Times are seconds of the clock that `Liveness` was given."""

    pinged_at: float

    @property
    def last_heard(self) -> float: ...
    @property
    def over(self) -> bool: ...
    def ping(self) -> None: ...
    def silent(self) -> None: ...


class Liveness:
    """Pings links silent for `ping_after_s` (at most half of the other) and gives up those silent for `dead_after_s`.

    Links stand in buckets by the moment of their next look, so that a tick touches only those that may be due. A link is given up only
    when a ping of ours went unanswered for a while: after a pause of this process nobody is dead for having been unheard.
    """

    def __init__(self, ping_after_s: float, dead_after_s: float, tick_s: float, clock: Clock) -> None:
        self._ping_after_s = min(ping_after_s, dead_after_s / 2)
        self._dead_after_s = dead_after_s
        self._answer_s = (dead_after_s - self._ping_after_s) / 2
        self._tick_s = tick_s
        self._clock = clock
        self._buckets: dict[int, list[Heard]] = {}
        self._next = int(clock() / tick_s)

    def watch(self, link: Heard) -> None:
        """Look after `link` until it is `over`."""
        self._look_at(link, self._clock() + self._ping_after_s)

    def tick(self) -> None:
        """Look at the links whose turn has come."""
        now = self._clock()
        due = int(now / self._tick_s)
        while self._next <= due:
            for link in self._buckets.pop(self._next, ()):
                if not link.over:
                    self._look(link, now)
            self._next += 1

    def _look(self, link: Heard, now: float) -> None:
        silent_s = now - link.last_heard
        if silent_s < self._ping_after_s:
            self._look_at(link, link.last_heard + self._ping_after_s)
        elif link.pinged_at <= link.last_heard:
            link.pinged_at = now
            link.ping()
            dead_at = max(link.last_heard + self._dead_after_s, now + self._answer_s)
            self._look_at(link, min(dead_at, now + self._ping_after_s))
        elif silent_s >= self._dead_after_s:
            link.silent()
        else:
            self._look_at(link, link.last_heard + self._dead_after_s)

    def _look_at(self, link: Heard, at: float) -> None:
        bucket = max(ceil(at / self._tick_s), self._next + 1)
        self._buckets.setdefault(bucket, []).append(link)
