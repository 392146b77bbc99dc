"""Whether a driver on his way gets nearer to the pickup, or stands, drives away, or is not heard any more. Pure."""

from __future__ import annotations

from typing import Final

import msgspec

from dispatch.domain.places.geo import haversine_m
from dispatch.values import Fix

STANDS, LEAVES, DARK = "standing_still", "driving_away", "not_heard"
FINE, WARNED, TOLD, GIVEN_UP = range(4)
AWAY_M: Final = 200.0
"""So much farther than he has been, he is driving away."""


class ApproachRules(msgspec.Struct, frozen=True):
    """Times in seconds without progress, distances in metres. `give_up_s` 0: never.

    Within `near_m` of the pickup he is as good as there; `progress_m` nearer is progress; a position older than `dark_s` is none.
    """

    warn_s: float = 120.0
    tell_s: float = 180.0
    give_up_s: float = 0.0
    dark_s: float = 60.0
    near_m: float = 250.0
    progress_m: float = 50.0


class Approach(msgspec.Struct):
    """One driver's way to one pickup, looked at now and then."""

    lat: float
    lon: float
    progress_at: float
    nearest_m: float | None = None
    stage: int = FINE

    def look(self, fix: Fix | None, now: float, rules: ApproachRules) -> str:
        """What is wrong, if it is time to do something about it: then `stage` says what. Empty: nothing new."""
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
        """Somebody who is not heard cannot be warned: his passenger is told at once."""
        if rules.give_up_s and idle_s > rules.give_up_s:
            return GIVEN_UP
        if idle_s > rules.tell_s or is_dark:
            return TOLD
        return WARNED if idle_s > rules.warn_s else FINE
