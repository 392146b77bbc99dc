"""The default policy: whom it asks when something happened. How a search counts its places is in test_search.py."""

import pytest

from dispatch.domain.matching.policy import Ask, DriverEligible, EndRound, OfferEnded, SearchDue, SearchOpened, Tick
from dispatch.domain.matching.rounds import Rounds, _within_reach
from dispatch.ids import RideId
from tests.domain.matching.towns import Town, asked

R1, R2 = RideId("r1"), RideId("r2")


def test_a_search_asks_the_nearest_of_a_round_at_once() -> None:
    town = Town(batch=2)
    for km in (3, 1, 2):
        town.driver(f"d{km}", km)
    town.ride("r1")
    assert asked(town.decide(Rounds(), SearchOpened(R1))) == {"r1": ["d1", "d2"]}


def test_a_first_round_opens_even_with_nobody_to_ask_and_a_later_one_does_not() -> None:
    town = Town()
    search = town.ride("r1")
    assert town.decide(Rounds(), SearchOpened(R1)) == [Ask(R1, [], 10_000.0)]
    assert search.round_no == 1
    driver_id = town.driver("d1", 1)
    assert asked(town.decide(Rounds(), DriverEligible(driver_id))) == {"r1": ["d1"]}
    town.declines(driver_id, R1)
    assert town.decide(Rounds(), OfferEnded(R1, driver_id, "declined")) == []


def test_a_driver_who_becomes_eligible_goes_to_the_longest_waiting_in_reach() -> None:
    town = Town(radius_m=5_000.0)
    for name, km, since in (("r1", 0.0, 2.0), ("r2", 0.5, 1.0), ("r3", 50.0, 0.0)):
        town.ride(name, km, since)
        town.decide(Rounds(), SearchOpened(RideId(name)), now=2.0)
    driver_id = town.driver("d1", 0.0)
    assert asked(town.decide(Rounds(), DriverEligible(driver_id))) == {"r2": ["d1"]}


def test_a_round_reaches_as_far_as_the_nearest_who_may_be_asked() -> None:
    town = Town(radius_from_m=1_000.0, radius_growth=2.0)
    town.driver("d1", 3)
    search = town.ride("r1")
    town.decide(Rounds(), SearchOpened(R1))
    assert search.radius_m == 4_000.0


@pytest.mark.parametrize(
    ("rules", "before_m", "round_no", "expected"),
    [
        ({}, 0.0, 1, [10_000.0]),
        ({"radius_from_m": 2_000.0}, 0.0, 1, [2_000.0, 3_000.0, 4_500.0, 6_750.0, 10_000.0]),
        ({"radius_from_m": 2_000.0}, 2_000.0, 2, [3_000.0, 4_500.0, 6_750.0, 10_000.0]),
        ({"radius_from_m": 2_000.0}, 6_750.0, 3, [10_000.0]),
        ({"radius_from_m": 2_000.0}, 3_000.0, 4, [10_000.0]),  # the last round reaches all
        ({"radius_from_m": 20_000.0}, 0.0, 1, [10_000.0]),
    ],
)
def test_a_round_reaches_by_steps_as_far_as_it_may(
    rules: dict[str, float], before_m: float, round_no: int, expected: list[float]
) -> None:
    town = Town(**rules)
    search = town.ride("r1")
    search.radius_m = before_m
    tried: list[float] = []
    town.zone.nearest = lambda search, k, radius_m: tried.append(radius_m) or []  # type: ignore[method-assign, func-returns-value]
    assert _within_reach(search, town.zone, 5, round_no) == ([], 10_000.0)
    assert tried == expected


def test_a_round_that_nobody_thinks_about_widens() -> None:
    town = Town(radius_from_m=1_000.0, radius_growth=2.0, rounds=2)
    near = town.driver("d1", 0.5)
    search = town.ride("r1")
    town.decide(Rounds(), SearchOpened(R1))
    town.driver("d2", 3)
    offer_id = next(iter(search.open))
    assert town.decide(Rounds(), SearchDue(R1)) == [], "somebody thinks"
    del search.open[offer_id], search.asks[near]
    town.supply.announced(near, "busy", "sedan")
    town.supply.update(near)
    assert asked(town.decide(Rounds(), SearchDue(R1))) == {"r1": ["d2"]}
    assert search.radius_m == 4_000.0


def test_places_that_are_shown_one_by_one_end_when_nobody_is_left() -> None:
    town = Town(stagger_s=5.0, rounds=2)
    driver_id = town.driver("d1", 1)
    town.ride("r1")
    assert asked(town.decide(Rounds(), SearchOpened(R1))) == {"r1": ["d1"]}
    town.declines(driver_id, R1)
    assert town.decide(Rounds(), OfferEnded(R1, driver_id, "declined")) == [EndRound(R1)]


def test_in_the_place_of_a_policy_that_failed_at_a_tick_it_looks_at_every_search() -> None:
    town = Town(batch=1)
    for name, km in (("r1", 0.0), ("r2", 8.0)):
        town.ride(name, km)
        town.decide(Rounds(), SearchOpened(RideId(name)))
    for name, km in (("d1", 0.5), ("d2", 8.5)):
        town.driver(name, km)
    assert asked(town.decide(Rounds(), Tick())) == {"r1": ["d1"], "r2": ["d2"]}
