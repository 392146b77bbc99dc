"""Which model the settings give."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from dispatch.config import Settings
from dispatch.domain.eta import Curve, TravelModel
from dispatch.errors import SettingError
from dispatch.travel.models import eta_model
from dispatch.travel.profile import Profile, read_profile

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
