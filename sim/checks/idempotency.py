"""A command that an app repeats is done once, and every repetition gets the same answer."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, Final

from dispatch.addresses import SESSION, kind_of, name_of
from dispatch.errors import IdReused
from dispatch.ids import Number
from dispatch.messages.base import Command
from dispatch.messages.commands import Attach
from dispatch.messages.events import CommandDone
from dispatch.messages.journal import Append, Appended, NotAppended
from dispatch.messages.notices import Ack, Refused
from sim.checks.ledger import Violations
from sim.people.restless import TRY_AGAIN

COMMANDS_IN: Final = frozenset((Append, Appended, NotAppended, Attach, Ack, Refused))
"""The messages that `IdempotencyCheck` is to see."""


class IdempotencyCheck:
    """The observer of `COMMANDS_IN`: what is committed, and what connections are told.

    Idempotency keys are an app's own, or of one of staff for one ride. Two of them may use the same key, and nobody in the simulator
    uses one key for two commands. A refusal is on no record: an actor that left memory judges the command anew.
    """

    def __init__(self, violations: Violations, given: Callable[[str], int]) -> None:
        """`given(address)`: the last number that the actor there has given; 0: none, and it has just come to memory."""
        self._violations = violations
        self._given = given
        self._flying: dict[tuple[str, Number], deque[Append]] = {}
        self._done: dict[tuple[str, str], Any] = {}
        self._answers: dict[tuple[str, str], str] = {}
        self._refused: dict[str, list[str]] = {}
        """For each app, the ids of commands that were refused."""
        self._apps: dict[str, str] = {}
        """The ride or driver of each connection."""

    def __call__(self, now: float, address: str, message: Any) -> None:
        kind = type(message)
        if kind is Append:
            self._flying.setdefault((message.reply_to, message.incarnation), deque()).append(message)
        elif kind is Appended:
            flying = self._flying.get((address, message.incarnation))
            while flying and flying[0].through <= message.through:
                for event in flying.popleft().events:
                    self._happened(now, event)
        elif kind is NotAppended:
            self._flying.pop((address, message.incarnation), None)
        elif kind is Attach:
            app = self._apps[message.session] = name_of(address)
            if not self._given(address):
                for refused in self._refused.pop(app, ()):
                    del self._answers[app, refused]
        elif kind_of(address) == SESSION and kind in (Ack, Refused) and message.id is not None:
            self._answered(now, self._apps.get(address, address), message)

    def _happened(self, now: float, event: Any) -> None:
        command: Command | None = getattr(event, "command", None)
        if command is None or type(event) is CommandDone:
            return
        app = command.driver_id or f"{command.staff_id} {event.ride_id}".strip()
        before = self._done.setdefault((app, command.id), event)
        if before is not event:
            self._violations.add(now, "done-once", f"{command.id} of {app} makes {event} after {before}")

    def _answered(self, now: float, app: str, message: Ack | Refused) -> None:
        answer = f"ack {message.result}" if isinstance(message, Ack) else message.code
        if answer == IdReused.code:
            self._violations.add(now, "own-ids", f"{message.id} is new, and {app} hears that it was used before")
        if answer in TRY_AGAIN or message.id is None:
            return
        before = self._answers.get((app, message.id))
        if before is None:
            self._answers[app, message.id] = answer
            if isinstance(message, Refused):
                self._refused.setdefault(app, []).append(message.id)
        elif before != answer:
            self._violations.add(now, "one-answer", f"{message.id} of {app} hears {answer} after {before}")
