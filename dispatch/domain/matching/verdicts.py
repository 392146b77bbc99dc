"""Why a round asks these drivers and not others: everybody who is near, with the rule that dropped him. Pure.

What is told here follows from the same supply, search and policy that the choice was made from, at the same instant.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dispatch.domain.matching.choice import Choice
from dispatch.domain.matching.policy import SearchPolicy
from dispatch.domain.matching.search import Search
from dispatch.domain.matching.supply import AVAILABLE, Supply
from dispatch.ids import DriverId
from dispatch.messages.events import RoundConsidered
from dispatch.values import Lease

ASKED: Final = "asked"
RULES: Final = (
    ASKED,
    *("offline", "unavailable", "busy", "stale", "outside_radius", "wrong_vehicle", "blocked", "declined"),
    *("thinking", "silent", "holds_offer", "not_new", "behind"),
)
"""In the order in which they are looked at. `thinking`: he holds an offer of this ride; `holds_offer`: as many of others as he may;
`not_new`: after the last round only newcomers are asked; `behind`: nothing but that others came first.
"""


class Verdicts:
    """Used by one dispatcher, where `explain_candidates` is not 0."""

    def __init__(self, supply: Supply, policy: SearchPolicy, choice: Choice) -> None:
        """`supply` must keep a roster."""
        self._supply = supply
        self._policy = policy
        self._choice = choice

    def on(self, search: Search, asked: Sequence[Lease], now: float, refill: bool) -> RoundConsidered:
        """What there is to tell of a round, or of a refill, that asks these. They hold no offer of it yet."""
        roster, pickup, card = self._supply.roster, search.card.trip.pickup, search.card
        assert roster is not None
        rows = [(lease.pickup_distance_m, lease.driver_id, ASKED) for lease in asked]
        chosen = {lease.driver_id for lease in asked}
        for distance_m, driver_id in roster.nearest(*pickup.point, self._policy.explain_candidates + len(rows)):
            if driver_id not in chosen:
                rows.append((distance_m, driver_id, self.rule(search, driver_id, distance_m, now)))
        rows = rows[: self._policy.explain_candidates + len(chosen)]
        rows.sort()
        return RoundConsidered(
            card.ride_id,
            card.search_no,
            search.round_no,
            now,
            search.radius_m,
            tuple([driver_id for _, driver_id, _ in rows]),
            tuple([round(distance_m, 1) for distance_m, _, _ in rows]),
            tuple([rule for _, _, rule in rows]),
            self._others([driver_id for _, driver_id, _ in rows]),
            refill,
        )

    def rule(self, search: Search, driver_id: DriverId, distance_m: float, now: float) -> str:
        """The first rule that keeps this search from asking him, so far from its pickup."""
        supplied = self._supply.get(driver_id)
        if supplied.status != AVAILABLE:
            return supplied.status
        if self._is_merely_behind(search, driver_id, distance_m, now):
            return "behind"
        if self._supply.position(driver_id, now) is None:
            return "stale"
        if distance_m > search.radius_m:
            return "outside_radius"
        if not self._choice.fits(search, driver_id):
            return "wrong_vehicle"
        if driver_id in search.blocked:
            return "blocked"
        return self._asked_before(search, driver_id) or self._not_free(search, driver_id) or "behind"

    def _is_merely_behind(self, search: Search, driver_id: DriverId, distance_m: float, now: float) -> bool:
        """As most are: nothing else can be the matter with him. False: that has to be found out."""
        return (
            distance_m <= search.radius_m
            and search.never_asked(driver_id)
            and not search.card.trip.vehicle_type
            and not search.takes_newcomers()
            and self._supply.eligible(driver_id)
            and self._supply.is_fresh(driver_id, now)
        )

    def _asked_before(self, search: Search, driver_id: DriverId) -> str:
        if driver_id in search.refusals:
            return "declined"
        if any(offer.lease.driver_id == driver_id for offer in search.open.values()):
            return "thinking"
        return "silent" if not search.may_ask(driver_id) else ""

    def _not_free(self, search: Search, driver_id: DriverId) -> str:
        if not self._supply.eligible(driver_id):
            return "holds_offer"
        return "not_new" if not self._choice.may_join(search, driver_id) else ""

    def _others(self, listed: Sequence[DriverId]) -> tuple[tuple[str, int], ...]:
        """How many more drivers the zone has, by what they say of themselves."""
        roster = self._supply.roster
        assert roster is not None
        counts = dict(roster.counts)
        for driver_id in listed:
            counts[self._supply.get(driver_id).status] -= 1
        return tuple([(status, count) for status, count in sorted(counts.items()) if count])
