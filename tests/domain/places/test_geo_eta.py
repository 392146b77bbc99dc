"""Driving without roads: longer than the crow flies, at one speed or by the hour."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain.places.geo import HOURS, Curve, EtaModel, TravelModel, haversine_m
from dispatch.values import Point
from sim.city.offsets import destination

HOME = (40.75, -73.99)
metres = st.floats(0.0, 2e7)
hours = st.floats(0.0, 24.0, exclude_max=True)
curves = st.builds(
    Curve, st.floats(0.3, 1.2), st.lists(st.floats(30.0, 900.0), min_size=HOURS, max_size=HOURS).map(tuple)
)
RUSH = Curve(0.5, tuple(600.0 if hour in (8, 9) else 300.0 for hour in range(HOURS)))


def north(of_m: float) -> Point:
    return destination(*HOME, of_m, 0.0)


def by_hour(curve: Curve) -> TravelModel:
    return TravelModel(curve=curve, hour_of=float)


def test_ten_kilometres_of_air_are_thirteen_of_road_and_take_half_an_hour_and_a_little() -> None:
    model = TravelModel()
    assert model.road_m(HOME, north(10_000.0)) == pytest.approx(13_000.0)
    assert model.eta_s(HOME, north(10_000.0), 0.0) == pytest.approx(31.2 * 60)  # 13 km at 25 km/h


@pytest.mark.parametrize("model", [TravelModel(), by_hour(RUSH)], ids=["constant", "by the hour"])
def test_who_is_there_already_needs_no_time(model: EtaModel) -> None:
    assert model.road_m(HOME, HOME) == model.eta_s(HOME, HOME, 8.0) == model.air_s(0.0, 8.0) == 0.0


@given(metres, st.floats(1.0, 3.0), st.floats(0.5, 60.0), st.floats(0.0, 2e9))
def test_the_time_is_that_of_the_road_at_the_speed(
    straight_m: float, detour: float, speed_mps: float, at: float
) -> None:
    model, end = TravelModel(detour=detour, speed_mps=speed_mps), north(straight_m)
    assert model.road_m(HOME, end) >= haversine_m(*HOME, *end)
    assert model.eta_s(HOME, end, at) * speed_mps == pytest.approx(model.road_m(HOME, end))


@given(curves, metres, metres, hours)
def test_nobody_nearer_takes_longer(curve: Curve, one_m: float, other_m: float, hour: float) -> None:
    near_m, far_m = sorted((one_m, other_m))
    for model in (TravelModel(), by_hour(curve)):
        assert model.air_s(near_m, hour) <= model.air_s(far_m, hour)


@given(curves, st.floats(1.0, 5e6), hours)
def test_two_places_take_as_long_as_the_air_between_them(curve: Curve, away_m: float, hour: float) -> None:
    end = north(away_m)
    for model in (TravelModel(), by_hour(curve)):
        assert model.eta_s(HOME, end, hour) == model.air_s(haversine_m(*HOME, *end), hour)


class TestCurve:
    def test_the_middle_of_an_hour_is_that_hours_and_one_kilometre_is_one_unit(self) -> None:
        assert RUSH.of(1.0, 8.5) == 600.0
        assert RUSH.of(4.0, 12.5) == pytest.approx(600.0), "two times as long for four times the way"

    def test_between_two_middles_the_time_changes_evenly_around_midnight_too(self) -> None:
        late = Curve(1.0, (100.0,) + (300.0,) * 23)
        assert [late.of(1.0, hour) for hour in (23.5, 23.75, 0.0, 0.25, 0.5)] == [300.0, 250.0, 200.0, 150.0, 100.0]

    @given(curves, hours)
    def test_no_hour_is_slower_or_faster_than_its_neighbours_say(self, curve: Curve, hour: float) -> None:
        around = [curve.seconds[(int(hour) + step) % HOURS] for step in (-1, 0, 1)]
        assert min(around) <= curve.of(1.0, hour) * (1.0 + 1e-12)
        assert curve.of(1.0, hour) <= max(around) * (1.0 + 1e-12)

    @pytest.mark.parametrize(
        ("held", "place"),
        [
            ({"exponent": 0.0, "seconds": [300.0] * 24}, "$.exponent"),
            ({"exponent": 0.7, "seconds": [300.0] * 23}, "$.seconds"),
            ({"exponent": 0.7, "seconds": [300.0] * 23 + [-1.0]}, "$.seconds[23]"),
            ({"exponent": 0.7, "seconds": [300.0] * 24, "minutes": 1}, "minutes"),
        ],
    )
    def test_what_is_no_curve_is_refused_with_the_place_of_the_mistake(
        self, held: dict[str, object], place: str
    ) -> None:
        with pytest.raises(msgspec.ValidationError) as error:
            msgspec.convert(held, Curve)
        assert place in str(error.value)
