"""What a ride by card owes when it is over, and how patiently a provider is asked."""

from __future__ import annotations

import msgspec
import pytest

from dispatch.domain.pricing.payment import CARD, amount_due, pause_s
from dispatch.domain.ride.record import RideRecord
from dispatch.ids import RideId
from dispatch.values import FareLine, Money, Place, Price, Trip

BY_CARD = Trip(Place(-33.92, 18.42), Place(-33.9, 18.5), 8.5, 20.0, 95.25, payment_method=CARD)
PRICE = Price(Money(1200, "JPY", 0), (FareLine("base", 1200),), 8500, 1200)


def over(status: str, **fields: object) -> RideRecord:
    return RideRecord(RideId("r1"), status=status, **{"trip": BY_CARD, **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("ride", "due"),
    [
        (over("completed"), Money(9525, "ZAR", 2)),
        (over("completed", price=PRICE), Money(1200, "JPY", 0)),
        (over("completed", trip=msgspec.structs.replace(BY_CARD, payment_method="")), None),
        (over("completed", trip=msgspec.structs.replace(BY_CARD, fare=0.0)), None),
        (over("cancelled", fee=250), Money(250, "ZAR", 2)),
        (over("no_show", fee=400, price=PRICE), Money(400, "JPY", 0)),
        (over("cancelled"), None),
        (over("no_drivers"), None),
    ],
    ids=[
        "the app's fare",
        "the server's price",
        "cash",
        "free",
        "late cancel",
        "no show",
        "free cancel",
        "nobody came",
    ],
)
def test_what_is_due(ride: RideRecord, due: Money | None) -> None:
    assert amount_due(ride, "ZAR", 2) == due


def test_half_a_cent_is_rounded_as_all_fares_are() -> None:
    assert amount_due(over("completed", trip=msgspec.structs.replace(BY_CARD, fare=1.005)), "ZAR", 2) == Money(
        101, "ZAR", 2
    )


def test_each_pause_is_twice_the_one_before_up_to_the_longest() -> None:
    assert [pause_s(asked, 5.0, 60.0) for asked in (1, 2, 3, 4, 5, 6, 1_000_000)] == [5, 10, 20, 40, 60, 60, 60]
