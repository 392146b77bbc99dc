"""What a dispatcher knows of its zone, and whom a search may ask there: one ordered list of rules picks drivers and explains a round.

Searches of the zone wait for drivers who become eligible (the waiting list) and for time (the agenda). Policies read the zone; the
dispatcher changes it.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterator, Mapping
from heapq import heappop, heappush, merge
from math import degrees, floor, inf
from operator import attrgetter
from typing import Any, Final, NamedTuple

from dispatch.domain.matching.rules import SearchRules
from dispatch.domain.matching.search import NEWCOMERS, Hits, Search, Searches
from dispatch.domain.matching.supply import ASLEEP, Supply
from dispatch.domain.places.geo import EARTH_RADIUS_M, haversine_m
from dispatch.domain.places.grid import Grid
from dispatch.ids import DriverId, RideId
from dispatch.messages.events import OffersMade, RoundConsidered
from dispatch.values import CLOCK_SLACK_S, Point
from dispatch.words import AskVerdict


class Rule(NamedTuple):
    """`drops` says whether the rule keeps a search from asking a driver who is so many metres from the pickup, where the search asks
    no farther than `reach_m`. `matters`: whether the rule could drop anybody who stands in the supply and is in reach; None: it could
    not, for the supply holds only those whom the rule admits.
    """

    word: AskVerdict
    drops: Callable[[Zone, Search, DriverId, float, float], bool]
    matters: Callable[[Search], Any] | None = None


def _thinks(search: Search, driver_id: DriverId) -> bool:
    return search.lease_of(driver_id) is not None


def _is_not_new(zone: Zone, search: Search, driver_id: DriverId) -> bool:
    if search.need(zone.now).kind != NEWCOMERS:
        return False
    return zone.supply.get(driver_id).eligible_seq <= zone.seq_at_round.get(search.card.ride_id, 0)


def _does_not_fit(zone: Zone, search: Search, driver_id: DriverId) -> bool:
    vehicle_type = zone.supply.get(driver_id).vehicle_type
    return not zone.rules.vehicles.serves(search.card.trip.vehicle_type, vehicle_type)


def _others_are_awake(zone: Zone, search: Search, driver_id: DriverId, reach_m: float) -> bool:
    """Whether the driver is asleep, and as many as a round asks are awake, in reach and may be asked."""
    return (
        zone.supply.is_asleep(driver_id)
        and len(zone.nearest_awake(search, zone.rules.batch, reach_m)) >= zone.rules.batch
    )


RULES: Final = (
    Rule(AskVerdict.OFFLINE, lambda zone, search, who, m, reach_m: zone.supply.get(who).status == AskVerdict.OFFLINE),
    Rule(
        AskVerdict.SUSPENDED, lambda zone, search, who, m, reach_m: zone.supply.get(who).status == AskVerdict.SUSPENDED
    ),
    Rule(
        AskVerdict.DOCUMENT_ENDED,
        lambda zone, search, who, m, reach_m: zone.supply.get(who).status == AskVerdict.DOCUMENT_ENDED,
    ),
    Rule(
        AskVerdict.UNAVAILABLE,
        lambda zone, search, who, m, reach_m: zone.supply.get(who).status == AskVerdict.UNAVAILABLE,
    ),
    Rule(AskVerdict.BUSY, lambda zone, search, who, m, reach_m: zone.supply.get(who).status == AskVerdict.BUSY),
    Rule(AskVerdict.STALE, lambda zone, search, who, m, reach_m: not zone.supply.placed(who, zone.now)),
    Rule(AskVerdict.OUTSIDE_RADIUS, lambda zone, search, who, m, reach_m: m > reach_m),
    Rule(
        AskVerdict.WRONG_VEHICLE,
        lambda zone, search, who, m, reach_m: _does_not_fit(zone, search, who),
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
    Rule(AskVerdict.NOT_NEW, lambda zone, search, who, m, reach_m: _is_not_new(zone, search, who), attrgetter("asks")),
    Rule(AskVerdict.ASLEEP, lambda zone, search, who, m, reach_m: _others_are_awake(zone, search, who, reach_m)),
)
"""In the order in which they are told. `thinking`: the driver holds an offer of this ride. `silent`: the driver did not answer as often
as drivers are asked. `holds_offer`: the driver holds as many offers of other rides as allowed. `not_new`: after the last round only
those are asked who became eligible since it opened. `asleep`: enough others are awake. A driver who is asleep is `placed` by their last
position for longer than one who is awake, and must be woken by a push; the other rules make no difference.
"""


BINDING_ON_STAFF: Final = frozenset(
    (
        *(AskVerdict.OFFLINE, AskVerdict.SUSPENDED, AskVerdict.DOCUMENT_ENDED),
        *(AskVerdict.UNAVAILABLE, AskVerdict.BUSY, AskVerdict.STALE),
        *(AskVerdict.BLOCKED, AskVerdict.DECLINED, AskVerdict.THINKING, AskVerdict.HOLDS_OFFER),
    )
)
"""The rules that hold as well when staff name the driver."""
HELD: Final = frozenset((AskVerdict.THINKING, AskVerdict.HOLDS_OFFER))
"""And what does not keep a driver from being bound by the offer that they hold."""
Rank = tuple[float, RideId]
"""Since when it waits (Unix seconds), ties by ride id."""


class WaitingList:
    """The searches that would ask one more driver. A newly eligible driver goes to the longest-waiting search in reach.

    Searches lie in bands of latitude as high as the radius, each band in order of waiting: three bands are looked through from the
    front, and mostly the first search is the one.
    """

    def __init__(self, radius_m: float) -> None:
        """`radius_m`: how far a driver may be from the pickup."""
        self._radius_m = radius_m
        self._band_deg = degrees(radius_m / EARTH_RADIUS_M) * 1.000001  # never lower than the radius, for all rounding
        self._bands: dict[int, list[Rank]] = {}
        self.places: dict[RideId, tuple[Rank, float, float]] = {}

    def add(self, rank: Rank, lat: float, lon: float) -> None:
        """This search waits from now on; its pickup is here. Once is enough."""
        ride_id = rank[1]
        if ride_id not in self.places:
            self.places[ride_id] = (rank, lat, lon)
            insort(self._bands.setdefault(self._band(lat), []), rank)

    def remove(self, ride_id: RideId) -> None:
        """It does not wait any more, if it did."""
        place = self.places.pop(ride_id, None)
        if place is None:
            return
        rank, lat, _ = place
        number = self._band(lat)
        band = self._bands[number]
        del band[bisect_left(band, rank)]
        if not band:  # apps choose the latitude: those where nobody waits any more would never end
            del self._bands[number]

    def first(self, lat: float, lon: float, admits: Callable[[RideId, float], bool]) -> tuple[RideId, float] | None:
        """The longest-waiting search in reach of this point that `admits` at that distance, and its metres from there."""
        middle = self._band(lat)
        bands = [band for number in (middle - 1, middle, middle + 1) if (band := self._bands.get(number))]
        for _, ride_id in merge(*bands) if len(bands) > 1 else bands[0] if bands else ():
            _, pickup_lat, pickup_lon = self.places[ride_id]
            distance_m = haversine_m(pickup_lat, pickup_lon, lat, lon)
            if distance_m <= self._radius_m and admits(ride_id, distance_m):
                return ride_id, distance_m
        return None

    def _band(self, lat: float) -> int:
        return floor(lat / self._band_deg)


class Agenda:
    """What is due and when: one heap for all searches, and the one timer that it needs. Entries are (second, order of entry, search).

    A ride is mostly taken long before its offers run out. Its entries then are passed over without a timer of their own.
    """

    def __init__(self, searches: Mapping[RideId, Search]) -> None:
        """`searches`: those under way. Entries of others are dropped."""
        self._searches = searches
        self._entries: list[tuple[float, int, Search]] = []
        self._earliest: dict[RideId, tuple[float, Search]] = {}
        self._serial = 0
        self._timer_at = inf

    def add(self, at: float, search: Search) -> float | None:
        """Look after `search` at second `at`; inf: never. An entry of it that comes sooner serves as well. As `next_timer`."""
        ride_id = search.card.ride_id
        earliest = self._earliest.get(ride_id)
        if at < inf and (earliest is None or earliest[1] is not search or earliest[0] > at):
            self._serial += 1
            self._earliest[ride_id] = (at, search)
            heappush(self._entries, (at, self._serial, search))
        return self.next_timer()

    def next_timer(self) -> float | None:
        """When a timer must fire, if none is set that fires as early."""
        entries, searches = self._entries, self._searches
        while entries and searches.get(entries[0][2].card.ride_id) is not entries[0][2]:
            self._pop()
        if not entries or entries[0][0] >= self._timer_at:
            return None
        self._timer_at = entries[0][0]
        return self._timer_at

    def due(self, timer_at: float, now: float) -> Iterator[Search]:
        """The timer for `timer_at` fired: the searches to look after, oldest entry first. An older timer is for nothing."""
        if timer_at == self._timer_at:
            self._timer_at = inf
            entries, searches = self._entries, self._searches
            due: dict[RideId, Search] = {}
            while entries and entries[0][0] <= now + CLOCK_SLACK_S:
                search = self._pop()
                if searches.get(search.card.ride_id) is search:
                    due[search.card.ride_id] = search
            for ride_id, search in due.items():  # one that ended while another was looked after is not due any more
                if searches.get(ride_id) is search:
                    yield search

    def _pop(self) -> Search:
        at, _, search = heappop(self._entries)
        earliest = self._earliest.get(search.card.ride_id)
        if earliest is not None and earliest[1] is search and earliest[0] == at:
            del self._earliest[search.card.ride_id]
        return search


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
        self.seq_at_round: dict[RideId, int] = {}
        """How many times drivers had become eligible when the last round of a search opened; none for a round that this life did not
        see.
        """

    # -- what policies ask

    def nearest(self, search: Search, k: int, radius_m: float) -> Hits:
        """Up to `k` drivers within `radius_m` of the pickup whom this search may ask now, the nearest first.

        Drivers who were silent come behind all who were never asked. After the last round only newcomers may be asked. Where fewer
        than a round asks are awake, drivers who are asleep come behind them.
        """
        hits = self.nearest_awake(search, k, radius_m)
        missing = min(k, self.rules.batch) - len(hits)
        if missing > 0 and self.supply.counts[ASLEEP]:
            may_ask = self._admission(search, radius_m)
            hits += self.supply.nearest_asleep(*search.card.trip.pickup.point, missing, radius_m, self.now, may_ask)
        return hits

    def _admission(self, search: Search, radius_m: float) -> Callable[[DriverId], bool] | None:
        """Whether the rules that matter admit a driver who stands in the supply; None: they admit all."""
        rules = [rule.drops for rule in RULES if rule.matters is not None and rule.matters(search)]
        if not rules:
            return None
        return lambda driver_id: not any(drops(self, search, driver_id, 0.0, radius_m) for drops in rules)

    def nearest_awake(self, search: Search, k: int, radius_m: float) -> Hits:
        """As `nearest`, of drivers who are connected."""
        supply, point = self.supply, search.card.trip.pickup.point
        supply.drain()
        may_ask = self._admission(search, radius_m)
        if may_ask is None:
            return supply.nearest(*point, k, radius_m, self.now)
        if not search.asks or search.need(self.now).kind == NEWCOMERS:
            return supply.nearest(*point, k, radius_m, self.now, may_ask)
        asks = search.asks
        hits = supply.nearest(*point, k, radius_m, self.now, lambda who: not asks.get(who) and may_ask(who))
        if len(hits) < k:
            known = {driver_id for _, driver_id in hits}
            again = supply.nearest(*point, k, radius_m, self.now, may_ask)
            hits += [hit for hit in again if hit[1] not in known][: k - len(hits)]
        return hits

    def soonest_s(self, point: Point, vehicle_type: str) -> float | None:
        """Seconds that the nearest free driver with such a vehicle takes to a place; None: nobody is within the radius."""
        supply, serves = self.supply, self.rules.vehicles.serves
        supply.drain()
        hits = supply.nearest(
            *point,
            1,
            self.rules.radius_m,
            self.now,
            lambda driver_id: serves(vehicle_type, supply.get(driver_id).vehicle_type),
        )
        return supply.etas_s(hits, point, self.now)[0] if hits else None

    def free_near(self, point: Point, most: int, radius_m: float) -> list[Point]:
        """Where up to `most` free drivers within `radius_m` of a place are, the nearest first."""
        self.supply.drain()
        hits = self.supply.nearest(*point, most, radius_m, self.now)
        return [at for _, driver_id in hits if (at := self.position(driver_id)) is not None]

    def why_not(self, search: Search, driver_id: DriverId, metres: float, reach_m: float) -> AskVerdict | None:
        """The first rule that keeps a search which reaches `reach_m` from asking a driver `metres` from the pickup; "": none does."""
        # Mostly the driver stands in the supply and nothing is the matter but that others are nearer.
        supply = self.supply
        found = metres <= reach_m and supply.eligible(driver_id) and supply.board.fresh(driver_id, self.now)
        return self._dropped_by(search, driver_id, metres, reach_m, found)

    def _dropped_by(
        self, search: Search, driver_id: DriverId, metres: float, reach_m: float, found: bool
    ) -> AskVerdict | None:
        """As `why_not`. `found`: the supply has this driver, with a fresh position within `reach_m`."""
        found = found and not self.supply.is_asleep(driver_id)
        for rule in RULES:
            if found and (rule.matters is None or not rule.matters(search)):
                continue
            if rule.drops(self, search, driver_id, metres, reach_m):
                return rule.word
        return None

    def is_asleep(self, driver_id: DriverId) -> bool:
        """Whether the driver is not connected, and a push has to wake the app before anybody can answer."""
        return self.supply.is_asleep(driver_id)

    def why_not_by_desk(
        self, search: Search, driver_id: DriverId, *, binds: bool = False, held: bool = False
    ) -> AskVerdict | None:
        """Why staff cannot have this driver asked, or bound (`binds`); None: they can. Distance and vehicle are theirs to judge.
        `held`: the driver is to be bound by an offer of this ride that they hold. Nobody is bound who is asleep.
        """
        if binds and self.supply.is_asleep(driver_id):
            return AskVerdict.ASLEEP
        words = BINDING_ON_STAFF - HELD if held else BINDING_ON_STAFF
        for rule in RULES:
            if rule.word in words and rule.drops(self, search, driver_id, 0.0, inf):
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
            *point, lambda ride_id, metres: self.would_ask(self.searches[ride_id], driver_id, metres)
        )
        return (self.searches[hit[0]], hit[1]) if hit is not None else None

    def would_ask(self, search: Search, driver_id: DriverId, metres: float) -> bool:
        """Whether no rule keeps the search from asking this driver, who stands in the supply with a fresh position. A round that nobody
        thinks about may widen, and the next one may reach farther.
        """
        if metres > search.radius_m and search.is_running(self.now):
            return False
        return not self._dropped_by(search, driver_id, metres, self.rules.radius_m, found=True)

    # -- what the dispatcher notes

    def note_round(self, search: Search) -> None:
        """A round of this search opened."""
        self.seq_at_round[search.card.ride_id] = self.supply.eligibility_seq

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
        if ride_id in self.waiting.places:  # mostly not: its offers were all made
            self.waiting.remove(ride_id)
        self.seq_at_round.pop(ride_id, None)


def considered(zone: Zone, everybody: Grid, search: Search, asking: OffersMade) -> RoundConsidered:
    """What there is to tell of a round, or of a refill, that asks these drivers. It is not applied to the search yet.

    `everybody`: the drivers of the zone, where they were last seen. The same `RULES` that picked some say why the others who are near
    are not asked.
    """
    pickup = search.card.trip.pickup
    known, asked, pushed = zone.supply.drivers, AskVerdict.ASKED, AskVerdict.PUSHED
    rows = [
        (placed.pickup_distance_m, placed.driver_id, pushed if known[placed.driver_id].status == ASLEEP else asked)
        for placed in asking.offers
    ]
    chosen = {placed.driver_id for placed in asking.offers}
    wanted = zone.rules.explain_candidates + len(rows)
    for metres, name in everybody.nearest(pickup.lat, pickup.lon, wanted, inf):
        driver_id = DriverId(name)
        if driver_id not in chosen:
            verdict = zone.why_not(search, driver_id, metres, asking.radius_m) or AskVerdict.BEHIND
            rows.append((metres, driver_id, verdict))
    rows = sorted(rows[:wanted])
    drivers = tuple([driver_id for _, driver_id, _ in rows])
    others = zone.supply.counts.copy()
    for driver_id in drivers:
        others[zone.supply.drivers[driver_id].status] -= 1
    return RoundConsidered(
        asking.ride_id,
        asking.search_no,
        asking.round_no,
        zone.now,
        asking.radius_m,
        drivers,
        tuple([round(metres, 1) for metres, _, _ in rows]),
        tuple([verdict for _, _, verdict in rows]),
        tuple([(status, count) for status, count in sorted(others.items()) if count]),
        asking.refill,
    )
