"""Searches for the tests of this room and of the rules: made in one line, with drivers d1, d2, … and one ride."""

from typing import Any

from dispatch.domain.matching.policy import SearchPolicy
from dispatch.domain.matching.search import Search
from dispatch.ids import DriverId, OfferId, PassengerId, RideId
from dispatch.values import Passenger, Place, RideCard, Trip

RIDE = RideId("ride-1")
ANN = Passenger(PassengerId("p1"), "Ann", "27820000001")
TRIP = Trip(Place(-33.92, 18.42), Place(-33.9, 18.5), 8.5, 20.0, 95.0)
FIVE = [DriverId(f"d{number}") for number in range(1, 6)]
D1, D2, D3, D4, D5 = FIVE
SIXTH = DriverId("d6")
OPENED = ("vanished", "driver_busy", "unavailable")
"""How an offer ends whose driver never had the chance to answer."""


def searching(since: float = 0.0, search_no: int = 1, ride_id: RideId = RIDE, **policy: Any) -> Search:
    """A search of this policy, before its first round."""
    return Search(RideCard(ride_id, search_no, ANN, TRIP), since, SearchPolicy(**policy))


def ask(search: Search, *drivers: DriverId, now: float = 0.0) -> list[OfferId]:
    """Offer the ride to these drivers, 100 m from the pickup."""
    return [search.offer(driver_id, 100.0, now).offer_id for driver_id in drivers]


def asking(*drivers: DriverId, **policy: Any) -> tuple[Search, list[OfferId]]:
    """A search whose first round asked these drivers at second 0."""
    search = searching(**policy)
    search.open_round()
    return search, ask(search, *drivers)
