"""An exact spatial index of string keys: fast in a city, right everywhere on Earth.

The index has rows of equal height in latitude. In a row the keys stand from west to east. A query looks at those which a small cap
around the place touches, then at those which a larger cap adds, until no key outside can be nearer.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable
from math import asin, cos, degrees, floor, radians, sin
from struct import Struct

from dispatch.domain.places.geo import EARTH_RADIUS_M, HALF_CIRCUMFERENCE_M, haversine_m

# Chords of the unit sphere rank places as the haversine does and need no trigonometry. Rounding leaves both within 1e-14 of the
# truth. With this slack, 6 micrometres on the ground, no near tie is lost, and the haversine decides.
_CHORD_SLACK = 1e-12

# Caps are widened by this angle, 0.6 m on the ground, so that rounding never hides a key. The square of the angle is far above the
# last digit of a float, which matters where an arcsine is near 1 (quarter turns, antipodes).
_CAP_SLACK = 1e-7

# With this few keys, one look at all keys within the radius is cheaper than caps that grow.
_FEW = 64

# A point is its unit vector x, y, z and its latitude and longitude, packed. A scan of a crowded city waits for memory, and one small
# block is read sooner than five floats in different places.
_pack, _unpack = Struct("5d").pack, Struct("5d").unpack


class _Row:
    """One belt of latitude: longitudes, keys and points, each from west to east. The southern edge belongs to the row."""

    __slots__ = ("keys", "lons", "number", "points")

    def __init__(self, number: int) -> None:
        self.number = number
        self.lons: list[float] = []
        self.keys: list[str] = []
        self.points: list[bytes] = []


class Grid:
    """Keys at places, and the exact nearest k of a place. Answers depend on the keys and places alone, not on the calls before.

    Latitudes are from -90 to 90 and longitudes from -180 to 180 degrees. Any other place is a ValueError and changes nothing.
    Distances are metres by `haversine_m`.
    """

    __slots__ = ("_first_reach_m", "_height_deg", "_homes", "_row_m", "_rows", "holds")

    def __init__(self, row_m: float = 700.0) -> None:
        """`row_m` is the height of a row in metres. It changes the speed and never an answer.

        Raises: ValueError unless it is above 0.
        """
        if not row_m > 0.0:
            raise ValueError(f"row_m must be above 0, got {row_m}")
        self._row_m = min(row_m, HALF_CIRCUMFERENCE_M)
        self._height_deg = degrees(self._row_m / EARTH_RADIUS_M)
        self._rows: dict[int, _Row] = {}
        self._homes: dict[str, tuple[_Row, float]] = {}
        self._first_reach_m: dict[int, float] = {}
        self.holds: Callable[[object], bool] = self._homes.__contains__
        """Whether the grid has a key. It is the dict's own method, because it is called for every driver who moves."""

    def put(self, key: str, lat: float, lon: float) -> None:
        """Add a key, or move it."""
        x, y, z = _unit_vector(lat, lon)
        if key in self._homes:
            self.remove(key)
        number = floor(lat / self._height_deg)
        row = self._rows.get(number)
        if row is None:
            row = self._rows[number] = _Row(number)
        index = bisect_left(row.lons, lon)
        row.lons.insert(index, lon)
        row.keys.insert(index, key)
        row.points.insert(index, _pack(x, y, z, lat, lon))
        self._homes[key] = row, lon

    def remove(self, key: str) -> bool:
        """Remove a key. False: the grid did not have it."""
        home = self._homes.pop(key, None)
        if home is None:
            return False
        row, lon = home
        index = row.keys.index(key, bisect_left(row.lons, lon))
        del row.lons[index], row.keys[index], row.points[index]
        if not row.keys:
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
        if k <= 0 or not radius_m >= 0.0 or not self._homes:
            return best
        limit_m = min(radius_m, HALF_CIRCUMFERENCE_M)
        limit_square = _chord_square(limit_m)
        first_reach_m = self._first_reach_m.get(k, self._row_m)
        reach_m = limit_m if len(self._homes) <= _FEW else min(limit_m, first_reach_m)
        seen: dict[int, tuple[int, int]] = {}
        while True:
            near = []
            for key, (px, py, pz, plat, plon) in self._in_reach(lat, lon, reach_m, seen):
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
                if len(best) == k:  # the next query begins as far out as this one had to go, if that is not far farther
                    self._first_reach_m[k] = min(limit_m, max(2.0 * first_reach_m, self._row_m))
                return best
            reach_m = limit_m if len(best) == k else min(max(2.0 * reach_m, self._row_m), limit_m)

    def _in_reach(
        self, lat: float, lon: float, reach_m: float, seen: dict[int, tuple[int, int]]
    ) -> Iterable[tuple[str, tuple[float, ...]]]:
        """The keys that a cap of this radius may touch, each with its point, without those that a smaller cap has given before.

        `seen` remembers the given span of each row, by row number. Indices of a span go on around the globe: -1 is the last key of a
        row. The work is bounded by the number of keys.
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
        keys: list[str] = []
        points: list[bytes] = []
        for row in rows:
            count = len(row.keys)
            start = bisect_left(row.lons, west) + west_turn * count
            end = bisect_right(row.lons, east) + east_turn * count
            if row.number not in seen and start >= 0 and end <= count:
                keys += row.keys[start:end]
                points += row.points[start:end]
                seen[row.number] = start, end
                continue
            old_start, old_end = seen.get(row.number, (start, start))
            if end - start >= count:  # all around: the rest lies behind the old span
                start, end = old_start, old_start + count
            for begin, stop in ((start, old_start), (old_end, end)):
                if begin >= 0 and stop <= count:
                    keys += row.keys[begin:stop]
                    points += row.points[begin:stop]
                else:
                    around = [index % count for index in range(begin, stop)]
                    keys += [row.keys[index] for index in around]
                    points += [row.points[index] for index in around]
            seen[row.number] = min(start, old_start), max(end, old_end)
        return zip(keys, map(_unpack, points), strict=True)


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
