"""Profiles as files."""

from pathlib import Path

import pytest

from dispatch.domain.places.geo import Curve
from dispatch.travel.profile import Profile, ProfileError, read_profile

PROFILE = Profile("10 trips", Curve(0.7, tuple(300.0 + hour for hour in range(24))))


def test_a_profile_comes_back_from_its_file_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "profile.json"
    file.write_bytes(PROFILE.as_json())
    assert read_profile(str(file)) == PROFILE


def test_the_shipped_one_is_of_the_odd_rows_and_knows_the_rush_hours() -> None:
    shipped = read_profile(None)
    assert "nyc-trips-2015-01-15.csv.gz, odd rows" in shipped.made_of
    assert shipped.air.of(1.0, 9.5) > 1.5 * shipped.air.of(1.0, 5.5)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match=r"cannot read .*none\.json: No such file"):
        read_profile(str(tmp_path / "none.json"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("pickup_time,pickup_lat", "malformed"),
        ("[]", "Expected `object`"),
        ('{"made_of": "x"}', "missing required field `air`"),
        ('{"made_of": "x", "air": {"exponent": 0.7, "seconds": [1.0]}}', r"length >= 24 - at `\$.air.seconds`"),
    ],
)
def test_a_file_that_holds_no_profile_is_told_where_it_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "profile.json"
    file.write_text(text, "utf-8")
    with pytest.raises(ProfileError, match=f"profile.json is no profile of `dispatch eta fit`: .*{said}"):
        read_profile(str(file))
