"""Offsets, at the places where a flat idea of the Earth goes wrong."""

from math import atan2, cos, degrees, hypot, radians, sin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain.places.geo import haversine_m
from sim.city.offsets import destination, wrapped_lon

latitudes = st.floats(-90.0, 90.0)
longitudes = st.floats(-180.0, 180.0)
offsets_m = st.floats(-20_000.0, 20_000.0)


def bearing_deg(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """The heading at which the shortest way from 1 to 2 begins, in degrees clockwise from north."""
    phi1, phi2, turn = radians(lat1), radians(lat2), radians(lon2 - lon1)
    east = sin(turn) * cos(phi2)
    north = cos(phi1) * sin(phi2) - sin(phi1) * cos(phi2) * cos(turn)
    return degrees(atan2(east, north)) % 360.0


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


def test_a_longitude_in_range_is_left_alone_and_others_are_turned_in() -> None:
    assert wrapped_lon(18.4241) == 18.4241
    assert wrapped_lon(-180.0) == -180.0
    assert wrapped_lon(180.0) == -180.0
    assert wrapped_lon(190.5) == pytest.approx(-169.5)
    assert wrapped_lon(-541.0) == pytest.approx(179.0)
    assert wrapped_lon(-180.00000000000003) == -180.0  # just west of the line: no float lies between it and 180
