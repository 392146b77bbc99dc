"""Where the server's process may die, each point by its name: before and after each commit and each announcement.

A point is the moment before a delivery, so the one after an announcement is the one before whatever is delivered next.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from dispatch.addresses import JOURNAL, SESSION, kind_of
from dispatch.messages.base import Message
from dispatch.messages.journal import Append, Appended
from sim.crash import PROCESS

INSIDE: Final = frozenset((*PROCESS, JOURNAL))


class Died(BaseException):
    """The process, at the point that was asked for. Whoever runs the world starts it again, see `sim.crash`."""


class CrashPoints:
    """An observer: names each point that a world comes by, in `passed`, and raises `Died` at one of them.

    The same world passes the same points, so a name that one run passed is where another run of it can die.
    """

    def __init__(self, dies_at: str | None = None) -> None:
        """`dies_at`: one of the names; None: it lives."""
        self.passed: list[str] = []
        self.has_died = False
        self._dies_at = dies_at
        self._seen: Counter[str] = Counter()
        self._flying: dict[tuple[str, int, int], str] = {}

    def __call__(self, now: float, address: str, message: Message) -> None:
        if self.has_died or kind_of(address) not in INSIDE:
            return
        name = self._name(address, message)
        self._seen[name] += 1
        if self._seen[name] > 1:
            name = f"{name} ({self._seen[name]})"
        self.passed.append(name)
        if name == self._dies_at:
            self.has_died = True
            raise Died

    def _name(self, address: str, message: Message) -> str:
        if isinstance(message, Append):
            events = " ".join(type(event).__name__ for event in message.events)
            self._flying[message.reply_to, message.incarnation, message.through] = events
            return f"before {events} is committed"
        if isinstance(message, Appended):
            events = self._flying.pop((address, message.incarnation, message.through), "")
            return f"after {events} is committed, before {address} knows"
        verb = "is told to" if kind_of(address) == SESSION else "reaches"
        return f"before {type(message).__name__} {verb} {address}"
