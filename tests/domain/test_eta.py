"""Driving without roads: longer than the crow flies, at one speed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain.eta import TravelModel

metres = st.floats(0.0, 2e7)


def test_ten_kilometres_of_air_are_thirteen_of_road_and_take_half_an_hour_and_a_little() -> None:
    model = TravelModel()
    assert model.road_m(10_000.0) == pytest.approx(13_000.0)
    assert model.eta_s(10_000.0) == pytest.approx(31.2 * 60)  # 13 km at 25 km/h


def test_who_is_there_already_needs_no_time() -> None:
    assert TravelModel().road_m(0.0) == TravelModel().eta_s(0.0) == 0.0


@given(metres, st.floats(1.0, 3.0), st.floats(0.5, 60.0))
def test_the_time_is_that_of_the_road_at_the_speed(straight_m: float, detour: float, speed_mps: float) -> None:
    model = TravelModel(detour=detour, speed_mps=speed_mps)
    assert model.road_m(straight_m) >= straight_m
    assert model.eta_s(straight_m) * speed_mps == pytest.approx(model.road_m(straight_m))


@given(metres, metres)
def test_nobody_nearer_takes_longer(one_m: float, other_m: float) -> None:
    model, (near_m, far_m) = TravelModel(), sorted((one_m, other_m))
    assert model.eta_s(near_m) <= model.eta_s(far_m)
