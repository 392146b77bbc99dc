"""What a dispatcher has to look after, and when: one heap for all searches, and the one timer it needs. Pure.

A ride is mostly taken long before its offers run out. Its entries then are passed over without a timer of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from heapq import heappop, heappush
from math import inf

from dispatch.domain.matching.search import Search
from dispatch.ids import RideId


class Agenda:
    """Entries are (runtime second, search)."""

    def __init__(self) -> None:
        self._entries: list[tuple[float, int, Search]] = []
        self._serial = 0
        self._timer_at = inf

    def add(self, at: float, search: Search) -> None:
        """Look after `search` at this second."""
        self._serial += 1
        heappush(self._entries, (at, self._serial, search))

    def next_timer(self, searches: Mapping[RideId, Search]) -> float | None:
        """When a timer must fire, if none is set that fires as early. Entries of searches that are not under way are dropped."""
        entries = self._entries
        while entries and searches.get(entries[0][2].card.ride_id) is not entries[0][2]:
            heappop(entries)
        if not entries or entries[0][0] >= self._timer_at:
            return None
        self._timer_at = entries[0][0]
        return self._timer_at

    def is_timer(self, at: float) -> bool:
        """Whether the timer that fires is the last one asked for; an older one is ignored."""
        if at != self._timer_at:
            return False
        self._timer_at = inf
        return True

    def due(self, now: float) -> list[Search]:
        """Whatever is due, oldest first; it is no entry any more."""
        due, entries = [], self._entries
        while entries and entries[0][0] <= now:
            due.append(heappop(entries)[2])
        return due
