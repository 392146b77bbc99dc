"""Maps of OpenStreetMap: which ways cars may use, in which direction and how fast, and what pages draw. Only this module imports
osmium.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path

import osmium
from osmium.filter import EntityFilter, KeyFilter
from osmium.osm import NODE, WAY, NodeRefList, Way
from osmium.osm import Area as OsmArea

from dispatch.domain.places.geo import haversine_m
from dispatch.travel.street_map import MapError, StreetLink, StreetMap
from dispatch.travel.streets import Area, AreaKind, Line, StreetKind, Streets
from dispatch.values import Point

SPEEDS_KMH: Mapping[str, float] = {
    "motorway": 100.0,
    "motorway_link": 60.0,
    "trunk": 80.0,
    "trunk_link": 50.0,
    "primary": 55.0,
    "primary_link": 45.0,
    "secondary": 50.0,
    "secondary_link": 40.0,
    "tertiary": 45.0,
    "tertiary_link": 40.0,
    "unclassified": 40.0,
    "residential": 30.0,
    "living_street": 10.0,
    "service": 15.0,
}
"""Kilometres an hour on kinds of ways without a posted limit. Other kinds are not for cars."""
KIND_DRAWN: Mapping[str, StreetKind] = {
    "motorway": StreetKind.MAIN,
    "motorway_link": StreetKind.MAIN,
    "trunk": StreetKind.MAIN,
    "trunk_link": StreetKind.MAIN,
    "primary": StreetKind.MAIN,
    "primary_link": StreetKind.MAIN,
    "secondary": StreetKind.MIDDLE,
    "secondary_link": StreetKind.MIDDLE,
    "tertiary": StreetKind.MIDDLE,
    "tertiary_link": StreetKind.MIDDLE,
    "unclassified": StreetKind.MINOR,
    "residential": StreetKind.MINOR,
    "living_street": StreetKind.MINOR,
    "service": StreetKind.LANE,
    "pedestrian": StreetKind.WALK,
}
"""Ways that pages draw. Pedestrian streets are among them: people wait there and say their names."""
FILL: Mapping[tuple[str, str], AreaKind] = {
    ("natural", "water"): AreaKind.WATER,
    ("natural", "bay"): AreaKind.WATER,
    ("leisure", "park"): AreaKind.GREEN,
    ("landuse", "forest"): AreaKind.GREEN,
    ("natural", "wood"): AreaKind.GREEN,
}
"""Areas that pages fill, by one of their tags."""
ACCESS = ("motorcar", "motor_vehicle", "vehicle", "access")
"""The first of these tags that a way has says whether cars may use it."""
CLOSED = frozenset(("no", "private", "agricultural", "forestry"))
NOT_THROUGH = frozenset(("driveway", "parking_aisle", "emergency_access", "drive-through"))
FORWARD, BACKWARD, BOTH = (True, False), (False, True), (True, True)
DIRECTIONS = {"yes": FORWARD, "true": FORWARD, "1": FORWARD, "-1": BACKWARD, "reverse": BACKWARD, "no": BOTH}
ONE_WAY_BY_NATURE = {"highway": ("motorway",), "junction": ("roundabout", "circular")}
KMH_A_MPH = 1.609344
SLOWEST_KMH, FASTEST_KMH = 5.0, 130.0

UNREADABLE = (RuntimeError, ValueError, osmium.InvalidLocationError)
"""What osmium raises: the file cannot be read, a number or text is none, or a place is none."""
_FILLED = tuple(dict.fromkeys(key for key, _ in FILL))
_LIMIT = re.compile(r"(\d+(?:\.\d+)?)\s*(mph)?", re.ASCII)


def read(file: Path) -> StreetMap:
    """The streets in this file that cars may use.

    Raises:
        MapError: it cannot be read.
    """
    builder = _Builder()
    ways = osmium.FileProcessor(str(file), NODE | WAY).with_locations()
    try:
        for way in ways.with_filter(EntityFilter(WAY)).with_filter(KeyFilter("highway")):
            assert isinstance(way, Way)
            builder.add(way)
    except UNREADABLE as cause:
        raise MapError(f"cannot read {file}: {cause}") from cause
    return StreetMap(builder.places, builder.links)


def read_streets_of(file: Path) -> Streets:
    """What pages draw of this file: streets with their names, water and green.

    Raises:
        MapError: it cannot be read, or it has no street.
    """
    lines: list[Line] = []
    areas: list[Area] = []
    try:
        for thing in osmium.FileProcessor(str(file)).with_areas().with_filter(KeyFilter("highway", *_FILLED)):
            if isinstance(thing, Way):
                lines += _lines_of(thing)
            elif isinstance(thing, OsmArea):
                areas += _areas_of(thing)
    except UNREADABLE as cause:
        raise MapError(f"cannot read {file}: {cause}") from cause
    return Streets.of(lines, areas)


def _lines_of(way: Way) -> Iterator[Line]:
    """The way, where it is a street that pages draw; the parts between places that the file does not have."""
    kind = KIND_DRAWN.get(way.tags.get("highway") or "")
    if kind is None or way.tags.get("area") == "yes" or way.tags.get("service") in NOT_THROUGH:
        return
    name = way.tags.get("name") or ""
    part: list[Point] = []
    for node in way.nodes:
        if node.location.valid():
            part.append((node.location.lat, node.location.lon))
            continue
        yield Line(kind, name, part)
        part = []
    yield Line(kind, name, part)


def _areas_of(area: OsmArea) -> Iterator[Area]:
    """The outer outlines of the area, where it is one that pages fill."""
    kind = next((FILL[key, area.tags[key]] for key in _FILLED if (key, area.tags.get(key, "")) in FILL), None)
    if kind is not None:
        yield from (Area(kind, _outline(ring)) for ring in area.outer_rings())


def _outline(ring: NodeRefList) -> list[Point]:
    return [(node.location.lat, node.location.lon) for node in ring if node.location.valid()]


class _Builder:
    """Collects places and links; every node of a street is a place, so that nobody is far from one."""

    def __init__(self) -> None:
        self.places: list[Point] = []
        self.links: list[StreetLink] = []
        self._numbers: dict[int, int] = {}

    def add(self, way: Way) -> None:
        """The links of this way, if cars may use it. Where the file ends, the street does."""
        tags = dict(way.tags)
        speed_kmh = speed_of(tags)
        if speed_kmh is None:
            return
        forward, backward = directions_of(tags)
        for one, other in _pairs(way):
            source, target = self._number(*one), self._number(*other)
            metres = haversine_m(*self.places[source], *self.places[target])
            seconds = metres / speed_kmh * 3.6
            if forward:
                self.links.append(StreetLink(source, target, metres, seconds))
            if backward:
                self.links.append(StreetLink(target, source, metres, seconds))

    def _number(self, node: int, place: Point) -> int:
        number = self._numbers.setdefault(node, len(self.places))
        if number == len(self.places):
            self.places.append(place)
        return number


def _pairs(way: Way) -> Iterator[tuple[tuple[int, Point], tuple[int, Point]]]:
    """Pairs of neighbours on a way, where the file has both places."""
    places = [
        (node.ref, (node.location.lat, node.location.lon)) if node.location.valid() else None for node in way.nodes
    ]
    for one, other in pairwise(places):
        if one is not None and other is not None:
            yield one, other


def speed_of(tags: Mapping[str, str]) -> float | None:
    """Kilometres an hour on a way with these tags; None where cars may not go."""
    usual = SPEEDS_KMH.get(tags["highway"])
    access = next((tags[key] for key in ACCESS if key in tags), "yes")
    if usual is None or access in CLOSED or tags.get("service") in NOT_THROUGH or tags.get("area") == "yes":
        return None
    limit = _LIMIT.fullmatch(tags.get("maxspeed", ""))
    if limit is None:
        return usual
    number, mph = limit.groups()
    return min(max(float(number) * (KMH_A_MPH if mph else 1.0), SLOWEST_KMH), FASTEST_KMH)


def directions_of(tags: Mapping[str, str]) -> tuple[bool, bool]:
    """Whether the way may be driven forwards, and backwards."""
    given = DIRECTIONS.get(tags.get("oneway", ""))
    if given is not None:
        return given
    by_nature = any(tags.get(key) in kinds for key, kinds in ONE_WAY_BY_NATURE.items())
    return FORWARD if by_nature else BOTH
