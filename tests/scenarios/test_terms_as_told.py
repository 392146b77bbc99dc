"""What apps are told of cancelling, waiting and the search is what happens then; and a reload loses none of it."""

from __future__ import annotations

import pytest

from sim.stories.stage import Stage
from tests.scenarios.test_fares import FARE, TARIFF
from tests.scenarios.theatre import Theatre

WAIT = ("waiting_free_until", "waiting_per_minute", "no_show_at", "no_show_fee")


def at_the_pickup(play: Theatre, arrived_at: float = 100.0) -> Stage:
    stage = play(**TARIFF)
    stage.driver("d1")
    stage.passenger("r1").books(at=0)
    stage.drivers["d1"].accepts("r1", at=10)
    stage.drivers["d1"].says("arrived", at=arrived_at, ride_id="r1")
    stage.run(until=arrived_at + 1)
    return stage


@pytest.mark.parametrize(("cancels_at", "fee"), [(125, 0), (135, 20)])
def test_the_passenger_owes_what_the_button_said(play: Theatre, cancels_at: float, fee: float) -> None:
    stage = at_the_pickup(play)
    passenger = stage.passengers["r1"]
    for name in ("driver_assigned", "driver_arrived"):
        told = passenger.last(name)
        assert (told["cancel_fee"], told["cancel_free_until"]) == (20, "2026-01-01T00:02:10.000Z"), name
    assert passenger.last("driver_arrived")["cancel_free_ttl_ms"] == 30_000
    passenger.says("cancel_ride", at=cancels_at)
    stage.run(until=cancels_at + 1)
    assert passenger.last("ride_cancelled")["fee"] == fee


def test_the_search_says_how_far_it_is(play: Theatre) -> None:
    stage = at_the_pickup(play)
    told = stage.passengers["r1"].last("searching")
    assert (told["rounds_max"], told["asked_total"], told["search_ttl_ms"]) == (4, 1, 180_000)


@pytest.mark.parametrize("crashes", [False, True], ids=["", "after a crash"])
def test_a_reload_at_the_pickup_has_the_clocks_again(play: Theatre, crashes: bool) -> None:
    stage = at_the_pickup(play)
    arrived = stage.passengers["r1"].last("driver_arrived")
    assert (arrived["waiting_per_minute"], arrived["no_show_fee"]) == (2, 30)
    if crashes:
        stage.crashes()
    for person in (stage.passengers["r1"], stage.drivers["d1"]):
        person.returns(at=150)
    stage.run(until=152)
    for snapshot in (stage.passengers["r1"].last("snapshot"), stage.drivers["d1"].last("snapshot")["ride"]):
        assert {name: snapshot[name] for name in WAIT} == {name: arrived[name] for name in WAIT}
        assert snapshot["waiting_free_ttl_ms"] == pytest.approx(70_000, abs=1_000)
    assert stage.passengers["r1"].last("snapshot")["cancel_fee"] == 20


def test_a_reload_after_the_trip_has_the_receipt(play: Theatre) -> None:
    stage = at_the_pickup(play)
    stage.drivers["d1"].says("start_ride", at=130, ride_id="r1")
    stage.drivers["d1"].says("complete_ride", at=730, ride_id="r1")
    stage.run(until=731)
    stage.passengers["r1"].returns(at=740)
    stage.run(until=742)
    receipt, snapshot = stage.passengers["r1"].last("ride_completed"), stage.passengers["r1"].last("snapshot")
    assert snapshot["fare"] == receipt["fare"] == pytest.approx(FARE)
    for name in ("breakdown", "distance_km", "duration_minutes"):
        assert snapshot[name] == receipt[name], name
    assert snapshot["pickup_address"] and not {"cancel_fee", "waiting_free_until"} & set(snapshot)
