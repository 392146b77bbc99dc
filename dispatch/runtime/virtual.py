"""Virtual time: a heap of timers. Nothing waits; the clock jumps to the next thing that happens."""

from __future__ import annotations

from typing import Any

from dispatch.runtime.core import Runtime
from dispatch.runtime.mailbox import Envelope


class VirtualRuntime(Runtime):
    """Runs everything on the caller's thread, as fast as it can. The same seed and calls give the same deliveries."""

    def __init__(self, seed: int | str, **options: Any) -> None:
        super().__init__(seed, **options)
        self.now = 0.0

    def run(self, until_s: float | None = None) -> None:
        """Deliver everything up to and at `until_s` (runtime seconds; None: until nothing is left to happen)."""
        next_due = self._timers.next_due
        self._drain()
        while (due := next_due()) is not None:
            if until_s is not None and due > until_s:
                break
            self.now = due
            self._fire_due()
            self._drain()
        if until_s is not None and until_s > self.now:
            self.now = until_s

    def next_timer(self) -> float | None:
        """When the next timer is due; None: none is set."""
        return self._timers.next_due()

    def tell(self, address: str, message: Any) -> bool:
        """As every runtime does; the two cases that nearly all messages are, written out."""
        box = self._boxes.get(address)
        if box is not None:
            if len(box.mail) >= box.limit:
                return super().tell(address, message)
            box.mail.append(Envelope(message))
            self._ready.append(box)
            return True
        sink = self._sinks.get(address)
        if sink is None:
            return super().tell(address, message)
        self.delivered += 1
        for observer in self._observers:
            observer(self.now, address, message)
        try:
            sink.deliver(message)
        except Exception as error:
            self._sink_failed(address, message, error)
        return True

    def _drain(self) -> None:
        """`_deliver` for as long as there is mail, written out: half of a simulation is spent around this loop."""
        ready, next_box, observers = self._ready, self._ready.popleft, self._observers
        while ready:
            box = next_box()
            mail = box.mail
            if not mail:
                continue
            envelope = mail.pop(0)
            message = envelope.message
            self.delivered += 1
            for observer in observers:
                observer(self.now, box.address, message)
            actor = box.actor
            self._slot.append(envelope)
            actor._actor_loop_running()
            if actor.failure is not None:
                self._failed(box, actor, message)
