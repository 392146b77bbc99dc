"""The rectangle of a town as people write it."""

import pytest

from dispatch.config.bounds import Bounds, bounds_in


def test_a_rectangle_is_south_west_north_and_east() -> None:
    assert bounds_in("-34.4, 18.2,-33.4 ,19.1") == Bounds(-34.4, 18.2, -33.4, 19.1)
    assert bounds_in("-20, 177, -12, -178") == Bounds(-20.0, 177.0, -12.0, -178.0), "on both sides of the meridian 180"
    assert bounds_in(" ") is None


@pytest.mark.parametrize(
    ("written", "inside", "outside"),
    [
        ("-34, 18, -33, 19", [(-34.0, 18.0), (-33.5, 18.5)], [(-34.1, 18.5), (-33.5, 19.1), (-33.5, -18.5)]),
        ("-20, 177, -12, -178", [(-15.0, 179.0), (-15.0, -179.0)], [(-15.0, 176.0), (-15.0, 0.0), (-11.0, 179.0)]),
    ],
)
def test_a_rectangle_holds_what_lies_in_it_on_either_side_of_the_meridian_180(
    written: str, inside: list[tuple[float, float]], outside: list[tuple[float, float]]
) -> None:
    bounds = bounds_in(written)
    assert bounds is not None
    assert [bounds.hold(*point) for point in inside] == [True] * len(inside)
    assert [bounds.hold(*point) for point in outside] == [False] * len(outside)


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
