"""Where drivers went on their rides: thinned tracks, and how far each was. Pure; the position board feeds them, rides take them."""

from __future__ import annotations

from typing import Final

import msgspec

from dispatch.domain.places.geo import haversine_m
from dispatch.ids import DriverId, RideId
from dispatch.values import Fix

TrackPoint = tuple[float, float, float]
"""Runtime second, latitude, longitude."""
POINTS_A_CHUNK: Final = 64
"""So many points wait in memory at most before they are to be put on record."""


class Track(msgspec.Struct):
    """The way of one driver on one leg. A fix nearer than `step_m` to the last point is left out until he moves on."""

    step_m: float
    points: list[TrackPoint] = msgspec.field(default_factory=list)
    metres: float = 0.0
    last: TrackPoint | None = None

    def add(self, fix: Fix) -> None:
        """He was here."""
        self.last = point = (fix.at, fix.lat, fix.lon)
        if not self.points:
            self.points.append(point)
            return
        _, lat, lon = self.points[-1]
        metres = haversine_m(lat, lon, fix.lat, fix.lon)
        if metres >= self.step_m:
            self.metres += metres
            self.points.append(point)

    def take(self) -> tuple[tuple[TrackPoint, ...], float]:
        """The points since this was asked last, where he is now included, and the metres between them."""
        last = self.last
        if last is not None and self.points[-1] != last:
            _, lat, lon = self.points[-1]
            self.metres += haversine_m(lat, lon, last[1], last[2])
            self.points.append(last)
        taken, metres = tuple(self.points), self.metres
        self.points, self.metres = self.points[-1:], 0.0
        return taken, metres


class Tracks:
    """The tracks of a zone, one for each ride that has a driver."""

    def __init__(self, step_m: float = 30.0) -> None:
        self.step_m = step_m
        self._of_driver: dict[DriverId, tuple[RideId, Track]] = {}

    def begin(self, ride_id: RideId, driver_id: DriverId, fix: Fix | None) -> None:
        """This driver drives for this ride from here on, if he did not already."""
        known = self._of_driver.get(driver_id)
        if known is not None and known[0] == ride_id:
            return
        track = Track(self.step_m)
        self._of_driver[driver_id] = (ride_id, track)
        if fix is not None:
            track.add(fix)

    def end(self, ride_id: RideId, driver_id: DriverId) -> None:
        """He does not drive for it any more."""
        known = self._of_driver.get(driver_id)
        if known is not None and known[0] == ride_id:
            del self._of_driver[driver_id]

    def heard(self, driver_id: DriverId, fix: Fix) -> bool:
        """A followed driver moved. True: so much waits that it should be taken."""
        known = self._of_driver.get(driver_id)
        if known is None:
            return False
        track = known[1]
        track.add(fix)
        # Kept positions come many at once: that should be said once for them, and again should nobody have come to take them.
        return len(track.points) % POINTS_A_CHUNK == 0

    def where(self, driver_id: DriverId) -> tuple[float, float] | None:
        """Where he was last seen, if he is on a ride and was."""
        known = self._of_driver.get(driver_id)
        last = known[1].last if known is not None else None
        return last[1:] if last is not None else None

    def take(self, ride_id: RideId, driver_id: DriverId) -> tuple[tuple[TrackPoint, ...], float]:
        """The way since it was taken last, and its metres; nothing where he was not seen to move."""
        known = self._of_driver.get(driver_id)
        if known is None or known[0] != ride_id:
            return (), 0.0
        points, metres = known[1].take()
        return (points, metres) if len(points) > 1 else ((), 0.0)
