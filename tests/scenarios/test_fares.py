"""Who sets the fare, what a quote is good for, and that what was agreed is what is charged."""

from __future__ import annotations

from typing import Any

import pytest

from dispatch import addresses
from dispatch.ids import PassengerId, QuoteId
from dispatch.messages.events import RideCompleted, RideRequested
from dispatch.messages.providers import MakeQuote, QuoteReady
from dispatch.values import Place
from sim.city.model import MODEL_DAY
from sim.stories.stage import DROPOFF, PICKUP, HeardFrame, Stage, StagePassenger
from sim.world import WorldOptions
from tests.scenarios.theatre import Theatre, every_order

TARIFF: dict[str, Any] = {
    "pricing": "tariff",
    "currency": "ZAR",
    "base_fare": 12.5,
    "per_km": 9.8,
    "per_minute": 1.25,
    "waiting_per_minute": 2.0,
    "cancellation_fee": 20.0,
    "no_show_fee": 30.0,
}
FARE = 50.09
"""2.936 km and 423 s by the tariff: 12.50 + 28.77 + 8.82."""
SARAH, OTHER = "27821234567", "27821234599"


class Desk:
    """Whoever asks for quotes, and what was promised."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.promised: dict[str, QuoteReady] = {}
        stage.world.runtime.sink("request/1", self)

    def deliver(self, message: Any) -> None:
        if isinstance(message, QuoteReady):
            self.promised[message.quote_id] = message

    def quote(self, name: str, phone: str | None = None, pickup_at: float | None = None) -> None:
        """A price for the trip that passengers here book."""
        passenger_id = PassengerId(phone) if phone else None
        quote_id, now = QuoteId(name), self._stage.now
        trip = (Place(*PICKUP), Place(*DROPOFF), "", pickup_at or now, pickup_at)
        making = MakeQuote(quote_id, "request/1", passenger_id, *trip)
        self._stage.world.runtime.tell(addresses.quote(quote_id), making)
        self._stage.run(until=now)


def quoted_stage(play: Theatre, phone: str | None = None, **settings: Any) -> Stage:
    """A driver one kilometre away and a quote q1, made at second 0."""
    stage = play(**{**TARIFF, **settings})
    stage.driver("d1")
    Desk(stage).quote("q1", phone)
    return stage


def refused(passenger: StagePassenger) -> tuple[str, str]:
    error = passenger.last("error")
    return error["code"], error["field"]


def figures(frame: HeardFrame) -> tuple[float, float, float]:
    return frame["fare"], frame["distance"], frame["estimated_duration"]


def test_without_a_tariff_the_apps_figures_hold_to_the_last_digit(play: Theatre) -> None:
    stage = play()
    driver = stage.driver("d1")
    passenger = stage.passenger("r1")
    passenger.books(fare=85.505)
    stage.run(until=1)
    assert (passenger.last("searching")["fare"], "currency" in passenger.last("searching")) == (85.505, False)
    assert figures(driver.offer("r1")) == (85.505, 5.2, 15)
    driver.accepts("r1")
    driver.says("complete_ride", at=60, ride_id="r1")
    stage.run(until=61)
    assert passenger.last("ride_completed")["fare"] == 85.505
    assert "breakdown" not in passenger.last("ride_completed")


def test_with_one_the_server_prices_the_ride_and_everybody_reads_its_figures(play: Theatre) -> None:
    stage = play(**TARIFF)
    driver = stage.driver("d1")
    passenger = stage.passenger("r1")
    passenger.books(fare=1.0)
    stage.run(until=1)
    searching = passenger.last("searching")
    assert (searching["fare"], searching["currency"]) == (FARE, "ZAR")
    assert figures(driver.offer("r1")) == (FARE, 2.936, 7.05)
    driver.accepts("r1")
    stage.run(until=2)
    assert figures(driver.last("ride_accepted")) == (FARE, 2.936, 7.05)
    passenger.returns()
    stage.run(until=3)
    assert passenger.last("snapshot")["fare"] == FARE
    request = next(event for event in stage.record("r1") if isinstance(event, RideRequested))
    assert request.claim is not None
    assert (request.claim.fare, request.claim.distance_km, request.claim.duration_min) == (1.0, 5.2, 15.0)


def test_the_same_booking_sent_twice_is_one_although_the_server_has_other_figures_than_the_app(play: Theatre) -> None:
    stage = play(**TARIFF)
    stage.driver("d1")
    passenger = stage.passenger("r1")
    passenger.books()
    passenger.books(at=1)
    stage.run(until=2)
    assert passenger.story() == ["searching", "snapshot"]


def test_a_quote_holds_its_price_whatever_the_demand_is_when_it_is_booked(play: Theatre) -> None:
    stage = quoted_stage(play)
    stage.world.pricer.demand.change(3.0)
    passenger, dearer = stage.passenger("r1"), stage.passenger("r2")
    passenger.books(quote_id="q1")
    dearer.books()
    stage.run(until=1)
    assert passenger.last("searching")["fare"] == FARE
    assert dearer.last("searching")["fare"] == pytest.approx(3 * FARE, abs=0.02)


def test_a_quote_that_has_expired_books_nothing_and_a_booking_without_one_still_can(play: Theatre) -> None:
    stage = quoted_stage(play, quote_ttl_s=30.0)
    early, late = stage.passenger("r1"), stage.passenger("r2")
    early.books(at=29.9, quote_id="q1")
    late.books(at=30.0, quote_id="q1")
    stage.run(until=31)
    assert early.last("searching")["fare"] == FARE
    assert (late.story(), refused(late)) == (["error"], ("quote_expired", "quote_id"))
    late.books(at=32)
    stage.run(until=33)
    assert late.last("searching")["fare"] == FARE


@pytest.mark.parametrize(
    "terms",
    [
        {"quote_id": "q2"},
        {"quote_id": "q1", "passenger_phone": OTHER},
        {"quote_id": "q1", "passenger_phone": SARAH, "pickup_latitude": PICKUP[0] + 0.001},
        {"quote_id": "q1", "passenger_phone": SARAH, "dropoff_longitude": DROPOFF[1] + 0.001},
        {"quote_id": "q1", "passenger_phone": SARAH, "vehicle_type": "suv"},
    ],
    ids=["unknown", "somebody else's", "another pickup", "another dropoff", "another vehicle"],
)
def test_a_quote_is_good_for_its_own_passenger_and_trip_alone(play: Theatre, terms: dict[str, Any]) -> None:
    stage = quoted_stage(play, SARAH)
    passenger = stage.passenger("r1")
    passenger.books(at=1, **terms)
    stage.run(until=2)
    assert (passenger.story(), refused(passenger)) == (["error"], ("quote_expired", "quote_id"))
    assert stage.drivers["d1"].heard("ride_request") == []


def test_a_few_steps_from_the_quoted_pickup_are_the_same_trip(play: Theatre) -> None:
    stage = quoted_stage(play, SARAH)
    passenger = stage.passenger("r1")
    passenger.books(at=1, quote_id="q1", passenger_phone="+27 82 123 4567", pickup_latitude=PICKUP[0] + 0.0004)
    stage.run(until=2)
    assert passenger.last("searching")["fare"] == FARE


def test_a_quote_is_for_one_ride_in_whatever_order_two_of_them_ask(play: Theatre) -> None:
    outcomes = set()
    for dice in every_order(since=10.0):
        stage = play.in_order(dice, **TARIFF)
        stage.driver("d1")
        Desk(stage).quote("q1")
        passengers = [stage.passenger("r1"), stage.passenger("r2")]
        for passenger in passengers:
            passenger.books(at=10, quote_id="q1")
        stage.run(until=11)
        outcomes.add(tuple(passenger.story()[0] for passenger in passengers))
    assert outcomes == {("searching", "error"), ("error", "searching")}


def test_the_ride_that_took_a_quote_may_repeat_itself_long_after_the_quote_has_expired(play: Theatre) -> None:
    stage = quoted_stage(play, quote_ttl_s=10.0)
    passenger = stage.passenger("r1")
    passenger.books(at=5, quote_id="q1", id="k1")
    passenger.books(at=100, quote_id="q1", id="k2")
    stage.run(until=101)
    assert passenger.story() == [
        "searching",
        "ack",
        *["searching"] * (len(passenger.heard("searching")) - 1),
        "snapshot",
        "ack",
    ]
    assert [ack["id"] for ack in passenger.heard("ack")] == ["k1", "k2"]


@pytest.mark.parametrize("commit_s", [0.02, 0.5])
def test_nothing_is_promised_or_booked_before_it_is_on_disk_and_a_failed_commit_leaves_the_quote_free(
    play: Theatre, commit_s: float
) -> None:
    stage = play(options=WorldOptions(commit_delay_s=(commit_s, commit_s)), **TARIFF)
    stage.driver("d1")
    desk = Desk(stage)
    desk.quote("q1")
    assert desk.promised == {}
    stage.run(until=2)
    assert desk.promised["q1"].price.fare.major == FARE
    stage.world.journal._failure_rate = 1.0
    first, second = stage.passenger("r1"), stage.passenger("r2")
    first.books(at=3, quote_id="q1")
    stage.run(until=5)
    assert [(error["code"]) for error in first.heard("error")] == ["unavailable"]
    stage.world.journal._failure_rate = 0.0
    second.books(at=6, quote_id="q1")
    stage.run(until=8)
    assert second.last("searching")["fare"] == FARE


def test_waiting_at_the_pickup_comes_on_top_of_what_was_agreed_and_the_lines_say_so(play: Theatre) -> None:
    stage = quoted_stage(play)
    driver, passenger = stage.drivers["d1"], stage.passenger("r1")
    passenger.books(quote_id="q1")
    driver.accepts("r1", at=5)
    driver.says("arrived", at=100, ride_id="r1")
    driver.says("start_ride", at=280, ride_id="r1")
    driver.says("complete_ride", at=900, ride_id="r1")
    stage.run(until=901)
    for person in (driver, passenger):
        completed = person.last("ride_completed")
        assert (completed["fare"], completed["currency"]) == (52.09, "ZAR")
        assert completed["breakdown"] == {"base": 12.5, "distance": 28.77, "time": 8.82, "waiting": 2.0}
    completion = next(event for event in stage.record("r1") if isinstance(event, RideCompleted))
    assert completion.price is not None
    assert (completion.fare, completion.price.fare.minor) == (52.09, 5209)
    passenger.returns(at=902)
    stage.run(until=903)
    assert (passenger.last()["type"], passenger.last()["fare"]) == ("snapshot", 52.09)


def test_the_fare_stays_the_same_when_another_driver_takes_the_ride_over(play: Theatre) -> None:
    stage = quoted_stage(play)
    stage.world.pricer.demand.change(2.0)
    second, passenger = stage.driver("d2", north_km=2), stage.passenger("r1")
    passenger.books(quote_id="q1")
    stage.drivers["d1"].accepts("r1", at=5)
    stage.drivers["d1"].says("cancel_ride", at=50, ride_id="r1")
    stage.run(until=51)
    assert second.offer("r1")["fare"] == passenger.last("searching")["fare"] == FARE


def test_who_cancels_late_or_does_not_come_owes_what_the_tariff_says_for_their_type_of_vehicle(play: Theatre) -> None:
    stage = play(**TARIFF, vehicle_tariffs={"suv": {"no_show_fee": 45.0}})
    stage.driver("d1", vehicle_type="suv")
    late, absent = stage.passenger("r1"), stage.passenger("r2")
    late.books()
    stage.drivers["d1"].accepts("r1", at=1)
    late.cancels(at=200)
    absent.books(at=300, vehicle_type="suv")
    stage.drivers["d1"].accepts("r2", at=301)
    stage.drivers["d1"].says("arrived", at=400, ride_id="r2")
    stage.drivers["d1"].says("no_show", at=700, ride_id="r2")
    stage.run(until=701)
    owed = [
        (person.last("ride_cancelled")["fee"], person.last("ride_cancelled")["currency"]) for person in (late, absent)
    ]
    assert owed == [(20, "ZAR"), (45, "ZAR")]


def test_a_provider_elsewhere_prices_rides_and_while_it_is_down_they_are_turned_away(play: Theatre) -> None:
    stage = play(**{**TARIFF, "pricing": "http"})
    stage.driver("d1")
    first, second = stage.passenger("r1"), stage.passenger("r2")
    first.books(at=1)
    stage.run(until=2)
    assert (first.last("searching")["fare"], first.last("searching").at > 1.0) == (FARE, True)
    stage.world.pricing.failure_rate = 1.0
    second.books(at=3, id="k1")
    stage.run(until=4)
    assert [(error["code"], error["id"]) for error in second.heard("error")] == [("unavailable", "k1")]
    stage.world.pricing.failure_rate = 0.0
    second.books(at=5, id="k1")
    stage.run(until=6)
    assert second.last("ack")["id"] == "k1", "nothing was done the first time, so the same command may be tried again"


def test_where_the_tariff_is_to_stand_in_for_the_provider_nobody_notices(play: Theatre) -> None:
    stage = play(**{**TARIFF, "pricing": "http", "pricing_fallback": "tariff"})
    stage.driver("d1")
    stage.world.pricing.failure_rate = 1.0
    passenger = stage.passenger("r1")
    passenger.books(at=1)
    stage.run(until=2)
    assert passenger.last("searching")["fare"] == FARE


@pytest.mark.parametrize("pricing", ["tariff", "http"])
def test_a_ride_that_is_booked_ahead_has_the_price_of_its_own_hour_from_the_start(play: Theatre, pricing: str) -> None:
    night = {"night_multiplier": 2.0, "night_from": "03:00", "night_to": "04:00"}
    stage = play(**{**TARIFF, **night, "pricing": pricing})
    driver, passenger = stage.driver("d1"), stage.passenger("r1")
    passenger.books(at=1, pickup_at="2026-01-01T03:30:00Z")
    stage.run(until=2)
    snapshot = passenger.last("snapshot")
    assert (snapshot["status"], snapshot["fare"]) == ("scheduled", 100.17)
    stage.world.pricer.demand.change(3.0)
    stage.run(until=11_701)
    assert passenger.last("searching")["fare"] == driver.offer("r1")["fare"] == 100.17


def test_a_quote_for_later_books_a_ride_for_then_and_none_for_now(play: Theatre) -> None:
    stage = play(**TARIFF)
    stage.driver("d1")
    Desk(stage).quote("q1", pickup_at=MODEL_DAY + 7200.0)
    now, later = stage.passenger("r1"), stage.passenger("r2")
    now.books(at=1, quote_id="q1")
    later.books(at=2, quote_id="q1", pickup_at="2026-01-01T02:00:00Z")
    stage.run(until=3)
    assert refused(now) == ("quote_expired", "quote_id")
    assert (later.last("snapshot")["status"], later.last("snapshot")["fare"]) == ("scheduled", FARE)
    later.books(at=400, quote_id="q1", pickup_at="2026-01-01T02:00:00Z")
    stage.run(until=401)
    assert later.story() == ["snapshot", "snapshot"], "the quote has expired since, and is this ride's"
    stage.run(until=6301)
    assert later.last("searching")["fare"] == FARE


def test_the_night_is_the_one_of_the_pickups_own_clock(play: Theatre) -> None:
    stage = play(**TARIFF, time_zone="Africa/Johannesburg", night_multiplier=2.0, night_from="02:01", night_to="03:00")
    stage.driver("d1")
    day, night = stage.passenger("r1"), stage.passenger("r2")
    day.books(at=59.0)
    night.books(at=60.0)
    stage.run(until=61)
    assert (day.last("searching")["fare"], night.last("searching")["fare"]) == (FARE, 100.17)
