"""After a ride by card: one charge, of the right amount, whatever crashes, and the passenger hears what became of it.

The invariants of `sim/checks/charges.py` hold in every one of these stories: what the provider did and what is on record agree.
"""

from typing import Any

import pytest

from dispatch.ids import RideId
from dispatch.values import Money
from sim.stories.stage import Stage
from sim.world import WorldOptions
from tests.crash_points import assert_none_is_missing, points_of
from tests.scenarios.theatre import Theatre, every_point

CARDS: dict[str, Any] = {"payment": "http", "currency": "ZAR", "cancellation_fee": 25.0, "payment_retry_s": 5.0}


def by_card(stage: Stage, **fields: Any) -> Stage:
    """d1 drives r1, booked by card, by second 40."""
    stage.fleet(1)
    stage.passenger("r1").books(at=1, payment_method="card", **fields)
    stage.drivers["d1"].accepts("r1", at=5)
    for at, step in ((20, "arrived"), (30, "start_ride"), (40, "complete_ride")):
        stage.drivers["d1"].says(step, at=at, ride_id="r1")
    return stage


def kinds(stage: Stage) -> list[str]:
    return [type(event).__name__ for event in stage.record("r1") if type(event).__name__.startswith("Charge")]


def test_the_fare_is_collected_once_and_all_are_told(play: Theatre) -> None:
    stage = by_card(play(**CARDS))
    stage.run(until=60)
    passenger, driver = stage.passengers["r1"], stage.drivers["d1"]
    assert driver.last("ride_request")["payment_method"] == "card"
    assert (
        passenger.last("ride_completed")["payment_status"]
        == driver.last("ride_completed")["payment_status"]
        == "pending"
    )
    (paid,) = passenger.heard("payment")
    assert (paid["status"], paid["amount"], paid["currency"]) == ("paid", 85.5, "ZAR")
    assert stage.world.payments.collected == {RideId("r1"): Money(8550, "ZAR")}
    assert kinds(stage) == ["ChargeRequested", "ChargeSettled"]
    (told,) = driver.heard("payment")
    assert (told["ride_id"], told["status"], told["amount"], told["currency"]) == ("r1", "paid", 85.5, "ZAR")
    assert driver.last("ride_request")["currency"] == driver.last("ride_accepted")["currency"] == "ZAR"


def test_cash_is_the_default_and_nobody_is_asked(play: Theatre) -> None:
    for fields in ({}, {"payment_method": "cash"}):
        stage = play(**CARDS)
        stage.fleet(1)
        stage.passenger("r1").books(at=1, **fields)
        stage.drivers["d1"].accepts("r1", at=5)
        stage.drivers["d1"].says("complete_ride", at=40, ride_id="r1")
        stage.run(until=60)
        assert stage.passengers["r1"].last("ride_completed")["payment_status"] == "cash"
        assert (stage.world.payments.collected, kinds(stage)) == ({}, [])
        assert "payment_method" not in stage.drivers["d1"].last("ride_request")


@pytest.mark.parametrize(
    ("settings", "method", "text"),
    [
        ({}, "card", 'payment_method must be cash, got "card": this server has no payment provider for cards'),
        ({}, "shells", 'payment_method must be cash, got "shells"'),
        (CARDS, "shells", 'payment_method must be cash or card, got "shells"'),
    ],
)
def test_a_method_that_nobody_takes_is_refused_before_anything_is_booked(
    play: Theatre, settings: dict[str, Any], method: str, text: str
) -> None:
    stage = play(**settings)
    stage.passenger("r1").books(at=1, payment_method=method)
    stage.run(until=2)
    (error,) = stage.passengers["r1"].heard("error")
    assert (error["code"], error["field"]) == ("bad_field", "payment_method")
    assert error["message"] == text
    assert list(stage.record("r1")) == []


def test_a_refused_card_is_told_with_the_reason_and_asked_no_more(play: Theatre) -> None:
    stage = by_card(play(options=WorldOptions(decline_rate=1.0), **CARDS))
    stage.run(until=4000)
    (told,) = stage.passengers["r1"].heard("payment")
    assert (told["status"], told["reason"]) == ("declined", "the card was refused")
    (told,) = stage.drivers["d1"].heard("payment")
    assert (told["status"], told["amount"]) == ("declined", 85.5)
    assert "reason" not in told, "why is the passenger's own affair"
    assert kinds(stage) == ["ChargeRequested", "ChargeDeclined"]


def test_a_driver_who_is_gone_when_the_card_is_declined_is_not_waited_for(play: Theatre) -> None:
    stage = by_card(play(6, options=WorldOptions(decline_rate=1.0, payment_trouble_rate=0.9), **CARDS))
    stage.drivers["d1"].leaves(at=40.5)
    stage.run(until=4000)
    assert kinds(stage) == ["ChargeRequested", "ChargeDeclined"]
    stage.drivers["d1"].returns()
    stage.run(until=4001)
    assert stage.drivers["d1"].heard("payment") == []


def test_a_method_may_be_written_in_capitals(play: Theatre) -> None:
    stage = play(**CARDS)
    stage.fleet(1)
    stage.passenger("r1").books(at=1, payment_method=" Card")
    stage.run(until=2)
    assert stage.drivers["d1"].last("ride_request")["payment_method"] == "card"


def test_a_late_cancel_by_card_is_charged_its_fee(play: Theatre) -> None:
    stage = play(**CARDS)
    stage.fleet(1)
    stage.passenger("r1").books(at=1, payment_method="card")
    stage.drivers["d1"].accepts("r1", at=5)
    stage.passengers["r1"].cancels(at=130)
    stage.run(until=150)
    assert stage.passengers["r1"].last("ride_cancelled")["fee"] == 25
    assert stage.world.payments.collected == {RideId("r1"): Money(2500, "ZAR")}


def test_a_free_cancel_is_not_charged(play: Theatre) -> None:
    stage = play(**CARDS)
    stage.fleet(1)
    stage.passenger("r1").books(at=1, payment_method="card")
    stage.passengers["r1"].cancels(at=3)
    stage.run(until=20)
    assert kinds(stage) == []


def test_a_provider_in_trouble_is_asked_until_it_answers_while_the_ride_stays_in_memory(play: Theatre) -> None:
    """Nine of ten questions come to nothing that anybody knows."""
    for seed in range(5):
        stage = by_card(play(seed, options=WorldOptions(payment_trouble_rate=0.9), **CARDS))
        stage.passengers["r1"].leaves(at=45)
        stage.run(until=40_000)
        assert kinds(stage) == ["ChargeRequested", "ChargeSettled"]
        assert stage.world.runtime.actor("ride/r1") is None, "settled, it retires as all do"


def test_whoever_comes_back_reads_how_it_stands(play: Theatre) -> None:
    stage = by_card(play(**CARDS))
    stage.passengers["r1"].leaves(at=41)
    stage.passengers["r1"].returns(at=5000)
    stage.run(until=5001)
    assert stage.passengers["r1"].last("snapshot")["payment_status"] == "paid"


def pays(stage: Stage) -> None:
    by_card(stage)


def test_no_point_of_a_payment_is_missing() -> None:
    assert_none_is_missing("a ride by card ends", every_point(pays, since=39.9, until=50, **CARDS))


@pytest.mark.parametrize("down_s", [0.0, 100.0], ids=["back at once", "back later"])
@pytest.mark.parametrize("point", points_of("a ride by card ends"))
def test_dead_at_any_point_of_it_the_ride_is_charged_once_if_it_is_over(
    play: Theatre, point: str, down_s: float
) -> None:
    stage = play.dying(pays, point, until=50, down_s=down_s, **CARDS)
    stage.run(until=stage.now + down_s + 30)
    is_over = any(type(event).__name__ == "RideCompleted" for event in stage.record("r1"))
    assert kinds(stage) == (["ChargeRequested", "ChargeSettled"] if is_over else [])
    assert stage.world.payments.collected == ({RideId("r1"): Money(8550, "ZAR")} if is_over else {})
    stage.passengers["r1"].returns()
    stage.run(until=stage.now + 1)
    assert stage.passengers["r1"].last("snapshot").get("payment_status") == ("paid" if is_over else None)
