"""A day of a town, counted by hand."""

from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from dispatch import addresses
from dispatch.ids import DriverId, OfferId, PassengerId, RideId
from dispatch.messages.events import (
    ChargeRequested,
    DriverRegistered,
    FareChanged,
    PassengerNoShow,
    RideAssigned,
    RideCancelled,
    RideCompleted,
    RideRequested,
    RideScheduled,
    SearchFailed,
)
from dispatch.messages.journal import Append
from dispatch.storage.log.on_file import Writer
from dispatch.storage.tables.opening import open_read_only
from dispatch.storage.tools.figures import by_hour, figures, nearest_rank, takings
from dispatch.values import DriverCard, Money
from tests.storage.stories import DRIVER_ID, MICHAEL, SARAH, TRIP

DAY = (1000.0, 2000.0)
EVE = DriverCard(DriverId("d-eve"), "=Eve()", "27830000009")


@pytest.fixture
def day(tmp_path: Path) -> Path:
    """Ten rides around the day from second 1000 to 2000."""
    path = tmp_path / "dispatch.db"
    writer, numbers = Writer(path, "off"), count(1)

    def happened(at: float, *events: Any) -> None:
        writer.write([Append(addresses.ride(event.ride_id), 1, 1, at, (event,)) for event in events])

    def ride(asked_at: float, assigned_at: float | None = None, driver: DriverCard = MICHAEL, **trip: Any) -> RideId:
        ride_id = RideId(f"r{next(numbers)}")
        happened(asked_at, RideRequested(ride_id, 1, SARAH, replace(TRIP, **trip), asked_at))
        if assigned_at is not None:
            happened(assigned_at, RideAssigned(ride_id, driver, OfferId("o"), 1, assigned_at))
        return ride_id

    for card in (MICHAEL, EVE):
        writer.write([Append(addresses.driver(card.driver_id), 1, 1, 1.0, (DriverRegistered(card),))])
    before = ride(900, 950)  # asked for and assigned the day before, completed on the day, in cash
    happened(1100, RideCompleted(before, DRIVER_ID, 85.5))
    by_card = ride(1000, 1010)  # by card, at a fare that staff changed
    happened(1050, FareChanged(by_card, 100.25, "agreed", "ops", 1050))
    happened(
        1200, RideCompleted(by_card, DRIVER_ID, 100.25), ChargeRequested(by_card, PassengerId("p"), Money(10025, "ZAR"))
    )
    free = ride(1100, 1130, EVE, fare=0.0)  # by agreement, and nobody said what
    happened(1300, RideCompleted(free, EVE.driver_id, 0.0))
    late = ride(1200, 1260)  # cancelled with a fee
    happened(1320, RideCancelled(late, "passenger", "too slow", DRIVER_ID, 250))
    nobody = ride(1300)
    happened(1500, SearchFailed(nobody, "nobody near", 4, 0))
    closed = ride(1310)
    happened(1311, RideCancelled(closed, "ops", "a mistake"))
    left = ride(1320, 1420, EVE)
    happened(1900, PassengerNoShow(left, EVE.driver_id, 500))
    still = ride(1990, 1999)  # completed the day after
    happened(2000, RideCompleted(still, DRIVER_ID, 85.5))
    ride(2000)  # the day after
    ahead = RideId("r-ahead")  # booked on the day, for another
    happened(1400, RideScheduled(ahead, SARAH, TRIP, 9000.0, 1400))
    writer.close()
    return path


def test_each_figure_is_what_a_hand_counts(day: Path) -> None:
    with closing(open_read_only(day)) as db:
        told = figures(db, *DAY, 2)
    assert told == {
        "requests": 8,  # all that were asked for from 1000 on and before 2000, and the one that was booked ahead then
        "assigned": 5,  # at 1010, 1130, 1260, 1420 and 1999
        "completed": 3,
        "cancelled": {"passenger": 1, "driver": 0, "ops": 1, "system": 0},
        "no_show": 1,
        "no_drivers": 1,
        "seconds_to_assign": {"p50": 30.0, "p90": 100.0},  # of 9, 10, 30, 60 and 100
        "revenue": 185.75,
        "fees": 7.5,
        "without_fare": 1,
    }


def test_the_hours_of_a_day_add_up_to_it(day: Path) -> None:
    with closing(open_read_only(day)) as db:
        (whole,) = by_hour(db, *DAY, 2)
        first, second = by_hour(db, 1000.0, 8200.0, 2)
    assert whole == {
        "at": "1970-01-01T00:16:40.000Z",
        "requests": 8,
        "completed": 3,
        "no_drivers": 1,
        "revenue": 185.75,
        "p50": 30.0,
        "p90": 100.0,
    }
    assert (first["requests"], first["completed"], second["at"]) == (9, 4, "1970-01-01T01:16:40.000Z")
    assert (second["requests"], second["completed"], second["p50"], second["revenue"]) == (0, 0, None, 0.0)


def test_drivers_took_what_a_hand_counts_and_together_the_revenue(day: Path) -> None:
    with closing(open_read_only(day)) as db:
        rows = takings(db, *DAY, 2)
    eve, michael = rows
    assert michael == {
        "driver_id": DRIVER_ID,
        "driver_name": "Michael Brown",
        "rides": 2,
        "fares": 185.75,
        "cash": 85.5,
        "card": 100.25,
        "fees": 2.5,
        "distance_km": 10.4,
        "without_fare": 0,
    }
    assert (eve["driver_id"], eve["rides"], eve["fares"], eve["fees"], eve["without_fare"]) == ("d-eve", 1, 0.0, 5.0, 1)


@pytest.mark.parametrize(
    ("values", "share", "wanted"), [([], 0.5, None), ([7.0], 0.9, 7.0), ([1.0, 2.0], 0.5, 1.0), ([1.0, 2.0], 0.9, 2.0)]
)
def test_a_rank_is_one_of_the_values(values: list[float], share: float, wanted: float | None) -> None:
    assert nearest_rank(values, share) == wanted
