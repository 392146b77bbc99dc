"""Maps as node-link JSON."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from dispatch.travel.node_link import read
from dispatch.travel.street_map import MapError, StreetLink
from tests.travel.maps import grid_map, map_file

TWO: dict[str, Any] = {
    "nodes": [{"id": "a", "y": 1.0, "x": 2.0}, {"id": 7, "y": 1.1, "x": 2.0, "street_count": 3}],
    "links": [{"source": "a", "target": 7, "length": 50.0, "travel_time": 4.5, "osmid": [1, 2]}],
}


def test_nodes_are_numbered_in_their_order_whatever_their_names(tmp_path: Path) -> None:
    street_map = read(Path(map_file(tmp_path, TWO)))
    assert street_map.places == [(1.0, 2.0), (1.1, 2.0)]
    assert street_map.links == [StreetLink(0, 1, 50.0, 4.5)]


def test_a_map_that_is_not_directed_is_driven_both_ways(tmp_path: Path) -> None:
    street_map = read(Path(map_file(tmp_path, {**TWO, "directed": False})))
    assert street_map.links == [StreetLink(0, 1, 50.0, 4.5), StreetLink(1, 0, 50.0, 4.5)]


def test_it_may_be_packed(tmp_path: Path) -> None:
    packed = tmp_path / "map.json.gz"
    packed.write_bytes(gzip.compress(json.dumps(grid_map(3, 4)).encode()))
    assert read(packed) == read(Path(map_file(tmp_path, grid_map(3, 4))))


@pytest.mark.parametrize(
    ("graph", "said"),
    [
        ({**TWO, "nodes": []}, "has a link to node a, which it does not have"),
        ({"nodes": TWO["nodes"]}, "is no map: Object missing required field `links`"),
        ({**TWO, "links": [{**TWO["links"][0], "length": -1}]}, r"`float` >= 0.0 - at `\$.links\[0\].length`"),
        ({**TWO, "nodes": [{"id": 1, "y": 91, "x": 0}]}, r"`float` <= 90.0 - at `\$.nodes\[0\].y`"),
    ],
)
def test_what_is_wrong_with_a_map_is_told_with_its_place(tmp_path: Path, graph: dict[str, Any], said: str) -> None:
    with pytest.raises(MapError, match=rf"map\.json .*{said}"):
        read(Path(map_file(tmp_path, graph)))


@pytest.mark.parametrize(("name", "data"), [("map.json", b"\x00"), ("map.json.gz", b"\x1f\x8b\x08"), ("map.json", b"")])
def test_what_is_no_json_is_refused_with_the_name_of_the_file(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(MapError, match=name):
        read(tmp_path / name)
