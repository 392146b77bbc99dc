"""The pace of a demo: never less than asked for, the trips themselves untouched."""

from itertools import islice

import pytest

from sim.city.demand import Demand, trip_between
from sim.demo.pace import TRIPS_A_STRETCH, paced
from sim.trips import read


def demands_at(*times: float) -> list[Demand]:
    return [Demand(at, trip_between((40.0 + number / 100.0, -74.0), (40.5, -74.0))) for number, at in enumerate(times)]


def test_trips_keep_their_order_and_their_places() -> None:
    demands = demands_at(*range(0, 120, 10))
    assert [demand.trip for demand in islice(paced(demands, 2.0), 12)] == [demand.trip for demand in demands]


def test_after_the_last_trip_the_first_comes_again() -> None:
    demands = demands_at(0.0, 7.0, 9.0)
    again = list(islice(paced(demands, 1.0), 7))
    assert [demand.trip for demand in again] == [demands[number % 3].trip for number in range(7)]
    assert [demand.at for demand in again[3:6]] == [demand.at + 3.0 for demand in again[:3]]


def test_gaps_keep_their_proportions_within_a_stretch() -> None:
    squeezed = [demand.at for demand in islice(paced(demands_at(100.0, 110.0, 140.0, 150.0, 200.0), 1.0), 5)]
    assert squeezed == pytest.approx([0.0, 0.4, 1.6, 2.0, 4.0])


def test_trips_of_one_second_are_spread_evenly() -> None:
    assert [demand.at for demand in islice(paced(demands_at(5.0, 5.0, 5.0, 5.0), 2.0), 4)] == [0.0, 0.5, 1.0, 1.5]


def test_a_single_trip_comes_once_in_its_share_of_time() -> None:
    assert [demand.at for demand in islice(paced(demands_at(3.0), 0.5), 3)] == [0.0, 2.0, 4.0]


def test_no_trips_are_no_demand() -> None:
    assert list(paced([], 1.0)) == []


@pytest.mark.parametrize("rides_per_s", [1.1, 3.0])
def test_real_trips_arrive_at_the_pace_whatever_the_hour(rides_per_s: float) -> None:
    night_and_morning = read(None, from_time="03:00", for_s=5 * 3600.0, rides=None).demands
    times = [demand.at for demand in islice(paced(night_and_morning, rides_per_s), 2_000)]
    assert times == sorted(times)
    assert len({round(gap, 3) for gap in map(float.__sub__, times[1:], times)}) > 100, "gaps differ, as they did"
    for seconds in range(10, 600, 10):
        come = sum(at < seconds for at in times)
        assert abs(come - rides_per_s * seconds) <= TRIPS_A_STRETCH
    assert sum(at < 30.0 for at in times) >= 30
