"""A desk's page without a screen: it folds the frames of its board into the drivers and rides that it would draw."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from dispatch.messages.notices import DriverRow, RideRow
from dispatch.transport import wire


class Drawn(msgspec.Struct):
    """A driver as the page draws them. `lat` and `lon` are in steps of a hundred-thousandth of a degree."""

    driver_id: str
    status: str
    connected: bool
    fresh: bool
    lat: int | None
    lon: int | None
    ride_id: str | None
    vehicle_type: str


class DeskPage:
    """Give its `on_frame` to a link. `on_beat` is called when a beat was drawn."""

    def __init__(self, on_beat: Callable[[DeskPage], None] = lambda page: None) -> None:
        self.by_index: dict[int, Drawn] = {}
        self.rides: dict[str, RideRow] = {}
        self.ended: dict[str, str] = {}
        """How rides ended that the page has seen."""
        self.boards = self.beats = 0
        self.number = -1
        self._on_beat = on_beat

    @property
    def drivers(self) -> dict[str, Drawn]:
        """By id."""
        return {each.driver_id: each for each in self.by_index.values()}

    def on_frame(self, frame: wire.ServerMessage) -> None:
        """The server sent this."""
        if isinstance(frame, wire.Board):
            self.by_index, self.rides = {}, {}
            self.boards += 1
            self.number = frame.number
            self._draw(frame.drivers, frame.rides)
        elif isinstance(frame, wire.BoardChanged):
            self._count(frame.number)
            for index in frame.gone:
                del self.by_index[index]
            self._draw(frame.drivers, frame.rides)
        elif isinstance(frame, wire.BoardMoved):
            self._count(frame.number)
            self._move(frame.moved)
            self.beats += 1
            self._on_beat(self)

    def _count(self, number: int) -> None:
        assert number == self.number + 1, f"frame {number} came after frame {self.number}"
        self.number = number

    def _draw(self, drivers: Iterable[DriverRow], rides: Iterable[RideRow]) -> None:
        for index, *row in drivers:
            fields: list[Any] = row
            self.by_index[index] = Drawn(*fields)
        for ride in rides:
            if ride.status in ENDS:
                self.rides.pop(ride.ride_id, None)
                self.ended[ride.ride_id] = ride.status
            else:
                self.rides[ride.ride_id] = ride

    def _move(self, moved: Iterable[int]) -> None:
        index = -1
        for further, north, east in zip(*[iter(moved)] * 3, strict=True):
            index += further
            driver = self.by_index[index]
            assert driver.lat is not None and driver.lon is not None
            driver.lat += north
            driver.lon += east


ENDS = ("completed", "cancelled", "no_drivers", "no_show")
