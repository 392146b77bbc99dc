"""However a ride ends, nobody is followed, asked, warned or charged for it any more, and its driver is free."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dispatch.actors.tracker import TrackerActor
from sim.stories.stage import Stage, StageDriver
from tests.scenarios.theatre import Theatre

Ending = Callable[[Stage, StageDriver], object]
LATER_S = 1000.0
"""At this second all of them are over."""


def completes(stage: Stage, driver: StageDriver) -> None:
    driver.drives("r1", step_s=100.0, at=100)


def nobody_comes(stage: Stage, driver: StageDriver) -> None:
    driver.says("arrived", at=100, ride_id="r1")
    driver.says("no_show", at=500, ride_id="r1")


def the_passenger_cancels(stage: Stage, driver: StageDriver) -> None:
    stage.passengers["r1"].cancels(at=100)


def the_passenger_cancels_at_the_pickup(stage: Stage, driver: StageDriver) -> None:
    driver.says("arrived", at=100, ride_id="r1")
    stage.passengers["r1"].cancels(at=200)


def the_driver_gives_up(stage: Stage, driver: StageDriver) -> None:
    driver.says("cancel_ride", at=100, ride_id="r1")


def the_driver_stands_still_for_too_long(stage: Stage, driver: StageDriver) -> None:
    """See `watch_give_up` below."""


def the_ride_takes_too_long(stage: Stage, driver: StageDriver) -> None:
    driver.says("start_ride", at=100, ride_id="r1")


ENDINGS: dict[str, Ending] = {
    ending.__name__.replace("_", " "): ending
    for ending in (
        *(completes, nobody_comes, the_passenger_cancels, the_passenger_cancels_at_the_pickup),
        *(the_driver_gives_up, the_driver_stands_still_for_too_long, the_ride_takes_too_long),
    )
}
QUICK: dict[str, Any] = {"watch_give_up_s": 300.0, "ride_cap_s": 800.0, "max_restarts": 0, "payment": "http"}


def ended(play: Theatre, ending: str, **options: Any) -> Stage:
    """A ride by card of d1 that is over, each in its way."""
    stage = play(**{**QUICK, "currency": "ZAR", "cancellation_fee": 25.0, "no_show_fee": 25.0, **options})
    driver, passenger = stage.driver("d1"), stage.passenger("r1")
    passenger.books(at=1, payment_method="card")
    driver.accepts("r1", at=5)
    ENDINGS[ending](stage, driver)
    stage.run(until=LATER_S)
    assert stage.world.watch.ledger.ended["r1"] in ("completed", "cancelled", "no_show", "no_drivers")  # type: ignore[index]
    return stage


def tracker_of(stage: Stage) -> TrackerActor:
    tracker = stage.actor("tracker/0")
    assert isinstance(tracker, TrackerActor)
    return tracker


@pytest.mark.parametrize("ending", ENDINGS)
def test_nobody_is_followed_any_more(play: Theatre, ending: str) -> None:
    stage = ended(play, ending)
    stage.drivers["d1"].moves(0.5, at=LATER_S + 10)
    stage.passengers["r1"].returns(at=LATER_S + 15)
    stage.drivers["d1"].moves(0.2, at=LATER_S + 30)
    stage.run(until=LATER_S + 60)
    assert stage.passengers["r1"].heard("driver_location", since=LATER_S) == []
    assert list(stage.world.board._followed) == [], "the board calls nobody for a driver without a ride"
    tracker = tracker_of(stage)
    assert (tracker._of_ride, tracker._of_driver) == ({}, {})
    assert tracker.tracks._of_driver == {}


@pytest.mark.parametrize("ending", ENDINGS)
def test_nobody_hears_another_word_of_it(play: Theatre, ending: str) -> None:
    stage = ended(play, ending)
    said = len(stage.record("r1"))
    stage.run(until=LATER_S + 2 * 3600.0)
    assert stage.passengers["r1"].heard(since=LATER_S) == []
    assert stage.drivers["d1"].heard(since=LATER_S) == []
    assert len(stage.record("r1")) == said


@pytest.mark.parametrize("ending", ENDINGS)
def test_its_driver_is_free_for_the_next_ride(play: Theatre, ending: str) -> None:
    stage = ended(play, ending)
    stage.passenger("r2").books(at=LATER_S + 1)
    stage.drivers["d1"].accepts("r2", at=LATER_S + 5)
    stage.run(until=LATER_S + 6)
    assert stage.passengers["r2"].last("driver_assigned")["driver_id"] == "d1"


@pytest.mark.parametrize("ending", ENDINGS)
def test_what_it_costs_is_collected_once_and_nothing_else_is(play: Theatre, ending: str) -> None:
    stage = ended(play, ending)
    charges = [event for event in stage.record("r1") if type(event).__name__.startswith("Charge")]
    collected = dict(stage.world.payments.collected)
    assert (len(charges), len(collected)) in ((0, 0), (2, 1)), "a charge and its end, or neither"
    stage.crashes(at=LATER_S + 1)
    stage.run(until=LATER_S + 3600.0)
    assert [event for event in stage.record("r1") if type(event).__name__.startswith("Charge")] == charges
    assert stage.world.payments.collected == collected
