"""Where a town drives."""

import pytest

from dispatch.area import require_area, require_served
from dispatch.config import Settings
from dispatch.errors import OutsideArea, SettingError

INSIDE, OUTSIDE = (60.17, 24.94), (60.3, 24.94)
BOUNDS = "60.1, 24.9, 60.2, 25.0"


@pytest.mark.parametrize(
    ("within", "pickup", "dropoff", "field"),
    [
        ("anywhere", OUTSIDE, OUTSIDE, None),
        ("pickups", INSIDE, OUTSIDE, None),
        ("pickups", OUTSIDE, INSIDE, "pickup_latitude"),
        ("trips", INSIDE, INSIDE, None),
        ("trips", INSIDE, OUTSIDE, "dropoff_latitude"),
        ("trips", OUTSIDE, OUTSIDE, "pickup_latitude"),
    ],
)
def test_a_trip_is_refused_by_the_end_that_lies_outside(
    within: str, pickup: tuple[float, float], dropoff: tuple[float, float], field: str | None
) -> None:
    settings = Settings(serve_within=within, town_bounds=BOUNDS)
    if field is None:
        return require_served(settings, pickup, dropoff)
    with pytest.raises(OutsideArea) as refused:
        require_served(settings, pickup, dropoff)
    assert (refused.value.code, refused.value.field) == ("outside_area", field)


def test_a_rectangle_must_be_named_where_rides_are_to_stay_in_one() -> None:
    require_area(Settings())
    require_area(Settings(serve_within="pickups", town_bounds=BOUNDS))
    with pytest.raises(SettingError, match="town_bounds must be set where serve_within is trips"):
        require_area(Settings(serve_within="trips"))
