"""The base of every actor whose truth is its events: nothing is announced before it is on disk.

A handler records events and sends messages. The events go to the journal when the turn ends. A message that is sent while an event is
uncommitted waits in the actor, in order, until the journal answers `Appended`. On `NotAppended` the actor is rebuilt from what is
committed.

A message to an actor that records something because of it need not wait: sent ahead, it names the sender's events (`after`), and the
receiver's append names them as well. The journal keeps both or loses both, and neither actor announces anything before it has
answered. So both are on disk by one commit instead of two.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from msgspec.structs import replace

from dispatch.addresses import JOURNAL
from dispatch.messages.base import Message, Recorded, SentBeforeCommit
from dispatch.messages.journal import Append, Appended, NotAppended
from dispatch.ports import EventStore
from dispatch.runtime import Actor, Runtime, receives

Held = tuple[int, str, Message, str | None]
"""How many events must be on disk before this is told, the address, the message, the address that it returns to."""


class State(Protocol):
    """What the events of one actor fold into."""

    def apply(self, event: Any) -> None:
        """Fold one event in. Raises an error, and changes nothing, if the event cannot happen now."""


class RecordedActor(Actor):
    """An actor with a record. A subclass starts with `restore`, handles `NotAppended` with `lose`, and records with `record`.

    Events and turns are counted: `recorded` is the number of the last event of this actor's incarnation, `committed` the number of the
    last one on disk. A turn that builds on another actor's events counts as an event.
    """

    __slots__ = ("_after", "_ahead", "_fresh", "_held", "_in_flight", "_unsettled", "committed", "incarnation",
                 "recorded", "state", "store")  # fmt: skip

    def __init__(self, runtime: Runtime, address: str, store: EventStore, state: State) -> None:
        """`state`: what events are folded into, in this life and from the lives before."""
        super().__init__(runtime, address)
        self.store = store
        self.state = state
        self.incarnation = runtime.next_number()
        self.recorded = 0
        self.committed = 0
        self._fresh: list[Any] = []
        self._in_flight: list[tuple[int, tuple[Any, ...]]] = []
        self._held: list[Held] = []
        self._ahead: tuple[Held, ...] = ()
        self._after: Recorded | None = None
        self._unsettled: list[tuple[int, Message]] = []

    # -- within a turn

    def record(self, event: Message) -> None:
        """This happened. Raises what the state raises, and then nothing is recorded."""
        self.state.apply(event)
        self._fresh.append(event)
        self.recorded += 1
        self.at_turn_end = self._end_turn

    def send(self, address: str, message: Message, returns_to: str | None = None) -> None:
        """Tell `message` once everything recorded so far is on disk. `returns_to`: see `Runtime.tell`."""
        if self.recorded == self.committed:
            self.runtime.tell(address, message, returns_to)
        else:
            self._held.append((self.recorded, address, message, returns_to))
            self.at_turn_end = self._end_turn

    def send_ahead(self, address: str, message: Message, returns_to: str | None = None) -> None:
        """Tell `message` as soon as everything recorded so far is on its way to the disk, behind all that was sent to `address` before.
        Who does not record in the same journal is told by `send`: no order holds across two journals.

        The receiver of a `SentBeforeCommit` depends on its `after`. Any other message sent ahead must be true now, even if what was
        recorded is lost.
        """
        if self.recorded == self.committed or not self.store.may_send_ahead(address):
            self.send(address, message, returns_to)
            return
        letter = (self.recorded, address, message, returns_to)
        self._held.append(letter)
        self._ahead = (*self._ahead, letter)
        if not self._fresh:
            self._run_ahead()

    def depend_on(self, after: Recorded | None) -> None:
        """Hold all later messages until the events named by `after` are committed; None: they are. First in the handler of a
        message that may be sent ahead.
        """
        if after is not None:
            self.recorded += 1
            self._after = after
            self.at_turn_end = self._end_turn

    def note_settled(self, messages: Iterable[Message]) -> None:
        """This turn settled these as well, beside the message that is handled: if it is lost, `lose` returns all. Call it last."""
        if self.recorded != self.committed:
            self._unsettled += [(self.recorded, message) for message in messages]

    @property
    def is_committed(self) -> bool:
        """Whether everything recorded is on disk."""
        return self.recorded == self.committed

    # -- its life

    def on_start(self) -> None:
        self.restore()

    def restore(self) -> list[Message]:
        """Fold what is committed, then what the incarnation before had sent to the journal. Returns these events, oldest first."""
        events = list(self.store.events_of(self.address))
        if self._in_flight:
            flying = [event for _, in_flight in self._in_flight for event in in_flight]
            events += flying[_landed(events, flying) :]
        for event in events:
            self.state.apply(event)
        return events

    def carry_over(self, before: RecordedActor) -> None:
        """Go on where the last completed turn of `before` ended; its uncommitted events are still on their way to the disk."""
        self.committed = before.committed
        self._in_flight = before._in_flight
        self.recorded = before._in_flight[-1][0] if before._in_flight else before.committed
        self._held = [held for held in before._held if held[0] <= self.recorded]
        self._unsettled = [unsettled for unsettled in before._unsettled if unsettled[0] <= self.recorded]
        if self._in_flight:
            self.incarnation = before.incarnation  # the journal's answer must still find us

    def _end_turn(self, message: Message) -> None:
        """The handler of `message` is done: what it recorded goes to the journal. Until that is on disk, `message` is unsettled."""
        if self._fresh or self._after is not None:
            events = tuple(self._fresh)
            self._fresh.clear()
            append = Append(self.address, self.incarnation, self.recorded, self.runtime.now, events, self._after)
            self._after = None
            if self.store.keep_now(append):
                self._ahead = ()
                self._let_go(self.recorded)
            else:
                self._in_flight.append((self.recorded, events))
                self.runtime.tell(JOURNAL, append)
                if self._ahead:
                    self._run_ahead()
        if self.recorded != self.committed:
            self._unsettled.append((self.recorded, message))

    def _run_ahead(self) -> None:
        """Tell what was sent ahead, unless an older message still waits for the same receiver."""
        ahead, self._ahead = self._ahead, ()
        held, self._held = self._held, []
        waiting: set[str] = set()
        after = Recorded(self.address, self.incarnation, self.recorded)
        for letter in held:
            _, address, message, returns_to = letter
            if address in waiting or not any(letter is one for one in ahead):
                waiting.add(address)
                self._held.append(letter)
            elif isinstance(message, SentBeforeCommit):
                self.runtime.tell(address, replace(message, after=after), returns_to)
            else:
                self.runtime.tell(address, message, returns_to)

    @receives(Appended)
    def _on_appended(self, message: Appended) -> None:
        if message.incarnation != self.incarnation:
            return
        in_flight = self._in_flight
        while in_flight and in_flight[0][0] <= message.through:
            in_flight.pop(0)
        self._let_go(message.through)

    def _let_go(self, through: int) -> None:
        """The first `through` events are on disk: tell what waited for them."""
        self.committed = through
        unsettled = self._unsettled
        while unsettled and unsettled[0][0] <= through:
            unsettled.pop(0)
        if not self._held:
            return
        held, self._held = self._held, []
        tell = self.runtime.tell
        for at, (recorded, address, letter, returns_to) in enumerate(held):
            if recorded > through:
                self._held = held[at:]
                break
            tell(address, letter, returns_to)

    @receives(NotAppended)
    def _on_not_appended(self, message: NotAppended) -> None:
        if self.lose(message) is not None:
            self.runtime.rebuild(self.address)

    def lose(self, message: NotAppended) -> list[Message] | None:
        """The journal did not keep what was recorded: forget it, and all that was to be told since.

        Returns the messages whose turns are lost, oldest first; None: `message` is meant for another incarnation. The caller tells
        whoever waits for these, and then has the actor rebuilt.
        """
        if message.incarnation != self.incarnation:
            return None
        self._in_flight.clear()
        self._held.clear()
        lost, self._unsettled = self._unsettled, []
        return [unsettled for _, unsettled in lost]


def _landed(events: Sequence[Message], flying: Sequence[Message]) -> int:
    """How many of the events in flight are on disk already, their `Appended` still under way: the last of the one are the first
    of the other.
    """
    for count in range(min(len(events), len(flying)), 0, -1):
        if list(events[-count:]) == list(flying[:count]):
            return count
    return 0
