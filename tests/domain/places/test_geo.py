"""Distances, offsets and bearings, on the places where a flat idea of the Earth goes wrong."""

from math import atan2, cos, hypot, pi, radians, sin, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain.places.geo import (
    EARTH_RADIUS_M,
    HALF_CIRCUMFERENCE_M,
    bearing_deg,
    destination,
    haversine_m,
    wrapped_lon,
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


@given(latitudes, longitudes, offsets_m, offsets_m)
def test_an_offset_is_as_long_as_it_says_wherever_it_begins(
    lat: float, lon: float, north_m: float, east_m: float
) -> None:
    to_lat, to_lon = destination(lat, lon, north_m, east_m)
    assert -90.0 <= to_lat <= 90.0
    assert -180.0 <= to_lon < 180.0
    assert haversine_m(lat, lon, to_lat, to_lon) == pytest.approx(hypot(north_m, east_m), rel=1e-6, abs=1e-6)


@given(st.floats(-80.0, 80.0), longitudes, offsets_m, offsets_m)
def test_an_offset_goes_where_its_bearing_points(lat: float, lon: float, north_m: float, east_m: float) -> None:
    if hypot(north_m, east_m) < 1.0:
        return
    bearing = radians(bearing_deg(lat, lon, *destination(lat, lon, north_m, east_m)))
    length_m = hypot(north_m, east_m)
    assert cos(bearing) == pytest.approx(north_m / length_m, abs=1e-6)
    assert sin(bearing) == pytest.approx(east_m / length_m, abs=1e-6)


def test_no_offset_stays_in_place_to_the_last_bit() -> None:
    assert destination(40.7128, -74.006, 0.0, 0.0) == (40.7128, -74.006)


def test_an_offset_east_over_the_antimeridian_comes_out_in_the_west() -> None:
    lat, lon = destination(-17.0, 179.999, 0.0, 1_000.0)
    assert lat == pytest.approx(-17.0, abs=1e-5)
    assert lon == pytest.approx(-179.9916, abs=1e-3)


def test_an_offset_north_over_the_pole_comes_down_on_the_other_side() -> None:
    lat, lon = destination(89.999, 10.0, 1_000.0, 0.0)
    assert lat == pytest.approx(90.0 - (1_000.0 / 111_195.08 - 0.001), abs=1e-6)
    assert lon == pytest.approx(-170.0)


@pytest.mark.parametrize(
    ("lat", "lon", "wanted"), [(1.0, 0.0, 0.0), (0.0, 1.0, 90.0), (-1.0, 0.0, 180.0), (0.0, -1.0, 270.0)]
)
def test_bearings_turn_clockwise_from_north(lat: float, lon: float, wanted: float) -> None:
    assert bearing_deg(0.0, 0.0, lat, lon) == pytest.approx(wanted)


def test_the_bearing_over_the_antimeridian_points_the_short_way() -> None:
    assert bearing_deg(0.0, 179.9, 0.0, -179.9) == pytest.approx(90.0)


@given(latitudes, longitudes, latitudes, longitudes)
def test_a_bearing_is_never_a_full_turn(lat1: float, lon1: float, lat2: float, lon2: float) -> None:
    assert 0.0 <= bearing_deg(lat1, lon1, lat2, lon2) < 360.0
    assert bearing_deg(lat1, lon1, lat1, lon1) % 180.0 == pytest.approx(0.0)


def test_a_longitude_in_range_is_left_alone_and_others_are_turned_in() -> None:
    assert wrapped_lon(18.4241) == 18.4241
    assert wrapped_lon(-180.0) == -180.0
    assert wrapped_lon(180.0) == -180.0
    assert wrapped_lon(190.5) == pytest.approx(-169.5)
    assert wrapped_lon(-541.0) == pytest.approx(179.0)
    assert wrapped_lon(-180.00000000000003) == -180.0  # just west of the line: no float lies between it and 180
