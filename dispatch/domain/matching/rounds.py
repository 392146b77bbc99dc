"""The default policy: rounds of the nearest drivers. The presets of config/policies.py are settings of it."""

from dispatch.domain.matching.policy import Ask, DriverEligible, EndRound, Happened, Move, SearchOpened, Tick, ZoneView
from dispatch.domain.matching.search import NEWCOMERS, PLACES, ROUND, Hits, Search
from dispatch.ids import DriverId


class Rounds:
    """Asks the nearest drivers at once, fills places that come open, and opens the next round when one ends. Remembers nothing."""

    def decide(self, happened: Happened, zone: ZoneView) -> tuple[Move, ...]:
        """What the search needs that `happened` names, or the longest-waiting one that may ask a driver; at a `Tick`, what all need."""
        kind = type(happened)
        if kind is DriverEligible:
            return self._for_driver(happened.driver_id, zone)  # type: ignore[union-attr]
        if kind is Tick:
            return tuple(move for search in zone.searches.values() for move in self._go_on(search, zone))
        search = zone.searches[happened.ride_id]  # type: ignore[union-attr]
        return self._go_on(search, zone, even_if_nobody=kind is SearchOpened)

    def _go_on(self, search: Search, zone: ZoneView, even_if_nobody: bool = False) -> tuple[Move, ...]:
        """Open the next round, or fill the places that are open. `even_if_nobody`: open a round with nobody to ask, too."""
        ride_id, radius_m = search.card.ride_id, search.radius_m
        need, places, used = search.need(zone.now)
        hits: Hits = []
        if need == ROUND:
            hits, radius_m = _within_reach(search, zone, places, search.round_no + 1)
        elif need == NEWCOMERS:
            hits = zone.nearest(search, places, zone.rules.radius_m)
        elif need == PLACES:
            hits = zone.nearest(search, places, radius_m)
            if not hits and not search.is_running(zone.now):  # nobody thinks about it
                if radius_m < zone.rules.radius_m:
                    hits, radius_m = _within_reach(search, zone, places, search.round_no)
                if not hits and used and zone.rules.stagger_s:
                    return (EndRound(ride_id),)
        return (Ask(ride_id, hits, radius_m),) if hits or even_if_nobody else ()

    def _for_driver(self, driver_id: DriverId, zone: ZoneView) -> tuple[Move, ...]:
        """The longest-waiting search in reach asks a driver who became eligible."""
        found = zone.first_waiting(driver_id)
        if found is None:
            return ()
        search, metres = found
        if search.need(zone.now).kind == ROUND or metres > search.radius_m:
            return self._go_on(search, zone)
        return (Ask(search.card.ride_id, [(metres, driver_id)], search.radius_m),)


def _within_reach(search: Search, zone: ZoneView, places: int, round_no: int) -> tuple[Hits, float]:
    """Whom round `round_no` may ask, and how far it reaches: as little as it has to. The last round reaches all."""
    rules = zone.rules
    if rules.radius_from_m and round_no < rules.rounds:
        radius_m = search.radius_m * rules.radius_growth or rules.radius_from_m
        while radius_m < rules.radius_m:
            hits = zone.nearest(search, places, radius_m)
            if hits:
                return hits, radius_m
            radius_m *= rules.radius_growth
    return zone.nearest(search, places, rules.radius_m), rules.radius_m
