"""What time it was when a phone recorded something: its clock may be minutes slow or hours fast, and what it sends may be old.

Both look the same for one report. Of several, those of a wrong clock come as fast as they were recorded, and those that were kept
while the phone was offline come faster. Pure; times are runtime seconds, those of the phone by its own clock.
"""

from __future__ import annotations

from typing import Final

ENOUGH_S: Final = 0.25
"""Reports that keep step for so long tell how far the clock is off."""
ROUND_S: Final = 30.0
"""Then they are looked at anew: a clock may be put right at any time."""
NEAR_S: Final = 5.0
"""A delay of this much is as likely the network's, and does no harm."""


class PhoneClock:
    """How far one phone's clock is off, as its own reports tell. Believed to be right until they do."""

    __slots__ = ("_began", "_recorded", "_shortest", "behind_s")

    def __init__(self) -> None:
        self.behind_s = 0.0
        """So far its clock is behind ours; less than 0: ahead."""
        self._began: float | None = None
        self._recorded = self._shortest = 0.0

    def when(self, recorded_at: float, now: float) -> float:
        """The second at which something was recorded that is heard now. Never in the future."""
        return min(now, recorded_at + self.behind_s)

    def learn(self, recorded_at: float, now: float) -> None:
        """A report is heard now that was recorded then; of several at once, the newest."""
        late = now - recorded_at
        if self._began is None:
            self._begin(recorded_at, now)
            self.behind_s = min(0.0, late)  # nothing is recorded in the future: of that one report is proof enough
            return
        passed, told = now - self._began, recorded_at - self._recorded
        if told == 0.0:
            return
        if told < 0.0 <= late and self.behind_s < 0.0:
            self.behind_s = 0.0  # it was ahead, and was put right since; or one report was wild
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
