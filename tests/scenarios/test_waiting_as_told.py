"""Waiting at the pickup is charged, and a no-show allowed, by what both sides were told when the driver arrived."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from dispatch.domain.ride import agreement
from dispatch.domain.ride.record import RideRecord, RideRules
from dispatch.ids import RideId
from dispatch.values import Money
from sim.stories.stage import Stage
from tests.scenarios.test_fares import FARE, TARIFF
from tests.scenarios.theatre import Theatre

BY_CARD: dict[str, Any] = {**TARIFF, "payment": "http"}
AT_TWO = "2026-01-01T02:00:00Z"
"""Second 7200. Waiting is free until 7320, and the driver may leave at 7500."""
TEN_PAST_TWO = "2026-01-01T02:10:00Z"


def early(stage: Stage, arrived_at: float = 6600) -> Stage:
    """d1 stands at the pickup long before the time that was booked."""
    stage.fleet(2)
    stage.passenger("r1").books(at=10, pickup_at=AT_TWO, payment_method="card")
    stage.drivers["d1"].accepts("r1", at=6310)
    stage.drivers["d1"].says("arrived", at=arrived_at, ride_id="r1")
    return stage


def drives(stage: Stage, started_at: float, driver: str = "d1") -> dict[str, Any]:
    """The receipt of a ride whose passenger gets in then."""
    stage.drivers[driver].says("start_ride", at=started_at, ride_id="r1")
    stage.drivers[driver].says("complete_ride", at=started_at + 600, ride_id="r1")
    stage.run(until=started_at + 700)
    receipt = stage.passengers["r1"].last("ride_completed")
    assert stage.drivers[driver].last("ride_completed")["fare"] == receipt["fare"]
    assert stage.world.payments.collected == {RideId("r1"): Money(round(receipt["fare"] * 100), "ZAR")}
    return receipt


def restarts(stage: Stage, at: float) -> None:
    stage.run(until=at)
    stage.crashes()
    for person in (stage.drivers["d1"], stage.passengers["r1"]):
        person.returns(at=at + 1)
    stage.run(until=at + 2)


@pytest.mark.parametrize(
    ("started_at", "waiting"), [(6700, 0), (7200, 0), (7320, 0), (7320.9, 0), (7321, 0.03), (7380, 2.0), (7500, 6.0)]
)
@pytest.mark.parametrize("restarted", [False, True], ids=["", "restarted"])
def test_a_driver_who_came_early_is_paid_for_waiting_from_the_time_that_was_told(
    play: Theatre, started_at: float, waiting: float, restarted: bool
) -> None:
    stage = early(play(**BY_CARD))
    stage.run(until=6601)
    for person in (stage.passengers["r1"], stage.drivers["d1"]):
        assert person.last("driver_arrived")["waiting_free_until"] == "2026-01-01T02:02:00.000Z"
    if restarted:
        restarts(stage, 6650)
    receipt = drives(stage, started_at)
    assert receipt["breakdown"].get("waiting", 0) == waiting
    assert receipt["fare"] == pytest.approx(FARE + waiting)


def test_the_observers_notice_a_wait_that_is_charged_from_the_arrival(monkeypatch: pytest.MonkeyPatch) -> None:
    def since_the_arrival(ride: RideRecord, rules: RideRules) -> float:
        assert ride.started_at is not None and ride.arrived_at is not None
        return ride.started_at - ride.arrived_at - rules.free_wait_s

    monkeypatch.setattr(agreement, "paid_wait_s", since_the_arrival)
    stage = early(Stage(7, **BY_CARD))
    assert drives(stage, 7200)["fare"] == FARE + 16
    (broken,) = stage.end()
    assert "agreed-fare: r1 costs 66.09, agreed was 50.09" in broken


def test_settings_that_change_over_a_restart_change_nothing_for_who_was_told_already(play: Theatre) -> None:
    stage = early(play(**BY_CARD))
    stage.run(until=6650)
    dearer = {"free_wait_s": 0.0, "no_show_s": 10.0}
    stage.world.settings = dataclasses.replace(stage.world.settings, **dearer)
    restarts(stage, 6651)
    stage.drivers["d1"].says("no_show", at=7300, ride_id="r1")
    stage.run(until=7301)
    assert stage.drivers["d1"].last("error")["message"] == "no_show is possible in 200 s"
    assert drives(stage, 7310)["fare"] == FARE


def test_who_put_the_ride_off_is_charged_by_the_time_that_holds_when_the_driver_comes(play: Theatre) -> None:
    """d1 gives up, the passenger puts the ride off by ten minutes, d2 comes early."""
    stage = play(**BY_CARD)
    stage.fleet(2)
    passenger = stage.passenger("r1")
    passenger.books(at=10, pickup_at=AT_TWO, payment_method="card")
    stage.drivers["d1"].accepts("r1", at=6310)
    stage.drivers["d1"].says("cancel_ride", at=6320, ride_id="r1")
    passenger.books(at=6330, pickup_at=TEN_PAST_TWO, payment_method="card")
    stage.drivers["d2"].accepts("r1", at=6910)
    stage.drivers["d2"].says("arrived", at=7000, ride_id="r1")
    stage.run(until=7001)
    assert passenger.last("driver_arrived")["waiting_free_until"] == "2026-01-01T02:12:00.000Z"
    assert drives(stage, 7900, driver="d2")["fare"] == FARE


def test_asking_for_another_time_after_the_driver_came_changes_nothing(play: Theatre) -> None:
    stage = early(play(**BY_CARD))
    for at, pickup_at in ((6610, TEN_PAST_TWO), (6620, "2026-01-01T01:52:00Z")):
        stage.passengers["r1"].books(at=at, pickup_at=pickup_at, payment_method="card")
    stage.run(until=6630)
    assert stage.passengers["r1"].last("snapshot")["pickup_at"] == "2026-01-01T02:00:00.000Z"
    assert drives(stage, 7380)["breakdown"]["waiting"] == 2.0


def test_a_driver_who_came_late_waits_from_the_arrival(play: Theatre) -> None:
    stage = early(play(**BY_CARD), arrived_at=7260)
    stage.run(until=7261)
    assert stage.passengers["r1"].last("driver_arrived")["waiting_free_until"] == "2026-01-01T02:03:00.000Z"
    assert drives(stage, 7440)["breakdown"]["waiting"] == 2.0


@pytest.mark.parametrize("restarted", [False, True], ids=["", "restarted"])
def test_a_no_show_is_possible_from_the_moment_that_was_told(play: Theatre, restarted: bool) -> None:
    stage = early(play(**BY_CARD))
    if restarted:
        restarts(stage, 6650)
    stage.drivers["d1"].says("no_show", at=7499, ride_id="r1")
    stage.drivers["d1"].says("no_show", at=7500, ride_id="r1")
    stage.run(until=7510)
    assert stage.drivers["d1"].heard("driver_arrived")[0]["no_show_at"] == "2026-01-01T02:05:00.000Z"
    assert stage.drivers["d1"].last("error")["message"] == "no_show is possible in 1 s"
    assert stage.passengers["r1"].last("ride_cancelled")["reason"] == "no_show"
    assert stage.world.payments.collected == {RideId("r1"): Money(3000, "ZAR")}
