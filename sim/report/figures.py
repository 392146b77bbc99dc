"""Figures of a run: counters that grow while it runs, and the summary that is printed at its end."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from math import fsum
from typing import TypedDict


class Percentiles(TypedDict):
    """By nearest rank: a value that was seen, and that many per cent of all values are not greater. None without data."""

    p50: float | None
    p95: float | None


class Distances(Percentiles):
    """The mean as well."""

    mean: float | None


class Utilisation(TypedDict):
    """Shares, four decimals, of all the time drivers were there: free, to the pickup, on a trip. None without any."""

    p1: float | None
    p2: float | None
    p3: float | None


class Summary(TypedDict):
    """The figures of one run, in the order in which they are printed.

    Times have three decimals, metres one, ratios three; a ratio with nothing to divide by is None. Offers and rounds are per request.
    `pickup_distance_m`: how far the first driver of each ride was from the pickup when the ride was assigned. `time_to_pickup_s`: from
    the request until a driver was there. `rides_per_cpu_s` is requests by CPU seconds, one decimal.
    """

    seed: int
    digest: str
    decisions: str
    drivers: int
    requests: int
    assigned: int
    completed: int
    no_drivers: int
    cancelled: int
    declined: int
    timed_out: int
    positions: int
    time_to_assign_s: Percentiles
    pickup_distance_m: Distances
    time_to_pickup_s: Percentiles
    offers_per_ride: float | None
    rounds_per_ride: float | None
    utilisation: Utilisation
    virtual_s: float
    cpu_s: float
    wall_s: float
    rides_per_cpu_s: float | None
    invariants_checked: int
    violations: int


class RunFigures:
    """Counts what happens. Each method is called once for each thing that happens."""

    def __init__(self) -> None:
        self.cancelled_by: dict[str, int] = {}
        self._requests = self._completed = self._no_drivers = 0
        self._offers = self._declined = self._timed_out = self._rounds = self._positions = 0
        self._time_to_assign_s = array("d")
        self._pickup_distance_m = array("d")
        self._time_to_pickup_s = array("d")
        self._period_s = {"p1": 0.0, "p2": 0.0, "p3": 0.0}

    def requested(self) -> None:
        """A passenger asked for a ride."""
        self._requests += 1

    def assigned(self, time_to_assign_s: float, pickup_distance_m: float | None) -> None:
        """A ride got its first driver so long after it was asked for, so far (metres of air; None: unknown) from the pickup."""
        self._time_to_assign_s.append(time_to_assign_s)
        if pickup_distance_m is not None:
            self._pickup_distance_m.append(pickup_distance_m)

    def picked_up(self, time_to_pickup_s: float) -> None:
        """The first driver who came to a ride's pickup arrived so long after the request."""
        self._time_to_pickup_s.append(time_to_pickup_s)

    def completed(self) -> None:
        """A ride ended at its drop-off."""
        self._completed += 1

    def no_drivers(self) -> None:
        """A search ended without a driver."""
        self._no_drivers += 1

    def cancelled(self, by: str) -> None:
        """A ride was cancelled by the passenger, driver, ops or system."""
        self.cancelled_by[by] = self.cancelled_by.get(by, 0) + 1

    def offered(self) -> None:
        """One driver was asked about one ride."""
        self._offers += 1

    def declined(self) -> None:
        """A driver said no."""
        self._declined += 1

    def timed_out(self) -> None:
        """A driver said nothing in time."""
        self._timed_out += 1

    def rounds(self, count: int) -> None:
        """A ride's search had so many more rounds."""
        self._rounds += count

    def period(self, name: str, seconds: float) -> None:
        """A driver spent this time free (`p1`), on the way to a pickup (`p2`) or on a trip (`p3`)."""
        self._period_s[name] += seconds

    def positions(self, count: int = 1) -> None:
        """Drivers reported so many positions."""
        self._positions += count

    def summary(
        self,
        *,
        seed: int,
        digest: str,
        drivers: int,
        virtual_s: float,
        cpu_s: float,
        wall_s: float,
        invariants_checked: int,
        violations: int,
        decisions: str = "",
    ) -> Summary:
        """All figures, with what only the caller knows. `drivers`: the size of the fleet. `violations`: how many invariants broke."""
        free, to_pickup, on_trip = (self._share(name) for name in ("p1", "p2", "p3"))
        return Summary(
            seed=seed,
            digest=digest,
            decisions=decisions,
            drivers=drivers,
            requests=self._requests,
            assigned=len(self._time_to_assign_s),
            completed=self._completed,
            no_drivers=self._no_drivers,
            cancelled=sum(self.cancelled_by.values()),
            declined=self._declined,
            timed_out=self._timed_out,
            positions=self._positions,
            time_to_assign_s=_percentiles(self._time_to_assign_s, digits=3),
            pickup_distance_m=Distances(
                mean=_mean(self._pickup_distance_m), **_percentiles(self._pickup_distance_m, digits=1)
            ),
            time_to_pickup_s=_percentiles(self._time_to_pickup_s, digits=3),
            offers_per_ride=_ratio(self._offers, self._requests, digits=3),
            rounds_per_ride=_ratio(self._rounds, self._requests, digits=3),
            utilisation=Utilisation(p1=free, p2=to_pickup, p3=on_trip),
            virtual_s=round(virtual_s, 3),
            cpu_s=round(cpu_s, 3),
            wall_s=round(wall_s, 3),
            rides_per_cpu_s=_ratio(self._requests, cpu_s, digits=1),
            invariants_checked=invariants_checked,
            violations=violations,
        )

    def _share(self, period: str) -> float | None:
        return _ratio(self._period_s[period], sum(self._period_s.values()), digits=4)


def _percentiles(values: Iterable[float], *, digits: int) -> Percentiles:
    ranked = sorted(values)

    def at(percent: int) -> float | None:
        rank = -(-percent * len(ranked) // 100)  # rounded up, in whole numbers
        return round(ranked[rank - 1], digits) if ranked else None

    return Percentiles(p50=at(50), p95=at(95))


def _mean(values: array[float]) -> float | None:
    return _ratio(fsum(values), len(values), digits=1)


def _ratio(part: float, whole: float, *, digits: int) -> float | None:
    return round(part / whole, digits) if whole else None
