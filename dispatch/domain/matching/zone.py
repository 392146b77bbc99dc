"""What a dispatcher knows of its zone: searches, the supply of drivers, and who waits. Policies read it; the dispatcher changes it."""

from __future__ import annotations

from math import inf

from dispatch.domain.matching.candidates import RULES
from dispatch.domain.matching.rules import SearchRules
from dispatch.domain.matching.search import NEWCOMERS, Hits, Search, Searches
from dispatch.domain.matching.supply import Supply
from dispatch.domain.matching.waiting import WaitingList
from dispatch.domain.places.geo import haversine_m
from dispatch.ids import DriverId, RideId
from dispatch.values import Point
from dispatch.words import AskVerdict


class Zone:
    """The view that a policy has (`MatchingPolicy`). `now`: the second of the decision under way."""

    def __init__(self, rules: SearchRules, supply: Supply, searches: Searches) -> None:
        self.rules = rules
        self.supply = supply
        self.searches = searches
        self.now = 0.0
        self.waiting = WaitingList(rules.radius_m)
        """Searches that would ask one more driver."""
        self._eligibility_seqs: dict[RideId, int] = {}

    # -- what policies ask

    def nearest(self, search: Search, k: int, radius_m: float) -> Hits:
        """Up to `k` drivers within `radius_m` of the pickup whom this search may ask now, the nearest first.

        Drivers who were silent come behind all who were never asked. After the last round only newcomers may be asked.
        """
        supply, point = self.supply, search.card.trip.pickup.point
        supply.drain()
        rules = [rule.drops for rule in RULES if rule.matters is not None and rule.matters(search)]
        if not rules:
            return supply.nearest(*point, k, radius_m, self.now)

        def may_ask(driver_id: DriverId) -> bool:
            return not any(drops(self, search, driver_id, 0.0, radius_m) for drops in rules)

        if not search.asks or search.need(self.now).kind == NEWCOMERS:
            return supply.nearest(*point, k, radius_m, self.now, may_ask)
        asks = search.asks
        hits = supply.nearest(*point, k, radius_m, self.now, lambda who: who not in asks and may_ask(who))
        if len(hits) < k:
            known = {driver_id for _, driver_id in hits}
            again = supply.nearest(*point, k, radius_m, self.now, may_ask)
            hits += [hit for hit in again if hit[1] not in known][: k - len(hits)]
        return hits

    def why_not(self, search: Search, driver_id: DriverId, metres: float, reach_m: float) -> AskVerdict | None:
        """The first rule that keeps a search which reaches `reach_m` from asking a driver `metres` from the pickup; "": none does."""
        # Mostly the driver stands in the supply and nothing is the matter but that others are nearer.
        found = metres <= reach_m and self.supply.eligible(driver_id) and self.supply.is_fresh(driver_id, self.now)
        return self._dropped_by(search, driver_id, metres, reach_m, found)

    def _dropped_by(
        self, search: Search, driver_id: DriverId, metres: float, reach_m: float, found: bool
    ) -> AskVerdict | None:
        """As `why_not`. `found`: the supply has this driver, with a fresh position within `reach_m`."""
        for rule in RULES:
            if found and (rule.matters is None or not rule.matters(search)):
                continue
            if rule.drops(self, search, driver_id, metres, reach_m):
                return rule.word
        return None

    def position(self, driver_id: DriverId) -> Point | None:
        """Where the driver is, if that is known and young enough for an offer."""
        return self.supply.position(driver_id, self.now)

    def metres_to(self, search: Search, driver_id: DriverId) -> float:
        """How far the driver is from the pickup; inf: that is not known."""
        point = self.supply.position(driver_id, self.now)
        return haversine_m(*point, *search.card.trip.pickup.point) if point is not None else inf

    def first_waiting(self, driver_id: DriverId) -> tuple[Search, float] | None:
        """The longest-waiting search that may ask this driver now, and the metres to its pickup."""
        point = self.supply.position(driver_id, self.now)
        if point is None or not self.supply.eligible(driver_id):
            return None
        hit = self.waiting.first(
            *point, lambda ride_id, metres: self._would_ask(self.searches[ride_id], driver_id, metres)
        )
        return (self.searches[hit[0]], hit[1]) if hit is not None else None

    def _would_ask(self, search: Search, driver_id: DriverId, metres: float) -> bool:
        """A round that nobody thinks about may widen, and the next one may reach farther."""
        if metres > search.radius_m and search.is_running(self.now):
            return False
        return not self._dropped_by(search, driver_id, metres, self.rules.radius_m, found=True)

    # -- what the dispatcher notes

    def eligibility_seq_of(self, search: Search) -> int:
        """How many times drivers had become eligible when the last round of this search opened; 0 in a life that did not see it."""
        return self._eligibility_seqs.get(search.card.ride_id, 0)

    def note_round(self, search: Search) -> None:
        """A round of this search opened."""
        self._eligibility_seqs[search.card.ride_id] = self.supply.eligibility_seq

    def settle(self, search: Search, now: float) -> bool:
        """A search that would ask one more driver waits where newly eligible drivers look. Returns whether it does."""
        if not search.need(now).places:
            self.waiting.remove(search.card.ride_id)
            return False
        pickup = search.card.trip.pickup
        self.waiting.add(search.rank, pickup.lat, pickup.lon)
        return True

    def leave(self, ride_id: RideId) -> None:
        """This search is not under way any more."""
        self.waiting.remove(ride_id)
        self._eligibility_seqs.pop(ride_id, None)
