"""Scenario 4. An offer is answered after its thirty seconds, when the next round is out already.

Within the two seconds of grace it still wins and the next round closes; the driver is told that the offer expired only when the
grace is over too, and is offered nothing else before. After it the driver hears that closing again, and the round is not touched.
Whoever was handled first has the ride.
"""

from sim.stories.stage import Stage, StageDriver
from tests.scenarios.theatre import Theatre, every_order


def two_rounds(stage: Stage) -> tuple[list[StageDriver], list[StageDriver]]:
    """The five drivers of round 1, at second 0, and the five of round 2, at second 30."""
    fleet = stage.fleet(10)
    stage.passenger("r1").books(at=0)
    return fleet[:5], fleet[5:]


def test_a_silent_round_makes_room_for_the_next_at_thirty_seconds(play: Theatre) -> None:
    stage = play()
    first, second = two_rounds(stage)
    stage.run(until=29.99)
    assert [driver.story() for driver in second] == [[]] * 5
    stage.run(until=30)
    assert [driver.offer("r1").at for driver in second] == [30.0] * 5
    assert [driver.offer("r1")["round"] for driver in first + second] == [1] * 5 + [2] * 5
    assert [frame["round"] for frame in stage.passengers["r1"].heard("searching")] == [1, 2]


def test_an_accept_within_the_grace_wins_and_closes_the_next_round(play: Theatre) -> None:
    stage = play()
    first, second = two_rounds(stage)
    first[0].accepts("r1", at=31.5)
    stage.run(until=40)
    assert stage.passengers["r1"].last()["driver_id"] == "d1"
    assert first[0].story() == ["ride_request", "ride_accepted"]
    for driver in first[1:] + second:
        assert driver.story() == ["ride_request", "offer_closed"]
        assert (driver.last().at, driver.last()["reason"]) == (31.5, "taken")


def test_a_silent_driver_hears_expired_only_when_the_grace_is_over(play: Theatre) -> None:
    stage = play()
    first, _ = two_rounds(stage)
    stage.run(until=31.99)
    assert [driver.story() for driver in first] == [["ride_request"]] * 5
    stage.run(until=32)
    assert [(driver.last().at, driver.last()["reason"]) for driver in first] == [(32.0, "expired")] * 5


def test_an_accept_after_the_grace_hears_that_closing_again_and_touches_nothing(play: Theatre) -> None:
    stage = play()
    first, second = two_rounds(stage)
    first[0].accepts("r1", at=32.001)
    stage.run(until=40)
    closing, again = first[0].heard("offer_closed")
    assert again == closing and (closing["reason"], again.at) == ("expired", 32.001)
    assert [driver.story() for driver in second] == [["ride_request"]] * 5
    assert stage.passengers["r1"].story() == ["searching", "searching"]


def test_after_an_accept_of_the_next_round_the_late_one_hears_taken(play: Theatre) -> None:
    stage = play()
    first, second = two_rounds(stage)
    second[0].accepts("r1", at=31)
    first[0].accepts("r1", at=31.5)
    stage.run(until=40)
    assert stage.passengers["r1"].last()["driver_id"] == "d6"
    assert first[0].last()["reason"] == "taken"


def test_two_rounds_that_accept_in_one_instant_have_one_winner_in_every_order(play: Theatre) -> None:
    winners = set()
    for dice in every_order(since=31.0, surprises=1):
        stage = play.in_order(dice)
        first, second = two_rounds(stage)
        first[0].accepts("r1", at=31)
        second[0].accepts("r1", at=31)
        stage.run(until=31)
        winner = stage.passengers["r1"].last()["driver_id"]
        for driver in (first[0], second[0]):
            expected = "ride_accepted" if driver.name == winner else "offer_closed"
            assert driver.story() == ["ride_request", expected]
        winners.add(winner)
    assert winners == {"d1", "d6"}


def test_an_accept_in_the_instant_in_which_the_grace_ends_is_one_thing_or_the_other(play: Theatre) -> None:
    for dice in every_order(since=32.0, surprises=1):
        stage = play.in_order(dice)
        first, _ = two_rounds(stage)
        first[0].accepts("r1", at=32)
        stage.run(until=32)
        won = stage.passengers["r1"].last()["type"] == "driver_assigned"
        assert first[0].story() == ["ride_request", "ride_accepted" if won else "offer_closed"]


def test_between_the_round_and_the_end_of_the_grace_nothing_else_is_offered(play: Theatre) -> None:
    stage = play()
    first, _ = two_rounds(stage)
    stage.passenger("r2").books(at=31)
    stage.run(until=32)
    assert [driver.offer("r2").at for driver in first] == [32.0] * 5
