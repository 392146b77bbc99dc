"""When login codes were made, by phone and by address: what limits are held against. Pure."""

from collections import deque
from collections.abc import Collection, Iterable, Sequence
from math import inf
from typing import Final, NamedTuple

from dispatch.identity.login import DAY_S

REMEMBERED: Final = 10_000
"""Codes, with a phone and an address each: 4 MB. A town does not have so many made in a day, and whoever floods the server may."""


class Made(NamedTuple):
    """A code that was made at this Unix second."""

    at: float
    phone: str
    address: str


class MadeCodes:
    """The codes of the last day. Of too many the oldest are let go of: whoever counts finds what was made up to `until` on file."""

    def __init__(self, made: Iterable[Made] = (), most: int = REMEMBERED) -> None:
        """`made`: the oldest first."""
        self.until = -inf
        """Unix second. All that were made later are here, and no others."""
        self._most = most
        self._codes: deque[Made] = deque()
        self._of_phone: dict[str, deque[float]] = {}
        self._of_address: dict[str, deque[float]] = {}
        for code in made:
            self.add(code)

    def add(self, code: Made) -> None:
        """Count this code, which is the newest."""
        self._codes.append(code)
        self._of_phone.setdefault(code.phone, deque()).append(code.at)
        self._of_address.setdefault(code.address, deque()).append(code.at)
        while self._codes[0].at <= code.at - DAY_S:
            self._let_go()
        if len(self._codes) > self._most:
            self.until = self._codes[0].at
            while self._codes and self._codes[0].at <= self.until:
                self._let_go()

    def of_phone(self, phone: str) -> Sequence[float]:
        """When codes for this phone were made, the oldest first."""
        return self._of_phone.get(phone, ())

    def of_address(self, address: str) -> Sequence[float]:
        """When codes were asked for from this address, the oldest first."""
        return self._of_address.get(address, ())

    def forget(self, phones: Collection[str]) -> None:
        """As if no code for these phones had been made."""
        rest = [code for code in self._codes if code.phone not in phones]
        for held in (self._codes, self._of_phone, self._of_address):
            held.clear()
        for code in rest:
            self.add(code)

    def _let_go(self) -> None:
        """Of the oldest."""
        code = self._codes.popleft()
        for times, whose in ((self._of_phone, code.phone), (self._of_address, code.address)):
            times[whose].popleft()
            if not times[whose]:
                del times[whose]
