"""Which files are maps, and what is said of others."""

from pathlib import Path

import pytest

from dispatch.travel.map_files import read_map
from dispatch.travel.street_map import MapError
from tests.travel.maps import HELSINKI, MANHATTAN, grid_map, map_file


def test_the_two_kinds_of_files_are_told_apart_by_their_names() -> None:
    manhattan, helsinki = read_map(str(MANHATTAN)), read_map(str(HELSINKI))
    assert (len(manhattan.places), len(manhattan.links)) == (4_197, 7_534)
    assert len(helsinki.places) > 1_000
    assert all(60.1 < lat < 60.3 and 24.8 < lon < 25.1 for lat, lon in helsinki.places)


def test_a_map_that_is_not_there_is_named() -> None:
    with pytest.raises(MapError, match=r"^cannot read none\.osm\.pbf: there is no such file$"):
        read_map("none.osm.pbf")


def test_a_file_of_another_kind_is_told_which_kinds_there_are(tmp_path: Path) -> None:
    file = tmp_path / "map.shp"
    file.write_bytes(b"")
    with pytest.raises(
        MapError, match=r"map\.shp: a map is a file of OpenStreetMap \(\.osm\.pbf, \.osm\) or node-link"
    ):
        read_map(str(file))


def test_a_map_without_streets_is_none(tmp_path: Path) -> None:
    with pytest.raises(MapError, match="has no street that cars may use"):
        read_map(map_file(tmp_path, {**grid_map(2, 2), "links": []}))
