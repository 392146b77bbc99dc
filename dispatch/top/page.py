"""The page `/metrics` as `top` reads it: totals of now, and how fast and how long things were lately."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping, Sequence
from math import inf
from typing import NamedTuple

from dispatch.top.meter import ASSIGNMENTS_OVER_S, CPU_OVER_S, POSITIONS_OVER_S, Meter
from dispatch.top.view import Lags
from dispatch.words import OfferOutcome

SAMPLE = re.compile(r'^([a-z_]+)(?:\{([a-z_]+)="([^"]*)"\})? (\S+)$', re.MULTILINE)
SPREAD_OVER_S = 300.0
"""Times to assign and lags are those of so many seconds."""


class MetricsPage(NamedTuple):
    """Samples by name and by the value of their one label, or none."""

    samples: Mapping[str, Mapping[str, float]]

    def value(self, name: str, label: str = "") -> float | None:
        """This sample; None: the server does not show it."""
        return self.samples.get(name, {}).get(label)

    def by_label(self, name: str) -> Mapping[str, float]:
        """All of this name."""
        return self.samples.get(name, {})


def read_page(text: str) -> MetricsPage:
    """What a page says. Lines of other forms are left out."""
    samples: dict[str, dict[str, float]] = {}
    for name, _, label, value in SAMPLE.findall(text):
        samples.setdefault(name, {})[label] = float(value)
    return MetricsPage(samples)


def quantile(share: float, buckets: Mapping[str, float]) -> float | None:
    """The value that this share does not exceed, by counts of a histogram (`le` → how many); None: it counted nothing.

    Between two bounds it is guessed on a straight line, as Prometheus does. Above the last one it is the last one.
    """
    bounds = sorted((inf if bound == "+Inf" else float(bound), count) for bound, count in buckets.items())
    total = bounds[-1][1] if bounds else 0.0
    if total <= 0.0:
        return None
    rank, low, below = share * total, 0.0, 0.0
    for bound, count in bounds:
        if count >= rank:
            if bound == inf:
                return low
            return low + (bound - low) * ((rank - below) / (count - below) if count > below else 1.0)
        low, below = bound, count
    return low


class Lately:
    """What a histogram counted in the last `SPREAD_OVER_S` seconds; while that is not known, since the server started."""

    def __init__(self, name: str) -> None:
        self._name = f"{name}_bucket"
        self._readings: deque[tuple[float, Mapping[str, float]]] = deque()

    def quantiles(self, now: float, page: MetricsPage, shares: Sequence[float]) -> list[float | None]:
        """Of this page and those before."""
        counts = page.by_label(self._name)
        readings = self._readings
        readings.append((now, counts))
        while len(readings) > 1 and readings[1][0] <= now - SPREAD_OVER_S:
            readings.popleft()
        before = readings[0][1] if readings[0][0] <= now - SPREAD_OVER_S else {}
        since = {bound: count - before.get(bound, 0.0) for bound, count in counts.items()}
        return [quantile(share, since) for share in shares]


class Speeds:
    """Compares each page with those before. Made anew when the server's process is a new one."""

    def __init__(self) -> None:
        self.assignments = Meter(ASSIGNMENTS_OVER_S)
        self.positions = Meter(POSITIONS_OVER_S)
        self.cpu = Meter(CPU_OVER_S)
        self.to_assign = Lately("dispatch_time_to_assign_seconds")
        self.loop_lag = Lately("dispatch_loop_lag_seconds")


class Measured(NamedTuple):
    """What `top` shows of a page, and a board does not tell. Times in seconds; None: not known.

    `requests`: rides that were requested; `ended`: rides that are over, by status. Both since the server began to count.
    """

    requests: int
    ended: Mapping[str, int]
    declined: int | None = None
    timed_out: int | None = None
    assignments_per_minute: float | None = None
    assign_p50_s: float | None = None
    assign_p95_s: float | None = None
    positions_per_s: float | None = None
    server_cpu: float | None = None
    """CPU seconds a second."""
    server_memory_bytes: int | None = None
    lags: Lags = Lags(None, None, None)


def measured(page: MetricsPage, speeds: Speeds, now: float) -> Measured:
    """The figures of this page. `speeds` has the pages before; `now`: seconds of the clock by which they were read."""
    offers = page.by_label("dispatch_offers_total")
    assigned = page.value("dispatch_time_to_assign_seconds_count") or 0.0
    median, p95 = speeds.to_assign.quantiles(now, page, (0.5, 0.95))
    (loop,) = speeds.loop_lag.quantiles(now, page, (0.99,))
    cpu, memory = page.value("process_cpu_seconds_total"), page.value("process_resident_memory_bytes")
    return Measured(
        requests=int(page.value("dispatch_rides_requested_total") or 0),
        ended={status: int(count) for status, count in page.by_label("dispatch_rides_ended_total").items()},
        declined=int(offers.get(OfferOutcome.DECLINED, 0)),
        timed_out=int(offers.get(OfferOutcome.EXPIRED, 0)),
        assignments_per_minute=60.0 * speeds.assignments.per_s(now, assigned),
        assign_p50_s=median,
        assign_p95_s=p95,
        positions_per_s=speeds.positions.per_s(now, page.value("dispatch_positions_total", "reported") or 0.0),
        server_cpu=speeds.cpu.per_s(now, cpu) if cpu is not None else None,
        server_memory_bytes=int(memory) if memory is not None else None,
        lags=Lags(loop, page.value("dispatch_mail_oldest_seconds"), page.value("dispatch_journal_lag_seconds")),
    )
