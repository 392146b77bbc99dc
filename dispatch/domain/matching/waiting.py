"""What searches wait for: drivers who become eligible (the waiting list) and time (the agenda). Pure.

A newly eligible driver goes to the longest-waiting search in reach. Searches lie in bands of latitude as high as the radius, each band
in order of waiting: three bands are looked through from the front, and mostly the first search is the one.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterator, Mapping
from heapq import heappop, heappush, merge
from math import degrees, floor, inf

from dispatch.domain.matching.search import CLOCK_SLACK_S, Search
from dispatch.domain.places.geo import EARTH_RADIUS_M, haversine_m
from dispatch.ids import RideId

Rank = tuple[float, RideId]
"""Since when it waits (runtime seconds), ties by ride id."""


class WaitingList:
    """`radius_m`: how far a driver may be from the pickup."""

    def __init__(self, radius_m: float) -> None:
        self._radius_m = radius_m
        self._band_deg = degrees(radius_m / EARTH_RADIUS_M) * 1.000001  # never lower than the radius, for all rounding
        self._bands: dict[int, list[Rank]] = {}
        self.places: dict[RideId, tuple[Rank, float, float]] = {}

    def add(self, rank: Rank, lat: float, lon: float) -> None:
        """This search waits from now on; its pickup is here. Once is enough."""
        ride_id = rank[1]
        if ride_id not in self.places:
            self.places[ride_id] = (rank, lat, lon)
            insort(self._bands.setdefault(self._band(lat), []), rank)

    def remove(self, ride_id: RideId) -> None:
        """It does not wait any more, if it did."""
        place = self.places.pop(ride_id, None)
        if place is None:
            return
        rank, lat, _ = place
        band = self._bands[self._band(lat)]
        del band[bisect_left(band, rank)]

    def first(self, lat: float, lon: float, admits: Callable[[RideId, float], bool]) -> tuple[RideId, float] | None:
        """The longest-waiting search in reach of this point that `admits` at that distance, and its metres from there."""
        middle = self._band(lat)
        bands = [band for number in (middle - 1, middle, middle + 1) if (band := self._bands.get(number))]
        for _, ride_id in merge(*bands) if len(bands) > 1 else bands[0] if bands else ():
            _, pickup_lat, pickup_lon = self.places[ride_id]
            distance_m = haversine_m(pickup_lat, pickup_lon, lat, lon)
            if distance_m <= self._radius_m and admits(ride_id, distance_m):
                return ride_id, distance_m
        return None

    def _band(self, lat: float) -> int:
        return floor(lat / self._band_deg)


class Agenda:
    """What is due and when: one heap for all searches, and the one timer that it needs. Entries are (second, order of entry, search).

    A ride is mostly taken long before its offers run out. Its entries then are passed over without a timer of their own.
    """

    def __init__(self, searches: Mapping[RideId, Search]) -> None:
        """`searches`: those under way. Entries of others are dropped."""
        self._searches = searches
        self._entries: list[tuple[float, int, Search]] = []
        self._earliest: dict[RideId, tuple[float, Search]] = {}
        self._serial = 0
        self._timer_at = inf

    def add(self, at: float, search: Search) -> float | None:
        """Look after `search` at second `at`; inf: never. An entry of it that comes sooner serves as well. As `next_timer`."""
        ride_id = search.card.ride_id
        earliest = self._earliest.get(ride_id)
        if at < inf and (earliest is None or earliest[1] is not search or earliest[0] > at):
            self._serial += 1
            self._earliest[ride_id] = (at, search)
            heappush(self._entries, (at, self._serial, search))
            if at >= self._timer_at:
                return None
        return self.next_timer()

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
