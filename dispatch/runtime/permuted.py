"""Virtual time in which deliveries that fall on the same instant come in any order that a network could give them."""

from __future__ import annotations

from collections import Counter, deque
from typing import Any

from dispatch.runtime.actor import Actor
from dispatch.runtime.core import Runtime, Sink
from dispatch.runtime.mailbox import Envelope, Mailbox
from dispatch.runtime.virtual import VirtualRuntime

OUTSIDE = ""


class PermutedRuntime(VirtualRuntime):
    """Keeps the order from one sender to one receiver, and nothing else: `rng("permute")` picks among what is on its way."""

    def __init__(self, seed: int | str, **options: Any) -> None:
        super().__init__(seed, **options)
        self._on_the_way: dict[tuple[str, str], deque[tuple[Mailbox, Envelope]]] = {}
        self._channels: list[tuple[str, str]] = []
        self._coming: Counter[str] = Counter()
        self._sender = OUTSIDE
        self._dice = self.rng("permute")
        self._outside = 0

    def tell(self, address: str, message: Any) -> bool:
        return Runtime.tell(self, address, message)  # every letter goes by its channel

    def spawn(self, actor: Actor) -> Actor:
        before, self._sender = self._sender, actor.address  # what it tells when it starts comes from itself
        try:
            return super().spawn(actor)
        finally:
            self._sender = before

    def lose(self, kinds: frozenset[str]) -> None:
        super().lose(kinds)
        self._on_the_way.clear()
        self._channels.clear()
        self._coming.clear()

    def waiting(self) -> int:
        return self._coming.total()

    def _post(self, box: Mailbox, envelope: Envelope) -> bool:
        if self._coming[box.address] >= box.limit:
            self.dead_letters.add(self.now, box.address, envelope.message, "mailbox full")
            return False
        self._coming[box.address] += 1
        if self._sender == OUTSIDE:  # what comes from outside at one instant comes from different people
            self._outside += 1
        key = (self._sender or f"outside/{self._outside}", box.address)
        channel = self._on_the_way.get(key)
        if channel is None:
            channel = self._on_the_way[key] = deque()
            self._channels.append(key)
        channel.append((box, envelope))
        return True

    def _hand_over(self, address: str, sink: Sink, message: Any) -> None:
        before, self._sender = self._sender, address
        try:
            super()._hand_over(address, sink, message)
        finally:
            self._sender = before

    def _drain(self) -> None:
        channels = self._channels
        while channels:
            index = self._dice.randrange(len(channels))
            key = channels[index]
            channel = self._on_the_way[key]
            box, envelope = channel.popleft()
            if not channel:
                del self._on_the_way[key]
                channels[index] = channels[-1]
                channels.pop()
            self._coming[box.address] -= 1
            self._arrive(box, envelope)

    def _arrive(self, box: Mailbox, envelope: Envelope) -> None:
        if not self.reaches(box.address, envelope.message):  # it stopped meanwhile, and this wakes nobody
            self._nobody_there(box.address, envelope.message)
            envelope.refuse(box.address)
            return
        awake = self._boxes.get(box.address)
        if awake is None:
            self.tell(box.address, envelope.message)
            return
        awake.mail.append(envelope)
        self._sender = box.address
        try:
            self._deliver(awake)
        finally:
            self._sender = OUTSIDE
