"""The invariants of money find what breaks them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from dispatch.ids import DriverId, PassengerId, RideId
from dispatch.messages.base import Message
from dispatch.messages.events import (
    ChargeDeclined,
    ChargeRequested,
    ChargeSettled,
    RideCancelled,
    RideCompleted,
    RideRequested,
)
from dispatch.values import Money, Passenger, Place, Trip
from sim.checks.charges import Charges
from sim.explore.small import SmallWorld

RIDE = RideId("r1")
CASH = Trip(Place(-33.92, 18.42), Place(-33.9, 18.5), 8.5, 20.0, 95.25)
BOOKED = RideRequested(
    RIDE, 1, Passenger(PassengerId("p1"), "Ann", ""), msgspec.structs.replace(CASH, payment_method="card"), 0.0
)
IN_CASH = msgspec.structs.replace(BOOKED, trip=CASH)
DONE = RideCompleted(RIDE, DriverId("d1"), 95.25)
DUE = Money(9525, "ZAR")
CHARGE = ChargeRequested(RIDE, PassengerId("p1"), DUE)
TOO_MUCH = msgspec.structs.replace(CHARGE, amount=Money(9526, "ZAR"))
OF_WHAT = msgspec.structs.replace(CHARGE, amount=Money(9525, ""))
SETTLED, DECLINED = ChargeSettled(RIDE, "ch_1"), ChargeDeclined(RIDE, "no")
COLLECTED = {RIDE: DUE}
Commits = list[tuple[Message, ...]]


def broken(commits: Commits, collected: Any = (), declined: Any = ()) -> list[str]:
    """Which invariants these commits, and the end of the world after them, break."""
    names: list[str] = []
    charges = Charges(lambda now, name, what: names.append(name))
    for events in commits:
        for event in events:
            charges.take(1.0, event)
        charges.committed(1.0)
    charges.finish(2.0, dict(collected), dict(declined))
    return names


@pytest.mark.parametrize(
    ("commits", "collected", "declined"),
    [
        ([(BOOKED,), (DONE, CHARGE), (SETTLED,)], COLLECTED, {}),
        ([(BOOKED,), (DONE, CHARGE), (DECLINED,)], {}, COLLECTED),
        ([(IN_CASH,), (DONE,)], {}, {}),
        ([(BOOKED,), (IN_CASH,), (DONE,)], {}, {}),
        ([(BOOKED,), (RideCancelled(RIDE, "passenger"),)], {}, {}),
        (
            [
                (BOOKED,),
                (RideCancelled(RIDE, "passenger", fee=250), msgspec.structs.replace(CHARGE, amount=Money(250, "ZAR"))),
                (SETTLED,),
            ],
            {RIDE: Money(250, "ZAR")},
            {},
        ),
    ],
    ids=["paid", "declined", "cash", "cash in the end", "a free cancel", "a fee"],
)
def test_what_is_right_breaks_nothing(commits: Commits, collected: Any, declined: Any) -> None:
    assert broken(commits, collected, declined) == []


@pytest.mark.parametrize(
    ("commits", "collected", "name"),
    [
        ([(BOOKED,), (DONE,)], {}, "charged-with-its-end"),
        ([(BOOKED,), (DONE,), (CHARGE,), (SETTLED,)], COLLECTED, "charged-with-its-end"),
        ([(IN_CASH,), (DONE, CHARGE), (SETTLED,)], COLLECTED, "charged-with-its-end"),
        ([(BOOKED,), (CHARGE,), (SETTLED,)], COLLECTED, "charged-with-its-end"),
        ([(BOOKED,), (DONE, CHARGE, CHARGE), (SETTLED,)], COLLECTED, "one-charge-a-ride"),
        ([(BOOKED,), (DONE, TOO_MUCH), (SETTLED,)], {RIDE: TOO_MUCH.amount}, "charged-what-is-due"),
        ([(BOOKED,), (DONE, OF_WHAT), (SETTLED,)], {RIDE: OF_WHAT.amount}, "charged-what-is-due"),
        ([(BOOKED,), (DONE, CHARGE), (SETTLED,), (DECLINED,)], {}, "settled-once"),
        ([(BOOKED,), (DONE, CHARGE)], {}, "settled-in-the-end"),
        ([(BOOKED,), (DONE, CHARGE)], COLLECTED, "settled-in-the-end"),
        ([(BOOKED,), (DONE, CHARGE), (SETTLED,)], {}, "settled-in-the-end"),
        ([(BOOKED,), (DONE, CHARGE), (DECLINED,)], COLLECTED, "settled-in-the-end"),
        ([], COLLECTED, "collected-on-request"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_found(commits: Commits, collected: Any, name: str) -> None:
    assert name in broken(commits, collected)


def test_small_worlds_pay_by_card_and_cash_with_providers_in_trouble_and_cards_that_are_refused() -> None:
    settled: list[str] = []
    for seed in range(6):
        world = SmallWorld(seed, permute=True)
        world.play()
        assert world.watch.violations == []
        charges = world.watch.ledger.charges
        settled += charges.settled.values()
        assert len(charges.requested) < len(world.watch.ledger.ended), "some paid in cash"
    assert {"paid", "declined"} == set(settled)
