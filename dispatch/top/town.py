"""What a desk is told of a town, as far as `top` shows it: rides and drivers by status, open offers, and news of the latest rides."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from typing import Final

from dispatch.domain.ride.record import ACCEPTED, CANCELLED, COMPLETED, NO_DRIVERS, NO_SHOW, PENDING, TERMINAL
from dispatch.messages.notices import Board, BoardChanged, BoardMoved, RideRow
from dispatch.text import plain
from dispatch.timestamps import unix_time
from dispatch.top.view import NEWS_KEPT
from dispatch.transport import wire
from dispatch.words import DriverStatus

ENDED: Final[Mapping[str, str]] = {
    COMPLETED: "completed",
    CANCELLED: "cancelled",
    NO_DRIVERS: "found nobody",
    NO_SHOW: "nobody came to the pickup",
}
LONGEST_ID = 40


class Gap(Exception):
    """A frame is missing: what is known is not what is there."""


class TownView:
    """Made anew with each connection. `news`: the newest last. `ended`: rides that ended meanwhile, by status."""

    def __init__(self, news: Iterable[str] = ()) -> None:
        """`news`: what the connection before was told."""
        self.is_known = False
        self.news: deque[str] = deque(news, maxlen=NEWS_KEPT)
        self.ended: Counter[str] = Counter()
        self._number = 0
        self._rides: dict[str, RideRow] = {}
        self._drivers: dict[int, str] = {}

    @property
    def rides(self) -> Counter[str]:
        """Rides that are not over, by status."""
        return Counter(row.status for row in self._rides.values())

    @property
    def drivers(self) -> Counter[str]:
        """Drivers by status; one who is on a ride and not connected is `busy`."""
        return Counter(self._drivers.values())

    @property
    def offers_open(self) -> int:
        """Offers that somebody may accept now."""
        return sum(len(row.asked) for row in self._rides.values())

    def hear(self, frame: wire.ToStaff) -> None:
        """Take over what a frame tells. Raises Gap."""
        if isinstance(frame, Board):
            self._number, self.is_known = frame.number, True
            self._rides = {row.ride_id: row for row in frame.rides}
            self._drivers = {row[0]: row[2] for row in frame.drivers}
        elif isinstance(frame, BoardChanged | BoardMoved):
            self._number += 1
            if frame.number != self._number:
                raise Gap
            if isinstance(frame, BoardChanged):
                self._change(frame)

    def _change(self, frame: BoardChanged) -> None:
        for index in frame.gone:
            self._drivers.pop(index, None)
        self._drivers.update((row[0], row[2]) for row in frame.drivers)
        for row in frame.rides:
            before = self._rides.pop(row.ride_id, None)
            if row.status not in TERMINAL:
                self._rides[row.ride_id] = row
            if before is None or before.status != row.status:
                self._note(row, before, frame.at)

    def _note(self, row: RideRow, before: RideRow | None, at: str) -> None:
        """What people want to know of a ride whose status is new."""
        name = plain(row.ride_id)[:LONGEST_ID]
        if row.status in TERMINAL:
            self.ended[row.status] += 1
            self.news.append(f"ride {name}: {ENDED[row.status]}")
        elif row.status == ACCEPTED and before is not None and before.status == PENDING and row.requested_at:
            waited_s = max(0.0, unix_time("at", at) - unix_time("requested_at", row.requested_at))
            self.news.append(f"ride {name}: has a driver, after {waited_s:.0f} s")


def online(drivers: Counter[str]) -> int:
    """How many of them are connected, or on a ride. Who is asleep may be asked, and is not."""
    return drivers.total() - drivers[DriverStatus.OFFLINE] - drivers[DriverStatus.ASLEEP]
