"""Virtual time in which deliveries that fall on the same instant come in any order that a network could give them."""

from collections import Counter, deque
from math import inf
from typing import Any

from dispatch.runtime.actor import Actor, CooperativeFuture, Letter, Mailbox
from dispatch.runtime.core import FULL
from dispatch.runtime.virtual import VirtualRuntime

OUTSIDE = ""


class PermutedRuntime(VirtualRuntime):
    """Keeps the order from one sender to one receiver, and nothing else: `rng("permute")` picks among what is on its way.

    Mail is in no mailbox before it is delivered: an actor may leave memory while mail for it is on its way, and is woken by that.
    """

    def __init__(self, seed: int | str, **options: Any) -> None:
        super().__init__(seed, **options)
        self._on_the_way: dict[tuple[str, str], deque[Letter]] = {}
        self._channels: list[tuple[str, str]] = []
        self._coming: Counter[str] = Counter()
        self._sender = OUTSIDE
        self._dice = self.rng("permute")
        self._outside = 0

    def tell(self, address: str, message: Any, returns_to: str | None = None) -> None:
        box = self._boxes.get(address)
        if box is not None:
            self._post((box, message, None, returns_to))
            return
        before = self._sender
        if address in self._sinks:  # what a sink tells while it is handed a message comes from the sink
            self._sender = address
        try:
            super().tell(address, message, returns_to)
        finally:
            self._sender = before

    def spawn(self, actor: Actor) -> Actor:
        before, self._sender = self._sender, actor.address  # what an actor tells when it starts comes from itself
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

    def _post(self, letter: Letter) -> None:
        box, message, reply_to, returns_to = letter
        if self._coming[box.address] >= box.limit:
            self._give_back(box.address, message, reply_to, returns_to, FULL)
            return
        self._coming[box.address] += 1
        if self._sender == OUTSIDE:  # what comes from outside at one instant comes from different people
            self._outside += 1
        key = (self._sender or f"outside/{self._outside}", box.address)
        channel = self._on_the_way.get(key)
        if channel is None:
            channel = self._on_the_way[key] = deque()
            self._channels.append(key)
        channel.append(letter)

    def _drain(self, turns: float = inf) -> None:
        channels = self._channels
        while channels:
            index = self._dice.randrange(len(channels))
            key = channels[index]
            channel = self._on_the_way[key]
            letter = channel.popleft()
            if not channel:
                del self._on_the_way[key]
                channels[index] = channels[-1]
                channels.pop()
            self._coming[letter[0].address] -= 1
            self._arrive(*letter)

    def _arrive(self, box: Mailbox, message: Any, reply_to: CooperativeFuture | None, returns_to: str | None) -> None:
        address = box.address
        if address not in self._boxes:  # the actor left meanwhile
            if address in self._sinks:
                self.tell(address, message, returns_to)
                return
            if not self._wakes(address, message):
                self._give_back(address, message, reply_to, returns_to)
                return
        awake = self._boxes[address]
        awake.waiting += 1
        self._ready.append((awake, message, reply_to, returns_to))
        self._sender = address
        try:
            super()._drain(1)
        finally:
            self._sender = OUTSIDE
