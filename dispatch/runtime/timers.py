"""What is due and when: a heap of what is due soon, and a calendar of pages for everything later.

Most timers of a busy server never matter: a ride is taken long before its offers run out, and hours before it would have been too
long under way. In a heap each of them would make each of the others slower; on a page of the calendar they lie and cost nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from math import inf
from typing import Any

PAGE_S = 10.0

Timer = tuple[float, int, str, Any]
"""Due at this second of the runtime; the how manyth it was; for whom; what."""


class Timers:
    """In the order in which they are due, those of one instant in the order in which they were set. Nothing is ever cancelled."""

    __slots__ = ("_count", "_dates", "_pages", "_turns_at", "soon")

    def __init__(self) -> None:
        self.soon: list[Timer] = []
        """A heap: all of the page that is open. `next_due` opens it; nobody else but `_fire_due` takes from it."""
        self._pages: dict[int, list[Timer]] = {}
        self._dates: list[int] = []
        self._turns_at = -inf
        self._count = 0

    def add(self, due: float, address: str, message: Any) -> None:
        """Remember this until second `due`."""
        self._count += 1
        timer = (due, self._count, address, message)
        if due < self._turns_at:
            heappush(self.soon, timer)
            return
        date = int(due // PAGE_S)
        page = self._pages.get(date)
        if page is None:
            page = self._pages[date] = []
            heappush(self._dates, date)
        page.append(timer)

    def next_due(self) -> float | None:
        """When the next one is due; None: there is none. From here to there, and at that instant, `soon` holds all."""
        while not self.soon:
            if not self._dates:
                return None
            self._turn_the_page()
        return self.soon[0][0]

    def _turn_the_page(self) -> None:
        date = heappop(self._dates)
        self.soon[:] = sorted(self._pages.pop(date))  # what is sorted is a heap
        self._turns_at = (date + 1) * PAGE_S

    def drop(self, is_gone: Callable[[str], bool]) -> None:
        """Forget what was for these addresses."""
        for page in (self.soon, *self._pages.values()):
            page[:] = sorted(timer for timer in page if not is_gone(timer[2]))
