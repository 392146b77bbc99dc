"""A driver who is followed on a ride: the thinned track of the way, and whether the driver comes nearer to the pickup. Pure.

The tracker adds positions and judges approaches; the ride's actor takes the track.
"""

from typing import Final

import msgspec

from dispatch.config import Rules
from dispatch.domain.places.geo import haversine_m
from dispatch.ids import DriverId, RideId
from dispatch.values import Fix
from dispatch.words import RideWarning

TrackPoint = tuple[float, float, float]
"""Runtime second, latitude, longitude."""
POINTS_A_CHUNK: Final = 64
"""A track with this many points in memory is due to be recorded."""
STANDS, LEAVES, DARK = RideWarning.STANDING_STILL, RideWarning.DRIVING_AWAY, RideWarning.NOT_HEARD
FINE, WARNED, TOLD, GIVEN_UP = range(4)
AWAY_M: Final = 200.0
"""A driver who is this much farther from the pickup than before is driving away."""


class Track(msgspec.Struct):
    """The way of one driver on one leg of a ride. A fix nearer than `step_m` to the last point is left out; `last` is the last fix."""

    ride_id: RideId
    step_m: float
    points: list[TrackPoint] = msgspec.field(default_factory=list)
    metres: float = 0.0
    last: TrackPoint | None = None

    def add(self, fix: Fix) -> None:
        """Add a position of the driver."""
        self.last = (fix.at, fix.lat, fix.lon)
        metres = haversine_m(*self.points[-1][1:], fix.lat, fix.lon) if self.points else 0.0
        if not self.points or metres >= self.step_m:
            self.metres += metres
            self.points.append(self.last)

    def take(self) -> tuple[tuple[TrackPoint, ...], float]:
        """The points since the last call and the metres between them. The last known position is the last point."""
        last = self.last
        if last is not None and self.points[-1] != last:
            self.metres += haversine_m(*self.points[-1][1:], *last[1:])
            self.points.append(last)
        taken, metres = tuple(self.points), self.metres
        self.points, self.metres = self.points[-1:], 0.0
        return taken, metres


class Tracks:
    """The tracks of a zone: one for each driver who is on a ride."""

    def __init__(self, step_m: float = Rules.track_step_m) -> None:
        self.step_m = step_m
        self._of_driver: dict[DriverId, Track] = {}

    def begin(self, ride_id: RideId, driver_id: DriverId, fix: Fix | None) -> None:
        """Start a track at `fix`. A track of the same driver for the same ride goes on unchanged."""
        known = self._of_driver.get(driver_id)
        if known is None or known.ride_id != ride_id:
            track = self._of_driver[driver_id] = Track(ride_id, self.step_m)
            if fix is not None:
                track.add(fix)

    def end(self, ride_id: RideId, driver_id: DriverId) -> None:
        """Drop the driver's track, if it belongs to this ride."""
        known = self._of_driver.get(driver_id)
        if known is not None and known.ride_id == ride_id:
            del self._of_driver[driver_id]

    def add(self, driver_id: DriverId, fix: Fix) -> bool:
        """Add a position to the driver's track. True: the track has grown so long that the ride should take it."""
        track = self._of_driver.get(driver_id)
        if track is None:
            return False
        track.add(fix)
        # Many kept positions may come at once: they are told once. If nobody takes the track, they are told again a chunk later.
        return len(track.points) % POINTS_A_CHUNK == 0

    def where(self, driver_id: DriverId) -> tuple[float, float] | None:
        """The last position on the driver's track; None where there is no track or no position yet."""
        track = self._of_driver.get(driver_id)
        return track.last[1:] if track is not None and track.last is not None else None

    def take(self, ride_id: RideId, driver_id: DriverId) -> tuple[tuple[TrackPoint, ...], float]:
        """The points since the last call and their length in metres; no points where the driver was not seen to move."""
        known = self._of_driver.get(driver_id)
        points, metres = known.take() if known is not None and known.ride_id == ride_id else ((), 0.0)
        return (points, metres) if len(points) > 1 else ((), 0.0)


class ApproachRules(msgspec.Struct, frozen=True):
    """After how many seconds without progress the driver is warned, the passenger told, and the driver given up (0: never).

    Progress is `progress_m` metres nearer. A driver within `near_m` metres of the pickup need not come nearer. A driver whose
    position is older than `dark_s` seconds is not heard.
    """

    warn_s: float = Rules.watch_warn_s
    tell_s: float = Rules.watch_tell_s
    give_up_s: float = Rules.watch_give_up_s
    dark_s: float = Rules.position_max_age_s
    near_m: float = Rules.arrived_within_m
    progress_m: float = 50.0


class Approach(msgspec.Struct):
    """One driver's way to one pickup. `stage` is what has been done about a driver who makes no progress."""

    lat: float
    lon: float
    progress_at: float
    nearest_m: float | None = None
    stage: int = FINE

    def look(self, fix: Fix | None, now: float, rules: ApproachRules) -> RideWarning | None:
        """Judge the driver's position at second `now`. What is wrong, if something new must be done: `stage` says what. Else None."""
        is_dark = now - (fix.at if fix is not None else self.progress_at) > rules.dark_s
        distance_m = haversine_m(fix.lat, fix.lon, self.lat, self.lon) if fix is not None else None
        if distance_m is not None and not is_dark and self._gets_nearer(distance_m, rules):
            self.progress_at, self.stage = now, FINE
            return None
        stage = self._stage_after(now - self.progress_at, is_dark, rules)
        if stage <= self.stage:
            return None
        self.stage = stage
        if is_dark or distance_m is None or self.nearest_m is None:
            return DARK
        return LEAVES if distance_m > self.nearest_m + AWAY_M else STANDS

    def _gets_nearer(self, distance_m: float, rules: ApproachRules) -> bool:
        nearest_m = self.nearest_m
        if nearest_m is None:
            self.nearest_m = distance_m
            return True
        if distance_m > rules.near_m and distance_m > nearest_m - rules.progress_m:
            return False
        self.nearest_m = min(distance_m, nearest_m)
        return True

    def _stage_after(self, idle_s: float, is_dark: bool, rules: ApproachRules) -> int:
        """The stage after so many seconds without progress. A driver who is not heard cannot be warned: the passenger is told."""
        if rules.give_up_s and idle_s > rules.give_up_s:
            return GIVEN_UP
        if idle_s > rules.tell_s or is_dark:
            return TOLD
        return WARNED if idle_s > rules.warn_s else FINE
