"""Distances, at the places where a flat idea of the Earth goes wrong."""

from math import atan2, cos, pi, radians, sin, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain.places.geo import (
    EARTH_RADIUS_M,
    HALF_CIRCUMFERENCE_M,
    haversine_m,
)

latitudes = st.floats(-90.0, 90.0)
longitudes = st.floats(-180.0, 180.0)
offsets_m = st.floats(-20_000.0, 20_000.0)


def vector_distance_m(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """The distance by another road: the angle between two unit vectors from their sum and difference."""

    def vector(lat: float, lon: float) -> tuple[float, float, float]:
        phi, lam = radians(lat), radians(lon)
        return cos(phi) * cos(lam), cos(phi) * sin(lam), sin(phi)

    one, two = vector(lat1, lon1), vector(lat2, lon2)
    apart = sqrt(sum((a - b) ** 2 for a, b in zip(one, two, strict=True)))
    together = sqrt(sum((a + b) ** 2 for a, b in zip(one, two, strict=True)))
    return 2.0 * EARTH_RADIUS_M * atan2(apart, together)


def test_a_degree_of_latitude_is_the_same_length_everywhere() -> None:
    degree_m = EARTH_RADIUS_M * pi / 180.0
    for lat in (-90.0, -45.5, 0.0, 40.7, 89.0):
        assert haversine_m(lat, 18.4, lat + 1.0, 18.4) == pytest.approx(degree_m, rel=1e-12)


def test_two_cities_are_as_far_apart_as_the_atlas_says() -> None:
    assert haversine_m(51.5074, -0.1278, 48.8566, 2.3522) == pytest.approx(343_557, abs=5)  # London, Paris


def test_the_way_across_the_antimeridian_is_the_short_one() -> None:
    assert haversine_m(-17.0, 179.999, -17.0, -179.999) == pytest.approx(212.7, abs=0.1)
    assert haversine_m(-17.0, 180.0, -17.0, -180.0) == pytest.approx(0.0, abs=1e-6)


def test_a_pole_has_every_longitude() -> None:
    assert haversine_m(90.0, 0.0, 90.0, 137.0) == pytest.approx(0.0, abs=1e-6)
    assert haversine_m(89.9, 0.0, 89.9, 180.0) == pytest.approx(2 * haversine_m(89.9, 0.0, 90.0, 0.0))


def test_antipodes_are_half_the_circumference_apart() -> None:
    assert haversine_m(0.0, 0.0, 0.0, 180.0) == HALF_CIRCUMFERENCE_M
    assert haversine_m(90.0, 5.0, -90.0, 77.0) == HALF_CIRCUMFERENCE_M
    assert haversine_m(37.3, -20.0, -37.3, 160.0) == pytest.approx(HALF_CIRCUMFERENCE_M)


def test_the_smallest_steps_are_not_rounded_away() -> None:
    assert haversine_m(40.0, -74.0, 40.0 + 1e-9, -74.0) == pytest.approx(1.112e-4, rel=1e-3)


@given(latitudes, longitudes, latitudes, longitudes)
def test_haversine_agrees_with_unit_vectors_and_is_symmetric(
    lat1: float, lon1: float, lat2: float, lon2: float
) -> None:
    distance_m = haversine_m(lat1, lon1, lat2, lon2)
    assert distance_m == haversine_m(lat2, lon2, lat1, lon1)
    assert 0.0 <= distance_m <= HALF_CIRCUMFERENCE_M
    assert distance_m == pytest.approx(vector_distance_m(lat1, lon1, lat2, lon2), rel=1e-9, abs=0.5)
