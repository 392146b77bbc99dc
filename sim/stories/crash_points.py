"""The points at which the server's process may die: before and after each commit, and before each message that leaves the process.

A crash leaves only what is on disk, what apps have heard, and what providers were asked. Between two of these points none of that
changes, so there are no others. Drivers' positions are told all the time and kept by nobody, so they make no point.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from dispatch.addresses import PAYMENTS, PRICING, SESSION, kind_of, name_of
from dispatch.ids import Number
from dispatch.messages.base import Message
from dispatch.messages.commands import Attach
from dispatch.messages.journal import Append, Appended
from dispatch.messages.notices import DriverLocation

UNKEPT: Final = (DriverLocation,)
"""Notices that change nothing that an app knows of its ride."""


class Died(BaseException):
    """The process died at the point that was asked for. Whoever runs the world starts it again, see `sim.stories.crash`."""


class CrashPoints:
    """An observer. `passed` has the name of each point that a world comes to. At one of them it raises `Died`.

    The same world comes to the same points, so another run of it can die at any name in `passed`. A name has the types of the events,
    or the type of the notice and who hears it. From the second time on a number follows.
    """

    def __init__(self, dies_at: str | None = None) -> None:
        """`dies_at`: the name at which to die; None: never."""
        self.passed: list[str] = []
        self.has_died = False
        self._dies_at = dies_at
        self._seen: Counter[str] = Counter()
        self._flying: dict[tuple[str, Number, int], str] = {}
        self._app: dict[str, str] = {}

    def __call__(self, now: float, address: str, message: Message) -> None:
        name = "" if self.has_died else self._name(address, message)
        if not name:
            return
        self._seen[name] += 1
        if self._seen[name] > 1:
            name = f"{name} ({self._seen[name]})"
        self.passed.append(name)
        if name == self._dies_at:
            self.has_died = True
            raise Died

    def _name(self, address: str, message: Message) -> str:
        """The point's name, without a number; empty: this is no point."""
        if isinstance(message, Attach):
            self._app[message.session] = name_of(address)
        elif isinstance(message, Append):
            events = " ".join(type(event).__name__ for event in message.events)
            self._flying[message.reply_to, message.incarnation, message.through] = events
            return f"before {events} is on disk"
        elif isinstance(message, Appended):
            return f"after {self._flying.pop((address, message.incarnation, message.through), 'nothing')} is on disk"
        elif kind_of(address) == SESSION and not isinstance(message, UNKEPT):
            return f"before {self._app.get(address, address)} hears {type(message).__name__}"
        elif address in (PAYMENTS, PRICING):
            return f"before {address} gets {type(message).__name__}"
        return ""
