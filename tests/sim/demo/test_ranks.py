"""Ranks and short rides of a demo: what half a minute of it comes to, on virtual time."""

from itertools import islice

import pytest

from dispatch.config import load
from dispatch.domain.places.geo import haversine_m
from sim.city.demand import Demand
from sim.demo.main import DRIVER, demo_plan
from sim.demo.pace import paced
from sim.demo.ranks import at_ranks, ranks_among, with_short_rides
from sim.people.behaviour import PassengerBehaviour
from sim.trips import read
from sim.world import World


def test_half_a_minute_sees_whole_rides() -> None:
    plan = demo_plan(load({"for": "30s"}, {}), "somewhere")
    world = World(1, plan.settings)
    for driver_id, at in plan.fleet:
        world.add_driver(driver_id, at, DRIVER)
    world.expect(list(islice(paced(plan.demands, plan.rides_per_s), 100)), PassengerBehaviour())
    world.run(30.0)
    figures = world.figures.summary(
        seed=1,
        digest="",
        decisions="",
        drivers=0,
        virtual_s=0.0,
        cpu_s=0.0,
        wall_s=0.0,
        invariants_checked=0,
        violations=0,
    )
    assert figures["requests"] >= 30
    assert figures["completed"] >= 5
    assert figures["assigned"] - figures["completed"] >= 5, "others are still on the way"


def length_m(demand: Demand) -> float:
    pickup, dropoff = demand.trip.pickup, demand.trip.dropoff
    return haversine_m(pickup.lat, pickup.lon, dropoff.lat, dropoff.lon)


def test_three_of_four_trips_are_the_real_ones() -> None:
    real = read(None, from_time="07:00", for_s=3_600.0, rides=None).demands
    shown = with_short_rides(real, [(40.75, -73.99)])
    same = [mine == theirs for mine, theirs in zip(shown, real, strict=True)]
    assert not any(same[:10])
    assert sum(same) == pytest.approx(0.75 * len(real), abs=10)
    short = [demand for demand, is_real in zip(shown, same, strict=True) if not is_real]
    assert all(29.0 < length_m(demand) < 101.0 for demand in short)
    assert [demand.at for demand in shown] == [demand.at for demand in real]


@pytest.mark.parametrize(
    ("drivers", "ranks", "ranked"), [(1_200, 8, 96), (100, 3, 25), (30, 1, 8), (3, 1, 1), (1, 1, 1), (0, 0, 0)]
)
def test_some_of_a_fleet_of_any_size_wait_at_ranks(drivers: int, ranks: int, ranked: int) -> None:
    starts = [(float(number), 0.0) for number in range(drivers)]
    places = ranks_among(starts)
    assert len(places) == ranks
    moved = at_ranks(starts, places)
    assert sum(at in places for at in moved) == ranked
    assert moved[ranked:] == starts[ranked:]


def test_without_a_fleet_and_without_trips_there_is_nothing_to_shorten() -> None:
    assert with_short_rides([], [(40.75, -73.99)]) == []
    real = read(None, from_time=None, for_s=600.0, rides=None).demands
    assert with_short_rides(real, []) == real
