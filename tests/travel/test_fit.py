"""Curves from trips: what was put in comes out, and strange trips do not bend it."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain.places.geo import HOURS, Curve
from dispatch.travel.fit import FEWEST_TRIPS, Sample, TimedTrip, TooFewTrips, air_samples, fit
from sim.city.offsets import destination

HOME = (40.75, -73.99)
CITY = Curve(0.7, tuple(400.0 if 7 <= hour < 19 else 250.0 for hour in range(HOURS)))


def a_day_of(curve: Curve, trips_an_hour: int = 40, noise: float = 0.0) -> list[Sample]:
    dice = Random(7)
    whens = [(hour + dice.random(), dice.uniform(0.5, 12.0)) for hour in range(HOURS) for _ in range(trips_an_hour)]
    return [Sample(hour, km, curve.of(km, hour) * (1.0 + dice.uniform(-noise, noise))) for hour, km in whens]


def error_of(curve: Curve, samples: list[Sample]) -> float:
    return sum(abs(curve.of(s.length, s.hour) - s.duration_s) for s in samples) / len(samples)


def test_trips_that_follow_a_curve_give_that_curve_back() -> None:
    steady = Curve(0.7, (300.0,) * HOURS)
    fitted = fit(a_day_of(steady))
    assert fitted == steady


def test_every_hour_has_its_own_speed() -> None:
    fitted = fit(a_day_of(CITY, noise=0.2))
    assert fitted.exponent == pytest.approx(0.7, abs=0.03)
    assert fitted.of(1.0, 12.5) == pytest.approx(400.0, rel=0.06)
    assert fitted.of(1.0, 2.5) == pytest.approx(250.0, rel=0.06)


def test_some_trips_with_a_stop_at_the_shops_do_not_bend_it() -> None:
    steady = Curve(0.7, (300.0,) * HOURS)
    samples = a_day_of(steady)
    odd = [sample._replace(duration_s=7_000.0) if number % 10 == 0 else sample for number, sample in enumerate(samples)]
    fitted = fit(odd)
    assert fitted.of(2.0, 12.0) == pytest.approx(steady.of(2.0, 12.0), rel=0.03)


def test_an_hour_with_few_trips_looks_at_the_hours_around_it() -> None:
    samples = [sample for sample in a_day_of(CITY) if int(sample.hour) != 12]
    wild = [Sample(12.5, 1.0, 4_000.0)] * 3
    assert fit(samples + wild).of(1.0, 12.5) == pytest.approx(400.0, rel=0.05)


def test_an_afternoon_alone_makes_a_whole_day() -> None:
    afternoon = [sample for sample in a_day_of(CITY) if 12 <= sample.hour < 18]
    assert fit(afternoon).seconds == pytest.approx((400.0,) * HOURS, rel=0.05)


def test_too_few_trips_are_refused_with_their_number() -> None:
    with pytest.raises(TooFewTrips, match=f"at least {FEWEST_TRIPS} usable trips, there are 99"):
        fit(a_day_of(CITY)[:99])


def test_the_order_of_the_trips_changes_nothing() -> None:
    samples = a_day_of(CITY, noise=0.3)
    assert fit(samples[::-1]) == fit(samples)


@given(st.floats(0.6, 1.6), st.integers(0, 23))
def test_no_other_speed_of_an_hour_is_better_by_much(factor: float, hour: int) -> None:
    samples = a_day_of(CITY, trips_an_hour=10, noise=0.3)
    fitted = fit(samples)
    other = Curve(fitted.exponent, tuple(s * factor if h == hour else s for h, s in enumerate(fitted.seconds)))
    assert error_of(fitted, samples) <= error_of(other, samples) * 1.02


@pytest.mark.parametrize(
    ("metres", "duration_s", "teaches"),
    [(199.0, 300.0, False), (201.0, 300.0, True), (2_000.0, 59.0, False), (2_000.0, 7_201.0, False)],
)
def test_a_trip_around_the_block_or_with_a_forgotten_meter_teaches_nothing(
    metres: float, duration_s: float, teaches: bool
) -> None:
    trip = TimedTrip(8.0, HOME, destination(*HOME, metres, 0.0), duration_s)
    samples = air_samples([trip])
    assert [sample.length for sample in samples] == ([pytest.approx(metres / 1000.0)] if teaches else [])
