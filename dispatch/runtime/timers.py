"""Timers: a heap of those that are due soon, and a calendar of pages for all later ones.

Most timers of a busy server never matter: a ride is taken long before its offers lapse. In one heap each of them would slow down all
the others; a timer on a page of the calendar costs nothing but memory until its page is opened. An actor that leaves memory leaves its
timers behind: now and then they are looked for.
"""

from collections.abc import Callable
from heapq import heappop, heappush
from math import inf
from typing import Any

PAGE_S = 10.0
FEWEST_A_SEARCH = 1_000
"""Timers that are set before those are looked for that nobody waits for any more, and as many as there were the last time: so a search
costs each timer no more than a look.
"""

Timer = tuple[float, int, str, Any]
"""(due time in Unix seconds, sequence number, address, message)"""


class Timers:
    """Timers in the order in which they are due; those of one instant in the order in which they were set. None is ever cancelled."""

    __slots__ = ("_count", "_dates", "_pages", "_search_at", "_turns_at", "soon")

    def __init__(self) -> None:
        self.soon: list[Timer] = []
        """A heap of all timers on the open page. `next_due` opens a page; only `Runtime._fire_due` takes timers away."""
        self._pages: dict[int, list[Timer]] = {}
        self._dates: list[int] = []
        self._turns_at = -inf
        self._count = 0
        self._search_at = FEWEST_A_SEARCH

    def add(self, due: float, address: str, message: Any) -> None:
        """Keep `message` for `address` until Unix second `due`."""
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
        """When the next timer is due, in Unix seconds; None: there is none. `soon` then holds all timers until then."""
        while not self.soon:
            if not self._dates:
                return None
            self._turn_the_page()
        return self.soon[0][0]

    def _turn_the_page(self) -> None:
        date = heappop(self._dates)
        self.soon[:] = sorted(self._pages.pop(date))  # what is sorted is a heap
        self._turns_at = (date + 1) * PAGE_S

    @property
    def may_be_left_behind(self) -> bool:
        """Whether so many were set since the last `drop` that it is worth its while."""
        return self._count >= self._search_at

    def drop(self, is_gone: Callable[[str], bool]) -> None:
        """Forget the timers of the addresses for which `is_gone` is true, and the pages that are empty then: whoever books rides for
        next month and cancels them would leave one of each ten seconds until then.
        """
        self.soon[:] = sorted(timer for timer in self.soon if not is_gone(timer[2]))
        for date, page in self._pages.items():
            self._pages[date] = [timer for timer in page if not is_gone(timer[2])]
        self._pages = {date: page for date, page in self._pages.items() if page}
        self._dates = sorted(self._pages)  # what is sorted is a heap
        kept = len(self.soon) + sum(map(len, self._pages.values()))
        self._search_at = self._count + max(FEWEST_A_SEARCH, kept)
