"""Booking the same ride again: by whose quote, on which terms; and rates of a type of vehicle's own."""

from __future__ import annotations

from typing import Any

import pytest

from dispatch.ids import QuoteId
from dispatch.messages.events import RideRequested, RideScheduled
from dispatch.messages.providers import MakeQuote
from dispatch.values import Place
from sim.city.model import MODEL_DAY
from sim.stories.stage import DROPOFF, PICKUP, Stage
from tests.scenarios.test_fares import FARE, OTHER, SARAH, TARIFF, Desk, refused
from tests.scenarios.theatre import Theatre

AT_TWO = "2026-01-01T02:00:00Z"
SUV: dict[str, Any] = {
    **TARIFF,
    "vehicle_tariffs": {"suv": {"waiting_per_minute": 5.0, "no_show_fee": 80.0, "cancellation_fee": 60.0}},
}


def restarts(stage: Stage, at: float) -> None:
    stage.run(until=at)
    stage.crashes()
    for person in (*stage.drivers.values(), *stage.passengers.values()):
        person.returns(at=at + 0.5)
    stage.run(until=at + 1)


def bookings(stage: Stage) -> list[str]:
    return [type(event).__name__ for event in stage.record("r1") if isinstance(event, RideRequested | RideScheduled)]


@pytest.mark.parametrize("says", [OTHER, SARAH, None], ids=["the other's phone", "the own phone", "no phone"])
@pytest.mark.parametrize("again", [{}, {"pickup_at": AT_TWO}], ids=["now", "for later"])
def test_a_ride_that_is_booked_again_cannot_take_somebody_elses_quote(
    play: Theatre, says: str | None, again: dict[str, Any]
) -> None:
    stage = play(**TARIFF)
    stage.driver("d1")
    stage.run(until=1)
    stage.world.pricer.demand.change(0.1)
    Desk(stage).quote("q1", OTHER, pickup_at=MODEL_DAY + 7200.0 if again else None)
    stage.world.pricer.demand.change(1.0)
    passenger = stage.passenger("r1")
    passenger.books(at=2, passenger_phone=SARAH)
    passenger.books(at=5, quote_id="q1", **again, **({"passenger_phone": says} if says else {}))
    stage.run(until=6)
    assert refused(passenger) == ("quote_expired", "quote_id")
    assert bookings(stage) == ["RideRequested"]
    stage.drivers["d1"].accepts("r1", at=7)
    stage.drivers["d1"].says("complete_ride", at=60, ride_id="r1")
    stage.run(until=61)
    assert passenger.last("ride_completed")["fare"] == FARE


def test_a_ride_that_is_booked_again_takes_its_own_passengers_quote_whatever_phone_is_said(play: Theatre) -> None:
    stage = play(**TARIFF)
    stage.driver("d1")
    stage.run(until=1)
    stage.world.pricer.demand.change(2.0)
    Desk(stage).quote("q1", SARAH)
    passenger = stage.passenger("r1")
    passenger.books(at=2, passenger_phone=SARAH)
    stage.world.pricer.demand.change(3.0)
    passenger.books(at=5, quote_id="q1")
    stage.run(until=6)
    assert passenger.last("searching")["fare"] == pytest.approx(2 * FARE, abs=0.02)


@pytest.mark.parametrize("restarted", [False, True], ids=["", "restarted"])
@pytest.mark.parametrize("pricing", ["tariff", "http"])
@pytest.mark.parametrize("quoted", [False, True], ids=["", "quoted"])
@pytest.mark.parametrize("again_at", [6310, 6400, 7100])
def test_a_ride_booked_ahead_that_is_asked_for_again_while_it_is_looked_for_is_one(
    play: Theatre, pricing: str, quoted: bool, restarted: bool, again_at: float
) -> None:
    """The app says the same again after the search began; demand has trebled since it booked."""
    stage = play(**{**TARIFF, "pricing": pricing})
    stage.driver("d1")
    terms: dict[str, Any] = {"pickup_at": AT_TWO, "fare": 1.0}
    if quoted:
        Desk(stage).quote("q1", pickup_at=MODEL_DAY + 7200.0)
        terms["quote_id"] = "q1"
    passenger = stage.passenger("r1")
    passenger.books(at=2, **terms)
    stage.run(until=6305)
    stage.world.pricer.demand.change(3.0)
    if restarted:
        restarts(stage, 6306)
    offers = len(stage.drivers["d1"].heard("ride_request"))
    passenger.books(at=again_at, **terms)
    stage.run(until=again_at + 1)
    assert bookings(stage) == ["RideScheduled", "RideRequested"]
    assert (passenger.last("snapshot")["status"], passenger.last("snapshot").at) == ("pending", again_at)
    assert passenger.last("snapshot")["fare"] == FARE
    assert passenger.heard("error") == []
    assert stage.drivers["d1"].heard("ride_request")[offers - 1]["fare"] == FARE


def suv(play: Theatre, wanted: str, driven: str = "suv", **fields: Any) -> Stage:
    """d1 drives an SUV and stands at the pickup from second 100 on."""
    stage = play(**SUV)
    stage.driver("d1", vehicle_type=driven)
    stage.passenger("r1").books(at=1, **({"vehicle_type": wanted} if wanted else {}), **fields)
    stage.drivers["d1"].accepts("r1", at=5)
    stage.drivers["d1"].says("arrived", at=100, ride_id="r1")
    return stage


@pytest.mark.parametrize("restarted", [False, True], ids=["", "restarted"])
@pytest.mark.parametrize(("wanted", "waiting"), [("suv", 15.0), ("sedan", 6.0), ("", 6.0)])
def test_waiting_costs_what_the_type_of_vehicle_that_was_booked_costs(
    play: Theatre, wanted: str, waiting: float, restarted: bool
) -> None:
    """Three minutes beyond the free two. Whoever asked for any vehicle pays the general rate, whoever came."""
    stage = suv(play, wanted, driven=wanted or "suv")
    if restarted:
        restarts(stage, 200)
    stage.drivers["d1"].says("start_ride", at=400, ride_id="r1")
    stage.drivers["d1"].says("complete_ride", at=900, ride_id="r1")
    stage.run(until=901)
    for person in (stage.passengers["r1"], stage.drivers["d1"]):
        receipt = person.last("ride_completed")
        assert receipt["breakdown"]["waiting"] == waiting
        assert receipt["fare"] == pytest.approx(FARE + waiting)


def test_waiting_for_a_quoted_vehicle_costs_what_that_vehicle_costs(play: Theatre) -> None:
    """The booking names the quote alone: its type of vehicle is the ride's."""
    stage = play(**SUV)
    stage.driver("d1", vehicle_type="suv")
    Desk(stage)
    quote = MakeQuote(QuoteId("q1"), "request/1", None, Place(*PICKUP), Place(*DROPOFF), "suv", 0.0)
    stage.world.runtime.tell("quote/q1", quote)
    stage.passenger("r1").books(at=1, quote_id="q1")
    stage.drivers["d1"].accepts("r1", at=5)
    for step, at in (("arrived", 100), ("start_ride", 400), ("complete_ride", 900)):
        stage.drivers["d1"].says(step, at=at, ride_id="r1")
    stage.run(until=901)
    assert stage.passengers["r1"].last("ride_completed")["breakdown"]["waiting"] == 15.0


@pytest.mark.parametrize(("wanted", "fee"), [("suv", 80), ("sedan", 30), ("", 30)])
def test_a_no_show_costs_what_the_type_of_vehicle_costs(play: Theatre, wanted: str, fee: float) -> None:
    stage = suv(play, wanted, driven=wanted or "suv")
    stage.drivers["d1"].says("no_show", at=401, ride_id="r1")
    stage.run(until=402)
    assert stage.passengers["r1"].last("ride_cancelled")["fee"] == fee


@pytest.mark.parametrize(("wanted", "fee"), [("suv", 60), ("sedan", 20), ("", 20)])
def test_a_late_cancel_costs_what_the_type_of_vehicle_costs(play: Theatre, wanted: str, fee: float) -> None:
    stage = suv(play, wanted, driven=wanted or "suv")
    stage.passengers["r1"].cancels(at=300)
    stage.run(until=301)
    assert stage.passengers["r1"].last("ride_cancelled")["fee"] == fee
