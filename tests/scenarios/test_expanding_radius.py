"""Each round reaches farther than the one before, as little as it has to, and the last one reaches all."""

from typing import Any

from dispatch.actors.dispatcher import DispatcherActor
from sim.stories.stage import Stage
from sim.world import WorldOptions
from tests.scenarios.theatre import Theatre

WIDENING: dict[str, Any] = {
    "radius_from_m": 2_000.0,
    "radius_growth": 1.5,
    "offer_timeout_s": 10.0,
    "search_cap_s": 60.0,
    "asks_after_silence": 0,
}


def asked_at(stage: Stage, ride: str = "r1") -> dict[str, float]:
    """When each driver got the first offer of it."""
    offers = {name: driver.heard("ride_request") for name, driver in stage.drivers.items()}
    return {name: heard[0].at for name, heard in offers.items() if heard and heard[0]["ride_id"] == ride}


def test_each_round_reaches_farther_and_the_last_one_reaches_all(play: Theatre) -> None:
    stage = play(**WIDENING)
    for number, km in enumerate((1.0, 2.5, 4.0, 9.9, 10.1), 1):
        stage.driver(f"d{number}", north_km=km)
    stage.passenger("r1").books(at=0)
    stage.run(until=60)
    assert asked_at(stage) == {"d1": 0.0, "d2": 10.0, "d3": 20.0, "d4": 30.0}


def test_a_circle_with_nobody_in_it_is_passed_over_at_once(play: Theatre) -> None:
    stage = play(**WIDENING)
    stage.driver("d1", north_km=6.0)
    stage.driver("d2", north_km=7.0)
    stage.passenger("r1").books(at=0)
    stage.run(until=11)
    assert asked_at(stage) == {"d1": 0.0, "d2": 10.0}
    assert [frame["round"] for frame in stage.passengers["r1"].heard("searching")] == [1, 2]


def test_a_newcomer_outside_the_circle_waits_for_its_round_while_somebody_thinks(play: Theatre) -> None:
    stage = play(**WIDENING)
    stage.driver("d1", north_km=1.0)
    stage.passenger("r1").books(at=0)
    stage.driver("d2", north_km=2.5, at=3)
    stage.driver("d3", north_km=1.5, at=4)
    stage.run(until=30)
    assert asked_at(stage) == {"d1": 0.0, "d3": 4.0, "d2": 14.0}


def test_a_round_whose_only_driver_vanishes_widens_at_once(play: Theatre) -> None:
    stage = play(**WIDENING)
    stage.driver("d1", north_km=1.0).leaves(at=3)
    stage.driver("d2", north_km=5.0)
    stage.passenger("r1").books(at=0)
    stage.run(until=3)
    assert asked_at(stage) == {"d1": 0.0, "d2": 3.0}
    assert stage.drivers["d2"].offer("r1")["round"] == 1


def test_whoever_comes_online_while_nobody_thinks_is_asked_wherever_they_are_in_reach(play: Theatre) -> None:
    stage = play(**WIDENING)
    stage.passenger("r1").books(at=0)
    stage.driver("d1", north_km=8.0, at=5)
    stage.run(until=5)
    assert asked_at(stage) == {"d1": 5.0}


def test_a_dispatcher_that_is_made_anew_knows_how_far_the_round_reached(play: Theatre) -> None:
    stage = play(options=WorldOptions(supervise=True), **WIDENING)
    stage.driver("d1", north_km=1.0)
    stage.driver("d2", north_km=2.5)
    stage.passenger("r1").books(at=0)
    stage.run(until=5)
    stage.world.runtime.rebuild("dispatcher/0")
    stage.run(until=6)
    dispatcher = stage.actor("dispatcher/0")
    assert isinstance(dispatcher, DispatcherActor)
    assert [search.radius_m for search in dispatcher.searches.values()] == [2_000.0]
    stage.run(until=12)
    assert asked_at(stage) == {"d1": 0.0, "d2": 10.0}
