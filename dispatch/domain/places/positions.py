"""The position board of a zone: the latest believed position of each driver. Messages of gateways fill it, the dispatcher drains it.

Phones report wrong positions: fixes without satellites, old fixes that arrive late, jumps across the country. The board believes a
position or refuses it. A refused position changes nothing, and the verdict says why.
"""

from collections.abc import Callable, Iterable
from math import cos, radians
from typing import Final

from dispatch.config import Rules
from dispatch.ids import DriverId
from dispatch.values import Fix

Judgement = str
"""What the board made of a position: `BELIEVED` (empty), `NEWS`, or the reason why the position was refused."""
BELIEVED: Final[Judgement] = ""
NEWS: Final[Judgement] = "news"
"""The position was believed, and the board knew no fresh position of this driver before."""
TOO_OLD: Final[Judgement] = "too_old"
OUT_OF_ORDER: Final[Judgement] = "out_of_order"
IMPOSSIBLE_SPEED: Final[Judgement] = "impossible_speed"

Follower = Callable[[DriverId, Fix], None]
"""The board calls it within `report`, for each followed driver who moved."""

METRES_A_DEGREE = 111_195.0
JUMP_SLACK_M = 150.0
"""Two honest fixes of the same place may differ by this much."""
AGREEING_FIXES = 3
"""This many fixes in a row that agree with each other, but not with the board, prove the board wrong."""


class PositionBoard:
    """One slot for each driver. `report` is the hot path of the whole system: about a microsecond for a driver who stands still."""

    def __init__(
        self,
        *,
        max_speed_mps: float = Rules.gps_max_speed_mps,
        max_age_s: float = Rules.position_max_age_s,
        max_delay_s: float = Rules.gps_max_delay_s,
    ) -> None:
        """`max_speed_mps`: a faster move is refused. `max_age_s`: a position is fresh for so many seconds, and nobody is offered a ride
        by an older one. `max_delay_s`: a position that arrives later than this is refused.
        """
        self.max_speed_mps = max_speed_mps
        self.max_age_s = max_age_s
        self.max_delay_s = max_delay_s
        self.reports = 0
        self.refused = 0
        self.follower: Follower | None = None
        """Who is called for each followed driver who moves."""
        self._followed: dict[DriverId, None] = {}
        self._fixes: dict[DriverId, Fix] = {}
        self._moved: dict[DriverId, Fix] = {}
        self._doubted: dict[DriverId, tuple[Fix, int]] = {}

    def report(self, driver_id: DriverId, lat: float, lon: float, at: float, heading: float | None = None) -> Judgement:
        """Judge a position that was recorded at second `at` of the runtime; `heading` is degrees clockwise from north."""
        self.reports += 1
        fix = self._fixes.get(driver_id)
        if fix is None:
            self._fixes[driver_id] = self._moved[driver_id] = fix = Fix(lat, lon, at, heading)
            self._tell(driver_id, fix)
            return NEWS
        elapsed = at - fix.at
        if elapsed < 0.0:
            return self._refuse(OUT_OF_ORDER)
        is_news = elapsed > self.max_age_s
        if lat == fix.lat and lon == fix.lon:
            fix.at = at
            if is_news:
                self._moved[driver_id] = fix
            if self._doubted and elapsed:
                self._doubted.pop(driver_id, None)
            return NEWS if is_news else BELIEVED
        # The quick test takes a degree of longitude to be as long as on the equator. Nearly every honest fix passes it.
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
        return NEWS if is_news else BELIEVED

    def report_late(
        self, driver_id: DriverId, lat: float, lon: float, at: float, now: float, heading: float | None = None
    ) -> Judgement:
        """Judge a position that was recorded at second `at` and arrives at second `now`."""
        if now - at > self.max_delay_s:
            self.reports += 1
            return self._refuse(TOO_OLD)
        was_fresh = self.fresh(driver_id, now)
        verdict = self.report(driver_id, lat, lon, at, heading)
        # Positions that a phone kept arrive in small steps. No step is news by itself, but together they make the position fresh.
        return NEWS if verdict == BELIEVED and not was_fresh and self.fresh(driver_id, now) else verdict

    def follow(self, driver_id: DriverId) -> None:
        """Call `follower` for this driver from now on."""
        self._followed[driver_id] = None

    def unfollow(self, driver_id: DriverId) -> None:
        """Do not call `follower` for this driver any more."""
        self._followed.pop(driver_id, None)

    def forget(self, driver_id: DriverId) -> None:
        """Remove all that the board knows of this driver."""
        for by_driver in (self._fixes, self._moved, self._doubted):
            by_driver.pop(driver_id, None)

    def position(self, driver_id: DriverId) -> Fix | None:
        """The last believed position, however old; None: there is none."""
        return self._fixes.get(driver_id)

    def fresh(self, driver_id: DriverId, now: float) -> bool:
        """Whether the board knows a position of this driver that is young enough for an offer."""
        fix = self._fixes.get(driver_id)
        return fix is not None and now - fix.at <= self.max_age_s

    def are_fresh(self, driver_ids: Iterable[DriverId], now: float) -> bool:
        """Whether the positions of all these drivers are young enough for offers."""
        fixes, max_age_s = self._fixes, self.max_age_s
        for driver_id in driver_ids:
            fix = fixes.get(driver_id)
            if fix is None or now - fix.at > max_age_s:
                return False
        return True

    def drain(self) -> dict[DriverId, Fix]:
        """The drivers who moved since the last drain, in the order of their first moves, each with the latest position."""
        moved, self._moved = self._moved, {}
        return moved

    def _tell(self, driver_id: DriverId, fix: Fix) -> None:
        if driver_id in self._followed and self.follower is not None:
            self.follower(driver_id, fix)

    def _refuse(self, reason: Judgement) -> Judgement:
        self.refused += 1
        return reason

    def _reachable(self, fix: Fix, lat: float, lon: float, elapsed_s: float) -> bool:
        north = (lat - fix.lat) * METRES_A_DEGREE
        east = ((lon - fix.lon + 180.0) % 360.0 - 180.0) * METRES_A_DEGREE * cos(radians(lat))
        reach = self.max_speed_mps * elapsed_s + JUMP_SLACK_M
        return north * north + east * east <= reach * reach

    def _vouched(self, driver_id: DriverId, lat: float, lon: float, at: float) -> bool:
        """Whether enough fixes in a row agree with this jump, so that it must be believed."""
        doubted, agreeing = self._doubted.get(driver_id, (None, 0))
        fits = doubted is not None and self._reachable(doubted, lat, lon, abs(at - doubted.at))
        agreeing = agreeing + 1 if fits else 1
        self._doubted[driver_id] = (Fix(lat, lon, at), agreeing)
        return agreeing >= AGREEING_FIXES
