"""A policy that decides for many rides together: every window it asks one driver for each waiting ride. Needs the extra `policies`.

A policy that decides for each ride alone gives the nearest driver to whoever asked first, and a far one to whoever asked next. Here the
ways of all rides of a window have the least sum (`scipy.optimize.linear_sum_assignment`, over the nearest drivers of each ride).

Where drivers are few, two things keep the ways short and the waits bounded. A ride reaches only `REACH_M` at first, and farther the
longer it waits: a driver who comes free beside it in the next seconds is better for all than one across the town. And a second of
waiting counts as `WORTH_M_PER_S` metres, so that rides which wait long come first.
"""

from math import inf
from typing import Final

from numpy import full
from scipy.optimize import linear_sum_assignment

from dispatch.domain.matching.policy import Ask, Happened, LookAgain, Move, Tick, ZoneView
from dispatch.domain.matching.rules import SearchRules
from dispatch.domain.matching.search import Hits, Search
from dispatch.ids import DriverId

NEAREST: Final = 20
"""So many nearest drivers of each ride are candidates."""
MOST_RIDES: Final = 100
"""So many rides, those that wait longest, are decided in one window: a dispatcher serves nobody else meanwhile."""
REACH_M: Final = 2_500.0
REACH_M_PER_S: Final = 100.0
WORTH_M_PER_S: Final = 20.0
ASLEEP_M: Final = 50_000.0
"""A driver who has to be woken stands so much farther away than one who is awake."""
IMPOSSIBLE: Final = 1e9
"""The cost of a driver who is no candidate of the ride."""


class Batched:
    """One driver at a time for each ride; after a decline or a silence the ride takes part in the next window."""

    def __init__(self, rules: SearchRules) -> None:
        self._window_s = rules.window_s
        self._looks_at = -inf
        """The end of the window under way. While no ride waits there is none, and nothing to do."""

    def decide(self, happened: Happened, zone: ZoneView) -> list[Move]:
        """Asks at the end of a window only; whatever happens while none is under way begins one, if a ride waits."""
        now = zone.now
        if type(happened) is not Tick and now < self._looks_at:
            return []
        waiting = [search for search in zone.searches.values() if search.need(now).places]
        if not waiting:
            return []
        self._looks_at = (now // self._window_s + 1.0) * self._window_s
        moves: list[Move] = [LookAgain(self._looks_at)]
        if type(happened) is Tick:
            moves += self._together(sorted(waiting, key=lambda search: search.rank)[:MOST_RIDES], zone)
        return moves

    def _together(self, waiting: list[Search], zone: ZoneView) -> list[Ask]:
        rows: list[tuple[Search, Hits]] = []
        columns: dict[DriverId, int] = {}
        for search in waiting:
            reach_m = min(REACH_M + REACH_M_PER_S * (zone.now - search.since), zone.rules.radius_m)
            hits = zone.nearest(search, NEAREST, reach_m)
            if hits:
                rows.append((search, hits))
                for _, driver_id in hits:
                    columns.setdefault(driver_id, len(columns))
        costs = full((len(rows), len(columns)), IMPOSSIBLE)
        for row, (search, hits) in enumerate(rows):
            worth_m = WORTH_M_PER_S * (zone.now - search.since)
            for metres, driver_id in hits:
                costs[row, columns[driver_id]] = metres - worth_m + (ASLEEP_M if zone.is_asleep(driver_id) else 0.0)
        asks = []
        for row, column in zip(*linear_sum_assignment(costs), strict=True):
            search, hits = rows[row]
            chosen = [hit for hit in hits if columns[hit[1]] == column]
            if chosen:
                asks.append(Ask(search.card.ride_id, chosen))
        return asks
