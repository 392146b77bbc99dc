"""Who can be offered a ride: availability as drivers announce it, positions as the board knows them. Pure.

A driver is in the grid exactly while they are available and their position was ever known, and eligible while they hold fewer live
offers than allowed. Whether that position is fresh is asked at the query. Drivers who are asleep, and could be woken by a push, have a
grid of their own, by their last positions.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec

from dispatch.domain.matching.search import Hits
from dispatch.domain.places.geo import EtaModel, TravelModel
from dispatch.domain.places.grid import Grid
from dispatch.domain.places.positions import PositionBoard
from dispatch.ids import NO_NUMBER, DriverId, Number, OfferId, RideId
from dispatch.messages.events import OfferPlaced
from dispatch.values import Point
from dispatch.words import DriverStatus

ASLEEP: Final = DriverStatus.ASLEEP
AVAILABLE: Final = DriverStatus.AVAILABLE
MayAsk = Callable[[DriverId], bool] | None
"""Whether this driver may be asked; None: everybody may."""
EVERYBODY_ROW_M = 1000.0
"""Higher than where five are looked for, since a round is explained by some fifteen."""


class Supplied(msgspec.Struct):
    """What a dispatcher knows of one driver: the driver's last announcement, the offers that it sent and has not heard the end of, and
    the number in the zone of the time that the driver last became eligible.
    """

    incarnation: Number = NO_NUMBER
    version: int = -1
    status: str = "offline"
    pending: dict[OfferId, RideId] = msgspec.field(default_factory=dict)
    eligible_seq: int = 0
    vehicle_type: str = ""


class Supply:
    """The drivers of a zone."""

    def __init__(
        self,
        board: PositionBoard,
        live_offers: int,
        *,
        explains: bool = False,
        travel: EtaModel | None = None,
        rank_candidates: int = 0,
        sleep_max_s: float = 0.0,
    ) -> None:
        """`explains`: keep also where those are who cannot be asked. `travel`: how long a drive takes; None: at one speed.

        `rank_candidates`: so many nearest drivers are compared by how long they take, for who is across the river is near, and late;
        never fewer than are wanted. 0: the nearest in metres are asked first. `sleep_max_s`: the last position of a driver who is
        asleep is believed for so many seconds.
        """
        self.board = board
        self._travel = travel or TravelModel()
        self._live_offers = live_offers
        self._rank_candidates = rank_candidates
        self._sleep_max_s = sleep_max_s
        self._grid = Grid()
        self._sleepers = Grid()
        self._eligible: dict[DriverId, None] = {}
        self.drivers: dict[DriverId, Supplied] = {}
        self._without_position: dict[DriverId, None] = {}
        self._moved_since_sweep: dict[DriverId, None] = {}
        self.everybody = Grid(EVERYBODY_ROW_M) if explains else None
        """Every driver where they were last seen, whether they can be asked or not. Kept only where decisions are explained."""
        self.counts: Counter[str] = Counter()
        """How many drivers there are of each status."""
        self.eligibility_seq = 0
        """How many times some driver became eligible."""

    def etas_s(self, hits: Hits, end: Point, now: float) -> list[float]:
        """How long each of these drivers takes to a place, in seconds; they are so many metres from there."""
        fixes = (self.board.position(driver_id) for _, driver_id in hits)
        starts = ((fix.lat, fix.lon) if fix is not None else end for fix in fixes)
        return self._travel.etas_s(starts, [metres for metres, _ in hits], end, now)

    def get(self, driver_id: DriverId) -> Supplied:
        """The record of this driver, made if the driver is new."""
        supplied = self.drivers.get(driver_id)
        if supplied is None:
            supplied = self.drivers[driver_id] = Supplied()
            self.counts[supplied.status] += 1
            fix = self.board.position(driver_id)
            if self.everybody is not None and fix is not None:
                self.everybody.put(driver_id, fix.lat, fix.lon)
        return supplied

    def forget(self, driver_id: DriverId, incarnation: Number) -> None:
        """The driver's actor of this incarnation has left memory. One who came back since, or was asked meanwhile, stays known."""
        supplied = self.drivers.get(driver_id)
        if supplied is None or supplied.incarnation > incarnation or supplied.pending:
            return
        del self.drivers[driver_id]
        self._leave(driver_id)
        self._without_position.pop(driver_id, None)
        self._moved_since_sweep.pop(driver_id, None)
        self.counts[supplied.status] -= 1
        if self.everybody is not None:
            self.everybody.remove(driver_id)

    def announced(self, driver_id: DriverId, status: str, vehicle_type: str) -> None:
        """What a driver announced. Call `update` afterwards. With another vehicle the driver becomes eligible anew."""
        supplied = self.get(driver_id)
        if vehicle_type != supplied.vehicle_type:
            self._leave(driver_id)
        self.counts[supplied.status] -= 1
        self.counts[status] += 1
        supplied.status, supplied.vehicle_type = status, vehicle_type

    def eligible(self, driver_id: DriverId) -> bool:
        """Whether the driver stands in one of the grids, with room for an offer: they may be asked, or woken and asked."""
        return driver_id in self._eligible

    def is_asleep(self, driver_id: DriverId) -> bool:
        """Whether the driver is not connected and could be woken by a push."""
        supplied = self.drivers.get(driver_id)
        return supplied is not None and supplied.status == ASLEEP

    def asleep(self) -> list[DriverId]:
        """All drivers who could be woken by a push, in the order in which they were first heard of."""
        known = self.drivers.items() if self.counts[ASLEEP] else ()
        return [driver_id for driver_id, supplied in known if supplied.status == ASLEEP]

    def update(self, driver_id: DriverId) -> bool:
        """Enter or remove the driver as their record says. Returns whether they are eligible now and were not before."""
        supplied = self.drivers[driver_id]
        is_asleep, is_free = supplied.status == ASLEEP, supplied.status in (ASLEEP, AVAILABLE)
        grid, other = (self._sleepers, self._grid) if is_asleep else (self._grid, self._sleepers)
        if not is_free or other.holds(driver_id):
            self._leave(driver_id)
        self._without_position.pop(driver_id, None)
        if not is_free or len(supplied.pending) >= self._live_offers:
            self._eligible.pop(driver_id, None)
            return False
        if driver_id in self._eligible:
            return False
        if not grid.holds(driver_id):
            fix = self.board.position(driver_id)
            if fix is None:
                if not is_asleep:
                    self._without_position[driver_id] = None
                return False
            grid.put(driver_id, fix.lat, fix.lon)
        self._admit(driver_id)
        return True

    def hold(self, ride_id: RideId, offers: Iterable[OfferPlaced]) -> None:
        """Their drivers hold these offers from now on."""
        for placed in offers:
            pending = self.drivers[placed.driver_id].pending
            pending[placed.offer_id] = ride_id
            if len(pending) >= self._live_offers:
                self._eligible.pop(placed.driver_id, None)

    def seen(self, driver_id: DriverId) -> bool:
        """The driver's position became known, or known again. Returns whether the driver is eligible."""
        fix = self.board.position(driver_id)
        if fix is None or driver_id not in self.drivers:
            return False
        if not self.update(driver_id) and self._is_awake(driver_id):
            self._grid.put(driver_id, fix.lat, fix.lon)
            self._admit(driver_id)
        return self._is_awake(driver_id)

    def drain(self) -> None:
        """Move everyone whom the board saw moving."""
        grid, moved = self._grid, self.board.drain()
        in_grid = grid.holds
        everybody = self.everybody
        for driver_id, fix in moved.items():
            if everybody is not None:
                everybody.put(driver_id, fix.lat, fix.lon)
            if in_grid(driver_id):
                grid.put(driver_id, fix.lat, fix.lon)
                if driver_id in self._eligible:
                    self._moved_since_sweep[driver_id] = None
            elif self._without_position and driver_id in self._without_position:
                self.update(driver_id)
            elif self._sleepers.holds(driver_id):  # the last position came just before the connection was lost
                self._sleepers.put(driver_id, fix.lat, fix.lon)

    def _is_awake(self, driver_id: DriverId) -> bool:
        """Whether the driver may be asked without a push."""
        return driver_id in self._eligible and self._grid.holds(driver_id)

    def _admit(self, driver_id: DriverId) -> None:
        self.eligibility_seq += 1
        self.drivers[driver_id].eligible_seq = self.eligibility_seq
        self._eligible[driver_id] = None

    def _leave(self, driver_id: DriverId) -> None:
        if not self._grid.remove(driver_id):
            self._sleepers.remove(driver_id)
        self._eligible.pop(driver_id, None)

    def moved_since_sweep(self) -> list[DriverId]:
        """Eligible drivers who moved since this was asked last, in the order in which they first did."""
        self.drain()
        moved, self._moved_since_sweep = self._moved_since_sweep, {}
        return [driver_id for driver_id in moved if self._is_awake(driver_id)]

    def nearest(self, lat: float, lon: float, k: int, radius_m: float, now: float, may_ask: MayAsk = None) -> Hits:
        """The k nearest eligible drivers with a fresh position whom `may_ask` admits: (metres, id), ties by id. None: it admits all.
        Where drivers are ranked by how long they take, the soonest come first, ties by metres and id.
        """
        wanted, eligible, fresh = max(k, self._rank_candidates) if k > 0 else 0, self._eligible, self.board.fresh

        def accepts(who: Any) -> bool:
            return who in eligible and (may_ask is None or may_ask(who)) and fresh(who, now)

        # Where nobody is refused, positions are looked at afterwards, of all at once: mostly they are fresh.
        hits: Any = self._grid.nearest(lat, lon, wanted, radius_m, accepts if may_ask else eligible.__contains__)
        if may_ask is None and not self.board.are_fresh([driver_id for _, driver_id in hits], now):
            hits = self._grid.nearest(lat, lon, wanted, radius_m, accepts)
        if self._rank_candidates:
            etas = self.etas_s(hits, (lat, lon), now)
            hits = [hit for _, hit in sorted(zip(etas, hits, strict=True))][:k]
        return hits  # type: ignore[no-any-return]

    def nearest_asleep(
        self, lat: float, lon: float, k: int, radius_m: float, now: float, may_ask: MayAsk = None
    ) -> Hits:
        """As `nearest`, of the drivers who are asleep, by the last place at which they were seen; always the nearest in metres."""

        def accepts(who: Any) -> bool:
            return who in self._eligible and self.placed(who, now) and (may_ask is None or may_ask(who))

        hits: Any = self._sleepers.nearest(lat, lon, k, radius_m, accepts)
        return hits  # type: ignore[no-any-return]

    def placed(self, driver_id: DriverId, now: float) -> bool:
        """Whether a position of the driver is known that is young enough for an offer: a fresh one, or, of a driver who is asleep, one
        of the last `sleep_max_s` seconds.
        """
        if self.board.fresh(driver_id, now):
            return True
        fix = self.board.position(driver_id) if self.is_asleep(driver_id) else None
        return fix is not None and now - fix.at <= self._sleep_max_s

    def position(self, driver_id: DriverId, now: float) -> tuple[float, float] | None:
        """Where the driver is, if that is known and young enough for an offer."""
        fix = self.board.position(driver_id)
        return (fix.lat, fix.lon) if fix is not None and self.placed(driver_id, now) else None
