"""Where it is wanted the drivers of a round are asked one by one, the nearest first, each with the whole offer time."""

from typing import Any

import pytest

from sim.stories.stage import Stage
from sim.world import WorldOptions
from tests.scenarios.theatre import Theatre

STAGGERED: dict[str, Any] = {"stagger_s": 5.0, "batch": 3}


def asked_at(stage: Stage) -> dict[str, list[float]]:
    return {
        name: [offer.at for offer in heard]
        for name, driver in stage.drivers.items()
        if (heard := driver.heard("ride_request"))
    }


def test_each_is_asked_so_long_after_the_one_before_with_their_own_whole_time(play: Theatre) -> None:
    stage = play(**STAGGERED)
    stage.fleet(5)
    stage.passenger("r1").books(at=0)
    stage.run(until=29)
    assert asked_at(stage) == {"d1": [0.0], "d2": [5.0], "d3": [10.0]}
    assert {driver.offer("r1")["round"] for driver in list(stage.drivers.values())[:3]} == {1}
    assert [stage.drivers[name].offer("r1")["ttl_ms"] for name in ("d1", "d2", "d3")] == [30_000] * 3
    assert stage.passengers["r1"].heard("searching")[0]["drivers_notified"] == 1


def test_a_no_shows_the_next_place_at_once(play: Theatre) -> None:
    stage = play(**STAGGERED)
    stage.fleet(5)
    stage.passenger("r1").books(at=0)
    stage.drivers["d1"].declines("r1", at=2)
    stage.drivers["d2"].declines("r1", at=3)
    stage.run(until=7.9)
    assert asked_at(stage) == {"d1": [0.0], "d2": [2.0], "d3": [3.0]}


def test_a_round_is_over_when_all_its_places_are_used_up_and_then_the_next_begins(play: Theatre) -> None:
    stage = play(**STAGGERED)
    stage.fleet(5)
    stage.passenger("r1").books(at=0)
    for number, name in enumerate(("d1", "d2", "d3"), 1):
        stage.drivers[name].declines("r1", at=number)
    stage.run(until=4)
    assert asked_at(stage)["d4"] == [3.0]
    assert stage.drivers["d4"].offer("r1")["round"] == 2


def test_a_yes_leaves_the_others_alone(play: Theatre) -> None:
    stage = play(**STAGGERED)
    stage.fleet(5)
    stage.passenger("r1").books(at=0)
    stage.drivers["d2"].accepts("r1", at=8)
    stage.run(until=60)
    assert asked_at(stage) == {"d1": [0.0], "d2": [5.0]}
    assert stage.passengers["r1"].last("driver_assigned")["driver_id"] == "d2"
    assert stage.drivers["d1"].last("offer_closed")["reason"] == "taken"


def test_where_nobody_is_left_for_the_other_places_the_round_is_over_too(play: Theatre) -> None:
    stage = play(**STAGGERED, rounds=2, search_cap_s=60.0)
    stage.fleet(1)
    stage.passenger("r1").books(at=0)
    stage.run(until=70)
    assert asked_at(stage) == {"d1": [0.0, 32.0]}  # silent, and asked once more in a round of its own
    assert stage.drivers["d1"].offer("r1")["round"] == 2
    assert stage.passengers["r1"].last()["type"] == "no_drivers"


def test_a_nearer_newcomer_is_asked_when_it_is_time_for_the_next(play: Theatre) -> None:
    stage = play(**STAGGERED)
    stage.driver("d2", north_km=2.0)
    stage.driver("d3", north_km=3.0)
    stage.passenger("r1").books(at=0)
    stage.driver("d1", north_km=1.0, at=1)
    stage.run(until=6)
    assert asked_at(stage) == {"d2": [0.0], "d1": [5.0]}


def test_whoever_vanishes_gives_their_place_to_the_next_at_once(play: Theatre) -> None:
    stage = play(**STAGGERED)
    stage.fleet(5)
    stage.passenger("r1").books(at=0)
    stage.drivers["d1"].leaves(at=1)
    stage.run(until=11.5)
    assert asked_at(stage) == {"d1": [0.0], "d2": [1.0], "d3": [6.0], "d4": [11.0]}


@pytest.mark.parametrize("at", [2.0, 7.0])
def test_a_dispatcher_that_is_made_anew_asks_the_next_when_it_is_time(play: Theatre, at: float) -> None:
    stage = play(options=WorldOptions(supervise=True), **STAGGERED)
    stage.fleet(5)
    stage.passenger("r1").books(at=0)
    stage.run(until=at)
    stage.world.runtime.rebuild("dispatcher/0")
    stage.run(until=11)
    assert asked_at(stage) == {"d1": [0.0], "d2": [5.0], "d3": [10.0]}


def test_one_by_one_within_a_circle_that_grows(play: Theatre) -> None:
    stage = play(**{**STAGGERED, "batch": 4}, radius_from_m=2_500.0, radius_growth=2.0)
    stage.fleet(4)
    stage.passenger("r1").books(at=0)
    stage.drivers["d1"].declines("r1", at=1)
    stage.drivers["d2"].declines("r1", at=2)
    stage.run(until=8)
    assert asked_at(stage) == {"d1": [0.0], "d2": [1.0], "d3": [2.0], "d4": [7.0]}
