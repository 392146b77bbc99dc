"""Who wants to go where in the sandbox's town."""

from collections import Counter
from random import Random

import pytest

from sim.sandbox.demand import CURVE, SHORTEST_M, SPOTS, Wishes
from sim.sandbox.town import SandboxTown


@pytest.fixture(scope="module")
def town() -> SandboxTown:
    return SandboxTown.shipped()


@pytest.fixture(scope="module")
def wishes(town: SandboxTown) -> Wishes:
    return Wishes(town)


def test_people_set_out_and_arrive_at_streets_that_are_on_the_map(town: SandboxTown, wishes: Wishes) -> None:
    dice, kerbs = Random(1), {(kerb.point, kerb.street) for kerb in town.kerbs}
    for _ in range(100):
        trip = wishes.trip(dice, 12.0)
        for place in (trip.pickup, trip.dropoff):
            assert (place.point, place.address) in kerbs
        assert town.metres(trip.pickup.point, trip.dropoff.point) >= SHORTEST_M
        assert 0.15 < trip.distance_km < 3.0


def test_a_station_sends_more_people_out_in_the_morning_than_any_plain_street(wishes: Wishes) -> None:
    dice = Random(2)
    morning = Counter(wishes.trip(dice, 8.0).pickup.address for _ in range(2_000))
    evening = Counter(wishes.trip(dice, 17.0).pickup.address for _ in range(2_000))
    assert morning["Elielinaukio"] > evening["Elielinaukio"]
    assert evening["Bulevardi"] > morning["Bulevardi"]


def test_every_spot_is_a_street_of_the_town(town: SandboxTown) -> None:
    assert set(SPOTS) <= {kerb.street for kerb in town.kerbs}


def test_a_trip_can_begin_at_a_given_place(town: SandboxTown, wishes: Wishes) -> None:
    start = town.kerbs[7]
    assert wishes.trip(Random(3), 9.0, start).pickup.point == start.point


def test_a_short_trip_begins_beside_the_car_and_is_over_within_a_minute(town: SandboxTown, wishes: Wishes) -> None:
    car = town.kerbs[100].point
    trip = wishes.short_trip(car)
    assert trip.pickup.point == car
    assert 30.0 < town.metres(trip.pickup.point, trip.dropoff.point) < 80.0


def test_the_pace_follows_the_hour_and_the_fleet_and_no_hour_is_dead(wishes: Wishes) -> None:
    assert wishes.per_s(100, 8.2) == pytest.approx(2 * wishes.per_s(50, 8.9))
    assert wishes.per_s(50, 17.0) > wishes.per_s(50, 3.0) > 0.0
    assert wishes.per_s(0, 12.0) == 0.0
    assert sum(CURVE) / len(CURVE) == pytest.approx(1.0, abs=0.06)
