"""What a dispatcher knows of its zone, and whom a search may ask there: one ordered list of rules picks drivers and explains a round.

Policies read it; the dispatcher changes it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf
from operator import attrgetter
from typing import Any, Final, NamedTuple

from dispatch.domain.matching.rules import SearchRules
from dispatch.domain.matching.search import NEWCOMERS, Hits, Search, Searches
from dispatch.domain.matching.supply import Roster, Supply
from dispatch.domain.matching.waiting import WaitingList
from dispatch.domain.places.geo import haversine_m
from dispatch.ids import DriverId, RideId
from dispatch.messages.events import OffersMade, RoundConsidered
from dispatch.values import Point
from dispatch.words import AskVerdict

ASKED: Final = AskVerdict.ASKED
BEHIND: Final = AskVerdict.BEHIND


class Rule(NamedTuple):
    """`drops` says whether the rule keeps a search from asking a driver who is so many metres from the pickup, where the search asks
    no farther than `reach_m`. `matters`: whether the rule could drop anybody who stands in the supply and is in reach; None: it could
    not, for the supply holds only those whom the rule admits.
    """

    word: AskVerdict
    drops: Callable[[Zone, Search, DriverId, float, float], bool]
    matters: Callable[[Search], Any] | None = None


def _thinks(search: Search, driver_id: DriverId) -> bool:
    return driver_id in search.asks and any(offer.lease.driver_id == driver_id for offer in search.open.values())


def _is_not_new(zone: Zone, search: Search, driver_id: DriverId) -> bool:
    if search.need(zone.now).kind != NEWCOMERS:
        return False
    return not zone.supply.became_eligible_after(driver_id, zone.eligibility_seq_of(search))


def _fits(zone: Zone, search: Search, driver_id: DriverId) -> bool:
    wanted = search.card.trip.vehicle_type
    return not wanted or zone.rules.vehicles.serves(wanted, zone.supply.get(driver_id).vehicle_type)


RULES: Final = (
    Rule(AskVerdict.OFFLINE, lambda zone, search, who, m, reach_m: zone.supply.get(who).status == AskVerdict.OFFLINE),
    Rule(
        AskVerdict.UNAVAILABLE,
        lambda zone, search, who, m, reach_m: zone.supply.get(who).status == AskVerdict.UNAVAILABLE,
    ),
    Rule(AskVerdict.BUSY, lambda zone, search, who, m, reach_m: zone.supply.get(who).status == AskVerdict.BUSY),
    Rule(AskVerdict.STALE, lambda zone, search, who, m, reach_m: not zone.supply.is_fresh(who, zone.now)),
    Rule(AskVerdict.OUTSIDE_RADIUS, lambda zone, search, who, m, reach_m: m > reach_m),
    Rule(
        AskVerdict.WRONG_VEHICLE,
        lambda zone, search, who, m, reach_m: not _fits(zone, search, who),
        attrgetter("card.trip.vehicle_type"),
    ),
    Rule(AskVerdict.BLOCKED, lambda zone, search, who, m, reach_m: who in search.blocked, attrgetter("blocked")),
    Rule(AskVerdict.DECLINED, lambda zone, search, who, m, reach_m: who in search.refusals, attrgetter("refusals")),
    Rule(AskVerdict.THINKING, lambda zone, search, who, m, reach_m: _thinks(search, who), attrgetter("open")),
    Rule(
        AskVerdict.SILENT,
        lambda zone, search, who, m, reach_m: search.asks.get(who, 0) > zone.rules.asks_after_silence,
        attrgetter("asks"),
    ),
    Rule(AskVerdict.HOLDS_OFFER, lambda zone, search, who, m, reach_m: not zone.supply.eligible(who)),
    Rule(AskVerdict.NOT_NEW, lambda zone, search, who, m, reach_m: _is_not_new(zone, search, who), attrgetter("met")),
)
"""In the order in which they are told. `thinking`: the driver holds an offer of this ride. `silent`: the driver did not answer as often
as drivers are asked. `holds_offer`: the driver holds as many offers of other rides as allowed. `not_new`: after the last round only
those are asked who became eligible since it opened.
"""


class Zone:
    """The view that a policy has (`MatchingPolicy`). `now`: the second of the decision under way."""

    rules: SearchRules
    supply: Supply
    now: float

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
            if search.card.ride_id in self.waiting.places:
                self.waiting.remove(search.card.ride_id)
            return False
        pickup = search.card.trip.pickup
        self.waiting.add(search.rank, pickup.lat, pickup.lon)
        return True

    def leave(self, ride_id: RideId) -> None:
        """This search is not under way any more."""
        if ride_id in self.waiting.places:
            self.waiting.remove(ride_id)
        self._eligibility_seqs.pop(ride_id, None)


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
        counts, drivers = dict(self._roster.counts), self._zone.supply.drivers
        for driver_id in listed:
            counts[drivers[driver_id].status] -= 1
        return tuple([(status, count) for status, count in sorted(counts.items()) if count])
