"""What a dispatcher has to look after, and when: one heap for all searches, and the one timer that it needs. Pure.

A ride is mostly taken long before its offers run out. Its entries then are passed over without a timer of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from heapq import heappop, heappush
from math import inf

from dispatch.domain.matching.search import CLOCK_SLACK_S, Search
from dispatch.ids import RideId


class Agenda:
    """Entries are (runtime second, order of entry, search)."""

    def __init__(self, searches: Mapping[RideId, Search]) -> None:
        """`searches`: those under way. Entries of others are dropped."""
        self._searches = searches
        self._entries: list[tuple[float, int, Search]] = []
        self._earliest: dict[RideId, tuple[float, Search]] = {}
        self._serial = 0
        self._timer_at = inf

    def add(self, at: float, search: Search) -> None:
        """Look after `search` at second `at`; inf: never. An entry of it that comes sooner serves as well."""
        ride_id = search.card.ride_id
        earliest = self._earliest.get(ride_id)
        if at == inf or (earliest is not None and earliest[1] is search and earliest[0] <= at):
            return
        self._serial += 1
        self._earliest[ride_id] = (at, search)
        heappush(self._entries, (at, self._serial, search))

    def next_timer(self) -> float | None:
        """When a timer must fire, if none is set that fires as early."""
        entries, searches = self._entries, self._searches
        while entries and searches.get(entries[0][2].card.ride_id) is not entries[0][2]:
            self._pop()
        if not entries or entries[0][0] >= self._timer_at:
            return None
        self._timer_at = entries[0][0]
        return self._timer_at

    def due(self, timer_at: float, now: float) -> Iterator[Search]:
        """The timer for `timer_at` fired: the searches to look after, oldest entry first. An older timer is for nothing."""
        if timer_at == self._timer_at:
            self._timer_at = inf
            entries, searches = self._entries, self._searches
            due: dict[RideId, Search] = {}
            while entries and entries[0][0] <= now + CLOCK_SLACK_S:
                search = self._pop()
                if searches.get(search.card.ride_id) is search:
                    due[search.card.ride_id] = search
            for ride_id, search in due.items():  # one that ended while another was looked after is not due any more
                if searches.get(ride_id) is search:
                    yield search

    def _pop(self) -> Search:
        at, _, search = heappop(self._entries)
        earliest = self._earliest.get(search.card.ride_id)
        if earliest is not None and earliest[1] is search and earliest[0] == at:
            del self._earliest[search.card.ride_id]
        return search
