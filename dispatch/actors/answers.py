"""What became of the commands that apps gave an `id`, so that one that comes again is answered as before and not carried out again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from dispatch.ids import RideId
from dispatch.messages.base import Command, Message
from dispatch.messages.events import CommandDone, OfferDeclined
from dispatch.messages.notices import Ack

RESULTS: Final[dict[type[Message], str]] = {OfferDeclined: "declined"}
"""How a command is acknowledged that made this event happen; every other one with `ok`."""
RESTORED: Final = -1


class Answer(NamedTuple):
    """What a command got: `notices`, to be said again; none yet: it is under way. `result` is what is on record about it.

    `recorded`: how many events its actor had recorded when it was answered. It is lost with the last of them.
    """

    fingerprint: int
    notices: tuple[Message, ...] = ()
    recorded: int = 0
    result: str | None = None


class Answers:
    """The last of them, oldest first. Effects are remembered by the record as well: `replay` reads them back."""

    __slots__ = ("_by_id", "_limit")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._by_id: dict[tuple[str | None, str], Answer] = {}

    def find(self, command: Command) -> Answer | None:
        """What this command got, if it came before."""
        return self._by_id.get((command.driver_id, command.id))

    def begin(self, command: Command, recorded: int) -> None:
        """It came for the first time."""
        self._put(command, Answer(command.fingerprint, (), recorded))

    def close(self, command: Command, notices: tuple[Message, ...], recorded: int) -> None:
        """It was answered so. Nothing happens for one that was forgotten."""
        known = self.find(command)
        if known is not None:
            self._put(command, known._replace(notices=notices, recorded=recorded))

    def note(self, event: Message, recorded: int) -> None:
        """This event tells of the command that caused it."""
        command: Command = event.command  # type: ignore[attr-defined]
        known = self.find(command) or Answer(command.fingerprint)
        self._put(command, known._replace(result=result_of(event), recorded=recorded))

    def drop(self, command: Command) -> None:
        """Nothing came of it: the same may be tried again. One that was answered keeps its answer."""
        known = self.find(command)
        if known is not None and known.result is None and not known.notices:
            del self._by_id[command.driver_id, command.id]

    def cut(self, recorded: int) -> None:
        """Only so many events are or will be on disk: whatever was answered after later ones was not."""
        self._by_id = {name: answer for name, answer in self._by_id.items() if answer.recorded <= recorded}

    def replay(self, event: Message) -> None:
        """An event of an earlier life. What this life knows of the command already is more."""
        command: Command = event.command  # type: ignore[attr-defined]
        known = self.find(command)
        if known is None or known.recorded == RESTORED:
            result = result_of(event)
            self._put(command, Answer(command.fingerprint, (Ack(command.id, result),), RESTORED, result))

    def reopen(self, command: Command) -> bool:
        """The record has its effect, but not how it ends: whether that is still to be said in this life."""
        known = self.find(command)
        if known is not None and known.recorded == RESTORED:
            known = Answer(known.fingerprint, (), RESTORED, known.result)
            self._put(command, known)
        return known is not None and not known.notices

    def _put(self, command: Command, answer: Answer) -> None:
        self._by_id[command.driver_id, command.id] = answer
        if len(self._by_id) > self._limit:
            del self._by_id[next(iter(self._by_id))]


def result_of(event: Message) -> str:
    """What the command behind this event is acknowledged with."""
    return event.result if isinstance(event, CommandDone) else RESULTS.get(type(event), "ok")


def ride_of(notices: Iterable[Any]) -> RideId | None:
    """The ride that an answer is about."""
    named: Iterable[RideId | None] = (getattr(notice, "ride_id", None) for notice in notices)
    return next(filter(None, named), None)
