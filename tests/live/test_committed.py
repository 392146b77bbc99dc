"""What is counted of events that are on disk."""

from typing import Any

import pytest

from dispatch.ids import DriverId, OfferId, RideId
from dispatch.live.committed import Committed
from dispatch.messages.events import (
    DriverReserved,
    Event,
    OfferDeclined,
    OfferPlaced,
    OffersClosed,
    OffersMade,
    PassengerNoShow,
    RideAssigned,
    RideCancelled,
    RideCompleted,
    RideRequested,
    RideUnassigned,
    SearchFailed,
)
from dispatch.messages.journal import Append
from dispatch.metric_families import Spread
from dispatch.values import DriverCard
from dispatch.words import OfferOutcome, Party, SearchEnd
from tests.storage.stories import booked

RIDE, OTHER, DRIVER = RideId("r1"), RideId("r2"), DriverId("d1")
CARD = DriverCard(DRIVER, "Dan", "27830000001")


def requested(ride_id: RideId, at: float, search_no: int = 1) -> RideRequested:
    (event,) = booked(ride_id, at).events
    assert isinstance(event, RideRequested)
    return RideRequested(ride_id, search_no, event.passenger, event.trip, at)


def assigned(ride_id: RideId, at: float) -> RideAssigned:
    return RideAssigned(ride_id, CARD, OfferId(f"{ride_id}.1"), 1, at)


def after(*events: Event) -> dict[str, Any]:
    """The figures once these were committed, each by itself."""
    committed = Committed()
    for event in events:
        committed.note([Append("ride/r1", (0, 1), 1, 0.0, (event,))], 0.004)
    return dict(committed.figures())


def seconds(figures: dict[str, Any], name: str) -> tuple[int, float]:
    spread = figures[name]
    assert isinstance(spread, Spread)
    return sum(spread.counts), spread.total


def test_a_ride_waits_from_its_request_to_its_first_driver_whatever_happens_between() -> None:
    figures = after(requested(RIDE, 100.0), requested(RIDE, 103.0, search_no=2), assigned(RIDE, 107.0))
    assert seconds(figures, "dispatch_time_to_assign_seconds") == (1, 7.0)
    assert figures["dispatch_rides_requested"] == 1


def test_a_second_driver_of_a_ride_is_counted_as_a_loss_and_not_as_a_wait() -> None:
    lost = RideUnassigned(RIDE, DRIVER, 2, Party.DRIVER, "", 110.0)
    figures = after(requested(RIDE, 100.0), assigned(RIDE, 107.0), lost, assigned(RIDE, 150.0))
    assert seconds(figures, "dispatch_time_to_assign_seconds") == (1, 7.0)
    assert figures["dispatch_rides_lost_driver"] == 1


def test_a_ride_of_the_process_before_has_no_wait_that_anybody_knows() -> None:
    assert seconds(after(assigned(RIDE, 107.0)), "dispatch_time_to_assign_seconds") == (0, 0.0)


@pytest.mark.parametrize(
    ("end", "status"),
    [
        (RideCompleted(RIDE, DRIVER, 85.5), "completed"),
        (RideCancelled(RIDE, Party.PASSENGER), "cancelled"),
        (PassengerNoShow(RIDE, DRIVER), "no_show"),
        (SearchFailed(RIDE, SearchEnd.NOBODY_NEAR, 4, 0), "no_drivers"),
    ],
)
def test_a_ride_that_ends_is_counted_by_how_and_waits_no_more(end: Event, status: str) -> None:
    figures = after(requested(RIDE, 100.0), end, assigned(RIDE, 300.0))
    assert figures["dispatch_rides_ended"] == {status: 1}
    assert seconds(figures, "dispatch_time_to_assign_seconds")[0] == 0


def test_offers_are_counted_as_they_are_made_and_by_what_came_of_each() -> None:
    placed = tuple([OfferPlaced(OfferId(f"r1.{n}"), DriverId(f"d{n}"), 100.0) for n in range(5)])
    figures = after(
        OffersMade(RIDE, 1, 1, placed, 130.0),
        OfferDeclined(RIDE, DriverId("d0"), OfferId("r1.0")),
        OffersClosed(RIDE, (OfferId("r1.1"), OfferId("r1.2")), (DriverId("d1"), DriverId("d2")), OfferOutcome.EXPIRED),
        DriverReserved(RIDE, DriverId("d3"), OfferId("r1.3"), 1, 1),
    )
    assert figures["dispatch_offers_made"] == 5
    assert figures["dispatch_offers"] == {"declined": 1, "expired": 2, "accepted": 1}


def test_every_commit_and_every_event_is_counted_also_one_of_which_nothing_else_is() -> None:
    figures = after(requested(RIDE, 1.0), requested(OTHER, 2.0))
    assert figures["dispatch_events_committed"] == 2
    assert seconds(figures, "dispatch_commit_seconds") == (2, pytest.approx(0.008))
