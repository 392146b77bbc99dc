"""Every driver of a zone where they were last seen, whether they can be asked or not. Kept only where decisions are explained. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from dispatch.domain.places.grid import Grid
from dispatch.domain.places.positions import PositionBoard
from dispatch.ids import DriverId
from dispatch.values import Fix

ANYWHERE_M = 40_000_000.0


class Roster:
    """Who is near, and how many there are of each status."""

    def __init__(self, board: PositionBoard, cell_m: float = 1000.0) -> None:
        """`cell_m`: larger than where five are looked for, since a round is explained by some fifteen."""
        self._board = board
        self._grid = Grid(cell_m)
        self.counts: dict[str, int] = {}

    def enter(self, driver_id: DriverId, status: str) -> None:
        """A driver of whom nothing was known."""
        self.counts[status] = self.counts.get(status, 0) + 1
        fix = self._board.position(driver_id)
        if fix is not None:
            self._grid.put(driver_id, fix.lat, fix.lon)

    def change(self, before: str, status: str) -> None:
        """A driver announced another status."""
        self.counts[before] -= 1
        self.counts[status] = self.counts.get(status, 0) + 1

    def leave(self, driver_id: DriverId, status: str) -> None:
        """A driver of this status is forgotten."""
        self.counts[status] -= 1
        self._grid.remove(driver_id)

    def move(self, moved: Mapping[DriverId, Fix]) -> None:
        """They were seen there."""
        for driver_id, fix in moved.items():
            self._grid.put(driver_id, fix.lat, fix.lon)

    def nearest(self, lat: float, lon: float, k: int) -> list[tuple[float, DriverId]]:
        """The k nearest of all, however far: (metres, id), ties by id."""
        return self._grid.nearest(lat, lon, k, ANYWHERE_M)  # type: ignore[return-value]
