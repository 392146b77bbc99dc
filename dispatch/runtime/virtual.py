"""Virtual time: nothing waits; the clock jumps to the next timer that is due."""

from math import inf
from typing import Any

from dispatch.runtime.core import Runtime


class VirtualRuntime(Runtime):
    """Runs everything on the caller's thread, as fast as it can. The same seed and calls give the same deliveries."""

    def __init__(self, seed: int | str, *, start_at: float = 0.0, **options: Any) -> None:
        """`start_at`: Unix second at which the run begins."""
        super().__init__(seed, **options)
        self.now = start_at

    def run(self, until_s: float | None = None) -> None:
        """Deliver everything up to and at `until_s` (Unix seconds; None: until no mail and no timer is left)."""
        timers, latest = self._timers, inf if until_s is None else until_s
        soon = timers.soon
        self._drain()
        while soon or timers.next_due() is not None:
            if soon[0][0] > latest:
                break
            self.now = soon[0][0]
            self._fire_due()
            self._drain()
        if until_s is not None and until_s > self.now:
            self.now = until_s

    def next_timer(self) -> float | None:
        """When the next timer is due, in Unix seconds; None: none is set."""
        return self._timers.next_due()
