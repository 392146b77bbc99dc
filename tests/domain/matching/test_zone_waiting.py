"""The searches that would ask one more driver: who is found first is what a look at all of them finds."""

from random import Random

from dispatch.domain.matching.zone import WaitingList
from dispatch.domain.places.geo import haversine_m
from dispatch.ids import RideId

RADIUS_M = 3_000.0


def test_the_longest_waiting_in_reach_is_first_wherever_it_lies() -> None:
    dice, waiting = Random(1), WaitingList(RADIUS_M)
    places = {
        RideId(f"r{n:03}"): (dice.uniform(-0.1, 0.1), dice.uniform(-0.1, 0.1), dice.randrange(50)) for n in range(200)
    }
    for ride_id, (lat, lon, since) in places.items():
        waiting.add((float(since), ride_id), lat, lon)
    for _ in range(200):
        point, even = (dice.uniform(-0.1, 0.1), dice.uniform(-0.1, 0.1)), dice.random() < 0.5

        def admits(ride_id: RideId, metres: float) -> bool:
            return not even or int(ride_id[1:]) % 2 == 0  # noqa: B023

        reach = {ride_id: haversine_m(lat, lon, *point) for ride_id, (lat, lon, _) in places.items()}
        near = [ride_id for ride_id, metres in reach.items() if metres <= RADIUS_M and admits(ride_id, metres)]
        expected = min(near, key=lambda ride_id: (places[ride_id][2], ride_id), default=None)
        found = waiting.first(*point, admits)
        assert found == (None if expected is None else (expected, reach[expected]))
        if expected is not None and dice.random() < 0.3:
            waiting.remove(expected)
            del places[expected]
    assert waiting.places.keys() == places.keys() and len(places) < 200


def test_once_is_enough_and_so_is_leaving_once() -> None:
    waiting = WaitingList(RADIUS_M)
    for since in (1.0, 2.0):
        waiting.add((since, RideId("r1")), 0.0, 0.0)
    assert list(waiting.places) == ["r1"]
    for _ in range(2):
        waiting.remove(RideId("r1"))
    assert not waiting.places and waiting.first(0.0, 0.0, lambda ride_id, metres: True) is None


def test_searches_that_waited_at_every_latitude_leave_nothing_behind() -> None:
    waiting = WaitingList(RADIUS_M)
    for number in range(600):
        waiting.add((1.0, RideId("r1")), -90.0 + 0.3 * number, 0.0)
        assert len(waiting._bands) == 1
        waiting.remove(RideId("r1"))
    assert not waiting._bands
