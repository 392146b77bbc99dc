"""An actor that an app talks to: its connection, its numbered stream, and the commands that the app may repeat."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from dispatch.actors.ports import EventStore
from dispatch.actors.recorded import RecordedActor
from dispatch.errors import IdReused, InternalError
from dispatch.messages.base import Command, Message
from dispatch.messages.commands import Attach, Detach
from dispatch.messages.notices import Ack, Faulted, Refused, Replaced
from dispatch.runtime import Runtime
from dispatch.types import RideId

ANSWERS_KEPT = 64
UNDER_WAY: tuple[Message, ...] = ()


class Answer(NamedTuple):
    """What a command got, to be said again if it comes again. Nothing yet: it is under way."""

    fingerprint: int
    notices: tuple[Message, ...]


class ConversingActor(RecordedActor):
    """The base of ride and driver."""

    def __init__(self, runtime: Runtime, address: str, store: EventStore) -> None:
        super().__init__(runtime, address, store)
        self.link: str | None = None
        self.link_number = -1
        self.seq = 0
        self._answers: dict[str, Answer] | None = None
        self._asked: list[tuple[int, Message]] = []

    # -- the connection

    def take_link(self, message: Attach) -> bool:
        """The newest connection wins; mail of an older one is ignored (False)."""
        if message.number < self.link_number:
            self.runtime.tell(message.session, Replaced())
            return False
        if self.link is not None:
            self.runtime.tell(self.link, Replaced())
        self.link, self.link_number = message.session, message.number
        return True

    def say(self, notice_type: Any, *fields: Any) -> Any:
        """Put a notice into the stream, with the next number; it reaches the app once it is true on disk."""
        notice = notice_type(self.seq + 1, *fields)
        if self.link is not None:
            self.send(self.link, notice)
        self.seq += 1
        return notice

    def say_again(self, notice: Message) -> None:
        """The same notice with the same number."""
        if self.link is not None:
            self.send(self.link, notice)

    # -- commands

    def is_new(self, message: Any) -> bool:
        """Whether this command must be carried out. False: it was before, and has been answered as then."""
        self.remember(message)
        command: Command | None = message.command
        if command is None:
            return True
        if self._answers is None:
            self._answers = {}
        known = self._answers.get(command.id)
        if known is None:
            self._answers[command.id] = Answer(command.fingerprint, UNDER_WAY)
            if len(self._answers) > ANSWERS_KEPT:
                del self._answers[next(iter(self._answers))]
            return True
        if known.fingerprint != command.fingerprint:
            text = f"id {command.id!r} was used for another message"
            self.say_again(Refused(IdReused.code, text, command.id, _ride_of(message)))
            return False
        for notice in known.notices:
            self.say_again(notice)
        return False

    def remember(self, message: Message) -> None:
        """Somebody waits for what becomes of this, and must hear of it should it be lost."""
        if self._recorded == self._committed:
            self._asked.clear()
        self._asked.append((self._recorded, message))

    def done(self, command: Command | None, *notices: Message, result: str = "ok") -> None:
        """The command took effect; `notices` were its answer. Acknowledged if the app gave it an id, or got no other answer."""
        if command is not None:
            self._close(command, (*notices, Ack(command.id, result)))
        elif not notices:
            self.say_again(Ack(None, result))

    def refuse(self, command: Command | None, code: str, text: str, ride_id: RideId | None = None) -> None:
        """The command did nothing."""
        refused = Refused(code, text, command.id if command else None, ride_id)
        if command is None:
            self.say_again(refused)
        else:
            self._close(command, (refused,))

    def _close(self, command: Command, answer: tuple[Message, ...]) -> None:
        if self._answers is not None and command.id in self._answers:
            self._answers[command.id] = Answer(command.fingerprint, answer)
        self.say_again(answer[-1])

    # -- its life

    def on_lost(self, letters: list[Message], reason: str) -> None:
        for recorded, message in self._asked:
            if recorded >= self._committed:
                self.turn_away(message, "unavailable", f"nothing was done, try again: {reason}")
        self._asked.clear()
        self._unsay(letters)

    def on_set_aside(self, message: Any, error_id: str) -> None:
        if type(message) is Attach:
            self.runtime.tell(message.session, Faulted(error_id))  # its app must come again
            self._lose_link(message.number)
        elif type(message) is Detach:
            self._lose_link(message.number)
        elif hasattr(message, "command"):
            self.turn_away(message, "internal", str(InternalError(error_id)))

    def _lose_link(self, number: int) -> None:
        if number == self.link_number:
            self.link = None
            self.on_link_lost()

    def on_link_lost(self) -> None:
        """Nobody speaks for this actor any more, and no `Detach` said so."""

    def turn_away(self, message: Any, code: str, text: str) -> None:
        """Nothing came of this command; the same `id` may be tried again."""
        command: Command | None = message.command
        if command is not None and self._answers is not None:
            self._answers.pop(command.id, None)
        if self.link is not None:
            refused = Refused(code, text, command.id if command else None, _ride_of(message))
            self.runtime.tell(self.link, refused)

    def _unsay(self, letters: Iterable[Message]) -> None:
        """They never left: their numbers are given again, and the stream has no gap."""
        numbers = [letter.seq for letter in letters if hasattr(letter, "seq")]
        if numbers:
            self.seq = min(numbers) - 1

    def carry_over(self, before: ConversingActor) -> None:  # type: ignore[override]
        super().carry_over(before)
        self.link, self.link_number, self.seq = before.link, before.link_number, before.seq
        self._answers, self._asked = before._answers, before._asked
        self._unsay(letter for recorded, _, letter in before._held if recorded > self._recorded)

    def on_quarantine(self, error_id: str) -> None:
        if self.link is not None:
            self.runtime.tell(self.link, Faulted(error_id))


def _ride_of(message: Message) -> RideId | None:
    ride_id: RideId | None = getattr(message, "ride_id", None)
    return ride_id
