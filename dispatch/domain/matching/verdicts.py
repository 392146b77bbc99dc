"""Why a round asks these drivers and not others: everybody who is near, with the rule that dropped them. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from dispatch.domain.matching.candidates import ASKED, BEHIND
from dispatch.domain.matching.roster import Roster
from dispatch.domain.matching.search import Search
from dispatch.domain.matching.zone import Zone
from dispatch.ids import DriverId
from dispatch.messages.events import OffersMade, RoundConsidered


class Verdicts:
    """Used by one dispatcher, where `explain_candidates` is not 0."""

    def __init__(self, zone: Zone, roster: Roster) -> None:
        self._zone = zone
        self._roster = roster

    def on(self, search: Search, asking: OffersMade) -> RoundConsidered:
        """What there is to tell of a round, or of a refill, that asks these drivers. It is not applied to the search yet."""
        zone, pickup = self._zone, search.card.trip.pickup
        rows = [(placed.pickup_distance_m, placed.driver_id, ASKED) for placed in asking.offers]
        chosen = {placed.driver_id for placed in asking.offers}
        wanted = zone.rules.explain_candidates + len(rows)
        for metres, driver_id in self._roster.nearest(pickup.lat, pickup.lon, wanted):
            if driver_id not in chosen:
                rows.append((metres, driver_id, zone.why_not(search, driver_id, metres, asking.radius_m) or BEHIND))
        rows = rows[:wanted]
        rows.sort()
        drivers = tuple([driver_id for _, driver_id, _ in rows])
        return RoundConsidered(
            asking.ride_id,
            asking.search_no,
            asking.round_no,
            zone.now,
            asking.radius_m,
            drivers,
            tuple([round(metres, 1) for metres, _, _ in rows]),
            tuple([rule for _, _, rule in rows]),
            self._others(drivers),
            asking.refill,
        )

    def _others(self, listed: Sequence[DriverId]) -> tuple[tuple[str, int], ...]:
        """How many more drivers the zone has, by what they announced."""
        counts = dict(self._roster.counts)
        for driver_id in listed:
            counts[self._zone.supply.get(driver_id).status] -= 1
        return tuple([(status, count) for status, count in sorted(counts.items()) if count])
