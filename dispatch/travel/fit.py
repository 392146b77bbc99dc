"""Fit a curve to trips whose duration is known: least absolute error, so that a few strange trips do not bend it. Pure."""

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import NamedTuple

from dispatch.domain.places.geo import HOURS, Curve, haversine_m
from dispatch.errors import DispatchError
from dispatch.values import Point

SHORTEST_M, SHORTEST_S, LONGEST_S = 200.0, 60.0, 7_200.0
"""Trips beyond these say nothing about speed: they went around a block, were called off, or their meter ran on."""
FEWEST_TRIPS = 100
"""A curve through fewer trips would be an invention."""
FEWEST_AN_HOUR = 30
"""An hour with fewer samples is fitted together with the hours around it."""
WIDE_STEP, FINE_STEP = 0.05, 0.01
WIDE_EXPONENTS = tuple(round(0.3 + WIDE_STEP * step, 2) for step in range(19))


class TooFewTrips(DispatchError):
    """There are too few usable trips."""

    code = "too_few_trips"


class TimedTrip(NamedTuple):
    """A real trip: local hour of departure in [0, 24), both places, seconds."""

    hour: float
    start: Point
    end: Point
    duration_s: float


class Sample(NamedTuple):
    """One trip as a point of a curve."""

    hour: float
    length: float
    duration_s: float


def air_samples(trips: Sequence[TimedTrip]) -> list[Sample]:
    """The usable trips as samples over kilometres of straight line."""
    samples = [Sample(trip.hour, haversine_m(*trip.start, *trip.end) / 1000.0, trip.duration_s) for trip in trips]
    return [sample for sample in samples if sample.length >= SHORTEST_M / 1000.0 and _teaches(sample.duration_s)]


def road_samples(trips: Sequence[TimedTrip], free_s: Callable[[TimedTrip], float | None]) -> list[Sample]:
    """The same over minutes of empty streets. `free_s`: seconds on the map for each trip; None: the trip is off it."""
    taught = [(trip, free_s(trip)) for trip in trips if _teaches(trip.duration_s)]
    return [Sample(trip.hour, seconds / 60.0, trip.duration_s) for trip, seconds in taught if seconds]


def _teaches(duration_s: float) -> bool:
    return SHORTEST_S <= duration_s <= LONGEST_S


def fit(samples: Sequence[Sample]) -> Curve:
    """The curve with the least mean absolute error over these samples, its exponent to a hundredth.

    Raises:
        TooFewTrips: fewer than `FEWEST_TRIPS` samples.
    """
    if len(samples) < FEWEST_TRIPS:
        raise TooFewTrips(f"a fit needs at least {FEWEST_TRIPS} usable trips, there are {len(samples)}")
    windows = _windows(samples)
    wide = min((_with_exponent(exponent, windows, samples) for exponent in WIDE_EXPONENTS), key=attrgetter("error"))
    around = [round(wide.curve.exponent + FINE_STEP * step, 2) for step in range(-4, 5)]
    return min((_with_exponent(exponent, windows, samples) for exponent in around), key=attrgetter("error")).curve


class _Candidate(NamedTuple):
    curve: Curve
    error: float


def _with_exponent(exponent: float, windows: list[list[Sample]], samples: Sequence[Sample]) -> _Candidate:
    """The best curve with this exponent. Of |t - b × x| summed over trips, b is the median of t / x, weighted by x."""
    seconds = []
    for window in windows:
        powers = [sample.length**exponent for sample in window]
        ratios = [sample.duration_s / power for sample, power in zip(window, powers, strict=True)]
        seconds.append(round(_weighted_median(ratios, powers), 1))
    curve = Curve(exponent, tuple(seconds))
    return _Candidate(curve, sum(abs(curve.of(s.length, s.hour) - s.duration_s) for s in samples))


def _weighted_median(values: list[float], weights: list[float]) -> float:
    pairs = sorted(zip(values, weights, strict=True))
    left = sum(weights) / 2.0
    for value, weight in pairs:
        left -= weight
        if left <= 0.0:
            return value
    return pairs[-1][0]  # rounding ate the last weight


def _windows(samples: Sequence[Sample]) -> list[list[Sample]]:
    """For each hour of the day its samples, and those of the hours around it until there are enough."""
    by_hour: list[list[Sample]] = [[] for _ in range(HOURS)]
    for sample in samples:
        by_hour[int(sample.hour) % HOURS].append(sample)
    return [_window(by_hour, hour) for hour in range(HOURS)]


def _window(by_hour: list[list[Sample]], hour: int) -> list[Sample]:
    window = list(by_hour[hour])
    for away in range(1, HOURS // 2 + 1):
        if len(window) >= FEWEST_AN_HOUR:
            break
        for neighbour in sorted({(hour - away) % HOURS, (hour + away) % HOURS}):
            window += by_hour[neighbour]
    return window
