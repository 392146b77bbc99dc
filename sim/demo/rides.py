"""What a demo's passengers see of their rides: how many have which status, and who took the latest. It hears all their frames."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from typing import Any

from dispatch.top.view import NEWS_KEPT
from dispatch.transport import wire

STATUSES = ("pending", "accepted", "arrived", "in_progress", "completed", "no_drivers", "cancelled")
"""The statuses of a booking, in the order of a ride's life."""
ENDS = frozenset(STATUSES[4:])

_STATUS_AFTER: dict[type[wire.ServerMessage], Callable[[Any], str]] = {
    wire.Searching: lambda frame: "pending",
    wire.DriverAssigned: lambda frame: "accepted",
    wire.DriverArrived: lambda frame: "arrived",
    wire.RideStarted: lambda frame: "in_progress",
    wire.RideCompleted: lambda frame: "completed",
    wire.NoDrivers: lambda frame: "no_drivers",
    wire.RideEnded: lambda frame: "cancelled",
    wire.PassengerSnapshot: lambda frame: str(frame.status),
}


class RidesSeen:
    """`counts[status]`: rides that have this status now, or ended with it. `news`: the latest assignments in words, the newest last."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.news: deque[str] = deque(maxlen=NEWS_KEPT)
        self._status: dict[str, str] = {}

    def hear(self, ride_id: str, frame: wire.ServerMessage, waited_s: float) -> None:
        """The passenger of this ride got a frame, so long after booking."""
        status_after = _STATUS_AFTER.get(type(frame))
        if status_after is None:
            return
        self._move(ride_id, status_after(frame))
        if isinstance(frame, wire.DriverAssigned):
            self.news.append(_assigned(frame, waited_s))

    def forget(self, ride_id: str) -> None:
        """The passenger of this ride hears nothing more of it."""
        before = self._status.pop(ride_id, None)
        if before is not None:
            self.counts[before] -= 1

    def _move(self, ride_id: str, status: str) -> None:
        self.forget(ride_id)
        self.counts[status] += 1
        if status not in ENDS:
            self._status[ride_id] = status


def _assigned(frame: wire.DriverAssigned, waited_s: float) -> str:
    distance = f", {frame.distance_m:,} m away" if frame.distance_m is not None else ""
    number = frame.ride_id.rpartition("-")[2]
    return f"ride {number}: {frame.driver_name}, {frame.vehicle_type}{distance}, after {waited_s:.1f} s"
