"""The streets of a town as one small file: what pages draw, and where people look for an address. `dispatch map build` makes it.

The file is JSON, packed by gzip. Points are whole steps of 0.00001 degrees, a metre or less: latitude and longitude by turns, the
first pair from zero, each further pair from the one before it.
"""

import gzip
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, NamedTuple

import msgspec

from dispatch.files import gunzipped, regular
from dispatch.travel.street_map import MapError
from dispatch.values import UNDECODABLE, Point

CREDIT: Final = "© OpenStreetMap contributors"
"""What the Open Database License wants to stand on every map made of such data."""
SHIPPED: Final = Path(__file__).parent / "data" / "helsinki-streets.json.gz"
"""The centre of Helsinki, the town of the demo."""
STEPS_A_DEGREE: Final = 100_000
UNNAMED: Final = -1
LARGEST: Final = 200_000_000
"""Bytes of such a file, unpacked: thousands of times those of the shipped town."""


class StreetKind(StrEnum):
    """How wide a street is drawn, and from which zoom."""

    MAIN = "main"
    MIDDLE = "middle"
    MINOR = "minor"
    LANE = "lane"
    WALK = "walk"


class AreaKind(StrEnum):
    """What an area is filled with."""

    WATER = "water"
    GREEN = "green"


Step = Annotated[int, msgspec.Meta(ge=-360 * STEPS_A_DEGREE, le=360 * STEPS_A_DEGREE)]
Latitude = Annotated[float, msgspec.Meta(ge=-90.0, le=90.0)]
Longitude = Annotated[float, msgspec.Meta(ge=-180.0, le=180.0)]


class Line(NamedTuple):
    """A street as a map has it: `points` in degrees; an empty name where it has none."""

    kind: StreetKind
    name: str
    points: list[Point]


class Area(NamedTuple):
    """Water or green: its outline in degrees, the last point the same as the first."""

    kind: AreaKind
    points: list[Point]


class DrawnStreet(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A street in the file: `name` is its number in `names`, -1 where it has none."""

    kind: StreetKind
    name: Annotated[int, msgspec.Meta(ge=UNNAMED)]
    steps: list[Step]


class DrawnArea(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Water or green in the file."""

    kind: AreaKind
    steps: list[Step]


class StreetBounds(msgspec.Struct, frozen=True, gc=False):
    """The least box around all streets, in degrees."""

    south: Latitude
    west: Longitude
    north: Latitude
    east: Longitude


class Streets(msgspec.Struct, frozen=True):
    """What the file holds."""

    credit: str
    bounds: StreetBounds
    names: list[str]
    streets: list[DrawnStreet]
    areas: list[DrawnArea]

    def __post_init__(self) -> None:
        if any(street.name >= len(self.names) for street in self.streets):
            raise ValueError("a street has a name that the file does not have")
        drawn = (*(street.steps for street in self.streets), *(area.steps for area in self.areas))
        if any(len(steps) % 2 for steps in drawn):
            raise ValueError("a line has half a point")

    @classmethod
    def of(cls, lines: Iterable[Line], areas: Iterable[Area], credit: str = CREDIT) -> "Streets":
        """These streets and areas; pieces of one street that meet become one line, so that its name is written once.

        Raises:
            MapError: there is no street.
        """
        joined = list(_joined(lines))
        if not joined:
            raise MapError("there is no street on the map")
        names = sorted({line.name for line in joined if line.name})
        numbers = {"": UNNAMED} | {name: number for number, name in enumerate(names)}
        lats = [lat for line in joined for lat, _ in line.points]
        lons = [lon for line in joined for _, lon in line.points]
        return cls(
            credit=credit,
            bounds=StreetBounds(*(_rounded(degrees) for degrees in (min(lats), min(lons), max(lats), max(lons)))),
            names=names,
            streets=[DrawnStreet(line.kind, numbers[line.name], steps_of(line.points)) for line in joined],
            areas=[DrawnArea(area.kind, steps_of(area.points)) for area in areas],
        )

    def lines(self) -> Iterator[Line]:
        """The streets, with their names and with points in degrees."""
        for street in self.streets:
            name = "" if street.name == UNNAMED else self.names[street.name]
            yield Line(street.kind, name, points_of(street.steps))


def packed(streets: Streets) -> bytes:
    """The file. The same streets give the same bytes."""
    return gzip.compress(msgspec.json.encode(streets), 9, mtime=0)


def read_streets(path: Path) -> Streets:
    """The streets in this file.

    Raises:
        MapError: it cannot be read, or `dispatch map build` did not make it; the sentence names it.
    """
    try:
        return msgspec.json.decode(gunzipped(regular(path).read_bytes(), LARGEST), type=Streets)
    except (OSError, EOFError, zlib.error, *UNDECODABLE) as cause:
        raise MapError(f"cannot read the streets in {path}: {getattr(cause, 'strerror', None) or cause}") from cause


def steps_of(points: Sequence[Point]) -> list[int]:
    """Points in degrees as the file has them; one that is on the same step as the one before it is left out."""
    steps: list[int] = []
    last = None
    for point in points:
        here = (round(point[0] * STEPS_A_DEGREE), round(point[1] * STEPS_A_DEGREE))
        if here != last:
            lat, lon = last or (0, 0)
            steps += (here[0] - lat, here[1] - lon)
            last = here
    return steps


def points_of(steps: Sequence[int]) -> list[Point]:
    """Points in degrees of what the file has."""
    points: list[Point] = []
    lat = lon = 0
    for up, right in zip(steps[::2], steps[1::2], strict=True):
        lat, lon = lat + up, lon + right
        points.append((lat / STEPS_A_DEGREE, lon / STEPS_A_DEGREE))
    return points


def _rounded(degrees: float) -> float:
    return round(degrees * STEPS_A_DEGREE) / STEPS_A_DEGREE


def _joined(lines: Iterable[Line]) -> Iterator[Line]:
    """The lines, longest chains first made of pieces with one kind and name that meet end to end."""
    pieces: dict[tuple[StreetKind, str], list[list[Point]]] = defaultdict(list)
    for line in lines:
        if len(line.points) > 1:
            pieces[line.kind, line.name].append(line.points)
    for (kind, name), alike in pieces.items():
        yield from (Line(kind, name, chain) for chain in _chained(alike))


def _chained(pieces: list[list[Point]]) -> Iterator[list[Point]]:
    at: dict[Point, list[int]] = defaultdict(list)
    for number, points in enumerate(pieces):
        at[points[0]].append(number)
        at[points[-1]].append(number)
    used: set[int] = set()

    def next_from(end: Point) -> list[Point] | None:
        """The piece that goes on at this end, turned so that it starts there; None where none is left."""
        number = next((number for number in at[end] if number not in used), None)
        if number is None:
            return None
        used.add(number)
        points = pieces[number]
        return points if points[0] == end else points[::-1]

    for number, points in enumerate(pieces):
        if number in used:
            continue
        used.add(number)
        chain = list(points)
        while (after := next_from(chain[-1])) is not None:
            chain += after[1:]
        while (before := next_from(chain[0])) is not None:
            chain[:0] = before[:0:-1]
        yield chain
