"""Who can be offered a ride: availability as drivers announce it, positions as the board knows them. Pure.

A driver is in the grid exactly while he is available with fewer live offers than allowed and his position was ever known; whether
that position is fresh is asked at the query.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from dispatch.domain.matching.roster import Roster
from dispatch.domain.places.grid import Grid
from dispatch.domain.places.positions import PositionBoard
from dispatch.ids import DriverId, OfferId, RideId
from dispatch.values import Fix

AVAILABLE = "available"


class Supplied(msgspec.Struct):
    """What a dispatcher knows of one driver: his last announcement, the offers that it sent him and has not heard the end of, and the
    number of the arrival at which he last became eligible.
    """

    incarnation: int = -1
    version: int = -1
    status: str = "offline"
    pending: dict[OfferId, RideId] = msgspec.field(default_factory=dict)
    arrival: int = 0
    vehicle_type: str = ""


class Supply:
    """The drivers of a zone."""

    def __init__(
        self, board: PositionBoard, live_offers: int, cell_m: float = 500.0, *, roster: Roster | None = None
    ) -> None:
        """`roster`: is told of everybody, also of those who cannot be asked."""
        self._board = board
        self._live_offers = live_offers
        self._grid = Grid(cell_m)
        self._drivers: dict[DriverId, Supplied] = {}
        self._placeless: dict[DriverId, None] = {}
        self._stirred: dict[DriverId, None] = {}
        self.roster = roster
        self.arrivals = 0
        """How many times some driver became eligible."""

    def __len__(self) -> int:
        return len(self._drivers)

    def get(self, driver_id: DriverId) -> Supplied:
        """The record of this driver, made if he is new."""
        supplied = self._drivers.get(driver_id)
        if supplied is None:
            supplied = self._drivers[driver_id] = Supplied()
            if self.roster is not None:
                self.roster.enter(driver_id, supplied.status)
        return supplied

    def forget(self, driver_id: DriverId, incarnation: int) -> None:
        """The driver's actor of this incarnation has left memory. One who came back since, or was asked meanwhile, stays known."""
        supplied = self._drivers.get(driver_id)
        if supplied is None or supplied.incarnation > incarnation or supplied.pending:
            return
        del self._drivers[driver_id]
        self._grid.remove(driver_id)
        self._placeless.pop(driver_id, None)
        self._stirred.pop(driver_id, None)
        if self.roster is not None:
            self.roster.leave(driver_id, supplied.status)

    def announced(self, driver_id: DriverId, status: str, vehicle_type: str) -> None:
        """What a driver says of himself. `update` puts him where that belongs; with another vehicle he becomes eligible anew."""
        supplied = self.get(driver_id)
        if vehicle_type != supplied.vehicle_type:
            self._grid.remove(driver_id)
        if self.roster is not None and status != supplied.status:
            self.roster.change(supplied.status, status)
        supplied.status, supplied.vehicle_type = status, vehicle_type

    def eligible(self, driver_id: DriverId) -> bool:
        """Whether he stands in the grid."""
        return self._grid.holds(driver_id)

    def update(self, driver_id: DriverId) -> bool:
        """Put him where his record says he belongs. True: he is eligible now and was not."""
        supplied = self._drivers[driver_id]
        if supplied.status != AVAILABLE or len(supplied.pending) >= self._live_offers:
            self._grid.remove(driver_id)
            self._placeless.pop(driver_id, None)
            return False
        if self._grid.holds(driver_id):
            return False
        fix = self._board.position(driver_id)
        if fix is None:
            self._placeless[driver_id] = None
            return False
        self._arrive(driver_id, fix)
        return True

    def seen(self, driver_id: DriverId) -> bool:
        """His position became known, or known again. True: he is eligible."""
        fix = self._board.position(driver_id)
        if (
            fix is not None
            and driver_id in self._drivers
            and not self.update(driver_id)
            and self._grid.holds(driver_id)
        ):
            self._arrive(driver_id, fix)
        return self._grid.holds(driver_id)

    def arrived_after(self, driver_id: DriverId, arrivals: int) -> bool:
        """Whether he became eligible after so many others had."""
        return self._drivers[driver_id].arrival > arrivals

    def drain(self) -> None:
        """Move everyone whom the board saw moving."""
        grid, moved = self._grid, self._board.drain()
        in_grid = grid.holds
        if self.roster is not None:
            self.roster.move(moved)
        for driver_id, fix in moved.items():
            if in_grid(driver_id):
                grid.put(driver_id, fix.lat, fix.lon)
                self._stirred[driver_id] = None
            elif self._placeless and driver_id in self._placeless:
                del self._placeless[driver_id]
                self._arrive(driver_id, fix)

    def _arrive(self, driver_id: DriverId, fix: Fix) -> None:
        self.arrivals += 1
        self._drivers[driver_id].arrival = self.arrivals
        self._grid.put(driver_id, fix.lat, fix.lon)

    def stirred(self) -> list[DriverId]:
        """Eligible drivers who moved since this was asked last, in the order in which they first did."""
        self.drain()
        stirred, self._stirred = self._stirred, {}
        return [driver_id for driver_id in stirred if self._grid.holds(driver_id)]

    def nearest(
        self, lat: float, lon: float, k: int, radius_m: float, now: float, may_ask: Callable[[DriverId], bool]
    ) -> list[tuple[float, DriverId]]:
        """The k nearest eligible drivers with a fresh position whom `may_ask` admits: (metres, id), ties by id."""
        fresh = self._board.fresh

        def accepts(driver_id: DriverId) -> bool:
            return may_ask(driver_id) and fresh(driver_id, now)

        return self._grid.nearest(lat, lon, k, radius_m, accepts)  # type: ignore[arg-type, return-value]

    def is_fresh(self, driver_id: DriverId, now: float) -> bool:
        """Whether his position is young enough for an offer."""
        return self._board.fresh(driver_id, now)

    def position(self, driver_id: DriverId, now: float) -> tuple[float, float] | None:
        """Where he is, if that is known and fresh."""
        if not self._board.fresh(driver_id, now):
            return None
        fix = self._board.position(driver_id)
        return (fix.lat, fix.lon) if fix is not None else None
