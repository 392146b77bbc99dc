"""A quote holds for one passenger, one trip, a while, and one ride."""

import pytest

from dispatch.domain.pricing.quote import ANOTHER_TIME, ELSEWHERE, NONE_SUCH, OTHER_VEHICLE, TOO_OLD, QuoteRecord
from dispatch.ids import PassengerId, QuoteId, RideId
from dispatch.messages.events import QuoteMade, QuoteTaken
from dispatch.messages.providers import UseQuote
from dispatch.values import FareLine, Money, Place, Price

ANN, BEN = PassengerId("p1"), PassengerId("p2")
QUOTE, RIDE, OTHER_RIDE = QuoteId("q1"), RideId("r1"), RideId("r2")
PICKUP, DROPOFF = Place(-26.2041, 28.0473), Place(-26.1850, 28.0550)
NEAR, FAR = Place(-26.2041 + 0.0004, 28.0473), Place(-26.2041 + 0.0005, 28.0473)
"""44 and 56 metres from the pickup."""
PRICE = Price(Money(8550, "ZAR"), (FareLine("base", 8550),), 2936, 420)


def made(passenger_id: PassengerId | None = ANN, vehicle_type: str = "", pickup_at: float | None = None) -> QuoteRecord:
    """A quote that holds from second 10 until second 310."""
    quote = QuoteRecord()
    quote.apply(QuoteMade(QUOTE, passenger_id, PICKUP, DROPOFF, vehicle_type, PRICE, 10.0, 310.0, pickup_at))
    return quote


def use(
    passenger_id: PassengerId = ANN,
    ride_id: RideId = RIDE,
    pickup: Place = PICKUP,
    dropoff: Place = DROPOFF,
    vehicle_type: str = "",
    pickup_at: float | None = None,
) -> UseQuote:
    return UseQuote(QUOTE, ride_id, 1, passenger_id, pickup, dropoff, vehicle_type, pickup_at)


CASES = [
    (made(), use(), 10.0, ""),
    (made(), use(), 309.9, ""),
    (made(), use(), 310.0, TOO_OLD),
    (made(), use(BEN), 20.0, NONE_SUCH),
    (made(None), use(BEN), 20.0, ""),
    (QuoteRecord(), use(), 20.0, NONE_SUCH),
    (made(), use(pickup=NEAR), 20.0, ""),
    (made(), use(pickup=FAR), 20.0, ELSEWHERE),
    (made(), use(dropoff=PICKUP), 20.0, ELSEWHERE),
    (made(), use(vehicle_type="suv"), 20.0, OTHER_VEHICLE),
    (made(vehicle_type="suv"), use(vehicle_type="suv"), 20.0, ""),
    (made(vehicle_type="suv"), use(), 20.0, ""),
    (made(vehicle_type="suv"), use(vehicle_type="sedan"), 20.0, OTHER_VEHICLE),
    (made(pickup_at=7200.0), use(pickup_at=7260.0), 20.0, ""),
    (made(pickup_at=7200.0), use(pickup_at=7261.0), 20.0, ANOTHER_TIME),
    (made(pickup_at=7200.0), use(), 20.0, ANOTHER_TIME),
    (made(), use(pickup_at=20.0), 20.0, ANOTHER_TIME),
]


@pytest.mark.parametrize(("quote", "asked", "now", "why_not"), CASES)
def test_a_quote_is_granted_to_its_passenger_for_its_trip_while_it_holds(
    quote: QuoteRecord, asked: UseQuote, now: float, why_not: str
) -> None:
    assert quote.why_not(asked, now, tolerance_m=50.0) == why_not


def test_a_ride_that_took_it_keeps_it_however_late_and_no_other_has_it() -> None:
    quote = made(None)
    quote.apply(QuoteTaken(QUOTE, RIDE, 20.0))
    assert quote.why_not(use(), 10_000.0, 50.0) == ""
    assert quote.why_not(use(ride_id=OTHER_RIDE), 30.0, 50.0) == NONE_SUCH
    assert quote.why_not(use(pickup=FAR), 30.0, 50.0) == ELSEWHERE


def test_a_strangers_quote_an_unknown_one_and_one_that_is_taken_get_the_same_words() -> None:
    taken = made(None)
    taken.apply(QuoteTaken(QUOTE, OTHER_RIDE, 20.0))
    answers = {quote.why_not(use(BEN), 30.0, 50.0) for quote in (made(), QuoteRecord(), taken)}
    assert answers == {NONE_SUCH}
