"""Facts that two runs of a ride are compared by."""

from dispatch.ids import DriverId, OfferId
from dispatch.messages.events import OfferPlaced, OffersMade, RideRequested
from sim.replay.facts import Fact, FactDifference, differences, facts_of
from tests.actors.rig import ANN, RIDE, TRIP

BOOKED = (100.0, RideRequested(RIDE, 1, ANN, TRIP, 100.0))


def asked(*drivers: str, at: float = 100.0) -> tuple[float, OffersMade]:
    """The first round asks these drivers."""
    offers = tuple(OfferPlaced(OfferId(f"r1.1.{name}"), DriverId(name), 900.0) for name in drivers)
    return at, OffersMade(RIDE, 1, 1, offers, at + 30.0)


def test_facts_have_seconds_after_the_booking_and_short_names() -> None:
    facts = facts_of([BOOKED, asked("27830000002", "27830000001", at=104.5)], 100.0, {DriverId("27830000001"): "d1"})
    assert facts == [Fact(0.0, "search 1 begins at a fare of 85.5"), Fact(4.5, "round 1 asks 27830000002 d1")]


def test_a_round_that_found_nobody_is_no_fact() -> None:
    assert facts_of([BOOKED, asked()], 100.0, {}) == facts_of([BOOKED], 100.0, {})


def test_the_same_fact_a_moment_later_is_no_difference() -> None:
    assert differences([Fact(1.0, "d1 accepts")], [Fact(2.5, "d1 accepts")]) == []


def test_what_only_one_run_has_is_told_in_the_order_of_time() -> None:
    stored, now = [Fact(9.0, "d1 accepts")], [Fact(5.0, "d1 declines")]
    assert differences(stored, now) == [FactDifference("now", now[0]), FactDifference("stored", stored[0])]
