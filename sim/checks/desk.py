"""What staff are told is true and on disk, every question of theirs is answered once, and soon."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from dispatch.addresses import REQUEST, RIDE, kind_of
from dispatch.messages.base import Undelivered
from dispatch.messages.commands import AssignRide, CancelRide, ChangeFare, EditRide, FindDriver, ReassignRide
from dispatch.messages.matching import DeskAnswered
from sim.checks.ledger import Ledger, Violations

PATIENCE_S = 5.0
"""For so long the server itself waits for an answer."""


class DeskCheck:
    """The observer of `DESK_IN`. `answers` counts what staff heard, by question and code."""

    def __init__(self, violations: Violations, ledger: Ledger) -> None:
        self._violations = violations
        self._ledger = ledger
        ledger.keeps_edits = True
        self._asked: dict[str, tuple[float, Any]] = {}
        self._answered: dict[str, None] = {}
        self.answers: dict[str, int] = {}

    def __call__(self, now: float, address: str, message: Any) -> None:
        if type(message) in TRUE_OF and kind_of(address) == RIDE:
            if message.reply_to is not None:
                self._asked.setdefault(message.reply_to, (now, message))
        elif kind_of(address) == REQUEST:
            self._heard(now, address, message)

    def _heard(self, now: float, address: str, answer: DeskAnswered | Undelivered) -> None:
        if address in self._answered:
            self._violations.add(now, "desk-answered-once", f"{address} hears {answer} after its answer")
        asked = self._asked.pop(address, None)
        self._answered[address] = None
        if asked is None:
            return
        question = asked[1]
        code = "undelivered" if isinstance(answer, Undelivered) else answer.code or "done"
        name = f"{type(question).__name__} {code}"
        self.answers[name] = self.answers.get(name, 0) + 1
        if code == "done" and not TRUE_OF[type(question)](self._ledger, question):
            self._violations.add(now, "desk-told-what-is-on-disk", f"{question} is done, on disk it is not")

    def finish(self, now: float) -> None:
        """The world is at rest."""
        for asked_at, question in self._asked.values():
            if asked_at + PATIENCE_S < now:
                self._violations.add(now, "desk-answered", f"{question} of {asked_at:.3f} s was never answered")


TRUE_OF: dict[type, Callable[[Ledger, Any], bool]] = {
    FindDriver: lambda ledger, question: question.ride_id in ledger.status or question.ride_id in ledger.ended,
    CancelRide: lambda ledger, question: ledger.ended.get(question.ride_id) == "cancelled",
    AssignRide: lambda ledger, question: (question.ride_id, question.driver) in ledger.named_by_staff,
    ReassignRide: lambda ledger, question: question.ride_id in ledger.restarted,
    EditRide: lambda ledger, question: (
        (question.pickup is None or question.pickup in ledger.pickups.get(question.ride_id, ()))
        and (question.note is None or question.note in ledger.notes.get(question.ride_id, ()))
    ),
    ChangeFare: lambda ledger, question: question.fare in ledger.fares.get(question.ride_id, ()),
}
"""For each question of staff, whether the disk says that it was done."""
DESK_IN: Final = frozenset((*TRUE_OF, DeskAnswered, Undelivered))
"""The messages that `DeskCheck` is to see."""
