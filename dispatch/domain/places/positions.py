"""The position board of a zone: one slot a driver, latest wins. Sessions write it, the dispatcher drains it; no mailbox between.

Phones lie: fixes without satellites, old ones that arrive late, jumps across the country. What is not believed changes nothing, and
is told by one of the reasons below.
"""

from __future__ import annotations

from collections.abc import Callable
from math import cos, radians
from typing import Final

from dispatch.domain.places.clocks import PhoneClock
from dispatch.ids import DriverId
from dispatch.values import Fix

Verdict = str
"""What became of a position: `BELIEVED`, which is empty, `NEWS`, or the reason why it is not believed."""
BELIEVED: Final[Verdict] = ""
NEWS: Final[Verdict] = "news"
"""Believed, and no fresh position of this driver was known before."""
TOO_OLD: Final[Verdict] = "too_old"
OUT_OF_ORDER: Final[Verdict] = "out_of_order"
IMPOSSIBLE_SPEED: Final[Verdict] = "impossible_speed"

Follower = Callable[[DriverId, Fix], None]
"""Is called while a position comes in."""

METRES_A_DEGREE = 111_195.0
JUMP_SLACK_M = 150.0
"""Two honest fixes of one place differ by so much."""
AGREEING_FIXES = 3
"""So many fixes in a row that fit each other, and not the slot, prove the slot wrong."""


class PositionBoard:
    """`report` is the hot path of the whole system: about a microsecond for a driver who stands still."""

    def __init__(self, *, max_speed_mps: float = 60.0, max_age_s: float = 60.0, max_delay_s: float = 3600.0) -> None:
        """A position older than `max_age_s` is no reason for an offer; one heard more than `max_delay_s` late says nothing at all."""
        self.max_speed_mps = max_speed_mps
        self.max_age_s = max_age_s
        self.max_delay_s = max_delay_s
        self.reports = 0
        self.refused = 0
        self.follower: Follower | None = None
        """Hears at once of those who are followed and move."""
        self._followed: dict[DriverId, None] = {}
        self._fixes: dict[DriverId, Fix] = {}
        self._moved: dict[DriverId, Fix] = {}
        self._doubted: dict[DriverId, tuple[Fix, int]] = {}
        self._clocks: dict[DriverId, PhoneClock] = {}

    def report(self, driver_id: DriverId, lat: float, lon: float, at: float, heading: float | None = None) -> Verdict:
        """Believe a position of runtime second `at`, or not."""
        self.reports += 1
        fix = self._fixes.get(driver_id)
        if fix is None:
            self._fixes[driver_id] = self._moved[driver_id] = fix = Fix(lat, lon, at, heading)
            self._tell(driver_id, fix)
            return NEWS
        if lat == fix.lat and lon == fix.lon:
            elapsed = at - fix.at
            if elapsed < 0.0:
                return self._refuse(OUT_OF_ORDER)
            fix.at = at
            if self._doubted and elapsed:
                self._doubted.pop(driver_id, None)
            if elapsed <= self.max_age_s:
                return BELIEVED
            self._moved[driver_id] = fix
            return NEWS
        return self._move(driver_id, fix, lat, lon, at, heading)

    def clock_of(self, driver_id: DriverId) -> PhoneClock:
        """What is known of the clock of this driver's phone."""
        clock = self._clocks.get(driver_id)
        if clock is None:
            clock = self._clocks[driver_id] = PhoneClock()
        return clock

    def report_late(
        self, driver_id: DriverId, lat: float, lon: float, at: float, now: float, heading: float | None = None
    ) -> Verdict:
        """Believe a position that is heard some time after it was recorded, or not."""
        if now - at > self.max_delay_s:
            self.reports += 1
            return self._refuse(TOO_OLD)
        was_fresh = self.fresh(driver_id, now)
        verdict = self.report(driver_id, lat, lon, at, heading)
        # What was kept comes in small steps: none of them is news by itself, and together they are.
        return NEWS if verdict == BELIEVED and not was_fresh and self.fresh(driver_id, now) else verdict

    def follow(self, driver_id: DriverId) -> None:
        """From now on `follower` hears of this driver."""
        self._followed[driver_id] = None

    def unfollow(self, driver_id: DriverId) -> None:
        """Not any more."""
        self._followed.pop(driver_id, None)

    def forget(self, driver_id: DriverId) -> None:
        """Nobody needs to know any more where this driver was, or how the phone's clock goes."""
        for by_driver in (self._fixes, self._moved, self._doubted, self._clocks):
            by_driver.pop(driver_id, None)

    def position(self, driver_id: DriverId) -> Fix | None:
        """Where the driver was last believed to be, however long ago."""
        return self._fixes.get(driver_id)

    def fresh(self, driver_id: DriverId, now: float) -> bool:
        """Whether the driver's position is young enough for an offer."""
        fix = self._fixes.get(driver_id)
        return fix is not None and now - fix.at <= self.max_age_s

    def drain(self) -> dict[DriverId, Fix]:
        """Everyone who moved since the last drain, in the order in which they first did."""
        moved, self._moved = self._moved, {}
        return moved

    def _move(self, driver_id: DriverId, fix: Fix, lat: float, lon: float, at: float, heading: float | None) -> Verdict:
        elapsed = at - fix.at
        if elapsed < 0.0:
            return self._refuse(OUT_OF_ORDER)
        # Nearly every fix is close to the last one even if a degree of longitude were as long as on the equator.
        north, east = (lat - fix.lat) * METRES_A_DEGREE, (lon - fix.lon) * METRES_A_DEGREE
        reach = self.max_speed_mps * elapsed
        if not (
            north * north + east * east <= reach * reach
            or self._reachable(fix, lat, lon, elapsed)
            or self._vouched(driver_id, lat, lon, at)
        ):
            return self._refuse(IMPOSSIBLE_SPEED)
        fix.lat, fix.lon, fix.at, fix.heading = lat, lon, at, heading
        self._moved[driver_id] = fix
        if self._doubted:
            self._doubted.pop(driver_id, None)
        if driver_id in self._followed:
            self._tell(driver_id, fix)
        return NEWS if elapsed > self.max_age_s else BELIEVED

    def _tell(self, driver_id: DriverId, fix: Fix) -> None:
        if driver_id in self._followed and self.follower is not None:
            self.follower(driver_id, fix)

    def _refuse(self, reason: Verdict) -> Verdict:
        self.refused += 1
        return reason

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
