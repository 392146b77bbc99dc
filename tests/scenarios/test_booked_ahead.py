"""A ride that is booked for later: nobody is asked before its time comes near, and nobody has to wait for it with an open app."""

import pytest

from sim.stories.stage import Stage
from tests.scenarios.theatre import Theatre

AT_TWO = "2026-01-01T02:00:00Z"
"""Second 7200; drivers are asked from second 6300 on."""


def booked(stage: Stage, *, pickup_at: str = AT_TWO, **fields: str) -> Stage:
    stage.fleet(2)
    stage.passenger("r1").books(at=10, pickup_at=pickup_at, **fields)
    return stage


def test_it_is_scheduled_and_drivers_are_asked_a_quarter_of_an_hour_before(play: Theatre) -> None:
    stage = booked(play(), id="k1")
    stage.run(until=6299)
    passenger = stage.passengers["r1"]
    assert [frame["type"] for frame in passenger.frames] == ["snapshot", "ack"]
    assert (passenger.last("snapshot")["status"], passenger.last("snapshot")["pickup_at"]) == (
        "scheduled",
        "2026-01-01T02:00:00.000Z",
    )
    assert stage.drivers["d1"].story() == []
    stage.run(until=6300)
    assert passenger.last()["type"] == "searching"
    assert stage.drivers["d1"].offer("r1")["pickup_at"] == "2026-01-01T02:00:00.000Z"


def test_its_passenger_need_not_keep_the_app_open(play: Theatre) -> None:
    stage = booked(play())
    stage.passengers["r1"].leaves(at=20)
    stage.drivers["d1"].accepts("r1", at=6305)
    stage.passengers["r1"].returns(at=6500)
    stage.run(until=6501)
    assert stage.passengers["r1"].last("snapshot")["status"] == "accepted"


def test_it_is_looked_for_until_its_time_and_three_minutes_more(play: Theatre) -> None:
    stage = booked(play())
    stage.run(until=7300)
    assert stage.passengers["r1"].heard("no_drivers") == []
    stage.run(until=7400)
    assert 7380.0 <= stage.passengers["r1"].last("no_drivers").at <= 7412.0


def test_the_same_again_changes_nothing_and_other_terms_do(play: Theatre) -> None:
    stage = booked(play())
    stage.passengers["r1"].books(at=20, pickup_at=AT_TWO)
    stage.passengers["r1"].books(at=30, pickup_at="2026-01-01T01:00:00Z")
    stage.run(until=2700)
    assert [type(event).__name__ for event in stage.record("r1")][:3] == [
        "RideScheduled",
        "RideScheduled",
        "RideRequested",
    ]
    assert stage.drivers["d1"].offer("r1").at == 2700.0


def test_a_passenger_who_will_not_wait_any_more_is_looked_after_at_once(play: Theatre) -> None:
    stage = booked(play())
    stage.passengers["r1"].books(at=100)
    stage.run(until=101)
    assert stage.drivers["d1"].offer("r1").at == 100.0
    stage.run(until=7000)
    assert len(stage.passengers["r1"].heard("no_drivers")) == 1


def test_a_search_can_be_put_off(play: Theatre) -> None:
    stage = play()
    stage.fleet(2)
    stage.passenger("r1").books(at=0)
    stage.passengers["r1"].books(at=5, pickup_at=AT_TWO)
    stage.run(until=6)
    assert stage.drivers["d1"].last()["reason"] == "superseded"
    assert stage.passengers["r1"].last("snapshot")["status"] == "scheduled"
    stage.run(until=6300)
    assert stage.drivers["d1"].offer("r1").at == 6300.0


def test_until_then_it_is_cancelled_for_nothing(play: Theatre) -> None:
    stage = booked(play())
    stage.passengers["r1"].cancels(at=100)
    stage.run(until=7500)
    ended = stage.passengers["r1"].last()
    assert (ended["type"], ended["fee"], ended.at) == ("ride_cancelled", 0, 100.0)
    assert stage.drivers["d1"].story() == []


def test_a_driver_who_comes_early_waits_from_the_time_that_was_booked(play: Theatre) -> None:
    stage = booked(play())
    stage.drivers["d1"].accepts("r1", at=6310)
    stage.drivers["d1"].says("arrived", at=6600, ride_id="r1")
    stage.drivers["d1"].says("no_show", at=7000, ride_id="r1")
    stage.drivers["d1"].says("no_show", at=7500, ride_id="r1")
    stage.run(until=7501)
    assert stage.drivers["d1"].last("error")["message"] == "no_show is possible in 500 s"
    assert stage.passengers["r1"].last()["reason"] == "no_show"


@pytest.mark.parametrize(
    ("pickup_at", "message"),
    [
        ("tomorrow", 'pickup_at must be an RFC 3339 time such as 2026-11-23T08:00:00Z, got "tomorrow"'),
        (
            "2026-01-01T02:00:00",
            'pickup_at must be an RFC 3339 time such as 2026-11-23T08:00:00Z, got "2026-01-01T02:00:00"',
        ),
        ("1969-12-31T23:00:00Z", 'pickup_at must not be in the past, got "1969-12-31T23:00:00Z"'),
        ("2026-03-01T00:00:00Z", 'pickup_at must be within 30 days, got "2026-03-01T00:00:00Z"'),
    ],
)
def test_a_time_that_cannot_be_is_refused_by_name(play: Theatre, pickup_at: str, message: str) -> None:
    stage = booked(play(), pickup_at=pickup_at)
    stage.run(until=11)
    refused = stage.passengers["r1"].last("error")
    assert (refused["code"], refused["field"], refused["message"]) == ("bad_field", "pickup_at", message)


def test_a_time_within_the_quarter_of_an_hour_is_now(play: Theatre) -> None:
    stage = booked(play(), pickup_at="2026-01-01T00:10:00Z")
    stage.run(until=11)
    assert stage.drivers["d1"].offer("r1").at == 10.0
