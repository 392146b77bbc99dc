"""Cars on their way: where they are at every moment, and when they arrive."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dispatch.domain.places.geo import TravelModel, haversine_m
from sim.city.offsets import wrapped_lon
from sim.people.movement import StraightDrive

TRAVEL = TravelModel()
HOME, WORK = (40.7128, -74.0060), (40.7580, -73.9855)
# A leg lies in one region: Earth is not driven across.
places = st.tuples(st.floats(-70, 70), st.floats(-180, 180))
offsets = st.tuples(st.floats(-0.3, 0.3), st.floats(-0.3, 0.3))


def leg_from(start: tuple[float, float], offset: tuple[float, float], departs_at: float = 0.0) -> StraightDrive:
    end = (start[0] + offset[0], wrapped_lon(start[1] + offset[1]))
    return StraightDrive(start, end, departs_at, TRAVEL)


@given(places, offsets, st.floats(0, 1e6), st.floats(0, 1e5))
def test_a_car_is_exactly_at_the_start_before_and_exactly_at_the_end_after(
    start: tuple[float, float], offset: tuple[float, float], departs_at: float, wait_s: float
) -> None:
    leg = leg_from(start, offset, departs_at)
    assert leg.position(leg.arrives_at) == leg.position(leg.arrives_at + wait_s) == leg.end
    assert leg.position(departs_at - wait_s) == (leg.end if leg.arrives_at <= departs_at - wait_s else leg.start)


def test_the_drive_takes_as_long_as_the_travel_model_says() -> None:
    leg = StraightDrive(HOME, WORK, 100.0, TRAVEL)
    assert leg.arrives_at - leg.departs_at == pytest.approx(TRAVEL.eta_s(HOME, WORK, 100.0))
    assert leg.position(leg.arrives_at - 0.001) != leg.end


@given(places, offsets, st.floats(0, 1), st.floats(0, 1))
def test_no_car_moves_faster_over_ground_than_its_speed_allows(
    start: tuple[float, float], offset: tuple[float, float], one: float, other: float
) -> None:
    leg = leg_from(start, offset, 50.0)
    drive_s = leg.arrives_at - leg.departs_at
    assume(drive_s > 1.0)
    earlier, later = sorted((50.0 + one * drive_s, 50.0 + other * drive_s))
    moved_m = haversine_m(*leg.position(earlier), *leg.position(later))
    fair_m = (later - earlier) * TRAVEL.speed_mps / TRAVEL.detour
    assert moved_m == pytest.approx(fair_m, rel=0.02, abs=0.1), "a degree of longitude is not as long everywhere"


@given(places, offsets, st.floats(0, 1))
def test_a_position_is_one_that_an_app_may_send(
    start: tuple[float, float], offset: tuple[float, float], part: float
) -> None:
    leg = leg_from(start, offset)
    lat, lon = leg.position(part * leg.arrives_at)
    assert -90.0 <= lat <= 90.0
    assert -180.0 <= lon <= 180.0


def test_half_way_is_half_the_time() -> None:
    leg = StraightDrive(HOME, WORK, 0.0, TRAVEL)
    halfway = leg.position(leg.arrives_at / 2)
    assert haversine_m(*HOME, *halfway) == pytest.approx(haversine_m(*halfway, *WORK), rel=1e-3)
    assert haversine_m(*HOME, *halfway) + haversine_m(*halfway, *WORK) == pytest.approx(haversine_m(*HOME, *WORK))


def test_a_car_crosses_the_antimeridian_by_the_short_way() -> None:
    fiji, beyond = (-16.8, 179.99), (-16.8, -179.97)
    leg = StraightDrive(fiji, beyond, 0.0, TRAVEL)
    assert leg.arrives_at < 20 * 60, "4 km, not around the Earth"
    lat, lon = leg.position(leg.arrives_at / 2)
    assert (lat, lon) == pytest.approx((-16.8, -179.99))


def test_who_stands_where_the_drive_ends_has_arrived() -> None:
    leg = StraightDrive(HOME, HOME, 5.0, TRAVEL)
    assert leg.arrives_at == 5.0
    assert leg.position(0.0) == leg.position(5.0) == leg.position(9.0) == HOME


def test_a_faster_car_and_a_straighter_road_arrive_sooner() -> None:
    slow = StraightDrive(HOME, WORK, 0.0, TravelModel(speed_mps=5.0))
    fast = StraightDrive(HOME, WORK, 0.0, TravelModel(speed_mps=10.0))
    straight = StraightDrive(HOME, WORK, 0.0, TravelModel(speed_mps=10.0, detour=1.0))
    assert slow.arrives_at == pytest.approx(2 * fast.arrives_at)
    assert fast.arrives_at == pytest.approx(1.3 * straight.arrives_at)
