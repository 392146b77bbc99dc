"""The rectangle of a town as people write it."""

import pytest

from dispatch.config.bounds import Bounds, bounds_in


def test_a_rectangle_is_south_west_north_and_east() -> None:
    assert bounds_in("-34.4, 18.2,-33.4 ,19.1") == Bounds(-34.4, 18.2, -33.4, 19.1)
    assert bounds_in("-20, 177, -12, -178") == Bounds(-20.0, 177.0, -12.0, -178.0), "on both sides of the meridian 180"
    assert bounds_in(" ") is None


@pytest.mark.parametrize(
    "written",
    [
        "1, 2, 3",
        "1, 2, 3, 4, 5",
        "a, b, c, d",
        "3, 2, 1, 4",
        "-91, 0, 0, 1",
        "0, -181, 1, 1",
        "nan, 0, 1, 1",
        "0, nan, 1, 1",
    ],
)
def test_anything_else_is_none(written: str) -> None:
    with pytest.raises(ValueError):
        bounds_in(written)
