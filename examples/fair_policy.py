"""A matching policy of one's own: it asks whoever was asked least often, of the drivers near a ride. docs/POLICIES.md explains it."""

from collections import Counter
from collections.abc import Iterable

from dispatch.domain.matching.policy import Ask, DriverEligible, Happened, LookAgain, Move, Tick, ZoneView
from dispatch.domain.matching.rules import SearchRules

NEAR_M, PATIENCE_S, CANDIDATES = 3_000.0, 20.0, 10


class Fair:
    """One driver at a time for each ride; for the first 20 seconds only drivers within 3 km."""

    def __init__(self, rules: SearchRules) -> None:
        self.asked: Counter[str] = Counter()

    def decide(self, happened: Happened, zone: ZoneView) -> Iterable[Move]:
        if isinstance(happened, DriverEligible):
            found = zone.first_waiting(happened.driver_id)
            searches = [found[0]] if found is not None else []
        elif isinstance(happened, Tick):  # the second has come that a LookAgain named
            searches = list(zone.searches.values())
        else:
            searches = [zone.searches[happened.ride_id]]
        moves: list[Move] = []
        chosen: set[str] = set()
        for search in searches:
            if not search.need(zone.now).places or search.is_running(zone.now):
                continue  # it needs nobody, or somebody thinks about it
            reach_m = NEAR_M if zone.now < search.since + PATIENCE_S else zone.rules.radius_m
            hits = [hit for hit in zone.nearest(search, CANDIDATES, reach_m) if hit[1] not in chosen]
            if hits:
                metres, driver_id = min(hits, key=lambda hit: (self.asked[hit[1]], hit))
                self.asked[driver_id] += 1
                chosen.add(driver_id)
                moves.append(Ask(search.card.ride_id, [(metres, driver_id)], reach_m))
            else:
                moves.append(LookAgain(zone.now + PATIENCE_S))
        return moves
