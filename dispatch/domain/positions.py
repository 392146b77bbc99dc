"""The position board of a zone: one slot a driver, latest wins. Sessions write it, the dispatcher drains it; no mailbox between.

Phones lie: fixes without satellites, old ones that arrive late, jumps across the country. What is not believed changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from math import cos, radians

from dispatch.types import DriverId, Fix

Follower = Callable[[DriverId, Fix], None]
"""Is called while a position comes in."""

METRES_A_DEGREE = 111_195.0
JUMP_SLACK_M = 150.0
"""Two honest fixes of one place differ by so much."""
AGREEING_FIXES = 3
"""So many fixes in a row that fit each other, and not the slot, prove the slot wrong."""


class PositionBoard:
    """`report` is the hot path of the whole system: about a microsecond for a driver who stands still."""

    def __init__(self, *, max_speed_mps: float = 60.0, max_age_s: float = 60.0) -> None:
        self.max_speed_mps = max_speed_mps
        self.max_age_s = max_age_s
        self.reports = 0
        self.refused = 0
        self.follower: Follower | None = None
        """Hears at once of those who are followed and move."""
        self._followed: dict[DriverId, None] = {}
        self._fixes: dict[DriverId, Fix] = {}
        self._moved: dict[DriverId, Fix] = {}
        self._doubted: dict[DriverId, tuple[Fix, int]] = {}

    def report(self, driver_id: DriverId, lat: float, lon: float, at: float, heading: float | None = None) -> bool:
        """Believe a position heard at runtime second `at`, or not. True: the board knew no fresh position of this driver before."""
        self.reports += 1
        fix = self._fixes.get(driver_id)
        if fix is None:
            self._fixes[driver_id] = self._moved[driver_id] = Fix(lat, lon, at, heading)
            return True
        if lat == fix.lat and lon == fix.lon:
            was_stale = at - fix.at > self.max_age_s
            if at > fix.at:
                fix.at = at
                if self._doubted:
                    self._doubted.pop(driver_id, None)
            if was_stale:
                self._moved[driver_id] = fix
            return was_stale
        return self._move(driver_id, fix, lat, lon, at, heading)

    def follow(self, driver_id: DriverId) -> None:
        """From now on `follower` hears of this driver."""
        self._followed[driver_id] = None

    def unfollow(self, driver_id: DriverId) -> None:
        """Not any more."""
        self._followed.pop(driver_id, None)

    def position(self, driver_id: DriverId) -> Fix | None:
        """Where the driver was last believed to be, however long ago."""
        return self._fixes.get(driver_id)

    def fresh(self, driver_id: DriverId, now: float) -> bool:
        """Whether his position is young enough for an offer."""
        fix = self._fixes.get(driver_id)
        return fix is not None and now - fix.at <= self.max_age_s

    def drain(self) -> dict[DriverId, Fix]:
        """Everyone who moved since the last drain, in the order in which they first did."""
        moved, self._moved = self._moved, {}
        return moved

    def _move(self, driver_id: DriverId, fix: Fix, lat: float, lon: float, at: float, heading: float | None) -> bool:
        elapsed = at - fix.at
        if elapsed < 0.0:
            self.refused += 1  # recorded before what is known already
            return False
        # Nearly every fix is close to the last one even if a degree of longitude were as long as on the equator.
        north, east = (lat - fix.lat) * METRES_A_DEGREE, (lon - fix.lon) * METRES_A_DEGREE
        reach = self.max_speed_mps * elapsed
        if not (
            north * north + east * east <= reach * reach
            or self._reachable(fix, lat, lon, elapsed)
            or self._vouched(driver_id, lat, lon, at)
        ):
            self.refused += 1
            return False
        was_stale = elapsed > self.max_age_s
        fix.lat, fix.lon, fix.at, fix.heading = lat, lon, at, heading
        self._moved[driver_id] = fix
        if self._doubted:
            self._doubted.pop(driver_id, None)
        if driver_id in self._followed and self.follower is not None:
            self.follower(driver_id, fix)
        return was_stale

    def _reachable(self, fix: Fix, lat: float, lon: float, elapsed_s: float) -> bool:
        north = (lat - fix.lat) * METRES_A_DEGREE
        east = ((lon - fix.lon + 180.0) % 360.0 - 180.0) * METRES_A_DEGREE * cos(radians(lat))
        reach = self.max_speed_mps * elapsed_s + JUMP_SLACK_M
        return north * north + east * east <= reach * reach

    def _vouched(self, driver_id: DriverId, lat: float, lon: float, at: float) -> bool:
        """A jump is believed once enough fixes in a row agree that the driver is there."""
        doubted, agreeing = self._doubted.get(driver_id, (None, 0))
        fits = doubted is not None and self._reachable(doubted, lat, lon, abs(at - doubted.at))
        agreeing = agreeing + 1 if fits else 1
        self._doubted[driver_id] = (Fix(lat, lon, at), agreeing)
        return agreeing >= AGREEING_FIXES
