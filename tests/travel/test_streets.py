"""The streets that pages draw: what of a real extract is in the file, and that the file says the same again."""

import gzip
import json
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import cli
from dispatch.domain.places.geo import haversine_m
from dispatch.travel.osm import read_streets_of
from dispatch.travel.street_map import MapError
from dispatch.travel.streets import (
    CREDIT,
    SHIPPED,
    Area,
    AreaKind,
    Line,
    StreetKind,
    Streets,
    packed,
    points_of,
    read_streets,
    steps_of,
)
from dispatch.values import Point
from tests.travel.maps import HELSINKI

MINOR = StreetKind.MINOR
A, B, C, D = (60.0, 25.0), (60.001, 25.0), (60.002, 25.0), (60.002, 25.001)


def test_the_shipped_file_is_what_the_command_makes_of_the_extract(tmp_path: Path) -> None:
    out = tmp_path / "city.json.gz"
    result = CliRunner().invoke(cli.main, ["map", "build", str(HELSINKI), "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert out.read_bytes() == SHIPPED.read_bytes()
    assert result.output == f"{out}: 77 street names, 7 kB; show '{CREDIT}' beside it\n"


def test_without_out_the_file_is_named_after_the_extract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(cli.main, ["map", "build", str(HELSINKI)]).exit_code == 0
    assert [file.name for file in tmp_path.iterdir()] == ["helsinki-streets.json.gz"]


def test_helsinki_has_its_known_streets_water_and_parks() -> None:
    streets = read_streets(SHIPPED)
    assert {"Mannerheimintie", "Aleksanterinkatu", "Asema-aukio"} <= set(streets.names)
    assert {area.kind for area in streets.areas} == set(AreaKind)
    kinds = {line.name: line.kind for line in streets.lines()}
    assert kinds["Mannerheimintie"] == StreetKind.MAIN
    assert kinds["Aleksanterinkatu"] in {StreetKind.MINOR, StreetKind.WALK}


def test_every_point_lies_in_the_bounds_and_neighbours_are_near() -> None:
    streets = read_streets(SHIPPED)
    bounds = streets.bounds
    for line in streets.lines():
        for lat, lon in line.points:
            assert bounds.south <= lat <= bounds.north
            assert bounds.west <= lon <= bounds.east
        assert all(haversine_m(*one, *other) < 1_000 for one, other in pairwise(line.points))


def test_pieces_of_a_street_that_meet_become_one_line() -> None:
    pieces = [Line(MINOR, "Long", [B, C]), Line(MINOR, "Long", [B, A]), Line(MINOR, "Long", [D, C])]
    [line] = Streets.of(pieces, []).lines()
    assert line.points in ([A, B, C, D], [D, C, B, A])


def test_streets_of_another_name_or_kind_stay_apart() -> None:
    lines = [Line(MINOR, "Long", [A, B]), Line(MINOR, "Short", [B, C]), Line(StreetKind.MAIN, "Long", [B, D])]
    assert sorted(Streets.of(lines, []).lines()) == sorted(lines)


def test_a_ring_is_one_line_that_ends_where_it_starts() -> None:
    [line] = Streets.of([Line(MINOR, "", [A, B]), Line(MINOR, "", [B, D]), Line(MINOR, "", [D, A])], []).lines()
    assert line.points[0] == line.points[-1]
    assert set(line.points) == {A, B, D}


def test_a_map_without_streets_is_refused() -> None:
    with pytest.raises(MapError, match="no street"):
        Streets.of([Line(MINOR, "Dot", [A])], [Area(AreaKind.WATER, [A, B, C, A])])


@given(st.lists(st.tuples(st.floats(-90, 90), st.floats(-180, 180)), max_size=20))
def test_points_come_back_to_half_a_step(points: list[Point]) -> None:
    back = points_of(steps_of(points))
    assert len(back) <= len(points)
    rounded = [(round(lat * 1e5), round(lon * 1e5)) for lat, lon in points]
    assert [(round(lat * 1e5), round(lon * 1e5)) for lat, lon in back] == [
        here for number, here in enumerate(rounded) if number == 0 or here != rounded[number - 1]
    ]


@pytest.mark.parametrize("data", [b"", b"no gzip", b"\x1f\x8b\x08", SHIPPED.read_bytes()[:-100], b"{}"])
def test_a_file_that_is_not_ours_is_refused_by_name(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "broken.json.gz"
    file.write_bytes(data)
    with pytest.raises(MapError, match=str(file)):
        read_streets(file)


@pytest.mark.parametrize(
    ("content", "says"),
    [(None, "cannot read"), ("no map", "cannot read"), ('<osm version="0.6"></osm>', "no street")],
)
def test_an_extract_that_cannot_be_used_is_one_sentence(tmp_path: Path, content: str | None, says: str) -> None:
    city = tmp_path / "city.osm"
    if content is not None:
        city.write_text(content, "utf-8")
    result = CliRunner().invoke(cli.main, ["map", "build", str(city), "--out", str(tmp_path / "out.gz")])
    assert result.exit_code != 0
    assert says in result.output
    assert "Traceback" not in result.output
    assert not (tmp_path / "out.gz").exists()


def test_the_file_is_small_plain_json() -> None:
    told = json.loads(gzip.decompress(SHIPPED.read_bytes()))
    assert told["credit"] == CREDIT
    assert set(told) == {"credit", "bounds", "names", "streets", "areas"}
    assert packed(read_streets_of(HELSINKI)) == SHIPPED.read_bytes(), "the same streets give the same bytes"
    assert len(SHIPPED.read_bytes()) < 20_000


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        ({"streets": [["minor", 1, [1, 2, 3, 4]]]}, "a name that the file does not have"),
        ({"streets": [["minor", 0, [1, 2, 3]]]}, "half a point"),
        ({"streets": [["minor", 0, [1, 10**9]]]}, "int` <= 36000000"),
        ({"bounds": {"south": 1e300, "west": 0, "north": 1, "east": 1}}, "float` <= 90.0"),
    ],
)
def test_a_file_that_does_not_hold_together_is_refused(tmp_path: Path, spoilt: dict[str, object], said: str) -> None:
    sound = {"credit": CREDIT, "bounds": {"south": 0, "west": 0, "north": 1, "east": 1}, "names": ["A"], "areas": []}
    file = tmp_path / "streets.json.gz"
    file.write_bytes(gzip.compress(json.dumps({**sound, "streets": [["minor", 0, [1, 2, 3, 4]]]}).encode()))
    assert read_streets(file).names == ["A"]
    file.write_bytes(gzip.compress(json.dumps({**sound, "streets": [], **spoilt}).encode()))
    with pytest.raises(MapError, match=said):
        read_streets(file)
