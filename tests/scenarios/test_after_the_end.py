"""What follows after an end: nobody is followed any more, no charge is settled twice, and no search goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dispatch import addresses
from dispatch.ids import RideId
from dispatch.messages.commands import CancelRide
from dispatch.messages.events import TrackRecorded
from dispatch.messages.providers import CollectFare, FareCollected, FareDeclined, FareUnknown
from dispatch.principals import OPERATIONS
from dispatch.values import Money
from sim.stories.stage import Stage
from sim.world import WorldOptions
from tests.scenarios.test_payments import CARDS, by_card, kinds
from tests.scenarios.theatre import Theatre

FOLLOWED: dict[str, Any] = {"follow_drivers": "on"}


def at_the_pickup(stage: Stage) -> None:
    """d1 has r1 and stands at the pickup."""
    stage.fleet(1)
    stage.passenger("r1").books(at=1)
    stage.drivers["d1"].accepts("r1", at=5)
    stage.drivers["d1"].moves(0.05, at=10)
    stage.drivers["d1"].says("arrived", at=20, ride_id="r1")


def no_show(stage: Stage) -> None:
    stage.drivers["d1"].says("no_show", at=400, ride_id="r1")


def cancelled_by_passenger(stage: Stage) -> None:
    stage.passengers["r1"].cancels(at=400)


def cancelled_by_operations(stage: Stage) -> None:
    cancel = CancelRide(OPERATIONS, RideId("r1"), "flood")
    stage.passengers["r1"].does(lambda: stage.world.runtime.tell("ride/r1", cancel), at=400)


def completed(stage: Stage) -> None:
    stage.drivers["d1"].says("start_ride", at=30, ride_id="r1")
    stage.drivers["d1"].says("complete_ride", at=400, ride_id="r1")


def completed_at_once(stage: Stage) -> None:
    stage.drivers["d1"].says("complete_ride", at=400, ride_id="r1")


def out_of_time(stage: Stage) -> None:
    """`ride_cap` is set to 395 s: the ride has been accepted for as long at second 400."""


ENDS = [
    no_show,
    cancelled_by_passenger,
    cancelled_by_operations,
    completed,
    completed_at_once,
    out_of_time,
]


def followed(stage: Stage) -> set[str]:
    """Of whom the board, the tracker and the tracks know that somebody looks."""
    tracker: Any = stage.actor("tracker/0")
    rides = {followed.order.driver_id for followed in tracker._of_ride.values()}
    return {*stage.world.board._followed, *tracker._of_driver, *tracker.tracks._of_driver, *rides}


@pytest.mark.parametrize("restarted", [False, True], ids=["", "restarted"])
@pytest.mark.parametrize("ends", ENDS, ids=lambda ends: ends.__name__)
def test_nobody_is_followed_after_the_end(play: Theatre, ends: Callable[[Stage], None], restarted: bool) -> None:
    stage = play(**FOLLOWED, ride_cap_s=395.0 if ends is out_of_time else 43_200.0)
    at_the_pickup(stage)
    if restarted:
        stage.run(until=22)
        stage.crashes()
        for person in (stage.drivers["d1"], stage.passengers["r1"]):
            person.returns(at=23)
    stage.run(until=25)
    ends(stage)
    stage.run(until=399.5)
    assert followed(stage) == {"d1"}
    stage.run(until=401)
    stage.drivers["d1"].moves(0.3, at=405)
    stage.drivers["d1"].moves(0.6, at=415)
    stage.run(until=430)
    assert stage.passengers["r1"].heard("driver_location", since=400.0) == []
    assert followed(stage) == set()
    stage.run(until=500)


def test_nobody_is_followed_for_a_ride_that_is_out_of_service() -> None:
    stage = Stage(7, **FOLLOWED)
    at_the_pickup(stage)
    stage.run(until=30)
    assert followed(stage) == {"d1"}
    stage.world.runtime.quarantine("ride/r1", "e1")
    stage.drivers["d1"].moves(0.3, at=35)
    stage.run(until=40)
    assert followed(stage) == set()
    assert stage.drivers["d1"].last("ride_cancelled")["reason"] == "out of service"


@pytest.mark.parametrize("restarted", [False, True], ids=["", "restarted"])
def test_who_gave_the_ride_up_is_not_followed_and_who_took_it_is(play: Theatre, restarted: bool) -> None:
    stage = play(**FOLLOWED)
    stage.fleet(2)
    stage.passenger("r1").books(at=1)
    stage.drivers["d1"].accepts("r1", at=5)
    stage.drivers["d1"].says("cancel_ride", at=10, ride_id="r1")
    stage.run(until=11)
    assert followed(stage) == set()
    stage.drivers["d2"].accepts("r1", at=15)
    stage.run(until=16)
    if restarted:
        stage.crashes()
        for person in (*stage.drivers.values(), stage.passengers["r1"]):
            person.returns(at=17)
    stage.drivers["d1"].moves(0.5, at=20)
    stage.run(until=25)
    assert followed(stage) == {"d2"}
    assert [frame["latitude"] for frame in stage.passengers["r1"].heard("driver_location", since=19.0)] in (
        [],
        [pytest.approx(stage.drivers["d2"].place[0])],
    )


@pytest.mark.parametrize("restarted", [False, True], ids=["", "restarted"])
def test_the_receipt_tells_all_pieces_of_the_way_together(play: Theatre, restarted: bool) -> None:
    """A fix every 50 m for 10 km: the track goes on record in pieces while the driver drives."""
    stage = play(**FOLLOWED)
    stage.fleet(1)
    stage.passenger("r1").books(at=1)
    driver = stage.drivers["d1"]
    driver.accepts("r1", at=5)
    driver.says("start_ride", at=10, ride_id="r1")
    for number in range(1, 201):
        driver.moves(1.0 + 0.05 * number, at=10 + 5 * number)
    if restarted:
        stage.run(until=501)
        stage.crashes()
        for person in (driver, stage.passengers["r1"]):
            person.returns(at=501.5)
    driver.says("complete_ride", at=1012, ride_id="r1")
    stage.run(until=1013)
    pieces = [
        event.metres for event in stage.record("r1") if isinstance(event, TrackRecorded) and event.leg == "on_trip"
    ]
    assert len(pieces) >= 3
    receipt = stage.passengers["r1"].last("ride_completed")
    assert receipt["driven_km"] == stage.drivers["d1"].last("ride_completed")["driven_km"]
    assert receipt["driven_km"] == pytest.approx(sum(pieces) / 1000, abs=0.001)
    # A process that dies takes with it what is not on record yet: less than one piece.
    assert (8.0 if restarted else 9.5) < receipt["driven_km"] < 10.5


# -- charges


class Provider:
    """Answers as the test says; what it was asked is in `asked`."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.asked: list[CollectFare] = []
        stage.world.runtime.sink(addresses.PAYMENTS, self)

    def deliver(self, question: CollectFare) -> None:
        self.asked.append(question)

    def answers(self, *answers: FareCollected | FareDeclined | FareUnknown) -> None:
        for answer in answers:
            self._stage.world.runtime.tell("ride/r1", answer)
        self._stage.run(until=self._stage.now + 0.1)

    def has(self, outcome: str) -> None:
        """For the observers, which hold the record against what the provider did."""
        amounts = getattr(self._stage.world.payments, outcome)
        amounts[RideId("r1")] = Money(8550, "ZAR")


def asked_twice(play: Theatre) -> tuple[Stage, Provider]:
    """The first question had no answer in time; the second has none yet."""
    stage = play(**CARDS)
    provider = Provider(stage)
    by_card(stage)
    stage.run(until=41)
    provider.answers(FareUnknown(1, "no answer within 10 s"))
    stage.run(until=60)
    assert [question.number for question in provider.asked] == [1, 2]
    return stage, provider


def told(stage: Stage) -> list[str]:
    return [frame["status"] for frame in stage.passengers["r1"].heard("payment")]


def test_a_late_no_to_an_older_question_settles_nothing_while_a_newer_one_is_open(play: Theatre) -> None:
    stage, provider = asked_twice(play)
    provider.answers(FareDeclined(1, "no funds"))
    assert (kinds(stage), told(stage)) == (["ChargeRequested"], [])
    provider.has("collected")
    provider.answers(FareCollected(2, "ch_1"))
    assert (kinds(stage), told(stage)) == (["ChargeRequested", "ChargeSettled"], ["paid"])


@pytest.mark.parametrize(
    "late", [FareDeclined(1, "no"), FareDeclined(2, "no"), FareUnknown(2, "?"), FareCollected(1, "x")]
)
def test_what_was_collected_stays_collected_whatever_comes_late(play: Theatre, late: Any) -> None:
    stage, provider = asked_twice(play)
    provider.has("collected")
    provider.answers(FareCollected(2, "ch_1"))
    provider.answers(late)
    stage.passengers["r1"].returns()
    stage.run(until=stage.now + 40)
    assert (kinds(stage), told(stage)) == (["ChargeRequested", "ChargeSettled"], ["paid"])
    assert stage.passengers["r1"].last("snapshot")["payment_status"] == "paid"
    assert len(provider.asked) == 2, "a settled charge is asked about no more"


@pytest.mark.parametrize(
    "late", [FareDeclined(1, "no"), FareDeclined(2, "no"), FareUnknown(2, "?"), FareCollected(2, "x")]
)
def test_what_was_declined_stays_declined_whatever_comes_late(play: Theatre, late: Any) -> None:
    stage, provider = asked_twice(play)
    provider.has("declined")
    provider.answers(FareDeclined(2, "no funds"))
    provider.answers(late)
    stage.run(until=stage.now + 40)
    assert (kinds(stage), told(stage)) == (["ChargeRequested", "ChargeDeclined"], ["declined"])
    assert len(provider.asked) == 2


def test_a_yes_to_an_older_question_is_a_yes(play: Theatre) -> None:
    stage, provider = asked_twice(play)
    provider.has("collected")
    provider.answers(FareCollected(1, "ch_1"))
    stage.run(until=stage.now + 100)
    assert (kinds(stage), told(stage)) == (["ChargeRequested", "ChargeSettled"], ["paid"])


def test_the_charge_of_a_ride_that_is_out_of_service_is_settled_after_the_next_start(play: Theatre) -> None:
    stage = by_card(play(options=WorldOptions(payment_trouble_rate=1.0), **CARDS))
    stage.run(until=41)
    stage.world.runtime.quarantine("ride/r1", "e1")
    stage.run(until=100)
    assert kinds(stage) == ["ChargeRequested"]
    stage.world.payments._trouble_rate = 0.0
    stage.crashes()
    stage.run(until=200)
    assert kinds(stage) == ["ChargeRequested", "ChargeSettled"]


# -- searches


def test_a_search_that_was_put_off_is_over_until_its_time_comes(play: Theatre) -> None:
    stage = play(search_cap_s=60.0)
    stage.fleet(2)
    passenger = stage.passenger("r1")
    passenger.books(at=0)
    passenger.books(at=5, pickup_at="2026-01-01T02:00:00Z")
    stage.drivers["d1"].accepts("r1", at=6)
    stage.drivers["d2"].declines("r1", at=7)
    stage.driver("d3", at=100)
    stage.run(until=6299)
    assert stage.drivers["d1"].last("offer_closed")["reason"] == "superseded"
    assert [frame["type"] for frame in passenger.frames] == ["searching", "snapshot"]
    assert passenger.last("snapshot")["status"] == "scheduled"
    assert stage.drivers["d3"].heard("ride_request") == []
    stage.run(until=6301)
    assert {driver.offer("r1").at for driver in (stage.drivers["d1"], stage.drivers["d3"])} == {6300.0}


@pytest.mark.parametrize("ends", ["cancels", "no_drivers"])
def test_an_ended_search_asks_nobody_who_comes_later(play: Theatre, ends: str) -> None:
    stage = play(search_cap_s=60.0)
    stage.fleet(1)
    passenger = stage.passenger("r1")
    passenger.books(at=0)
    if ends == "cancels":
        passenger.cancels(at=10)
    stage.run(until=120)
    stage.driver("d2", at=130)
    stage.drivers["d1"].accepts("r1", at=140)
    stage.run(until=200)
    assert stage.drivers["d2"].heard("ride_request") == []
    assert stage.drivers["d1"].last("offer_closed")["reason"] in ("cancelled", "expired")
    assert passenger.heard("driver_assigned") == []
