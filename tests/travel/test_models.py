"""Which model the settings give."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from dispatch.config import Settings
from dispatch.domain.places.geo import Curve, TravelModel
from dispatch.errors import SettingError
from dispatch.travel.models import eta_model
from dispatch.travel.profile import Profile, read_profile
from tests.travel.maps import MANHATTAN, at, grid_map, map_file

HERE, THERE = (40.75, -73.99), (40.77, -73.98)
EIGHT_IN_NEW_YORK = datetime(2026, 11, 23, 13, 30, tzinfo=UTC).timestamp()


def test_the_default_is_the_shipped_profile_at_the_hour_of_the_time_zone() -> None:
    model = eta_model(Settings(time_zone="America/New_York"))
    assert model.air_s(1_000.0, EIGHT_IN_NEW_YORK) == pytest.approx(read_profile(None).air.seconds[8])
    assert model.eta_s(HERE, THERE, EIGHT_IN_NEW_YORK) > 1.4 * model.eta_s(HERE, THERE, EIGHT_IN_NEW_YORK - 5 * 3600)


def test_constant_is_the_same_at_every_hour_and_everywhere() -> None:
    assert eta_model(Settings(eta_model="constant")) == TravelModel()


def test_a_profile_of_ones_own_is_taken_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "own.json"
    file.write_bytes(Profile("own", Curve(1.0, (100.0,) * 24)).as_json())
    assert eta_model(Settings(eta_profile=str(file))).air_s(3_000.0, 0.0) == pytest.approx(300.0)


def test_a_profile_that_cannot_be_read_ends_the_start_and_names_the_setting(tmp_path: Path) -> None:
    with pytest.raises(
        SettingError, match=r"^eta_profile must name a profile that can be read: cannot read .*none\.json"
    ):
        eta_model(Settings(eta_profile=str(tmp_path / "none.json")))


class TestRoads:
    def test_with_a_map_ways_follow_its_streets_and_elsewhere_the_air(self, tmp_path: Path) -> None:
        by_road = eta_model(Settings(roads=map_file(tmp_path, grid_map(4, 4))))
        by_air = eta_model(Settings())
        assert by_road.road_m(at(0, 0), at(3, 3)) == pytest.approx(600.0, abs=0.1)
        assert by_road.road_m(HERE, (41.0, -73.0)) == by_air.road_m(HERE, (41.0, -73.0))

    def test_the_shipped_profile_knows_roads_too(self) -> None:
        by_road = eta_model(Settings(roads=str(MANHATTAN), time_zone="America/New_York"))
        morning, night = (by_road.eta_s(HERE, THERE, EIGHT_IN_NEW_YORK - hours * 3600) for hours in (0, 5))
        assert 1.2 * night < morning < 2.5 * night

    @pytest.mark.parametrize(
        ("file", "said"),
        [("none.osm.pbf", "cannot read .*: there is no such file"), ("map.txt", "a map is a file of OpenStreetMap")],
    )
    def test_a_map_that_cannot_be_used_ends_the_start_and_names_the_setting(
        self, tmp_path: Path, file: str, said: str
    ) -> None:
        (tmp_path / "map.txt").write_text("streets", "utf-8")
        with pytest.raises(SettingError, match=rf"^roads must name a map that can be used: .*{said}"):
            eta_model(Settings(roads=str(tmp_path / file)))

    def test_a_profile_made_without_roads_cannot_be_used_with_them(self, tmp_path: Path) -> None:
        file = tmp_path / "own.json"
        file.write_bytes(Profile("own", Curve(1.0, (100.0,) * 24)).as_json())
        roads = map_file(tmp_path, grid_map(3, 3))
        with pytest.raises(
            SettingError, match=r"fitted without roads: make it by `dispatch eta fit TRIPS --roads FILE`"
        ):
            eta_model(Settings(eta_profile=str(file), roads=roads))

    def test_one_speed_for_all_does_not_go_with_a_map(self) -> None:
        with pytest.raises(SettingError, match=r"^roads need eta_model = 'fitted'"):
            eta_model(Settings(eta_model="constant", roads=str(MANHATTAN)))
