"""Maps as node-link JSON, as graph libraries write it: nodes have `y`, `x` and `id`; links `source`, `target`, `length` (m) and
`travel_time` (s).
"""

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import msgspec

from dispatch.files import gunzipped
from dispatch.travel.street_map import MapError, StreetLink, StreetMap
from dispatch.values import UNDECODABLE

Id = int | str
LARGEST: Final = 1_000_000_000
"""Bytes of a map, unpacked: many times those of the largest city."""


class _Node(msgspec.Struct):
    id: Id
    y: Annotated[float, msgspec.Meta(ge=-90.0, le=90.0)]
    x: Annotated[float, msgspec.Meta(ge=-180.0, le=180.0)]


class _Link(msgspec.Struct):
    source: Id
    target: Id
    length: Annotated[float, msgspec.Meta(ge=0.0)]
    travel_time: Annotated[float, msgspec.Meta(ge=0.0)]


class _Graph(msgspec.Struct):
    nodes: list[_Node]
    links: list[_Link]
    directed: bool = True


def read(file: Path) -> StreetMap:
    """The map in this file; one that is not directed can be driven both ways.

    Raises:
        MapError: it cannot be read, or is no such JSON; the sentence names the place in it.
    """
    try:
        data = file.read_bytes()
        graph = msgspec.json.decode(gunzipped(data, LARGEST) if file.suffix == ".gz" else data, type=_Graph)
    except (OSError, EOFError, zlib.error) as cause:
        raise MapError(f"cannot read {file}: {getattr(cause, 'strerror', None) or cause}") from cause
    except UNDECODABLE as cause:
        raise MapError(f"{file} is no map: {cause}") from cause
    numbers = {node.id: number for number, node in enumerate(graph.nodes)}
    try:
        return StreetMap([(node.y, node.x) for node in graph.nodes], list(_links(graph, numbers)))
    except KeyError as cause:
        raise MapError(f"{file} has a link to node {cause.args[0]}, which it does not have") from cause


def _links(graph: _Graph, numbers: dict[Id, int]) -> Iterator[StreetLink]:
    for link in graph.links:
        source, target = numbers[link.source], numbers[link.target]
        yield StreetLink(source, target, link.length, link.travel_time)
        if not graph.directed:
            yield StreetLink(target, source, link.length, link.travel_time)
