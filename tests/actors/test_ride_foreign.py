"""A ride and passengers who have logged in: it is theirs who booked it, and for everybody else there is no such ride."""

from __future__ import annotations

from typing import Any

import pytest

from dispatch.domain.ride.record import RideRules
from dispatch.ids import PassengerId
from dispatch.messages.commands import Attach, CancelRide, Detach, FindDriver, RateRide, Resume
from dispatch.messages.events import RideRequested
from dispatch.messages.notices import NotYours
from dispatch.messages.providers import NotPriced, Priced
from dispatch.principals import Principal, Role
from dispatch.values import FareLine, Money, Passenger, Price
from tests.actors.rig import RIDE, TRIP, Rig, command, in_short

AS_ANN, AS_EVE = Principal(Role.PASSENGER, "p1"), Principal(Role.PASSENGER, "p2")
ANN, EVE = Passenger(PassengerId("p1"), "Ann", "27820000001"), Passenger(PassengerId("p2"), "Eve", "27820000002")
ANNS, EVES, DESK = "session/5", "session/6", "request/1"
PRICE = Price(Money(9310, "ZAR"), (FareLine("base", 9310),), 5400, 870)
OF_EVE: dict[str, Any] = {
    "find_driver": FindDriver(AS_EVE, RIDE, TRIP, EVE, command("k9"), known=True),
    "cancel_ride": CancelRide(AS_EVE, RIDE, "no", command("k9")),
    "rate_driver": RateRide(AS_EVE, RIDE, 1, "", command("k9")),
    "resume": Resume(AS_EVE, (0, 6), "", 0, command("k9")),
}


def rig_of(rules: RideRules | None = None) -> Rig:
    rig = Rig()
    rig.listen(ANNS, EVES, DESK, "dispatcher/0", "pricing", "passenger/p1", "passenger/p2", "driver/d1")
    rig.ride(rules or RideRules(one_ride_each="never"))
    return rig


def booked() -> Rig:
    """Ann's ride, with Ann connected."""
    rig = rig_of()
    rig.tell("ride/r1", Attach(AS_ANN, ANNS, (0, 5)), FindDriver(AS_ANN, RIDE, TRIP, ANN, command("k1"), known=True))
    rig.heard(ANNS)
    return rig


def said(rig: Rig, address: str) -> list[str]:
    return [in_short(message) for message in rig.heard(address)]


def owners(rig: Rig) -> list[str]:
    return [
        event.passenger.passenger_id for event in rig.journal.events_of("ride/r1") if isinstance(event, RideRequested)
    ]


@pytest.mark.parametrize("frame", OF_EVE)
def test_whatever_somebody_else_sends_does_nothing_and_the_passenger_hears_nothing_of_it(frame: str) -> None:
    rig = booked()
    before = rig.journal.events_of("ride/r1")
    rig.tell("ride/r1", Attach(AS_EVE, EVES, (0, 6)), OF_EVE[frame])
    assert rig.heard(EVES) == [NotYours()]
    assert rig.heard(ANNS) == []
    assert rig.journal.events_of("ride/r1") == before
    rig.tell("ride/r1", Detach(AS_EVE, (0, 6)), CancelRide(AS_ANN, RIDE, "", command("k9")))
    told = said(rig, ANNS)  # the connection and the ids of commands are Ann's
    assert told == ["RideEnded:passenger", "Ack:ok", "Ack:ok"]


def test_somebody_else_is_told_nothing_of_a_ride_that_is_over() -> None:
    rig = booked()
    rig.tell("ride/r1", CancelRide(AS_ANN, RIDE), Detach(AS_ANN, (0, 5)), Attach(AS_EVE, EVES, (0, 6)))
    assert rig.heard(EVES) == [NotYours()]


def test_a_ride_that_is_woken_from_its_record_knows_whose_it_is() -> None:
    rig = booked()
    rig.tell("ride/r1", CancelRide(AS_ANN, RIDE), Detach(AS_ANN, (0, 5)))
    rig.wait(10_000)
    assert rig.runtime.actor("ride/r1") is None
    rig.tell("ride/r1", Attach(AS_EVE, EVES, (0, 6)), Attach(AS_ANN, ANNS, (0, 7)))
    assert rig.heard(EVES) == [NotYours()]
    assert said(rig, ANNS)[-1] == "PassengerSnapshot:cancelled"
    rig.tell("ride/r1", Detach(AS_ANN, (0, 7)), Attach(AS_EVE, EVES, (0, 8)))
    rig.wait(10_000)
    assert rig.runtime.actor("ride/r1") is None, "whoever knocks in vain keeps no ride in memory"


def test_who_waits_first_holds_a_ride_that_nobody_has_booked_and_lets_go_of_it_by_leaving() -> None:
    rig = rig_of()
    rig.tell("ride/r1", Attach(AS_ANN, ANNS, (0, 5)), Attach(AS_EVE, EVES, (0, 6)), OF_EVE["find_driver"])
    assert (rig.heard(EVES), rig.heard(ANNS), owners(rig)) == ([NotYours()], [], [])
    rig.tell("ride/r1", Detach(AS_ANN, (0, 5)), Attach(AS_EVE, EVES, (0, 8)), OF_EVE["find_driver"])
    assert owners(rig) == ["p2"]
    rig.tell("ride/r1", Attach(AS_ANN, ANNS, (0, 9)))
    assert rig.heard(ANNS) == [NotYours()]


def test_a_booking_that_waits_for_its_price_holds_the_ride_also_when_its_app_is_gone() -> None:
    rig = rig_of(RideRules(pricing="http", price_patience_s=10.0, one_ride_each="never"))
    rig.tell(
        "ride/r1",
        Attach(AS_ANN, ANNS, (0, 5)),
        FindDriver(AS_ANN, RIDE, TRIP, ANN, command("k1")),
        Detach(AS_ANN, (0, 5)),
    )
    (asked,) = rig.heard("pricing")
    rig.tell("ride/r1", Attach(AS_EVE, EVES, (0, 6)), OF_EVE["find_driver"])
    assert (rig.heard(EVES), rig.heard("pricing")) == ([NotYours()], [])
    rig.tell("ride/r1", Priced(asked.number, PRICE))
    assert owners(rig) == ["p1"]


def test_what_one_passenger_was_answered_is_no_answer_to_another_who_comes_after() -> None:
    rig = rig_of(RideRules(pricing="http", price_patience_s=10.0, one_ride_each="never"))
    rig.tell("ride/r1", Attach(AS_ANN, ANNS, (0, 5)), FindDriver(AS_ANN, RIDE, TRIP, ANN, command("k9", 1)))
    (asked,) = rig.heard("pricing")
    rig.tell(
        "ride/r1", NotPriced(asked.number, "down"), CancelRide(AS_ANN, RIDE, "", command("k8")), Detach(AS_ANN, (0, 5))
    )
    rig.tell("ride/r1", Attach(AS_EVE, EVES, (0, 6)), CancelRide(AS_EVE, RIDE, "", command("k8", 2)))
    assert said(rig, EVES) == ["Refused:no_such_ride"], "not `id_reused`"


def test_a_passenger_who_asks_by_request_is_told_that_there_is_no_such_ride() -> None:
    rig = booked()
    rig.tell("ride/r1", CancelRide(AS_EVE, RIDE, reply_to=DESK))
    (answer,) = rig.heard(DESK)
    assert answer.code == "no_such_ride"
    assert rig.heard(ANNS) == []
