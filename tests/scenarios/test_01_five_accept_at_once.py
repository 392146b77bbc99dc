"""Scenario 1. A ride is offered to five drivers and all five accept it in the same instant, in whatever order.

One of them has it. The others hear that it is taken before they hear anything else, hear the same again however late they try
again, and may be offered another ride in that same instant. The passenger is told of one driver, once.
"""

from itertools import permutations

import pytest

from sim.stories.stage import Stage, StageDriver, StagePassenger
from tests.scenarios.theatre import Theatre, every_order

FIVE = ("d1", "d2", "d3", "d4", "d5")


def all_accept_at_seven(stage: Stage, order: tuple[str, ...] = FIVE) -> tuple[StagePassenger, dict[str, StageDriver]]:
    """Five drivers are asked, and accept in this order at second 7."""
    drivers = {driver.name: driver for driver in stage.fleet(5)}
    passenger = stage.passenger("r1")
    passenger.books(at=0)
    for name in order:
        drivers[name].accepts("r1", at=7)
    return passenger, drivers


def check_that_one_has_it(passenger: StagePassenger, drivers: dict[str, StageDriver]) -> StageDriver:
    """The winner; whatever else is true of the five is asserted here."""
    assert passenger.story() == ["searching", "driver_assigned"]
    winner = drivers.pop(passenger.last()["driver_id"])
    assert winner.story() == ["ride_request", "ride_accepted"]
    for loser in drivers.values():
        assert loser.story() == ["ride_request", "offer_closed"]
        closing = loser.last()
        assert (closing.at, closing["ride_id"], closing["reason"]) == (7.0, "r1", "taken")
    return winner


def test_in_each_of_120_orders_the_first_has_it_and_the_others_hear_taken(play: Theatre) -> None:
    for order in permutations(FIVE):
        stage = play(told=order)
        passenger, drivers = all_accept_at_seven(stage, order)
        stage.run(until=7)
        assert check_that_one_has_it(passenger, drivers).name == order[0]


@pytest.mark.parametrize("first", FIVE)
def test_an_accept_that_comes_a_minute_late_hears_the_same_taken_again(play: Theatre, first: str) -> None:
    stage = play()
    passenger, drivers = all_accept_at_seven(stage, (first, *(name for name in FIVE if name != first)))
    stage.run(until=7)
    check_that_one_has_it(passenger, drivers)
    for loser in drivers.values():
        loser.accepts("r1", at=68)
    stage.run(until=68)
    for loser in drivers.values():
        first_closing, again = loser.heard("offer_closed")
        assert again == first_closing, "the same number in the stream too"
    assert passenger.story() == ["searching", "driver_assigned"]


def test_the_losers_are_offered_the_next_ride_in_the_same_instant(play: Theatre) -> None:
    for order in permutations(FIVE):
        stage = play(told=order)
        _, drivers = all_accept_at_seven(stage, order)
        stage.passenger("r2").books(at=7)
        stage.run(until=8)
        del drivers[order[0]]
        assert [loser.offer("r2").at for loser in drivers.values()] == [7.0] * 4


def test_in_every_order_of_all_deliveries_one_has_it(play: Theatre) -> None:
    winners = set()
    for dice in every_order(since=7.0, surprises=1):
        stage = play.in_order(dice)
        passenger, drivers = all_accept_at_seven(stage)
        stage.run(until=7)
        winners.add(check_that_one_has_it(passenger, drivers).name)
    assert len(winners) > 1, "the order of deliveries matters"


@pytest.mark.parametrize("seed", range(60))
def test_however_deliveries_are_shuffled_one_has_it(play: Theatre, seed: int) -> None:
    stage = play.permuted(seed)
    passenger, drivers = all_accept_at_seven(stage)
    stage.run(until=7)
    check_that_one_has_it(passenger, drivers)
