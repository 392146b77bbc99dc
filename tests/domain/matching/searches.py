"""Searches for the tests of this room and of the rules: made in one line, with drivers d1, d2, … and one ride."""

from functools import cached_property
from typing import Any

from dispatch.domain.matching.rules import SearchRules
from dispatch.domain.matching.search import NEWCOMERS, ROUND, Search, Searches
from dispatch.domain.matching.supply import Supply
from dispatch.domain.matching.zone import RULES, Zone
from dispatch.domain.places.positions import PositionBoard
from dispatch.ids import DriverId, OfferId, PassengerId, RideId
from dispatch.messages.events import DriverReserved, OfferDeclined, OffersClosed, OffersMade
from dispatch.values import Lease, Passenger, Place, RideCard, Trip

RIDE = RideId("ride-1")
ANN = Passenger(PassengerId("p1"), "Ann", "27820000001")
TRIP = Trip(Place(-33.92, 18.42), Place(-33.9, 18.5), 8.5, 20.0, 95.0)
FIVE = [DriverId(f"d{number}") for number in range(1, 6)]
D1, D2, D3, D4, D5 = FIVE
SIXTH = DriverId("d6")
OPENED = ("vanished", "driver_busy", "unavailable")
"""How an offer ends whose driver never had the chance to answer."""

PAST = [rule for rule in RULES if rule.word in ("blocked", "declined", "thinking", "silent")]
"""The rules about a driver's past with a ride."""


class Played:
    """A search and the clock of its test. Only events move it, as they move the searches of a dispatcher."""

    def __init__(self, search: Search) -> None:
        self.search = search
        self.now = search.since

    def __getattr__(self, name: str) -> Any:
        return getattr(self.search, name)

    # -- what happens

    def wait_until(self, now: float) -> None:
        self.now = now

    def open_round(self) -> None:
        """The next round, whether or not it is time for it, with nobody asked yet."""
        search, terms = self.search, (self.now + self.search.rules.offer_timeout_s, False, self.search.rules.radius_m)
        search.apply(OffersMade(search.card.ride_id, search.card.search_no, search.round_no + 1, (), *terms))

    def offer(self, driver_id: DriverId, metres: float = 100.0, now: float | None = None) -> Lease:
        self.now = self.now if now is None else now
        made = self.search.asking([(metres, driver_id)], self.search.rules.radius_m, self.now)
        self.search.apply(made)
        return self.search.open[made.offers[0].offer_id].lease

    def ends(self, offer_id: OfferId, outcome: str) -> None:
        """The driver declined, or the dispatcher closed the offer."""
        ride_id, offer = self.search.card.ride_id, self.search.open.get(offer_id)
        driver_id = offer.lease.driver_id if offer is not None else D1
        if outcome == "declined" and offer is not None:
            self.search.apply(OfferDeclined(ride_id, driver_id, offer_id))
        else:
            self.search.apply(OffersClosed(ride_id, (offer_id,), (driver_id,), outcome))

    def claims(self, offer_id: OfferId) -> None:
        self.search.apply(DriverReserved(self.search.card.ride_id, D1, offer_id, 1, 1))

    def close_overdue(self) -> list[Lease]:
        """Close the offers whose grace is over, and name them."""
        leases = self.search.overdue(self.now)
        for lease in leases:
            self.ends(lease.offer_id, "expired")
        return leases

    # -- what it needs now

    @property
    def kind(self) -> str:
        return self.search.need(self.now).kind

    def wants(self, kind: str) -> int:
        """How many drivers it would ask for that."""
        need = self.search.need(self.now)
        return need.places if need.kind == kind else 0

    @property
    def used(self) -> int:
        """Places of this round that are used up."""
        silent = [o for o in self.search.open.values() if not o.claimed and o.lease.expires_at <= self.now]
        return self.search.used + len([o for o in silent if o.lease.round_no == self.search.round_no])

    def wants_drivers(self) -> bool:
        """Whether a driver who becomes eligible would be asked."""
        return self.search.need(self.now).places > 0

    def round_is_over(self) -> bool:
        return self.kind in (ROUND, NEWCOMERS)

    def may_ask(self, driver_id: DriverId) -> bool:
        """Whether no rule about the driver's past with this ride keeps the search from asking them."""
        return not self.past_of(driver_id)

    def past_of(self, driver_id: DriverId) -> str:
        """The first rule about the driver's past that keeps the search from asking them."""
        self._zone.now = self.now
        return next((rule.word for rule in PAST if rule.drops(self._zone, self.search, driver_id, 0.0, 0.0)), "")

    @cached_property
    def _zone(self) -> Zone:
        """Those rules look at nothing in a zone but its clock."""
        rules = self.search.rules
        return Zone(rules, Supply(PositionBoard(), 1), Searches(rules, lambda passenger_id: ()))

    def never_asked(self, driver_id: DriverId) -> bool:
        return self.may_ask(driver_id) and not self.search.asks.get(driver_id)


def searching(since: float = 0.0, search_no: int = 1, ride_id: RideId = RIDE, **rules: Any) -> Played:
    """A search by these rules, before its first round."""
    return Played(Search(RideCard(ride_id, search_no, ANN, TRIP), since, SearchRules(**rules)))


def ask(search: Played, *drivers: DriverId, now: float | None = None) -> list[OfferId]:
    """Offer the ride to these drivers, 100 m from the pickup."""
    return [search.offer(driver_id, 100.0, now).offer_id for driver_id in drivers]


def asking(*drivers: DriverId, **rules: Any) -> tuple[Played, list[OfferId]]:
    """A search whose first round asked these drivers at second 0."""
    search = searching(**rules)
    search.open_round()
    return search, ask(search, *drivers)
