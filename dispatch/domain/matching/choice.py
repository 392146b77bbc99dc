"""Whom a search asks next: a search says whom it may ask at all, the supply who is near, the policy how far and in what. Pure."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from dispatch.domain.matching.policy import SearchPolicy
from dispatch.domain.matching.search import Search
from dispatch.domain.matching.supply import Supply
from dispatch.ids import DriverId

Hits = list[tuple[float, DriverId]]
"""Metres from the pickup, and who; whoever is asked first stands first."""
MayAsk = Callable[[DriverId], bool]


class Choice:
    """Used by one dispatcher. It changes nothing but the order of drivers who moved."""

    def __init__(self, supply: Supply, policy: SearchPolicy) -> None:
        self._supply = supply
        self._policy = policy

    def pick(self, search: Search, k: int, radius_m: float, now: float) -> Hits:
        """Up to `k` who were never asked; where they are too few, then the silent. After the last round newcomers only."""
        supply, pickup = self._supply, search.card.trip.pickup
        supply.drain()
        place = (pickup.lat, pickup.lon)
        if search.takes_newcomers():
            return supply.nearest(*place, k, radius_m, now, partial(self.may_join, search))
        picked = supply.nearest(*place, k, radius_m, now, self._fitting(search, search.never_asked))
        if len(picked) < k and search.asks:
            known = {driver_id for _, driver_id in picked}
            again = supply.nearest(*place, k, radius_m, now, self._fitting(search, search.may_ask))
            picked += [hit for hit in again if hit[1] not in known][: k - len(picked)]
        return picked

    def for_next_round(self, search: Search, k: int, now: float) -> tuple[Hits, float]:
        """Whom the next round asks, and how far it reaches: as little as it has to."""
        picked, radius_m = [], self._policy.radius_m
        for radius_m in self._policy.radii(search.radius_m, search.round_no + 1):
            picked = self.pick(search, k, radius_m, now)
            if picked:
                break
        return picked, radius_m

    def for_wider_round(self, search: Search, k: int, now: float) -> tuple[Hits, float]:
        """Whom the round under way asks once it reaches farther. Nobody: it stays as it is."""
        if search.radius_m < self._policy.radius_m:
            for radius_m in self._policy.radii(search.radius_m, search.round_no):
                picked = self.pick(search, k, radius_m, now)
                if picked:
                    return picked, radius_m
        return [], search.radius_m

    def may_join(self, search: Search, driver_id: DriverId) -> bool:
        """Whether a waiting search may ask him: after its last round only if he became eligible since that opened."""
        if search.takes_newcomers() and not self._supply.arrived_after(driver_id, search.arrivals):
            return False
        return search.may_ask(driver_id) and self.fits(search, driver_id)

    def is_in_reach(self, search: Search, distance_m: float) -> bool:
        """Whether the search would ask so far: a round that nobody thinks about widens, and the next one may."""
        return distance_m <= search.radius_m or not search.running()

    def fits(self, search: Search, driver_id: DriverId) -> bool:
        """Whether he drives what the passenger wants."""
        wanted = search.card.trip.vehicle_type
        return not wanted or self._policy.vehicles.serves(wanted, self._supply.get(driver_id).vehicle_type)

    def _fitting(self, search: Search, may_ask: MayAsk) -> MayAsk:
        """Mostly nobody minds what comes, and then nothing is asked twice."""
        if not search.card.trip.vehicle_type:
            return may_ask
        return lambda driver_id: may_ask(driver_id) and self.fits(search, driver_id)
