"""The post: one queue of letters for all mailboxes, a directory by address, factories that wake addresses, supervision of failures.

Virtual and real time share all of this. They differ in who calls `_drain`, where `now` comes from and how a timer waits.
"""

import random
from abc import ABC
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from heapq import heappop
from math import inf
from typing import Any, Protocol

from dispatch.addresses import kind_of
from dispatch.config import Rules
from dispatch.ids import Number
from dispatch.messages.base import Undelivered
from dispatch.runtime.actor import Actor, CooperativeFuture, Letter, Mailbox, refuse
from dispatch.runtime.clock import UnixClock
from dispatch.runtime.supervision import DeadLetters, Supervisor
from dispatch.runtime.timers import Timers

Factory = Callable[[str, Any], Actor | None]
FULL, QUARANTINED, NOBODY = "mailbox full", "quarantined", "nobody there"
GONE = (QUARANTINED, NOBODY)
Observer = Callable[[float, str, Any], None]


class Sink(Protocol):
    """Where mail leaves the actors: a connection, the journal, a simulated phone. A message is handed to it at once, in order."""

    def deliver(self, message: Any) -> None: ...


class Runtime(ABC):
    """Delivers messages one at a time, in the order in which they were told."""

    now: float
    """Unix time in seconds. It stands still within a turn, a sweep of timers, a frame: see `read_clock`. It never runs backwards."""

    epoch: int = 0
    """Of this process: it rises from one process to the next. In virtual time it is 0 until a simulated process starts anew."""

    def __init__(
        self,
        seed: int | str,
        *,
        limits: Mapping[str, int] | None = None,
        default_limit: int = Rules.mailbox_limit,
        never_refused: frozenset[type] = frozenset(),
        supervisor: Supervisor | None = None,
    ) -> None:
        """`limits`: how many messages a mailbox holds, by kind of address; `default_limit` for other kinds. Messages of the types in
        `never_refused` are taken beyond the limit. Without a `supervisor` a handler's exception is raised to whoever runs the runtime.
        """
        self.seed = seed
        self.dead_letters = DeadLetters()
        self.delivered = 0
        self._numbers = 0
        self._limits = dict(limits or {})
        self._default_limit = default_limit
        self._never_refused = never_refused
        self._supervisor = supervisor
        self._boxes: dict[str, Mailbox] = {}
        self._sinks: dict[str, Sink] = {}
        self._factories: dict[str, Factory] = {}
        self._quarantined: dict[str, str] = {}
        self._streams: dict[str, random.Random] = {}
        self._observers: tuple[tuple[Observer, frozenset[type] | None], ...] = ()
        self._seen_by: tuple[Observer, ...] = ()
        self._kind_seen_by: dict[type, tuple[Observer, ...]] = {}
        """Who sees each delivery, and who sees those of a type that some observer asked for."""
        self._ready: deque[Letter] = deque()
        self._is_idle = False
        self._clock: UnixClock | None = None
        self._timers = Timers()

    # -- what actors use

    def tell(self, address: str, message: Any, returns_to: str | None = None) -> None:
        """Put `message` into the mailbox of `address`, or hand it to the sink there at once. It promises nothing.

        If nobody will handle the message (mailbox full, quarantined, unknown address), it is a dead letter, and `Undelivered` is told
        to the address `returns_to`, now or later: who waits for an answer names itself, and keeps a timer for answers that get lost.
        """
        box = self._boxes.get(address)
        if box is not None:
            if box.waiting >= box.limit and type(message) not in self._never_refused:
                self._give_back(address, message, None, returns_to, FULL)
                return
            box.waiting += 1
            self._ready.append((box, message, None, returns_to))
            if self._is_idle:
                self._start_pump()
            return
        sink = self._sinks.get(address)
        if sink is None:
            if self._wakes(address, message):
                self.tell(address, message, returns_to)
            else:
                self._give_back(address, message, None, returns_to)
            return
        self.delivered += 1
        for observer in self._kind_seen_by.get(type(message), self._seen_by):
            observer(self.now, address, message)
        try:
            sink.deliver(message)
        except Exception as error:
            self._sink_failed(address, message, error)

    def set_timer(self, delay_s: float, address: str, message: Any) -> None:
        """Tell `message` to `address` in `delay_s` seconds, in whole microseconds. Timers fire in the order in which they are due.

        A timer is never cancelled: its message says what it is about, and a receiver ignores one that no longer matters. It may be
        dropped while nobody is at the address: whoever wakes there sets its own. A negative delay counts as 0, and a positive one as a
        microsecond at least, so that whoever waits for something does not wait in vain.
        """
        if delay_s > 0.0:
            # As integers: what is added up in whole microseconds does not drift, and equal moments are equal numbers.
            due = (int(self.now * 1e6 + 0.5) + (int(delay_s * 1e6 + 0.5) or 1)) / 1e6
            self._timers.add(due, address, message)
        else:
            self._timers.add(self.now, address, message)

    def read_clock(self) -> None:
        """Take `now` from the clock. For whoever begins something outside a turn: a frame, a request, a sweep of deadlines.

        In virtual time it changes nothing.
        """
        clock = self._clock
        if clock is not None and (now := clock.offset + clock.monotonic()) > self.now:
            self.now = now

    def rng(self, name: str) -> random.Random:
        """The stream of dice of this name: its numbers depend on the seed and the name alone."""
        stream = self._streams.get(name)
        if stream is None:
            stream = self._streams[name] = random.Random(f"{self.seed}/{name}")
        return stream

    def next_number(self) -> Number:
        """A number for the life of an actor or for a question: higher than all that this process or an earlier one gave."""
        self._numbers += 1
        return self.epoch, self._numbers

    def retire(self, address: str) -> bool:
        """Let the actor at `address` leave memory, unless mail waits for it. A factory may bring it back."""
        box = self._boxes.get(address)
        if box is None or box.waiting:
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
            box = self._boxes[actor.address] = Mailbox(actor.address, limit, self._post)
        box.actor = actor
        actor.actor_inbox = box  # type: ignore[assignment]  # pykka's references only put into it
        actor._start_actor_loop()
        if actor.failure is not None:
            self._bury(box, "did not start")
            raise actor.failure
        return actor

    def wake(self, address: str) -> None:
        """Start whoever is at `address`, if nobody is awake there and its factory knows it without a message."""
        if address not in self._boxes:
            self._wakes(address, None)

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

    def observe(self, observer: Observer, kinds: Iterable[type] | None = None) -> None:
        """`observer(now, address, message)` sees every delivery just before it happens. `kinds`: only of messages of these types."""
        self._seen_by_these((*self._observers, (observer, frozenset(kinds) if kinds is not None else None)))

    def unobserve(self, observer: Observer) -> None:
        """`observer` sees nothing more."""
        self._seen_by_these(tuple(each for each in self._observers if each[0] != observer))

    def _seen_by_these(self, observers: tuple[tuple[Observer, frozenset[type] | None], ...]) -> None:
        self._observers = observers
        self._seen_by = tuple(observer for observer, kinds in observers if kinds is None)
        asked_for = frozenset().union(*(kinds for _, kinds in observers if kinds is not None))
        self._kind_seen_by = {
            kind: tuple(observer for observer, kinds in observers if kinds is None or kind in kinds)
            for kind in asked_for
        }

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

    def _post(self, letter: Letter) -> None:
        """`tell` for a mailbox that is known, with the future of an `ask`."""
        box, message, reply_to, returns_to = letter
        if box.waiting >= box.limit and type(message) not in self._never_refused:
            self._give_back(box.address, message, reply_to, returns_to, FULL)
            return
        box.waiting += 1
        self._ready.append(letter)
        if self._is_idle:
            self._start_pump()

    def _start_pump(self) -> None:
        """Mail waits and nobody delivers it yet. Called only where `_is_idle`."""
        raise NotImplementedError

    def _wakes(self, address: str, message: Any) -> bool:
        """Whether this message wakes somebody at an address where nobody is awake."""
        return address not in self._quarantined and self._bring_up(address, message)

    def _give_back(
        self,
        address: str,
        message: Any,
        reply_to: CooperativeFuture | None,
        returns_to: str | None,
        reason: str | None = None,
    ) -> None:
        """The one place for what nobody will handle: set it aside, and answer whoever waits. The answer itself has no return."""
        if reason is None:
            reason = QUARANTINED if address in self._quarantined else NOBODY
        self.dead_letters.add(self.now, address, message, reason)
        refuse(address, reply_to)
        if returns_to is not None:
            self.tell(returns_to, Undelivered(address, message, is_gone=reason in GONE))

    def _sink_failed(self, address: str, message: Any, error: Exception) -> None:
        if self._supervisor is None:
            self._say_where(error, address, message)
            raise error
        self.dead_letters.add(self.now, address, message, repr(error), type(error).__name__)
        self._supervisor.failed(self.now, address, message, error)

    def _fire_due(self) -> None:
        """Tell every timer that is due. A timer wakes no actor: whoever has left memory left timers behind, which are dropped."""
        timers, now = self._timers, self.now
        if timers.may_be_left_behind:
            timers.drop(lambda address: address not in self._boxes and address not in self._sinks)
        soon = timers.soon
        while soon or timers.next_due() is not None:
            if soon[0][0] > now:
                return
            _, _, address, message = heappop(soon)
            if address in self._boxes or address in self._sinks:
                self.tell(address, message)

    def _drain(self, turns: float = inf) -> None:
        """Deliver the mail that waits, and what comes of it, in at most so many turns."""
        ready, clock = self._ready, self._clock
        while ready and turns:
            turns -= 1
            box, message, reply_to, returns_to = ready.popleft()
            box.waiting -= 1
            if clock is not None and (now := clock.offset + clock.monotonic()) > self.now:
                self.now = now
            self.delivered += 1
            for observer in self._kind_seen_by.get(type(message), self._seen_by):  # one may come or go meanwhile
                observer(self.now, box.address, message)
            actor = box.actor
            actor.take(message, reply_to)
            if actor.failure is not None:
                self._failed(box, actor, message, returns_to)

    # -- failures

    def _failed(self, box: Mailbox, actor: Actor, message: Any, returns_to: str | None) -> None:
        error, actor.failure = actor.failure, None
        assert error is not None
        if self._supervisor is None:
            self._say_where(error, box.address, message)
            raise error
        self.dead_letters.add(self.now, box.address, message, repr(error), type(error).__name__)
        verdict = self._supervisor.failed(self.now, box.address, message, error)
        error_id = self._supervisor.error_id
        if verdict.quarantine is not None:
            self.quarantine(verdict.quarantine, error_id)
        if verdict.quarantine != box.address:
            self.rebuild(box.address)
        if self._boxes.get(box.address) is box:
            box.actor.on_set_aside(message, error_id)
        elif returns_to is not None:
            self.tell(returns_to, Undelivered(box.address, message, is_gone=box.address in self._quarantined))

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
        self._bury(box, QUARANTINED)
        actor.on_quarantine(error_id)

    def _bury(self, box: Mailbox, reason: str) -> None:
        """Close a mailbox; the mail that waits in it is dead."""
        self._forget(box)
        if not box.waiting:
            return
        letters = list(self._ready)
        self._ready.clear()  # the pump holds this very queue
        for letter in letters:
            if letter[0] is box:
                self._give_back(box.address, *letter[1:], reason)
            else:
                self._ready.append(letter)

    def _forget(self, box: Mailbox) -> None:
        self._boxes.pop(box.address, None)
        box.actor = None  # type: ignore[assignment]  # no cycle is left behind for the collector
