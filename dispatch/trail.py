"""The trail of the log: the ids by which one follows a ride, a driver, a connection or a request from line to line.

One rule: a line that concerns one of them has its id in the field of that name (`TRAIL`), and a line about none has none of them.
"""

from contextvars import ContextVar
from itertools import count
from typing import Any, Final

from dispatch.addresses import DRIVER, RIDE, kind_of, name_of

TRAIL: Final = ("ride_id", "driver_id", "connection", "request_id")
REQUEST_ID: Final = "X-Request-Id"
"""The header by which an app knows the id of a request, or of the connection that was refused."""
LETTERS: Final = "bcdfghjklmnpqrstvwxz"
"""No digits: seven of them in a row could be a phone, and would be masked. No vowels: no word comes of it."""
_A_PROCESS: Final = len(LETTERS) ** 5

request_id: Final[ContextVar[str]] = ContextVar("request_id", default="")
"""Of the HTTP request that is being answered: set where it comes in, and read where a line of the log is made."""


class Numbers:
    """Gives each connection, or each request, a name of its own, also after a restart: `r-dkwpz-gh`."""

    def __init__(self, letter: str, started: float) -> None:
        """`letter`: what is named. `started`: when this process began (Unix seconds)."""
        self._head = f"{letter}-{_spelled(int(started) % _A_PROCESS)}-"
        self._count = count(1)

    def next(self) -> str:
        """The next name."""
        return self._head + _spelled(next(self._count))


def _spelled(number: int) -> str:
    """A number in letters."""
    text = ""
    while number:
        number, digit = divmod(number, len(LETTERS))
        text = LETTERS[digit] + text
    return text or LETTERS[0]


def ids_of(message: Any = None, address: str = "") -> dict[str, str]:
    """The ids of the ride and the driver whom a message names, or at whose address it was."""
    found: dict[str, str] = {}
    for field, kind in (("ride_id", RIDE), ("driver_id", DRIVER)):
        named = getattr(message, field, None)
        if isinstance(named, str) and named:
            found[field] = named
        elif kind_of(address) == kind:
            found[field] = name_of(address)
    return found
