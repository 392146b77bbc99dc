"""ETAs on a map of streets. One search back from a common destination times all starts at once. Only this module imports scipy."""

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Sequence
from math import ceil, cos, inf, log2, radians, sin
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import cKDTree

from dispatch.domain.places.geo import EARTH_RADIUS_M, Curve, EtaModel, haversine_m
from dispatch.travel.street_map import StreetLink, StreetMap
from dispatch.values import Point

SNAP_M = 150.0
"""A place farther than this from every junction is not on the map."""
ACCESS_MPS = 5.0
"""The speed between a place and its junction."""
FREE_UNIT_S = 60.0
"""A curve over roads says how long one minute of empty streets takes."""
SHORTEST_S = 0.1
"""No link is quicker: the search takes a link of 0 seconds for none."""
SLOWEST_MPS, SLACK_S = 4.0, 120.0
"""A search gives up on ways slower than this, as the crow flies, and then looks at the whole map."""
PLACES_KEPT = 2_000_000
"""Searches are cached up to so many places in all, 12 bytes each."""
MOST_SEARCHES = 64


class Snap(NamedTuple):
    """A junction and the metres to it."""

    number: int
    metres: float


class RoadSearch(NamedTuple):
    """Seconds of empty streets from every junction to one of them, up to a limit, and the next junction on that way."""

    limit_s: float
    seconds: Any
    after: Any


class Roads:
    """The part of a map on which every junction can be reached from every other."""

    def __init__(self, street_map: StreetMap) -> None:
        whole = _quickest(street_map.links)
        size = len(street_map.places)
        _, parts = connected_components(_matrix(whole.values(), size), directed=True, connection="strong")
        kept = np.flatnonzero(parts == np.bincount(parts).argmax())
        numbers = {int(old): new for new, old in enumerate(kept)}
        self.places = [street_map.places[old] for old in numbers]
        links = [
            StreetLink(numbers[link.source], numbers[link.target], link.metres, link.seconds)
            for link in whole.values()
            if link.source in numbers and link.target in numbers
        ]
        self._metres = {(link.source, link.target): link.metres for link in links}
        self._backwards = _matrix(links, len(self.places)).T.tocsr()
        self._tree = cKDTree([_on_sphere(place) for place in self.places])
        self._searches: OrderedDict[int, RoadSearch] = OrderedDict()
        self._searches_kept = min(MOST_SEARCHES, max(1, PLACES_KEPT // len(self.places)))

    def on_map(self, place: Point) -> bool:
        """Whether a junction is near enough."""
        return self._snaps([place])[0] is not None

    def free_s(self, starts: Sequence[Point], end: Point) -> list[float | None]:
        """Seconds on empty streets from each start; None where it or the end is off the map, or both are at the same junction."""
        reach = self._reach(starts, end)
        if reach is None:
            return [None] * len(starts)
        search, snaps, target = reach
        return [
            None if snap is None else float(search.seconds[snap.number]) + (snap.metres + target.metres) / ACCESS_MPS
            for snap in snaps
        ]

    def metres(self, start: Point, end: Point) -> float | None:
        """Along the quickest way; None as for `free_s`."""
        search, (snap,), target = self._reach([start], end) or (None, (None,), None)
        if search is None or snap is None or target is None:
            return None
        metres, here = snap.metres + target.metres, snap.number
        while here != target.number:
            after = int(search.after[here])
            metres += self._metres[here, after]
            here = after
        return metres

    def _snaps(self, places: Sequence[Point]) -> list[Snap | None]:
        """The nearest junction of each place that is on the map."""
        chords, numbers = self._tree.query([_on_sphere(place) for place in places], distance_upper_bound=SNAP_M)
        pairs = zip(chords.tolist(), numbers.tolist(), strict=True)
        return [None if metres == inf else Snap(number, metres) for metres, number in pairs]

    def _reach(self, starts: Sequence[Point], end: Point) -> tuple[RoadSearch, list[Snap | None], Snap] | None:
        """A search that reached all starts, with the junctions of the starts that have a way."""
        *snaps, target = self._snaps([*starts, end])
        if target is None:
            return None
        snaps = [None if snap is None or snap.number == target.number else snap for snap in snaps]
        froms = [snap.number for snap in snaps if snap is not None]
        straight_m = max((haversine_m(*self.places[number], *end) for number in froms), default=0.0)
        search = self._search(target.number, _limit_s(straight_m))
        if any(search.seconds[number] == inf for number in froms):
            search = self._search(target.number, inf)
        return search, snaps, target

    def _search(self, target: int, limit_s: float) -> RoadSearch:
        """Cached: all drivers of a round go to one pickup, and the chosen driver asks about it again."""
        known = self._searches.pop(target, None)
        if known is None or known.limit_s < limit_s:
            seconds, after = dijkstra(self._backwards, indices=target, limit=limit_s, return_predecessors=True)
            known = RoadSearch(limit_s, seconds, after)
        self._searches[target] = known
        if len(self._searches) > self._searches_kept:
            self._searches.popitem(last=False)
        return known


class RoadModel:
    """By road where the map has both ends, from a curve over minutes of empty streets; elsewhere as the model beyond it says."""

    def __init__(self, roads: Roads, curve: Curve, hour_of: Callable[[float], float], beyond: EtaModel) -> None:
        """`hour_of`: the local hour of day of a Unix second. `beyond`: asked where the map has no way."""
        self._roads = roads
        self._curve = curve
        self._hour_of = hour_of
        self._beyond = beyond

    def road_m(self, start: Point, end: Point) -> float:
        """Along the quickest way."""
        metres = self._roads.metres(start, end)
        return self._beyond.road_m(start, end) if metres is None else metres

    def eta_s(self, start: Point, end: Point, at: float) -> float:
        """The curve applied to the quickest way, at the local hour of `at`."""
        return self.etas_s([start], [haversine_m(*start, *end)], end, at)[0]

    def etas_s(self, starts: Iterable[Point], straight_m: Sequence[float], end: Point, at: float) -> list[float]:
        """For all starts, by one search."""
        hour = self._hour_of(at)
        return [
            self._beyond.air_s(metres, at) if free_s is None else self._curve.of(free_s / FREE_UNIT_S, hour)
            for metres, free_s in zip(straight_m, self._roads.free_s([*starts], end), strict=True)
        ]

    def air_s(self, straight_m: float, at: float) -> float:
        """As the model beyond the map says."""
        return self._beyond.air_s(straight_m, at)


def _limit_s(straight_m: float) -> float:
    """How far to search for somebody so far away: in steps, so that the next question finds a search that reaches far enough."""
    steps: int = 2 ** ceil(log2(straight_m / SLOWEST_MPS / SLACK_S + 1.0))
    return SLACK_S * steps


def _quickest(links: Iterable[StreetLink]) -> dict[tuple[int, int], StreetLink]:
    """Of links side by side the quickest; none from a junction to itself."""
    quickest: dict[tuple[int, int], StreetLink] = {}
    for link in links:
        key = (link.source, link.target)
        if link.source != link.target and (key not in quickest or link.seconds < quickest[key].seconds):
            quickest[key] = link
    return quickest


def _matrix(links: Collection[StreetLink], size: int) -> Any:
    seconds = [max(link.seconds, SHORTEST_S) for link in links]
    ends = [link.source for link in links], [link.target for link in links]
    return csr_matrix((seconds, ends), shape=(size, size))


def _on_sphere(place: Point) -> tuple[float, float, float]:
    """In metres from the middle of the Earth: near places are as far apart as on its surface."""
    lat, lon = radians(place[0]), radians(place[1])
    ring = EARTH_RADIUS_M * cos(lat)
    return ring * cos(lon), ring * sin(lon), EARTH_RADIUS_M * sin(lat)
