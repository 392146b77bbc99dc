"""Scenario 7. A driver gives a ride up before the pickup.

The passenger hears `driver_cancelled` and then `searching`, at the same fare. That driver is not asked again, nor is who declined;
who was only silent may be. After two such restarts, or when the time to search is over, there are no drivers, at once. At the
pickup the rules of a no-show hold instead.
"""

import pytest

from sim.stories.stage import Stage
from tests.scenarios.theatre import Theatre, every_order, news


def one_accepts(stage: Stage, *, drivers: int = 3, at: float = 20) -> Stage:
    """d1 accepts r1."""
    stage.fleet(drivers)
    stage.passenger("r1").books(at=0)
    stage.drivers["d1"].accepts("r1", at=at)
    return stage


def gives_up(stage: Stage, name: str, at: float, ride: str = "r1", **fields: str) -> None:
    stage.drivers[name].says("cancel_ride", at=at, ride_id=ride, **fields)


def test_the_search_goes_on_without_them_at_the_same_fare(play: Theatre) -> None:
    stage = one_accepts(play())
    gives_up(stage, "d1", at=80, reason="a flat tyre")
    stage.run(until=81)
    passenger = stage.passengers["r1"]
    assert passenger.story() == ["searching", "driver_assigned", "driver_cancelled", "searching"]
    told, again = passenger.frames[-2:]
    assert (told["by"], told["reason"], told.at) == ("driver", "a flat tyre", 80.0)
    assert (again["fare"], again["drivers_notified"], again["round"]) == (85.5, 2, 1)
    assert news(stage.drivers["d1"]) == ["ride_request", "ride_accepted", "ride_cancelled"]
    stage.drivers["d2"].accepts("r1", at=85)
    stage.run(until=90)
    assert (passenger.last()["type"], passenger.last()["driver_id"]) == ("driver_assigned", "d2")


def test_whoever_gave_up_or_declined_is_not_asked_again_but_who_was_silent_is(play: Theatre) -> None:
    stage = play()
    d1, d2, d3 = stage.fleet(3)
    stage.passenger("r1").books(at=0)
    d2.declines("r1", at=5)
    d1.accepts("r1", at=31)  # in the grace: d3 was silent by then
    gives_up(stage, "d1", at=60)
    stage.run(until=89)
    asked = {driver.name: len(driver.heard("ride_request", since=60.0)) for driver in (d1, d2, d3)}
    assert asked == {"d1": 0, "d2": 0, "d3": 1}


def test_the_driver_is_free_and_may_be_asked_for_another_ride_at_once(play: Theatre) -> None:
    stage = one_accepts(play())
    gives_up(stage, "d1", at=80)
    stage.passenger("r2").books(at=80.5)
    stage.run(until=81)
    assert stage.drivers["d1"].offer("r2").at == 80.5


def test_the_third_time_there_are_no_drivers(play: Theatre) -> None:
    stage = one_accepts(play(), drivers=4, at=1)
    for number, name in enumerate(("d1", "d2", "d3")):
        stage.drivers[name].accepts("r1", at=10.0 * number + 1)
        gives_up(stage, name, at=10.0 * number + 6)
    stage.run(until=60)
    assert stage.passengers["r1"].story() == [
        *("searching", "driver_assigned", "driver_cancelled") * 3,
        "no_drivers",
    ]
    assert stage.passengers["r1"].last().at == 26.0


def test_once_the_time_to_search_is_over_nobody_is_asked_in_silence(play: Theatre) -> None:
    stage = one_accepts(play())
    gives_up(stage, "d1", at=181)
    stage.run(until=182)
    assert stage.passengers["r1"].story()[-2:] == ["driver_cancelled", "no_drivers"]
    assert stage.drivers["d2"].heard("ride_request", since=181.0) == []


def test_what_is_left_of_the_time_to_search_is_all_there_is(play: Theatre) -> None:
    stage = one_accepts(play())
    gives_up(stage, "d1", at=100)
    stage.run(until=400)
    (ended,) = stage.passengers["r1"].heard("no_drivers")
    assert 180.0 <= ended.at <= 182.0


def test_with_nobody_else_a_newcomer_is_asked_at_once(play: Theatre) -> None:
    stage = one_accepts(play(), drivers=1)
    gives_up(stage, "d1", at=40)
    late = stage.driver("d9", at=55)
    stage.run(until=56)
    assert late.offer("r1").at == 55.0
    assert stage.passengers["r1"].last("searching")["drivers_notified"] in (0, 1)


def test_at_the_pickup_they_must_wait_like_anybody(play: Theatre) -> None:
    stage = one_accepts(play())
    stage.drivers["d1"].says("arrived", at=100, ride_id="r1")
    gives_up(stage, "d1", at=150, id="k1")
    stage.run(until=151)
    refused = stage.drivers["d1"].last("error")
    assert (refused["code"], refused["message"], refused["id"]) == ("too_early", "no_show is possible in 250 s", "k1")
    gives_up(stage, "d1", at=400)
    stage.run(until=401)
    assert stage.passengers["r1"].last()["reason"] == "no_show"


def test_their_cancel_said_twice_is_done_once(play: Theatre) -> None:
    stage = one_accepts(play())
    gives_up(stage, "d1", at=80, id="k1")
    gives_up(stage, "d1", at=80.5, id="k1")
    stage.run(until=82)
    assert stage.passengers["r1"].story().count("driver_cancelled") == 1
    acks = stage.drivers["d1"].heard("ack")
    assert [ack["result"] for ack in acks] == ["ok", "ok"]


def test_in_every_order_with_the_passengers_cancel_there_is_one_end(play: Theatre) -> None:
    ends = set()
    for dice in every_order(since=80.0):
        stage = one_accepts(play.in_order(dice))
        gives_up(stage, "d1", at=80)
        stage.passengers["r1"].cancels(at=80)
        stage.run(until=90)
        story = stage.passengers["r1"].story()
        assert [kind for kind in story if kind in ("ride_cancelled", "no_drivers")] == ["ride_cancelled"]
        ends.add("driver_cancelled" in story)
    assert ends == {False, True}


@pytest.mark.parametrize("restarts", [0, 1])
def test_how_often_is_a_setting(play: Theatre, restarts: int) -> None:
    stage = one_accepts(play(max_restarts=restarts), at=1)
    gives_up(stage, "d1", at=5)
    stage.drivers["d2"].accepts("r1", at=8)
    gives_up(stage, "d2", at=12)
    stage.run(until=20)
    assert stage.passengers["r1"].story().count("driver_cancelled") == restarts + 1
    assert stage.passengers["r1"].last()["type"] == "no_drivers"


def test_a_passenger_who_is_away_by_then_has_their_grace(play: Theatre) -> None:
    stage = one_accepts(play())
    stage.passengers["r1"].leaves(at=30)
    gives_up(stage, "d1", at=50)
    stage.run(until=109)
    assert stage.drivers["d2"].offer("r1").at >= 50.0
    stage.run(until=111)
    assert stage.record("r1")[-1].reason == "the passenger left"  # type: ignore[attr-defined]
