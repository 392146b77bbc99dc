"""The streets of the sandbox as cars drive them: where a place is, and the way from one to another. Pure, and nobody is on the road."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from heapq import heappop, heappush
from itertools import accumulate, pairwise
from math import ceil, cos, hypot, radians
from typing import Final, NamedTuple

from dispatch.domain.places.geo import EARTH_RADIUS_M
from dispatch.travel.streets import SHIPPED, Line, StreetKind, Streets, read_streets
from dispatch.values import Point

STEP_M: Final = 20.0
"""Nodes are no farther apart than this, so that a car that turns back in the middle of a street does so where it is."""
CELL_M: Final = 100.0
_DEGREE_M: Final = radians(1.0) * EARTH_RADIUS_M


class Kerb(NamedTuple):
    """A place at a street where somebody can get in and out."""

    point: Point
    street: str
    kind: StreetKind


class SandboxTown:
    """Cars drive on all streets but footways, both ways."""

    def __init__(self, streets: Streets) -> None:
        bounds = streets.bounds
        self._lat_m, self._lon_m = _DEGREE_M, _DEGREE_M * cos(radians((bounds.south + bounds.north) / 2.0))
        lines = [line for line in streets.lines() if line.kind is not StreetKind.WALK]
        self._points: list[Point] = []
        self._roads: list[dict[int, float]] = []
        kerbs = self._laid(lines)
        reached = self._largest_part()
        self.kerbs = [kerb for node, kerb in kerbs.items() if node in reached]
        """In the order of the file."""
        self._cells: dict[tuple[int, int], list[int]] = defaultdict(list)
        for node in sorted(reached):
            self._cells[self._cell(self._points[node])].append(node)

    @classmethod
    def shipped(cls) -> SandboxTown:
        """The centre of Helsinki. Raises MapError."""
        return cls(read_streets(SHIPPED))

    def metres(self, start: Point, end: Point) -> float:
        """The straight line, as over a town: the Earth is flat there."""
        return hypot(*self.offset_m(start, end))

    def offset_m(self, start: Point, end: Point) -> tuple[float, float]:
        """How far `end` lies north and east of `start`."""
        return (end[0] - start[0]) * self._lat_m, (end[1] - start[1]) * self._lon_m

    def way(self, start: Point, end: Point) -> list[Point]:
        """The shortest way along streets, from the very start to the very end. A straight line leads to a place off the streets."""
        return [start, *(self._points[node] for node in self._route(self.nearest(start), self.nearest(end))), end]

    def nearest(self, point: Point) -> int:
        """The number of the node nearest to this place."""
        row, column = self._cell(point)
        for reach in range(1, 200):
            found = [
                node
                for north in range(row - reach, row + reach + 1)
                for east in range(column - reach, column + reach + 1)
                for node in self._cells.get((north, east), ())
            ]
            if found:
                return min(found, key=lambda node: self.metres(point, self._points[node]))
        return min(
            (node for cell in self._cells.values() for node in cell), key=lambda n: self.metres(point, self._points[n])
        )

    def _route(self, start: int, end: int) -> list[int]:
        """A* by the straight line. Both are in the part of the town where everything can be reached."""
        goal = self._points[end]
        came: dict[int, int] = {start: start}
        driven = {start: 0.0}
        open_: list[tuple[float, int]] = [(0.0, start)]
        done: set[int] = set()
        while open_:
            _, node = heappop(open_)
            if node == end:
                break
            if node in done:
                continue
            done.add(node)
            for neighbour, length_m in self._roads[node].items():
                metres = driven[node] + length_m
                if metres < driven.get(neighbour, float("inf")):
                    driven[neighbour], came[neighbour] = metres, node
                    heappush(open_, (metres + self.metres(self._points[neighbour], goal), neighbour))
        nodes = [end]
        while nodes[-1] != start:
            nodes.append(came[nodes[-1]])
        return nodes[::-1]

    def _laid(self, lines: Sequence[Line]) -> dict[int, Kerb]:
        """Lay all roads. Returns the kerbs by node: those of streets with a name."""
        numbers: dict[Point, int] = {}
        kerbs: dict[int, Kerb] = {}
        for line in lines:
            nodes = [self._node(numbers, point) for point in self._stepped(line.points)]
            for before, after in pairwise(nodes):
                length_m = self.metres(self._points[before], self._points[after])
                self._roads[before][after] = self._roads[after][before] = length_m
            if line.name:
                for node in nodes:
                    kerbs.setdefault(node, Kerb(self._points[node], line.name, line.kind))
        return kerbs

    def _node(self, numbers: dict[Point, int], point: Point) -> int:
        number = numbers.setdefault(point, len(self._points))
        if number == len(self._points):
            self._points.append(point)
            self._roads.append({})
        return number

    def _stepped(self, points: Sequence[Point]) -> list[Point]:
        """The same line with points no farther apart than a step."""
        stepped = [points[0]]
        for start, end in pairwise(points):
            count = max(1, ceil(self.metres(start, end) / STEP_M))
            stepped += [_between(start, end, number / count) for number in range(1, count)]
            stepped.append(end)
        return stepped

    def _largest_part(self) -> set[int]:
        """The nodes of the largest part of the town in which every place can be reached from every other."""
        left, largest = set(range(len(self._points))), set[int]()
        while left:
            part, edge = set[int](), [left.pop()]
            while edge:
                node = edge.pop()
                part.add(node)
                edge += [neighbour for neighbour in self._roads[node] if neighbour in left]
                left.difference_update(self._roads[node])
            largest = max(largest, part, key=len)
        return largest

    def _cell(self, point: Point) -> tuple[int, int]:
        return int(point[0] * self._lat_m // CELL_M), int(point[1] * self._lon_m // CELL_M)


class Drive:
    """A drive along `points` that begins at `departs_at` (Unix seconds) at this speed: a `Leg` on streets."""

    def __init__(self, town: SandboxTown, points: Sequence[Point], departs_at: float, speed_mps: float) -> None:
        self._points = points
        lengths = (town.metres(start, end) for start, end in pairwise(points))
        self._driven_m = list(accumulate(lengths, initial=0.0))
        self._speed_mps = speed_mps
        self.start, self.end = points[0], points[-1]
        self.departs_at = departs_at
        self.arrives_at = departs_at + self._driven_m[-1] / speed_mps

    def position(self, now: float) -> Point:
        """Where the car is: at the start until it departs, and at the end from its arrival on."""
        driven_m = (now - self.departs_at) * self._speed_mps
        if driven_m <= 0.0:
            return self.start
        if now >= self.arrives_at:
            return self.end
        low, high = 0, len(self._driven_m) - 1
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self._driven_m[middle] <= driven_m else (low, middle)
        length_m = self._driven_m[high] - self._driven_m[low]
        share = (driven_m - self._driven_m[low]) / length_m if length_m else 0.0
        return _between(self._points[low], self._points[high], share)


def _between(start: Point, end: Point, share: float) -> Point:
    return start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])
