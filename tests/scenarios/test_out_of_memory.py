"""Whoever is gone leaves memory, whole; whoever is needed stays; whoever returns finds everything as it was.

A driver on no ride stays for `link_grace` and `retire_after` together (60 s each) after the connection was lost.
"""

from __future__ import annotations

from typing import Any

import pytest

from dispatch import addresses
from dispatch.actors.dispatcher import DispatcherActor
from dispatch.domain.matching.supply import Supply
from dispatch.ids import DriverId, PassengerId, QuoteId, RideId
from dispatch.messages.events import RoundConsidered
from dispatch.messages.providers import UseQuote
from dispatch.values import Place
from sim.stories.stage import DROPOFF, PICKUP, Stage
from sim.world import WorldOptions
from tests.scenarios.test_fares import TARIFF, Desk
from tests.scenarios.theatre import Theatre, every_order

STAYS_S = 120.0
SECONDS = "2026-01-01T00:00:{:02d}Z"


def awake(stage: Stage, kind: str = addresses.DRIVER) -> list[str]:
    return [addresses.name_of(address) for address in stage.world.runtime.addresses(kind)]


def supply(stage: Stage) -> Supply:
    dispatcher = stage.actor("dispatcher/0")
    assert isinstance(dispatcher, DispatcherActor)
    return dispatcher.supply


def remembered(stage: Stage) -> set[str]:
    """The drivers of whom anything at all is left in the server's memory, wherever that is."""
    dispatcher, tracker, board = stage.actor("dispatcher/0"), stage.actor("tracker/0"), stage.world.board
    held = [vars(part) for part in (supply(stage), board, dispatcher, tracker) if part is not None]
    named = {key for fields in held for value in fields.values() if isinstance(value, dict) for key in value}
    everybody = supply(stage).everybody
    placed = {name for name in stage.drivers if everybody is not None and everybody.holds(name)}
    return (named | placed | set(awake(stage))) & set(stage.drivers)


def seen_once(stage: Stage, count: int = 30) -> Stage:
    """They report where they are, jump about, tell their phones' time, are asked, and go."""
    for driver in stage.fleet(count):
        for number in range(4):
            report = {
                "latitude": PICKUP[0] + number / 2,
                "longitude": PICKUP[1],
                "recorded_at": SECONDS.format(number + 1),
            }
            driver.says("location_update", at=number + 2.0, **report)
        driver.says("set_availability", at=7, available=False)
        driver.says("set_availability", at=8, available=True)
        driver.leaves(at=20)
    stage.passenger("r1").books(at=10)
    stage.run(until=20)
    assert remembered(stage) == set(stage.drivers)
    return stage


@pytest.mark.parametrize("settings", [{}, {"explain_candidates": 5}, {"rank_by": "eta"}], ids=str)
def test_of_drivers_seen_once_nothing_is_left(play: Theatre, settings: dict[str, Any]) -> None:
    stage = seen_once(play(**settings))
    stage.run(until=20 + STAYS_S - 1)
    assert len(awake(stage)) == 30
    stage.run(until=20 + STAYS_S)
    assert remembered(stage) == set()
    assert not supply(stage).drivers
    assert not any(supply(stage).counts.values())


def test_how_long_they_stay_are_two_settings(play: Theatre) -> None:
    stage = seen_once(play(link_grace_s=5.0, retire_after_s=2.0), 3)
    stage.run(until=26.9)
    assert len(awake(stage)) == 3
    stage.run(until=27)
    assert remembered(stage) == set()


def test_who_lost_the_connection_without_a_word_leaves_as_well(play: Theatre) -> None:
    stage = play()
    stage.driver("d1").dies(at=5)
    stage.run(until=5 + 12 + STAYS_S + 1)
    assert remembered(stage) == set()


def test_a_driver_on_a_ride_stays_and_leaves_once_it_is_over(play: Theatre) -> None:
    stage = play()
    stage.fleet(1)
    stage.passenger("r1").books(at=1)
    stage.drivers["d1"].accepts("r1", at=5)
    stage.drivers["d1"].leaves(at=10)
    stage.run(until=1000)
    assert awake(stage) == ["d1"]
    stage.drivers["d1"].returns(at=1001)
    stage.drivers["d1"].says("complete_ride", at=1002, ride_id="r1")
    stage.drivers["d1"].leaves(at=1003)
    stage.run(until=1003 + STAYS_S)
    assert remembered(stage) == set()


def test_a_driver_whose_ride_ends_without_them_leaves_afterwards(play: Theatre) -> None:
    stage = play()
    stage.fleet(1)
    stage.passenger("r1").books(at=1)
    stage.drivers["d1"].accepts("r1", at=5)
    stage.drivers["d1"].leaves(at=10)
    stage.passengers["r1"].cancels(at=500)
    stage.run(until=500 + STAYS_S - 1)
    assert awake(stage) == ["d1"]
    stage.run(until=500 + STAYS_S)
    assert remembered(stage) == set()


def test_while_the_disk_is_full_a_driver_stays_and_leaves_once_it_is_not(play: Theatre) -> None:
    stage = play(options=WorldOptions(commit_delay_s=(0.01, 0.01)))
    stage.driver("d1").leaves(at=5)
    stage.run(until=10)
    stage.world.journal._delay_s = (300.0, 300.0)
    stage.drivers["d1"].returns(at=20)
    stage.drivers["d1"].leaves(at=21)
    stage.run(until=300)
    assert awake(stage) == ["d1"], "that the driver came is not on disk yet"
    stage.run(until=321 + 2 * STAYS_S + 1)
    assert remembered(stage) == set()


def test_who_comes_back_is_told_how_things_stand_in_a_life_of_its_own_and_is_asked_again(play: Theatre) -> None:
    stage = play()
    driver = stage.driver("d1")
    driver.says("set_availability", at=1, available=False, id="k1")
    driver.leaves(at=1.5)
    driver.returns(at=2)
    driver.leaves(at=3)
    stage.run(until=3)
    assert driver.last("snapshot")["status"] == "unavailable"
    epoch = driver.last("snapshot")["epoch"]
    stage.run(until=3 + STAYS_S)
    assert awake(stage) == []
    driver.resumes(at=200)
    driver.says("set_availability", at=201, available=False, id="k1")
    driver.says("set_availability", at=202, available=True, id="k2")
    stage.passenger("r1").books(at=210)
    stage.run(until=211)
    snapshot = driver.last("snapshot")
    assert (snapshot["status"], snapshot["recovered"], snapshot["seq"]) == ("unavailable", False, 1)
    assert snapshot["epoch"].startswith(f"{epoch}."), "numbers of a life of its own"
    assert [ack["id"] for ack in driver.heard("ack")] == ["k1", "k1", "k2"]
    assert driver.offer("r1").at == 210


def test_who_comes_back_in_the_very_moment_is_asked_whatever_the_order(play: Theatre) -> None:
    """The driver returns, the timer rings and the dispatcher hears of both at one instant, in every order."""
    for dice in every_order(since=STAYS_S):
        stage = play.in_order(dice)
        driver = stage.driver("d1")
        driver.leaves(at=5)
        driver.returns(at=5 + STAYS_S)
        stage.passenger("r1").books(at=5 + STAYS_S + 1)
        driver.accepts("r1", at=5 + STAYS_S + 2)
        stage.run(until=5 + STAYS_S + 3)
        assert stage.passengers["r1"].last("driver_assigned")["driver_id"] == "d1"
        stage.passengers["r1"].cancels()
        stage.run(until=stage.now + 1)


def test_who_was_on_a_ride_when_the_server_died_and_never_comes_back_leaves(play: Theatre) -> None:
    stage = play()
    stage.fleet(2)
    stage.passenger("r1").books(at=1)
    stage.drivers["d1"].accepts("r1", at=5)
    stage.run(until=10)
    stage.crashes()
    stage.run(until=400)
    assert awake(stage) == ["d1"]
    stage.passengers["r1"].returns(at=401)
    stage.passengers["r1"].cancels(at=402)
    stage.run(until=402 + STAYS_S)
    assert remembered(stage) == set()


def test_a_dispatcher_made_anew_knows_those_who_are_there_and_forgets_them_too(play: Theatre) -> None:
    stage = play()
    stage.fleet(3)
    stage.drivers["d1"].leaves(at=5)
    stage.run(until=50)
    stage.world.runtime.rebuild("dispatcher/0")
    stage.drivers["d2"].leaves(at=60)
    stage.run(until=60 + STAYS_S)
    assert remembered(stage) == {"d3"}


def test_nobody_who_left_memory_is_explained(play: Theatre) -> None:
    stage = play(explain_candidates=5)
    stage.fleet(4)
    for name in ("d1", "d2"):
        stage.drivers[name].leaves(at=5)
    stage.passenger("r1").books(at=6 + STAYS_S)
    stage.run(until=7 + STAYS_S)
    considered = next(event for event in stage.record("r1") if isinstance(event, RoundConsidered))
    assert (considered.drivers, considered.others) == ((DriverId("d3"), DriverId("d4")), ())


def test_a_rating_wakes_a_ride_and_no_driver_and_a_late_word_a_ride_for_that_alone(play: Theatre) -> None:
    stage = play()
    stage.fleet(1)
    stage.passenger("r1").books(at=1)
    driver = stage.drivers["d1"]
    driver.accepts("r1", at=5)
    driver.says("complete_ride", at=60, ride_id="r1")
    driver.leaves(at=61)
    stage.passengers["r1"].leaves(at=61)
    stage.run(until=200)
    assert (awake(stage), awake(stage, addresses.RIDE)) == ([], [])
    stage.passengers["r1"].returns(at=201)
    stage.passengers["r1"].says("rate_driver", at=202, rating=5)
    stage.passengers["r1"].leaves(at=203)
    stage.run(until=204)
    assert (awake(stage), awake(stage, addresses.RIDE)) == ([], ["r1"])
    stage.run(until=203 + STAYS_S)
    assert (awake(stage), awake(stage, addresses.RIDE)) == ([], [])
    driver.returns(at=400)
    driver.says("complete_ride", at=401, ride_id="r1")
    driver.leaves(at=402)
    stage.run(until=402)
    assert awake(stage, addresses.RIDE) == ["r1"]
    stage.run(until=402 + STAYS_S)
    assert (awake(stage), awake(stage, addresses.RIDE)) == ([], [])


def test_quotes_leave_soon_after_they_were_made_or_asked_for_also_those_that_an_older_process_made(
    play: Theatre,
) -> None:
    stage = play(**TARIFF)
    desk = Desk(stage)
    for name in ("q1", "q2"):
        desk.quote(name)
    stage.run(until=0.5)
    assert awake(stage, addresses.QUOTE) == ["q1", "q2"]
    stage.run(until=10)
    assert awake(stage, addresses.QUOTE) == []
    stage.crashes()
    trip = (PassengerId("p1"), Place(*PICKUP), Place(*DROPOFF), "", None)
    stage.world.runtime.tell("quote/q1", UseQuote(QuoteId("q1"), RideId("r9"), 1, *trip))
    stage.world.runtime.tell("quote/unknown", UseQuote(QuoteId("unknown"), RideId("r9"), 1, *trip))
    stage.run(until=10.5)
    assert "q1" in awake(stage, addresses.QUOTE)
    stage.run(until=20)
    assert awake(stage, addresses.QUOTE) == []
