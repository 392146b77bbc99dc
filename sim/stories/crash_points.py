"""Where the server's process may die, each point by its name: before and after each commit, and before whatever leaves the process.

A crash leaves what is on disk, what apps have heard and what providers were asked, and nothing else. So these are all the points there
are: between two of them nothing of it changes. Where a driver is, is told all the time and kept by nobody: no point.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from dispatch.addresses import PAYMENTS, PRICING, SESSION, kind_of, name_of
from dispatch.messages.base import Message
from dispatch.messages.commands import Attach
from dispatch.messages.journal import Append, Appended
from dispatch.messages.notices import DriverLocation, StreamLife

UNKEPT: Final = (DriverLocation, StreamLife)
"""What sessions are told without an effect on what their app knows of its ride."""


class Died(BaseException):
    """The process, at the point that was asked for. Whoever runs the world starts it again, see `sim.stories.crash`."""


class CrashPoints:
    """An observer: names each point that a world comes by, in `passed`, and raises `Died` at one of them.

    The same world passes the same points, so a name that one run passed is where another run of it can die. A name is made of the
    types of the events or of the notice, and of who hears it; where the same comes by again its number follows, from 2 on.
    """

    def __init__(self, dies_at: str | None = None) -> None:
        """`dies_at`: one of the names; None: it lives."""
        self.passed: list[str] = []
        self.has_died = False
        self._dies_at = dies_at
        self._seen: Counter[str] = Counter()
        self._flying: dict[tuple[str, int, int], str] = {}
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
        """Nothing where no point is."""
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
