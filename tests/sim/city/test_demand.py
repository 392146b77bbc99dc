"""Demand out of the model city, and what an app claims about a trip."""

import os
import subprocess
import sys
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain.places.geo import TravelModel, haversine_m
from sim.city.demand import SHORTEST_TRIP_M, poisson, trip_between
from sim.city.model import City

CITY = City()
latitudes = st.floats(-90, 90)
longitudes = st.floats(-180, 180)


@given(st.integers(), st.integers(0, 60), st.floats(1.0, 1e6))
def test_the_rides_asked_for_come_in_order_and_within_the_time(seed: int, rides: int, for_s: float) -> None:
    demands = poisson(CITY, Random(seed), rides=rides, for_s=for_s)
    times = [demand.at for demand in demands]
    assert len(times) == rides
    assert times == sorted(times)
    assert all(0.0 <= at < for_s for at in times)


def test_nobody_takes_a_car_around_the_corner() -> None:
    straight_m = [
        haversine_m(trip.pickup.lat, trip.pickup.lon, trip.dropoff.lat, trip.dropoff.lon)
        for _, trip in poisson(CITY, Random(2), rides=3_000, for_s=3_600)
    ]
    assert SHORTEST_TRIP_M - 1 <= min(straight_m) < SHORTEST_TRIP_M * 1.5
    assert max(straight_m) > 10_000


def test_most_trips_are_short_and_none_leaves_the_city() -> None:
    trips = [trip for _, trip in poisson(CITY, Random(3), rides=3_000, for_s=3_600)]
    ordered = sorted(haversine_m(t.pickup.lat, t.pickup.lon, t.dropoff.lat, t.dropoff.lon) for t in trips)
    assert 2_500 < ordered[len(ordered) // 2] < 3_200
    assert all(CITY.holds((t.dropoff.lat, t.dropoff.lon)) for t in trips)


def test_gaps_between_rides_are_those_of_a_poisson_process() -> None:
    """Exponential gaps: as wide as their mean, and one in e of them longer than it."""
    times = [demand.at for demand in poisson(CITY, Random(5), rides=20_000, for_s=20_000.0)]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert 0.98 < sum(gaps) / len(gaps) < 1.02
    assert 0.96 < sum((gap - 1.0) ** 2 for gap in gaps) / len(gaps) < 1.04
    assert 0.355 < sum(gap > 1.0 for gap in gaps) / len(gaps) < 0.381


def test_pickups_and_dropoffs_are_drawn_alike() -> None:
    trips = [trip for _, trip in poisson(CITY, Random(6), rides=5_000, for_s=3_600)]
    for axis in ("lat", "lon"):
        pickup, dropoff = (
            sum(getattr(getattr(trip, end), axis) for trip in trips) / len(trips) for end in ("pickup", "dropoff")
        )
        assert pickup == pytest.approx(dropoff, abs=0.003)


def test_the_claim_is_the_road_its_time_and_the_fare_for_it() -> None:
    trip = trip_between((-26.2041, 28.0473), (-26.1141, 28.0473))
    assert trip.distance_km == 13.01, "10.0075 km of air, 1.3 times"
    assert trip.duration_min == 31.2, "at 25 km/h"
    assert trip.fare == 22.80, "2.50 and 1.56 a kilometre"
    assert (trip.pickup.address, trip.dropoff.address) == ("-26.2041, 28.0473", "-26.1141, 28.0473")


def test_a_trip_to_where_one_stands_costs_the_flag_fall() -> None:
    trip = trip_between((40.7, -74.0), (40.7, -74.0))
    assert (trip.distance_km, trip.duration_min, trip.fare) == (0.0, 0.0, 2.5)


@given(st.tuples(latitudes, longitudes), st.tuples(latitudes, longitudes))
def test_the_claim_never_strays_from_the_travel_model_by_more_than_its_rounding(
    pickup: tuple[float, float], dropoff: tuple[float, float]
) -> None:
    trip, travel = trip_between(pickup, dropoff), TravelModel()
    assert trip.distance_km * 1_000 == pytest.approx(travel.road_m(pickup, dropoff), abs=0.51)
    assert trip.duration_min * 60 == pytest.approx(travel.eta_s(pickup, dropoff, 0.0), abs=3.01)
    assert (trip.pickup.lat, trip.pickup.lon, trip.dropoff.lat, trip.dropoff.lon) == (*pickup, *dropoff)


def test_the_model_is_the_same_under_every_hash_seed() -> None:
    """Run by fresh interpreters: a set or a hash in the way of the dice would show."""
    code = (
        "from random import Random; from sim.city.model import City; from sim.city.demand import poisson\n"
        "print(poisson(City(), Random(9), rides=200, for_s=3600.0))"
    )
    digests = {
        sha256(
            subprocess.run(
                [sys.executable, "-c", code],
                cwd=Path(__file__).parents[2],
                env={**os.environ, "PYTHONHASHSEED": hash_seed},
                capture_output=True,
                check=True,
            ).stdout
        ).hexdigest()
        for hash_seed in ("0", "1", "random")
    }
    assert len(digests) == 1
    assert digests == {sha256(f"{poisson(CITY, Random(9), rides=200, for_s=3600.0)}\n".encode()).hexdigest()}
