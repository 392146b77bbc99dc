"""An actor whose truth is its events, and that announces nothing before they are on disk. The base of all actors here.

A handler records events and sends messages. The events go to the journal when the turn ends; every message sent while an event is
uncommitted waits, in order, until the journal says `Appended`. On `NotAppended` the actor is rebuilt from what is committed.

Where the receiver will record an event of its own, a message need not wait: sent ahead, it names what it tells of, and the receiver's
append names that as well. The journal keeps both or loses both, and nobody speaks before it has answered; it is one commit, not two.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from msgspec.structs import replace

from dispatch.actors.ports import EventStore
from dispatch.addresses import JOURNAL
from dispatch.messages.base import Forerunner, Message, Recorded
from dispatch.messages.journal import Append, Appended, NotAppended
from dispatch.runtime import Actor, Runtime, receives

Held = tuple[int, str, Message]
"""How many events must be on disk, whom to tell then, and what."""


class RecordedActor(Actor):
    """Subclasses define `apply(event)`, which must not send, and record through `record`."""

    __slots__ = ("_after", "_ahead", "_committed", "_fresh", "_held", "_in_flight", "_recorded", "incarnation", "store")

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        inherited = getattr(cls.__base__, "handlers", {})
        for message_type, handler in cls.handlers.items():
            if issubclass(message_type, Forerunner) and handler is not inherited.get(message_type):
                cls.handlers[message_type] = _depending(handler)

    def __init__(self, runtime: Runtime, address: str, store: EventStore) -> None:
        super().__init__(runtime, address)
        self.store = store
        self.incarnation = runtime.incarnation()
        self._recorded = 0
        self._committed = 0
        self._fresh: list[Any] = []
        self._in_flight: list[tuple[int, tuple[Any, ...]]] = []
        self._held: list[Held] = []
        self._ahead: tuple[Held, ...] = ()
        self._after: Recorded | None = None

    # -- what subclasses use

    def apply(self, event: Any) -> None:
        """Take one event into the state: the only place that changes what is rebuilt."""
        raise NotImplementedError

    def record(self, event: Message) -> None:
        """This happened. Raises what `apply` raises, and then it did not happen."""
        self.apply(event)
        self._fresh.append(event)
        self._recorded += 1
        self.at_turn_end = self._commit

    def send(self, address: str, message: Message) -> None:
        """Tell, once everything recorded so far is on disk."""
        if self._recorded == self._committed:
            self.runtime.tell(address, message)
        else:
            self._held.append((self._recorded, address, message))

    def send_ahead(self, address: str, message: Message) -> None:
        """Tell as soon as everything recorded so far is on its way to the disk; behind all that this receiver is told before.

        Its receiver depends on a `Forerunner`. Whatever else is sent so must be true now, even if what was recorded is lost.
        """
        if self._recorded == self._committed or not self.store.is_writing():
            self.send(address, message)
            return
        letter = (self._recorded, address, message)
        self._held.append(letter)
        self._ahead = (*self._ahead, letter)
        if not self._fresh:
            self._run_ahead()

    def depend_on(self, after: Recorded) -> None:
        """Nothing said from now on leaves before this is kept."""
        self._recorded += 1
        self._after = after
        self.at_turn_end = self._commit

    @property
    def is_committed(self) -> bool:
        """Whether everything recorded is on disk."""
        return self._recorded == self._committed

    # -- its life

    def on_start(self) -> None:
        self.restore()

    def restore(self) -> None:
        """Become what the record says: what is committed, then what the incarnation before had sent to the journal."""
        events = self.store.events_of(self.address)
        flying = [event for _, in_flight in self._in_flight for event in in_flight]
        for event in (*events, *flying[_landed(events, flying) :]):
            self.replay(event)

    def replay(self, event: Any) -> None:
        """Take one event of an earlier life into the state."""
        self.apply(event)

    def carry_over(self, before: RecordedActor) -> None:
        """Go on where the last completed turn of `before` ended; its uncommitted events are still on their way to the disk."""
        self._committed = before._committed
        self._in_flight = before._in_flight
        self._recorded = before._in_flight[-1][0] if before._in_flight else before._committed
        self._held = [held for held in before._held if held[0] <= self._recorded]
        if self._in_flight:
            self.incarnation = before.incarnation  # the journal's answer must still find us

    def _commit(self) -> None:
        events = tuple(self._fresh)
        self._fresh.clear()
        append = Append(self.address, self.incarnation, self._recorded, self.runtime.now, events, self._after)
        self._after = None
        if self.store.keep_now(append):
            self._ahead = ()
            self._let_go(self._recorded)
        else:
            self._in_flight.append((self._recorded, events))
            self.runtime.tell(JOURNAL, append)
            if self._ahead:
                self._run_ahead()

    def _run_ahead(self) -> None:
        """What may leave before it is on disk does, but overtakes nothing that waits for the same receiver."""
        ahead, self._ahead = self._ahead, ()
        held, self._held = self._held, []
        waiting: set[str] = set()
        after = Recorded(self.address, self.incarnation, self._recorded)
        for letter in held:
            _, address, message = letter
            if address in waiting or not any(letter is one for one in ahead):
                waiting.add(address)
                self._held.append(letter)
            elif isinstance(message, Forerunner):
                self.runtime.tell(address, replace(message, after=after))
            else:
                self.runtime.tell(address, message)

    @receives(Appended)
    def _on_appended(self, message: Appended) -> None:
        if message.incarnation != self.incarnation:
            return
        in_flight = self._in_flight
        while in_flight and in_flight[0][0] <= message.through:
            in_flight.pop(0)
        self._let_go(message.through)

    def _let_go(self, through: int) -> None:
        """So many events are on disk: tell what waited for them."""
        self._committed = through
        held, self._held = self._held, []
        tell = self.runtime.tell
        for at, (recorded, address, letter) in enumerate(held):
            if recorded > through:
                self._held = held[at:]
                break
            tell(address, letter)

    @receives(NotAppended)
    def _on_not_appended(self, message: NotAppended) -> None:
        if message.incarnation != self.incarnation:
            return
        self._in_flight.clear()
        lost, self._held = self._held, []
        self.on_lost([letter for _, _, letter in lost], message.reason)
        self.runtime.rebuild(self.address)

    def on_lost(self, letters: list[Message], reason: str) -> None:
        """These were never announced and never will be. Tell whoever waits for them; a rebuild follows."""


def _depending(handler: Callable[..., None]) -> Callable[..., None]:
    """What the handler of a message does when it came ahead of its events: nothing of it is known before they are kept."""

    @wraps(handler)
    def handle(actor: RecordedActor, message: Forerunner) -> None:
        if message.after is not None:
            actor.depend_on(message.after)
        handler(actor, message)

    return handle


def _landed(events: Sequence[Message], flying: Sequence[Message]) -> int:
    """How many of the events in flight are on disk already, their `Appended` still under way: the last of the one are the first
    of the other."""
    for count in range(min(len(events), len(flying)), 0, -1):
        if list(events[-count:]) == list(flying[:count]):
            return count
    return 0
