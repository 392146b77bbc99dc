"""The post: one queue for all mailboxes, a directory by address, factories for addresses that sleep, failures supervised.

Virtual and real time share all of this; they differ in who turns the crank, what `now` is and how a timer waits.
"""

from __future__ import annotations

import random
from abc import ABC
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from heapq import heappop
from typing import Any, Protocol

from dispatch.addresses import kind_of
from dispatch.runtime.actor import Actor, Turnstile
from dispatch.runtime.mailbox import Envelope, Mailbox
from dispatch.runtime.supervision import DeadLetters, Supervisor
from dispatch.runtime.timers import Timers

Factory = Callable[[str, Any], Actor | None]
Observer = Callable[[float, str, Any], None]


class Sink(Protocol):
    """Where mail leaves the actors: a connection, the journal, a simulated phone. It is handed over at once, in order."""

    def deliver(self, message: Any) -> None: ...


class Runtime(ABC):
    """Delivers messages one at a time, in the order in which they were told."""

    now: float

    def __init__(
        self,
        seed: int | str,
        *,
        limits: Mapping[str, int] | None = None,
        default_limit: int = 1000,
        never_refused: frozenset[type] = frozenset(),
        supervisor: Supervisor | None = None,
    ) -> None:
        """`limits`: mailbox length by kind of address, which messages of a type `never_refused` may exceed. Without a
        `supervisor` a failure is raised to whoever turns the crank.
        """
        self.seed = seed
        self.turnstile = Turnstile()
        self._slot: list[Envelope] = []
        self._take = self._slot.pop
        self.dead_letters = DeadLetters()
        self.delivered = 0
        self._incarnations = 0
        self._limits = dict(limits or {})
        self._default_limit = default_limit
        self._never_refused = never_refused
        self._supervisor = supervisor
        self._boxes: dict[str, Mailbox] = {}
        self._sinks: dict[str, Sink] = {}
        self._factories: dict[str, Factory] = {}
        self._quarantined: dict[str, str] = {}
        self._streams: dict[str, random.Random] = {}
        self._observers: tuple[Observer, ...] = ()
        self._ready: deque[Mailbox] = deque()
        self._timers = Timers()

    # -- what actors use

    def tell(self, address: str, message: Any) -> bool:
        """Put `message` in that mailbox. False: nobody will handle it (full, quarantined, unknown); it is a dead letter."""
        box = self._boxes.get(address)
        if box is not None:
            return self._post(box, Envelope(message))
        sink = self._sinks.get(address)
        if sink is not None:
            self._hand_over(address, sink, message)
            return True
        return self._wake(address, message)

    def set_timer(self, delay_s: float, address: str, message: Any) -> None:
        """Tell `message` to `address` after `delay_s`, never early; timers fire in the order in which they are due.

        Never cancelled: a timer carries what it was set for, an old one is ignored. What was due in the past is due now.
        """
        self._timers.add(self.now + delay_s if delay_s > 0.0 else self.now, address, message)

    def rng(self, name: str) -> random.Random:
        """The stream of dice of this name: its numbers depend on the seed and the name alone."""
        stream = self._streams.get(name)
        if stream is None:
            stream = self._streams[name] = random.Random(f"{self.seed}/{name}")
        return stream

    def incarnation(self) -> int:
        """A number higher than any given before: the next life of some actor."""
        self._incarnations += 1
        return self._incarnations

    def reaches(self, address: str, message: Any) -> bool:
        """Whether `tell` would find somebody there, awake or woken by this message."""
        if address in self._boxes or address in self._sinks:
            return True
        return address not in self._quarantined and self._bring_up(address, message)

    def retire(self, address: str) -> bool:
        """Let the actor at `address` leave memory, unless mail waits for it. A factory may bring it back."""
        box = self._boxes.get(address)
        if box is None or box.mail:
            return False
        box.actor.is_stopped = True
        self._forget(box)
        return True

    def addresses(self, kind: str) -> Iterator[str]:
        """All addresses of this kind that are awake, in the order in which they woke."""
        prefix = kind + "/"
        return iter([address for address in self._boxes if address.startswith(prefix)])

    # -- what the composition root uses

    def factory(self, kind: str, make: Factory) -> None:
        """`make(address, message)` wakes an address of this kind; None: there is no such thing, as far as this message goes."""
        self._factories[kind] = make

    def spawn(self, actor: Actor) -> Actor:
        """Give the actor the mailbox of its address and start it. Raises what its `on_start` raises; then nobody is there."""
        box = self._boxes.get(actor.address)
        if box is None:
            limit = self._limits.get(kind_of(actor.address), self._default_limit)
            box = self._boxes[actor.address] = Mailbox(actor.address, limit, self._post, self._take)
        box.actor = actor
        actor.actor_inbox = box
        actor._start_actor_loop()
        if actor.failure is not None:
            self._bury(box, "did not start")
            raise actor.failure
        return actor

    def sink(self, address: str, sink: Sink) -> None:
        """Hand mail for `address` to `sink`."""
        self._sinks[address] = sink

    def remove_sink(self, address: str) -> None:
        """Mail for `address` is dropped from now on."""
        self._sinks.pop(address, None)

    def lose(self, kinds: frozenset[str]) -> None:
        """A simulated process died: whoever is at an address of these kinds is gone, with mail and timers, and nobody is told.

        Until their factories are there again nobody wakes at these addresses.
        """
        everybody: tuple[dict[str, Any], ...] = (self._boxes, self._sinks, self._quarantined, self._factories)
        for by_address in everybody:
            for address in [address for address in by_address if kind_of(address) in kinds]:
                del by_address[address]
        self._ready.clear()
        self._timers.drop(lambda address: kind_of(address) in kinds)

    def observe(self, observer: Observer) -> None:
        """`observer(now, address, message)` sees every delivery just before it happens."""
        self._observers = (*self._observers, observer)

    def actor(self, address: str) -> Actor | None:
        """The actor awake at `address`: for the composition root and tests, never for actors."""
        box = self._boxes.get(address)
        return box.actor if box is not None else None

    def waiting(self) -> int:
        """Messages told and not yet delivered."""
        return len(self._ready)

    def stopped(self, actor: Actor) -> None:
        """An actor stopped itself; what it has not read is dead."""
        box = self._boxes.get(actor.address)
        if box is not None and box.actor is actor:
            self._bury(box, "stopped")

    # -- the post

    def _post(self, box: Mailbox, envelope: Envelope) -> bool:
        mail = box.mail
        if len(mail) >= box.limit and type(envelope.message) not in self._never_refused:
            self.dead_letters.add(self.now, box.address, envelope.message, "mailbox full")
            return False
        mail.append(envelope)
        self._ready.append(box)
        return True

    def _wake(self, address: str, message: Any) -> bool:
        if self.reaches(address, message):
            return self.tell(address, message)
        self._nobody_there(address, message)
        return False

    def _nobody_there(self, address: str, message: Any) -> None:
        reason = "quarantined" if address in self._quarantined else "nobody there"
        self.dead_letters.add(self.now, address, message, reason)

    def _hand_over(self, address: str, sink: Sink, message: Any) -> None:
        self.delivered += 1
        for observer in self._observers:
            observer(self.now, address, message)
        try:
            sink.deliver(message)
        except Exception as error:
            self._sink_failed(address, message, error)

    def _sink_failed(self, address: str, message: Any, error: Exception) -> None:
        if self._supervisor is None:
            self._say_where(error, address, message)
            raise error
        self.dead_letters.add(self.now, address, message, repr(error))
        self._supervisor.failed(self.now, address, message, error)

    def _fire_due(self) -> None:
        """Timers wake nobody: whoever left memory left them behind."""
        timers, now = self._timers, self.now
        soon = timers.soon
        while (due := timers.next_due()) is not None and due <= now:
            while soon and soon[0][0] <= now:
                _, _, address, message = heappop(soon)
                box = self._boxes.get(address)
                if box is not None:
                    self._post(box, Envelope(message))
                    continue
                sink = self._sinks.get(address)
                if sink is not None:
                    self._hand_over(address, sink, message)

    def _deliver(self, box: Mailbox) -> None:
        """One message of one mailbox. A token whose letter went away with its actor is passed over."""
        mail = box.mail
        if not mail:
            return
        envelope = mail.pop(0)
        message = envelope.message
        self.delivered += 1
        for observer in self._observers:
            observer(self.now, box.address, message)
        actor = box.actor
        self._slot.append(envelope)
        actor._actor_loop_running()
        if actor.failure is not None:
            self._failed(box, actor, message)

    # -- failures

    def _failed(self, box: Mailbox, actor: Actor, message: Any) -> None:
        error, actor.failure = actor.failure, None
        assert error is not None
        if self._supervisor is None:
            self._say_where(error, box.address, message)
            raise error
        self.dead_letters.add(self.now, box.address, message, repr(error))
        verdict = self._supervisor.failed(self.now, box.address, message, error)
        error_id = self._supervisor.error_id
        if verdict.quarantine is not None:
            self.quarantine(verdict.quarantine, error_id)
        if verdict.quarantine == box.address:
            return
        self.rebuild(box.address)
        if self._boxes.get(box.address) is box:
            box.actor.on_set_aside(message, error_id)

    def _say_where(self, error: BaseException, address: str, message: Any) -> None:
        error.add_note(f"at {self.now:.6f} s, {address} was handling {message!r} (seed {self.seed})")

    def rebuild(self, address: str) -> None:
        """Make the actor anew from what is on record; its mail waits for the new one. Nobody there: nothing to do."""
        box = self._boxes.get(address)
        if box is None:  # it stopped or retired in the turn that failed
            return
        before = box.actor
        before.is_stopped = True
        if not self._bring_up(address, None, before):
            self.stopped(before)  # nothing on record, or it does not start; mail told from now on tries again

    def _bring_up(self, address: str, message: Any, before: Actor | None = None) -> bool:
        """Make and start the actor of this address. If that fails it is this address's failure, not that of whoever told it."""
        make = self._factories.get(kind_of(address))
        try:
            actor = make(address, message) if make is not None else None
            if actor is None:
                return False
            if before is not None:
                actor.carry_over(before)
            self.spawn(actor)
        except Exception as error:
            if self._supervisor is None:
                self._say_where(error, address, message)
                raise
            verdict = self._supervisor.failed(self.now, address, message, error)
            if verdict.quarantine is not None:
                self.quarantine(verdict.quarantine, self._supervisor.error_id)
            return False
        return True

    def quarantine(self, address: str, error_id: str) -> None:
        """Take one address out of service; its mail, now and later, is dead."""
        self._quarantined[address] = error_id
        box = self._boxes.get(address)
        if box is None:
            return
        actor = box.actor
        actor.is_stopped = True
        self._bury(box, "quarantined")
        actor.on_quarantine(error_id)

    def _bury(self, box: Mailbox, reason: str) -> None:
        for envelope in box.mail:
            self.dead_letters.add(self.now, box.address, envelope.message, reason)
            envelope.refuse(box.address)
        box.mail.clear()
        self._forget(box)

    def _forget(self, box: Mailbox) -> None:
        self._boxes.pop(box.address, None)
        box.actor = None  # type: ignore[assignment]  # no cycle is left behind for the collector
