"""How fast things go, from totals that are read now and then."""

from collections import deque

ASSIGNMENTS_OVER_S, POSITIONS_OVER_S, CPU_OVER_S = 60.0, 10.0, 3.0
SHORTEST_S = 1.0
"""A speed is told only after it was watched for so long."""


class Meter:
    """How fast a total grows: over the last `over_s` seconds, or since the first reading if that is less."""

    def __init__(self, over_s: float) -> None:
        self.over_s = over_s
        self._readings: deque[tuple[float, float]] = deque()

    def per_s(self, now: float, total: float) -> float:
        """The speed, now that the total is this. 0 while there is nothing to compare with."""
        readings = self._readings
        readings.append((now, total))
        while len(readings) > 2 and readings[1][0] <= now - self.over_s:
            readings.popleft()
        began, before = readings[0]
        return (total - before) / (now - began) if now - began >= SHORTEST_S else 0.0
