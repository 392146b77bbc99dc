"""The clock of a phone: when was a position recorded? The phone's clock may be minutes slow or hours fast, and the report old.

One report cannot tell a slow clock from an old report. Several can: reports of a wrong clock come at the pace at which they were
recorded; reports that the phone kept while it was offline come faster. Pure. `now` is the runtime's clock in seconds, `recorded_at`
the phone's.
"""

from typing import Final

ENOUGH_S: Final = 0.25
"""Reports that keep the phone's pace for this long tell how far its clock is off."""
ROUND_S: Final = 30.0
"""After this long the clock is measured anew, because it may be set right at any time."""
NEAR_S: Final = 5.0
"""A delay up to this long may be the network's, and does no harm."""


class PhoneClock:
    """How far the clock of one phone is off. It is believed to be right until its reports prove otherwise."""

    __slots__ = ("_began", "_recorded", "_shortest", "behind_s")

    def __init__(self) -> None:
        self.behind_s = 0.0
        """How far the phone's clock is behind ours, in seconds; below 0: ahead."""
        self._began: float | None = None
        self._recorded = self._shortest = 0.0

    def when(self, recorded_at: float, now: float) -> float:
        """The Unix second of a phone's time. Never later than `now`."""
        return min(now, recorded_at + self.behind_s)

    def learn(self, recorded_at: float, now: float) -> None:
        """Take in one report. Where several arrive at once, only the newest of them is to be told."""
        late = now - recorded_at
        if self._began is None:
            self._begin(recorded_at, now)
            # Nothing is recorded in the future: one such report proves that the clock is ahead.
            self.behind_s = min(0.0, late)
            return
        passed, told = now - self._began, recorded_at - self._recorded
        if told == 0.0:
            return
        if told < 0.0 <= late and self.behind_s < 0.0:
            self.behind_s = 0.0  # the clock was ahead and has been set right, or one report was wild
        if told < 0.0 or abs(passed - told) > max(passed / 2.0, ENOUGH_S):
            self._begin(recorded_at, now)
            return
        self._shortest = min(self._shortest, late)
        if passed >= ENOUGH_S and not 0.0 <= self._shortest - self.behind_s <= NEAR_S:
            self.behind_s = self._shortest
        if passed > ROUND_S:
            self._begin(recorded_at, now)

    def _begin(self, recorded_at: float, now: float) -> None:
        self._began, self._recorded, self._shortest = now, recorded_at, now - recorded_at
