"""Unix time that follows the system's clock without ever running backwards: a monotonic clock and an offset."""

import logging
import time
from collections.abc import Callable

LOOK_EVERY_S = 10.0
LONGEST_STANDSTILL_S = LOOK_EVERY_S / 2
STEP_S = 0.5
"""The system's clock moved by so much against ours since the last look: it was set, and that is logged. Less is drift."""

log = logging.getLogger(__name__)


def system_time() -> float:
    """Unix time by the system's clock, in seconds."""
    return time.time()


class UnixClock:
    """`offset + monotonic()` is Unix time in seconds. A reader keeps the highest value that it has seen: so time never runs backwards.

    When the system's clock was set back, time stands still until it has caught up, for at most `LONGEST_STANDSTILL_S` in every
    `LOOK_EVERY_S`: timers go on, at no less than half speed, however far the clock was set back.
    """

    __slots__ = ("_ahead_s", "_system", "monotonic", "offset")

    def __init__(self, monotonic: Callable[[], float], system: Callable[[], float] = system_time) -> None:
        self.monotonic = monotonic
        self._system = system
        self.offset = system() - monotonic()
        self._ahead_s = 0.0

    def start_at(self, at: float) -> None:
        """Go on from Unix second `at`, if that has not come yet: a file has newer events than the system's clock knows of."""
        self._ahead_s = max(0.0, at - (self.offset + self.monotonic()))
        self.offset += self._ahead_s
        if self._ahead_s >= STEP_S:
            log.warning("the file has newer events than the system's clock", extra={"by_s": round(self._ahead_s, 3)})

    def look(self) -> None:
        """Compare with the system's clock and follow it. Call it every `LOOK_EVERY_S` seconds, between turns."""
        ahead_s = self.offset + self.monotonic() - self._system()
        set_by_s = self._ahead_s - ahead_s
        if abs(set_by_s) >= STEP_S:
            log.warning("the system's clock was set", extra={"by_s": round(set_by_s, 3)})
        taken_s = min(ahead_s, LONGEST_STANDSTILL_S)
        self.offset -= taken_s
        self._ahead_s = ahead_s - taken_s
