"""Virtual time: a heap of timers. Nothing waits; the clock jumps to the next thing that happens."""

from __future__ import annotations

from typing import Any

from dispatch.runtime.core import Runtime


class VirtualRuntime(Runtime):
    """Runs everything on the caller's thread, as fast as it can. The same seed and calls give the same deliveries."""

    def __init__(self, seed: int | str, **options: Any) -> None:
        super().__init__(seed, **options)
        self.now = 0.0

    def run(self, until_s: float | None = None) -> None:
        """Deliver everything up to and at `until_s` (runtime seconds; None: until nothing is left to happen)."""
        timers = self._timers
        self._drain()
        while timers:
            due = timers[0][0]
            if until_s is not None and due > until_s:
                break
            self.now = due
            self._fire_due()
            self._drain()
        if until_s is not None and until_s > self.now:
            self.now = until_s

    def next_timer(self) -> float | None:
        """When the next timer is due; None: none is set."""
        return self._timers[0][0] if self._timers else None

    def _drain(self) -> None:
        ready, next_box, deliver = self._ready, self._ready.popleft, self._deliver
        while ready:
            deliver(next_box())
