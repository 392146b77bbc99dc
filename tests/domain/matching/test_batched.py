"""The policy that decides for all rides of a window together."""

from dispatch.domain.matching.batched import MOST_RIDES, REACH_M, Batched
from dispatch.domain.matching.policy import LookAgain, OfferEnded, SearchOpened, Tick
from dispatch.ids import RideId
from tests.domain.matching.towns import Town, asked

R1, R2 = RideId("r1"), RideId("r2")


def opened(town: Town, policy: Batched, *rides: str, now: float = 12.0) -> None:
    for name in rides:
        town.decide(policy, SearchOpened(RideId(name)), now)


def test_nobody_is_asked_before_the_end_of_the_window_and_one_window_is_one_tick() -> None:
    town = Town(batch=1, rounds=100, window_s=5.0)
    policy = Batched(town.rules)
    town.driver("d1", 0.1)
    town.ride("r1")
    town.ride("r2")
    assert town.decide(policy, SearchOpened(R1), 12.0) == [LookAgain(15.0)]
    assert town.decide(policy, SearchOpened(R2), 13.0) == []


def test_all_rides_together_have_the_shortest_way() -> None:
    """The nearest of r1 is d1; but r2 has nobody else near, and r1 has d2 hardly farther."""
    town = Town(batch=1, rounds=100)
    policy = Batched(town.rules)
    for name, km in (("d1", 0.4), ("d2", -0.5)):
        town.driver(name, km)
    town.ride("r1", 0.0)
    town.ride("r2", 1.0)
    opened(town, policy, "r1", "r2")
    assert asked(town.decide(policy, Tick(), 15.0)) == {"r1": ["d2"], "r2": ["d1"]}


def test_where_drivers_are_few_the_ride_that_waits_longer_comes_first() -> None:
    town = Town(batch=1, rounds=100)
    policy = Batched(town.rules)
    town.driver("d1", 0.0)
    town.ride("r1", 0.2, since=60.0)
    town.ride("r2", 0.9, since=0.0)
    opened(town, policy, "r1", "r2", now=62.0)
    assert asked(town.decide(policy, Tick(), 65.0)) == {"r2": ["d1"]}


def test_a_far_driver_is_left_for_later_while_the_ride_has_not_waited_long() -> None:
    town = Town(batch=1, rounds=100)
    policy = Batched(town.rules)
    town.driver("d1", REACH_M / 1000 + 2.5)
    town.ride("r1", since=12.0)
    opened(town, policy, "r1")
    assert asked(town.decide(policy, Tick(), 15.0)) == {}
    assert asked(town.decide(policy, Tick(), 40.0)) == {"r1": ["d1"]}


def test_whoever_is_declined_takes_part_in_the_next_window() -> None:
    town = Town(batch=1, rounds=100)
    policy = Batched(town.rules)
    first, second = town.driver("d1", 0.1), town.driver("d2", 0.2)
    town.ride("r1")
    opened(town, policy, "r1")
    assert asked(town.decide(policy, Tick(), 15.0)) == {"r1": [first]}
    town.declines(first, R1)
    assert town.decide(policy, OfferEnded(R1, first, "declined"), 17.0) == []
    assert asked(town.decide(policy, Tick(), 20.0)) == {"r1": [second]}


def test_windows_in_which_nobody_waits_cost_nothing() -> None:
    town = Town(batch=1, rounds=100)
    policy = Batched(town.rules)
    town.driver("d1", 0.1)
    town.ride("r1")
    opened(town, policy, "r1")
    assert asked(town.decide(policy, Tick(), 15.0)) == {"r1": ["d1"]}
    assert town.decide(policy, Tick(), 20.0) == [], "no further look"
    town.ride("r2")
    assert town.decide(policy, SearchOpened(R2), 21.0) == [LookAgain(25.0)], "until the next ride waits"


def test_a_crowd_is_decided_a_hundred_at_a_time_and_the_longest_waiting_first() -> None:
    town = Town(batch=1, rounds=100)
    policy = Batched(town.rules)
    for number in range(MOST_RIDES + 20):
        town.driver(f"d{number:03}", number / 100)
        town.ride(f"r{number:03}", number / 100, since=-number / 100)
    opened(town, policy, "r000")
    rides = asked(town.decide(policy, Tick(), 15.0))
    assert sorted(rides) == [f"r{number:03}" for number in range(20, MOST_RIDES + 20)]
    assert len({driver_id for hits in rides.values() for driver_id in hits}) == MOST_RIDES


def test_who_sleeps_is_asked_only_where_nobody_awake_is_left() -> None:
    town = Town(batch=2, rounds=100)
    policy = Batched(town.rules)
    town.driver("s1", 0.1, "asleep")
    town.driver("d1", 1.0)
    town.ride("r1")
    opened(town, policy, "r1")
    assert asked(town.decide(policy, Tick(), 15.0)) == {"r1": ["d1"]}
    assert asked(town.decide(policy, Tick(), 20.0)) == {"r1": ["s1"]}, "for the other place of its round"
