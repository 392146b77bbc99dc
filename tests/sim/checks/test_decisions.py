"""The digest of decisions: equal for equal decisions in any order of arrival, another one for any decision that differs."""

from dataclasses import dataclass
from itertools import permutations
from typing import Any

import pytest

from dispatch.ids import DriverId, OfferId, PassengerId, RideId
from dispatch.messages.base import Message
from dispatch.messages.events import (
    ChargeDeclined,
    ChargeRequested,
    ChargeSettled,
    DriverOnline,
    DriverReserved,
    OfferDeclined,
    OfferPlaced,
    OffersClosed,
    OffersMade,
    PassengerNoShow,
    RideAssigned,
    RideCancelled,
    RideCompleted,
    RideUnassigned,
    SearchFailed,
)
from dispatch.messages.journal import Append
from dispatch.values import DriverCard, Money
from sim.checks.decisions import Decisions

RIDE, OTHER_RIDE = RideId("r1"), RideId("r2")
DRIVER, OTHER = DriverId("d1"), DriverId("d2")
OFFER = OfferId("o1")
CARDS = {driver: DriverCard(driver, "D", "1", 5.0, "sedan", "-") for driver in (DRIVER, OTHER)}


@dataclass
class Told:
    """A decision and one that differs from it in what was decided."""

    decision: Message
    otherwise: Message


def made(*drivers: DriverId, round_no: int = 1) -> OffersMade:
    return OffersMade(RIDE, 1, round_no, tuple(OfferPlaced(OFFER, driver, 9.0) for driver in drivers), 30.0)


KINDS = [
    Told(made(DRIVER), made(OTHER)),
    Told(made(DRIVER), made(DRIVER, OTHER)),
    Told(made(DRIVER), made(DRIVER, round_no=2)),
    Told(OffersClosed(RIDE, (OFFER,), (DRIVER,), "expired"), OffersClosed(RIDE, (OFFER,), (DRIVER,), "vanished")),
    Told(OfferDeclined(RIDE, DRIVER, OFFER), OfferDeclined(RIDE, OTHER, OFFER)),
    Told(DriverReserved(RIDE, DRIVER, OFFER, 1, 1), DriverReserved(OTHER_RIDE, DRIVER, OFFER, 1, 1)),
    Told(RideAssigned(RIDE, CARDS[DRIVER], OFFER, 1, 7.0), RideAssigned(RIDE, CARDS[OTHER], OFFER, 1, 7.0)),
    Told(RideUnassigned(RIDE, DRIVER, 2, "driver", "", 7.0), RideUnassigned(RIDE, DRIVER, 2, "ops", "", 7.0)),
    Told(RideCompleted(RIDE, DRIVER, 85.5), RideCompleted(RIDE, DRIVER, 86.0)),
    Told(RideCancelled(RIDE, "passenger"), RideCancelled(RIDE, "passenger", fee=500)),
    Told(PassengerNoShow(RIDE, DRIVER), PassengerNoShow(RIDE, DRIVER, fee=500)),
    Told(SearchFailed(RIDE, "nobody", 4, 20), SearchFailed(RIDE, "nobody", 3, 20)),
    Told(
        ChargeRequested(RIDE, PassengerId("p"), Money(8550, "ZAR", 2)),
        ChargeRequested(RIDE, PassengerId("p"), Money(1, "ZAR", 2)),
    ),
    Told(ChargeSettled(RIDE, "ref"), ChargeDeclined(RIDE, "no")),
]


def digest_of(*events: Message, at: float = 5.0, start: float = 0.0) -> str:
    decisions = Decisions(start)
    for number, event in enumerate(events):
        committed: Any = (event,)
        decisions.take(Append("ride/r1", 0, number, at, committed))
    return decisions.digest()


@pytest.mark.parametrize("told", KINDS, ids=lambda told: type(told.decision).__name__)
def test_another_decision_is_another_digest(told: Told) -> None:
    assert digest_of(told.decision) != digest_of(told.otherwise)
    assert digest_of(told.decision) != digest_of()


def test_the_same_decision_at_another_time_is_another_digest() -> None:
    assert digest_of(made(DRIVER), at=5.0) != digest_of(made(DRIVER), at=5.01)


def test_a_difference_of_less_than_a_hundredth_of_a_second_is_none() -> None:
    assert digest_of(made(DRIVER), at=5.0) == digest_of(made(DRIVER), at=5.001)


def test_time_counts_from_the_start_of_the_run() -> None:
    day = 1_767_225_600.0
    assert digest_of(made(DRIVER), at=day + 5.0, start=day) == digest_of(made(DRIVER), at=5.0)


def test_the_digest_counts_how_often_the_same_was_decided() -> None:
    assert len({digest_of(*[made(DRIVER)] * times) for times in range(4)}) == 4


def test_the_order_in_which_decisions_reach_the_disk_does_not_count() -> None:
    events = (made(DRIVER), OfferDeclined(RIDE, DRIVER, OFFER), RideCompleted(RIDE, DRIVER, 85.5))
    assert len({digest_of(*order) for order in permutations(events)}) == 1


def test_what_decides_nothing_changes_nothing() -> None:
    assert digest_of(DriverOnline(DRIVER), made(DRIVER)) == digest_of(made(DRIVER))
