"""An exact spatial index of string keys: fast in a city, right everywhere on Earth.

The index has rows of equal height in latitude. Each row has a whole number of cells that are at least as wide as high, so that the
columns close at the antimeridian and a pole is an ordinary cell. Only occupied cells exist. A query looks into the cells that a
small cap around the place touches, then into the cells that a larger cap adds, until no key outside can be nearer.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable
from math import asin, cos, degrees, floor, radians, sin
from struct import Struct

from dispatch.domain.places.geo import EARTH_RADIUS_M, HALF_CIRCUMFERENCE_M, haversine_m

# Chords of the unit sphere rank places as the haversine does and need no trigonometry. Rounding leaves both within 1e-14 of the
# truth. With this slack, 6 micrometres on the ground, no near tie is lost, and the haversine decides.
_CHORD_SLACK = 1e-12

# Caps are widened by this angle, 0.6 m on the ground, so that rounding never hides a cell. The square of the angle is far above the
# last digit of a float, which matters where an arcsine is near 1 (quarter turns, antipodes).
_CAP_SLACK = 1e-7

# With this few keys, one look at all keys within the radius is cheaper than caps that grow.
_FEW = 64

# Where the k-th key is this many cells away, one cell has fewer than k keys: the next query begins as far out as this one had to go.
# Where it is nearer, the next place may be far more crowded, and a cap that grows costs little.
_SPARSE_CELLS = 0.5

# A point is its unit vector x, y, z and its latitude and longitude, packed. A scan of a crowded city waits for memory, and one small
# block is read sooner than five floats in different places.
_pack, _unpack = Struct("5d").pack, Struct("5d").unpack


class _Cell:
    """A piece of a row and the points in it. The western and southern edges (degrees) belong to the cell."""

    __slots__ = ("east", "north", "points", "row", "south", "west")

    def __init__(self, row: "_Row", west: float) -> None:
        self.row = row
        self.south, self.north = row.south, row.north
        self.west, self.east = west, west + row.width_deg
        self.points: dict[str, bytes] = {}


class _Row:
    """One belt of latitude: its occupied cells from west to east, and their western edges, for bisection."""

    __slots__ = ("cells", "columns", "edges", "north", "number", "south", "width_deg")

    def __init__(self, number: int, height_deg: float) -> None:
        self.number = number
        self.south = max(-90.0, number * height_deg)
        self.north = min(90.0, (number + 1) * height_deg)
        narrowest = cos(radians(max(abs(self.south), abs(self.north))))
        self.columns = max(1, floor(360.0 * narrowest / height_deg))
        self.width_deg = 360.0 / self.columns
        self.edges: list[float] = []
        self.cells: list[_Cell] = []


class Grid:
    """Keys at places, and the exact nearest k of a place. Answers depend on the keys and places alone, not on the calls before.

    Latitudes are from -90 to 90 and longitudes from -180 to 180 degrees. Any other place is a ValueError and changes nothing.
    Distances are metres by `haversine_m`.
    """

    __slots__ = ("_cell_m", "_cells", "_first_reach_m", "_height_deg", "_rows", "holds")

    def __init__(self, cell_m: float = 500.0) -> None:
        """`cell_m` is the height and least width of a cell in metres. It changes the speed and never an answer.

        Raises: ValueError unless it is above 0.
        """
        if not cell_m > 0.0:
            raise ValueError(f"cell_m must be above 0, got {cell_m}")
        self._cell_m = min(cell_m, HALF_CIRCUMFERENCE_M)
        self._height_deg = degrees(self._cell_m / EARTH_RADIUS_M)
        self._rows: dict[int, _Row] = {}
        self._cells: dict[str, _Cell] = {}
        self._first_reach_m: dict[int, float] = {}
        self.holds: Callable[[object], bool] = self._cells.__contains__
        """Whether the grid has a key. It is the dict's own method, because it is called for every driver who moves."""

    def put(self, key: str, lat: float, lon: float) -> None:
        """Add a key, or move it."""
        x, y, z = _unit_vector(lat, lon)
        cell = self._cells.get(key)
        if cell is None or not (cell.south <= lat < cell.north and cell.west <= lon < cell.east):
            number = floor(lat / self._height_deg)
            row = self._rows.get(number)
            if row is None:
                row = self._rows[number] = _Row(number, self._height_deg)
            edge = floor((lon + 180.0) / row.width_deg) % row.columns * row.width_deg - 180.0
            index = bisect_left(row.edges, edge)
            if index == len(row.edges) or row.edges[index] != edge:
                row.edges.insert(index, edge)
                row.cells.insert(index, _Cell(row, edge))
            home = row.cells[index]
            if home is not cell:
                if cell is not None:
                    self.remove(key)
                cell = self._cells[key] = home
        cell.points[key] = _pack(x, y, z, lat, lon)

    def remove(self, key: str) -> bool:
        """Remove a key. False: the grid did not have it."""
        cell = self._cells.pop(key, None)
        if cell is None:
            return False
        del cell.points[key]
        if not cell.points:
            row = cell.row
            index = bisect_left(row.edges, cell.west)
            del row.edges[index], row.cells[index]
            if not row.cells:
                del self._rows[row.number]
        return True

    def nearest(
        self, lat: float, lon: float, k: int, radius_m: float, accepts: Callable[[str], bool] | None = None
    ) -> list[tuple[float, str]]:
        """The `k` nearest keys up to `radius_m` away: (distance in metres, key), nearest first, ties by key.

        `accepts` narrows the choice. It is called at most once for each key, in no promised order, and only while fewer than `k`
        accepted keys are known to be nearer. It must not change the grid.
        """
        x, y, z = _unit_vector(lat, lon)
        best: list[tuple[float, str]] = []
        if k <= 0 or not radius_m >= 0.0 or not self._cells:
            return best
        limit_m = min(radius_m, HALF_CIRCUMFERENCE_M)
        limit_square = _chord_square(limit_m)
        reach_m = limit_m if len(self._cells) <= _FEW else min(limit_m, self._first_reach_m.get(k, 0.0))
        seen: dict[int, tuple[int, int]] = {}
        while True:
            near = []
            for cell in self._cells_in_reach(lat, lon, reach_m, seen):
                points = cell.points
                for key, (px, py, pz, plat, plon) in zip(points, map(_unpack, points.values()), strict=True):
                    dx, dy, dz = px - x, py - y, pz - z
                    square = dx * dx + dy * dy + dz * dz
                    if square <= limit_square:
                        near.append((square, key, plat, plon))
            near.sort()  # nearest first, so that the loop below ends early
            for square, key, plat, plon in near:
                if square > limit_square:
                    break
                candidate = haversine_m(lat, lon, plat, plon), key
                if candidate[0] > limit_m or (len(best) == k and candidate > best[-1]):
                    continue
                if accepts is not None and not accepts(key):
                    continue
                insort(best, candidate)
                if len(best) > k:
                    best.pop()
                if len(best) == k:
                    limit_m = best[-1][0]
                    limit_square = _chord_square(limit_m)
            if reach_m >= limit_m:
                if len(best) == k:
                    self._first_reach_m[k] = limit_m if limit_m > _SPARSE_CELLS * self._cell_m else 0.0
                return best
            reach_m = limit_m if len(best) == k else min(max(2.0 * reach_m, self._cell_m), limit_m)

    def _cells_in_reach(self, lat: float, lon: float, reach_m: float, seen: dict[int, tuple[int, int]]) -> list[_Cell]:
        """The occupied cells that a cap of this radius may touch, without those that a smaller cap has given before.

        `seen` remembers the given span of each row, by row number. Indices of a span go on around the globe: -1 is the last cell of a
        row. The work is bounded by the number of occupied cells.
        """
        angle = reach_m / EARTH_RADIUS_M + _CAP_SLACK
        half_lat = degrees(angle)
        half_lon = 180.0  # where a pole is in the cap: every meridian
        if abs(lat) + half_lat < 90.0:
            half_lon = degrees(asin(min(1.0, sin(angle) / cos(radians(lat)))))
        west, east, west_turn, east_turn = lon - half_lon, lon + half_lon, 0, 0
        if west < -180.0:
            west, west_turn = west + 360.0, -1
        if east >= 180.0:
            east, east_turn = east - 360.0, 1
        first, last = floor((lat - half_lat) / self._height_deg), floor((lat + half_lat) / self._height_deg)
        if last - first < len(self._rows):
            rows = [row for row in map(self._rows.get, range(first, last + 1)) if row is not None]
        else:
            rows = [row for row in self._rows.values() if first <= row.number <= last]
        cells: list[_Cell] = []
        for row in rows:
            count, in_row = len(row.cells), row.cells
            start = bisect_right(row.edges, west - row.width_deg) + west_turn * count
            end = bisect_right(row.edges, east) + east_turn * count
            if row.number not in seen and start >= 0 and end <= count:
                cells += in_row[start:end]
                seen[row.number] = start, end
                continue
            old_start, old_end = seen.get(row.number, (start, start))
            if end - start >= count:  # all around: the rest lies behind the old span
                start, end = old_start, old_start + count
            for begin, stop in ((start, old_start), (old_end, end)):
                if begin >= 0 and stop <= count:
                    cells += in_row[begin:stop]
                else:
                    cells += [in_row[index % count] for index in range(begin, stop)]
            seen[row.number] = min(start, old_start), max(end, old_end)
        return cells


def _unit_vector(lat: float, lon: float) -> tuple[float, float, float]:
    """Raises: ValueError for a place that is not on Earth."""
    if not (-90.0 <= lat <= 90.0 and -180.0 <= lon <= 180.0):
        raise ValueError(f"no such place: latitude {lat}, longitude {lon}")
    phi, lam = radians(lat), radians(lon)
    ring = cos(phi)
    return ring * cos(lam), ring * sin(lam), sin(phi)


def _chord_square(distance_m: float) -> float:
    """The squared chord, on the unit sphere, of a distance up to half around the Earth; slack included."""
    chord = 2.0 * sin(distance_m / (2.0 * EARTH_RADIUS_M)) + _CHORD_SLACK
    return chord * chord
