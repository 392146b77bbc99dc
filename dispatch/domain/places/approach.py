"""Whether a driver gets nearer to the pickup, stands still, drives away, or is not heard any more. Pure."""

from __future__ import annotations

from typing import Final

import msgspec

from dispatch.config import Rules
from dispatch.domain.places.geo import haversine_m
from dispatch.values import Fix

STANDS, LEAVES, DARK = "standing_still", "driving_away", "not_heard"
FINE, WARNED, TOLD, GIVEN_UP = range(4)
AWAY_M: Final = 200.0
"""A driver who is this much farther from the pickup than before is driving away."""


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

    def look(self, fix: Fix | None, now: float, rules: ApproachRules) -> str:
        """Judge the driver's position at second `now`. What is wrong, if something new must be done: `stage` says what. Else empty."""
        is_dark = now - (fix.at if fix is not None else self.progress_at) > rules.dark_s
        distance_m = haversine_m(fix.lat, fix.lon, self.lat, self.lon) if fix is not None else None
        if distance_m is not None and not is_dark and self._gets_nearer(distance_m, rules):
            self.progress_at, self.stage = now, FINE
            return ""
        stage = self._stage_after(now - self.progress_at, is_dark, rules)
        if stage <= self.stage:
            return ""
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
