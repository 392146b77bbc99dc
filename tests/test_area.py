"""Where a town drives."""

import pytest

from dispatch.area import served_area
from dispatch.config import Settings
from dispatch.errors import OutsideArea, SettingError

INSIDE, OUTSIDE = (60.17, 24.94), (60.3, 24.94)
BOUNDS = "60.1, 24.9, 60.2, 25.0"


@pytest.mark.parametrize(
    ("within", "pickup", "dropoff", "field"),
    [
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
    area = served_area(Settings(serve_within=within, town_bounds=BOUNDS))
    assert area is not None
    if field is None:
        return area.require(pickup, dropoff)
    with pytest.raises(OutsideArea) as refused:
        area.require(pickup, dropoff)
    assert (refused.value.code, refused.value.field) == ("outside_area", field)


def test_a_rectangle_must_be_named_where_rides_are_to_stay_in_one() -> None:
    assert served_area(Settings()) is None
    assert served_area(Settings(town_bounds=BOUNDS)) is None, "pages may show a rectangle first, and rides go anywhere"
    with pytest.raises(SettingError, match="town_bounds must be set where serve_within is trips"):
        served_area(Settings(serve_within="trips"))
