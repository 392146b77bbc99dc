"""Maps of OpenStreetMap: a real extract, a small one written by hand, and what tags mean."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dispatch.domain.places.geo import haversine_m
from dispatch.travel.osm import BACKWARD, BOTH, FORWARD, directions_of, read, read_streets_of, speed_of
from dispatch.travel.street_map import MapError
from tests.travel.maps import HELSINKI

SMALL = """<?xml version="1.0"?><osm version="0.6">
<node id="1" version="1" lat="60.0" lon="25.0"/><node id="2" version="1" lat="60.001" lon="25.0"/>
<node id="3" version="1" lat="60.002" lon="25.0"/>
<way id="10" version="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="residential"/><tag k="maxspeed" v="36"/></way>
<way id="11" version="1"><nd ref="3"/><nd ref="2"/><tag k="highway" v="primary"/><tag k="oneway" v="yes"/></way>
<way id="12" version="1"><nd ref="1"/><nd ref="3"/><tag k="highway" v="footway"/></way>
<way id="13" version="1"><nd ref="2"/><nd ref="99"/><nd ref="3"/><tag k="highway" v="residential"/></way>
<way id="14" version="1"><nd ref="1"/><nd ref="3"/><tag k="waterway" v="river"/></way>
</osm>"""


def test_ways_become_links_in_the_directions_that_cars_may_drive(tmp_path: Path) -> None:
    file = tmp_path / "small.osm"
    file.write_text(SMALL, "utf-8")
    street_map = read(file)
    assert street_map.places == [(60.0, 25.0), (60.001, 25.0), (60.002, 25.0)]
    assert [link[:2] for link in street_map.links] == [(0, 1), (1, 0), (2, 1)]
    assert street_map.links[0].metres == pytest.approx(111.2, abs=0.1)
    assert street_map.links[0].seconds == pytest.approx(11.12, abs=0.01), "36 km/h are 10 m/s"


def test_a_street_that_leaves_the_extract_ends_there(tmp_path: Path) -> None:
    """Way 13 goes by node 99, whose place the file does not have: no link jumps over it."""
    file = tmp_path / "small.osm"
    file.write_text(SMALL, "utf-8")
    assert (1, 2) not in [link[:2] for link in read(file).links]


def test_helsinkis_streets_are_as_long_as_the_air_and_driven_at_lawful_speeds() -> None:
    street_map = read(HELSINKI)
    assert len(street_map.links) > 2_000
    for link in street_map.links:
        assert link.metres == haversine_m(*street_map.places[link.source], *street_map.places[link.target])
        assert link.seconds == 0.0 or 4.99 <= link.metres / link.seconds * 3.6 <= 130.01


@pytest.mark.parametrize(
    ("tags", "speed_kmh"),
    [
        ({"highway": "residential"}, 30.0),
        ({"highway": "residential", "maxspeed": "40"}, 40.0),
        ({"highway": "motorway", "maxspeed": "60 mph"}, pytest.approx(96.56, abs=0.01)),
        ({"highway": "motorway", "maxspeed": "none"}, 100.0),
        ({"highway": "primary", "maxspeed": "FI:urban"}, 55.0),
        ({"highway": "service", "maxspeed": "1"}, 5.0),
        ({"highway": "footway"}, None),
        ({"highway": "construction"}, None),
        ({"highway": "service", "service": "driveway"}, None),
        ({"highway": "residential", "access": "private"}, None),
        ({"highway": "residential", "access": "no", "motor_vehicle": "yes"}, 30.0),
        ({"highway": "residential", "access": "yes", "motorcar": "no"}, None),
        ({"highway": "residential", "access": "destination"}, 30.0),
        ({"highway": "service", "area": "yes"}, None),
    ],
)
def test_tags_say_whether_cars_may_go_and_how_fast(tags: dict[str, str], speed_kmh: float | None) -> None:
    assert speed_of(tags) == speed_kmh


@pytest.mark.parametrize(
    ("tags", "directions"),
    [
        ({"highway": "primary"}, BOTH),
        ({"highway": "primary", "oneway": "yes"}, FORWARD),
        ({"highway": "primary", "oneway": "-1"}, BACKWARD),
        ({"highway": "motorway"}, FORWARD),
        ({"highway": "motorway", "oneway": "no"}, BOTH),
        ({"highway": "tertiary", "junction": "roundabout"}, FORWARD),
        ({"highway": "primary", "oneway": "alternating"}, BOTH),
    ],
)
def test_tags_say_in_which_directions(tags: dict[str, str], directions: tuple[bool, bool]) -> None:
    assert directions_of(tags) == directions


def test_a_file_that_is_not_openstreetmaps_is_named(tmp_path: Path) -> None:
    file = tmp_path / "map.osm.pbf"
    file.write_bytes(b"nothing of the kind")
    with pytest.raises(MapError, match=r"cannot read .*map\.osm\.pbf: "):
        read(file)


@pytest.mark.parametrize(("sound", "spoilt"), [('lat="60.0"', 'lat="NaN"'), ('id="1"', 'id="x"')])
@pytest.mark.parametrize("reads", [read, read_streets_of])
def test_a_number_that_is_none_is_told_with_the_file(
    tmp_path: Path, sound: str, spoilt: str, reads: Callable[[Path], object]
) -> None:
    file = tmp_path / "small.osm"
    file.write_text(SMALL.replace(sound, spoilt, 1), "utf-8")
    with pytest.raises(MapError, match=r"cannot read .*small\.osm"):
        reads(file)
