"""A map of streets: places, and links between them with their length and time. Files of several kinds become one."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from dispatch.errors import DispatchError
from dispatch.values import Point

WANTED = "a map is a file of OpenStreetMap (.osm.pbf, .osm) or node-link JSON (.json, .json.gz)"


class MapError(DispatchError):
    """The map cannot be read, or holds no street."""

    code = "bad_map"


class MissingExtra(DispatchError):
    """What reads maps and finds ways is not installed."""

    code = "missing_extra"

    def __init__(self, cause: ImportError) -> None:
        super().__init__(
            f"roads need packages that are not installed: pip install 'dispatch-ridehail[roads]' ({cause})"
        )


class Link(NamedTuple):
    """A street in one direction, between two places named by their numbers on the map; seconds without traffic."""

    source: int
    target: int
    metres: float
    seconds: float


class StreetMap(NamedTuple):
    """Places that links join."""

    places: list[Point]
    links: list[Link]


def read_map(path: str) -> StreetMap:
    """The map in this file.

    Raises:
        MapError: the file cannot be read, is of no kind that is known, or has no street; the sentence names it.
        ImportError: it is OpenStreetMap's, and osmium is not installed.
    """
    file = Path(path)
    if not file.is_file():
        raise MapError(f"cannot read {path}: there is no such file")
    read = next((read for ending, read in READERS.items() if file.name.endswith(ending)), None)
    if read is None:
        raise MapError(f"cannot read {path}: {WANTED}")
    street_map = read(file)
    if not street_map.links:
        raise MapError(f"{path} has no street that cars may use")
    return street_map


def _node_link(file: Path) -> StreetMap:
    from dispatch.travel.node_link import read

    return read(file)


def _osm(file: Path) -> StreetMap:
    from dispatch.travel.osm import read

    return read(file)


READERS: dict[str, Callable[[Path], StreetMap]] = {
    ".json": _node_link,
    ".json.gz": _node_link,
    ".osm.pbf": _osm,
    ".osm": _osm,
}
