"""A driver's file: while it keeps offers away the driver is asked nothing, knows why, and finishes a ride that runs."""

from typing import Any

from dispatch.messages.events import RoundConsidered
from sim.stories.stage import Stage
from tests.scenarios.theatre import Theatre

HOUR_S, DAY_S = 3_600.0, 86_400.0
MIDNIGHT = DAY_S
"""The story begins at midnight of the first of January: the second at which that day is over."""


def told(stage: Stage, driver: str, *types: str) -> list[dict[str, Any]]:
    return [heard for heard in stage.drivers[driver].heard() if heard["type"] in types]


def test_a_driver_whose_licence_ends_at_midnight_is_asked_until_then_and_not_after(play: Theatre) -> None:
    stage = play()
    stage.keeps_file("d1", licence=MIDNIGHT)
    stage.driver("d1", at=MIDNIGHT - HOUR_S)
    stage.passenger("r1").books(at=MIDNIGHT - 60)
    stage.drivers["d1"].declines("r1", at=MIDNIGHT - 50)
    stage.passenger("r2").books(at=MIDNIGHT + 60)
    stage.run(until=MIDNIGHT + 70)
    assert [offer["ride_id"] for offer in told(stage, "d1", "ride_request")] == ["r1"]
    (reason,) = told(stage, "d1", "no_offers")
    assert (reason["reason"], reason["document"]) == ("document_ended", "licence")
    assert stage.drivers["d1"].last("no_offers").at == MIDNIGHT
    assert stage.passengers["r2"].last("searching")["drivers_notified"] == 0


def test_an_offer_that_is_open_at_midnight_is_withdrawn_and_goes_to_the_next_driver(play: Theatre) -> None:
    stage = play(batch=1)
    stage.keeps_file("d1", licence=MIDNIGHT, permit=30 * DAY_S)
    stage.driver("d1", north_km=1.0, at=MIDNIGHT - 100)
    stage.driver("d2", north_km=2.0, at=MIDNIGHT - 100)
    stage.passenger("r1").books(at=MIDNIGHT - 10)
    stage.drivers["d1"].accepts("r1", at=MIDNIGHT + 1)
    stage.run(until=MIDNIGHT + 2)
    closed, again = stage.drivers["d1"].heard("offer_closed")
    assert (closed["reason"], closed.at, again["seq"]) == ("unavailable", MIDNIGHT, closed["seq"])
    assert stage.drivers["d2"].offer("r1").at == MIDNIGHT


def test_a_ride_that_runs_at_midnight_is_finished_and_is_the_last(play: Theatre) -> None:
    stage = play()
    stage.keeps_file("d1", licence=MIDNIGHT)
    stage.driver("d1", at=MIDNIGHT - 200)
    stage.passenger("r1").books(at=MIDNIGHT - 100)
    stage.drivers["d1"].accepts("r1", at=MIDNIGHT - 90)
    stage.drivers["d1"].drives("r1", step_s=60, at=MIDNIGHT - 60)
    stage.passenger("r2").books(at=MIDNIGHT + 120)
    stage.run(until=MIDNIGHT + 130)
    assert stage.passengers["r1"].last()["type"] == "ride_completed"
    assert stage.drivers["d1"].last("no_offers").at == MIDNIGHT
    assert [offer["ride_id"] for offer in told(stage, "d1", "ride_request")] == ["r1"]


def test_a_newer_licence_brings_the_driver_back_at_once(play: Theatre) -> None:
    stage = play()
    stage.keeps_file("d1", licence=0.0)
    stage.driver("d1", at=1)
    stage.passenger("r1").books(at=10)
    stage.keeps_file("d1", at=20, licence=400 * DAY_S)
    stage.run(until=21)
    assert stage.drivers["d1"].story() == ["no_offers", "snapshot", "ride_request"]
    assert stage.drivers["d1"].last("snapshot")["status"] == "available"
    assert stage.drivers["d1"].offer("r1").at == 20


def test_a_suspended_driver_hears_it_when_it_happens_and_on_every_connection(play: Theatre) -> None:
    stage = play()
    stage.keeps_file("d1")
    stage.driver("d1")
    stage.keeps_file("d1", at=10, status="suspended")
    stage.drivers["d1"].leaves(at=20)
    stage.drivers["d1"].returns(at=30)
    stage.passenger("r1").books(at=40)
    stage.drivers["d1"].wants_offers(True, at=50)
    stage.keeps_file("d1", at=60, status="active")
    stage.run(until=61)
    assert stage.drivers["d1"].story() == [
        *("no_offers", "snapshot", "no_offers", "ack", "no_offers", "snapshot", "ride_request"),
    ]
    assert {heard["reason"] for heard in told(stage, "d1", "no_offers")} == {"suspended"}
    first, second = told(stage, "d1", "snapshot")
    assert (first["status"], second["status"]) == ("unavailable", "available")


def test_a_driver_is_warned_two_weeks_before_when_the_day_comes_and_on_every_connection(play: Theatre) -> None:
    stage = play()
    ends = 14 * DAY_S + HOUR_S
    stage.keeps_file("d1", licence=ends, permit=40 * DAY_S)
    stage.driver("d1", reports=False)
    for at in range(1, 70):  # so that the connection does not go silent
        stage.drivers["d1"].says("ping", at=at * 100)
    stage.drivers["d1"].leaves(at=7_000)
    stage.drivers["d1"].returns(at=7_005)
    stage.run(until=7_010)
    first, second = stage.drivers["d1"].heard("document_expiring")
    assert (first["document"], first["expires_at"], first["ttl_ms"]) == (
        *("licence", "2026-01-15T01:00:00.000Z", 14 * 86_400_000),
    )
    assert (first.at, second.at) == (HOUR_S, 7_005)


def test_a_rebuilt_driver_is_still_held_back(play: Theatre) -> None:
    stage = play()
    stage.keeps_file("d1", licence=50.0)
    stage.driver("d1")
    stage.drivers["d1"].does(lambda: stage.world.runtime.rebuild("driver/d1"), at=60)
    stage.passenger("r1").books(at=70)
    stage.run(until=80)
    assert told(stage, "d1", "ride_request") == []


def test_after_a_restart_the_file_holds_as_before(play: Theatre) -> None:
    stage = play()
    stage.keeps_file("d1", licence=100.0)
    stage.driver("d1")
    stage.crashes(at=50)
    stage.drivers["d1"].returns(at=60)
    stage.passenger("r1").books(at=110)
    stage.run(until=120)
    assert told(stage, "d1", "ride_request") == []
    assert stage.drivers["d1"].last("no_offers").at == 100


def test_a_round_says_of_each_driver_which_rule_of_the_file_it_was(play: Theatre) -> None:
    stage = play(explain_candidates=20)
    stage.keeps_file("d1", licence=0.0)
    stage.keeps_file("d2", status="suspended")
    stage.keeps_file("d3", licence=DAY_S, permit=DAY_S)
    stage.fleet(3)
    stage.drivers["d1"].wants_offers(False, at=1)
    stage.passenger("r1").books(at=10)
    stage.run(until=11)
    (round_,) = [event for event in stage.record("r1") if isinstance(event, RoundConsidered)]
    assert dict(zip(round_.drivers, round_.rules, strict=True)) == {
        "d1": "document_ended",
        "d2": "suspended",
        "d3": "asked",
    }


def test_a_driver_whom_nobody_put_on_file_is_asked_as_ever(play: Theatre) -> None:
    stage = play()
    stage.driver("d1")
    stage.passenger("r1").books(at=10)
    stage.run(until=11)
    assert stage.drivers["d1"].story() == ["ride_request"]
