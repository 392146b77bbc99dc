"""Files of maps, told apart by their names: read for the ways on them, or made into the small file of a town's streets."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from dispatch.text import counted
from dispatch.travel.street_map import MapError, RoadsNotInstalled, StreetMap
from dispatch.travel.streets import CREDIT, packed

WANTED: Final = "a map is a file of OpenStreetMap (.osm.pbf, .osm) or node-link JSON (.json, .json.gz)"


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


def build_streets(city_path: str, out_path: str | None) -> str:
    """Write the streets of a city, an extract of OpenStreetMap, to `out_path`, or to a file of the current folder that is named after
    the extract. Returns a sentence that says what the file holds.

    Raises:
        MapError: the extract cannot be read, has no street, or the file cannot be written.
        RoadsNotInstalled: the packages of the extra `roads` are not installed.
    """
    try:
        from dispatch.travel.osm import read_streets_of
    except ImportError as cause:
        raise RoadsNotInstalled(cause) from cause
    city = Path(city_path)
    if not city.is_file():
        raise MapError(f"cannot read {city}: there is no such file")
    streets = read_streets_of(city)
    file = Path(out_path or f"{city.name.removesuffix('.pbf').removesuffix('.osm')}-streets.json.gz")
    data = packed(streets)
    try:
        file.write_bytes(data)
    except OSError as cause:
        raise MapError(f"cannot write {file}: {cause}") from cause
    names, kilobytes = counted(len(streets.names), "street name"), len(data) / 1000
    return f"{file}: {names}, {kilobytes:,.0f} kB; show {CREDIT!r} beside it"


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
