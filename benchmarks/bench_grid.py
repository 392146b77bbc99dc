"""How fast the spatial index is beside a scan of all drivers: `python benchmarks/bench_grid.py [drivers ...]`.

The city is 40 x 36 km with 70 % of its drivers around twelve hotspots. Queries ask for the nearest five within
10 km, from places spread as the drivers are, and once more from beyond the city's edge, where a grid has to look
into the most emptiness. Moves stay where they are, go 15 m, or go 1 km and so change rows mostly. All
figures are CPU time; the index's answers are compared with the scan's before anything is timed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from heapq import nsmallest
from random import Random
from time import process_time
from typing import NamedTuple

from dispatch.domain.places.geo import haversine_m
from dispatch.domain.places.grid import Grid
from sim.city.offsets import destination

CENTRE = (40.75, -73.97)
NORTH_M, EAST_M = 40_000.0, 36_000.0
HOTSPOTS, CLUSTERED, SPREAD_M = 12, 0.7, 1_200.0
K, RADIUS_M = 5, 10_000.0
SIZES = (1_000, 10_000, 100_000)
QUERIES, MOVES, SCANNED = 2_000, 60_000, 400_000
MEAN_OF_TWO_GAUSSIANS = 1.2533  # the mean length of an offset whose north and east have a deviation of 1

Place = tuple[float, float]
Call = tuple[str, float, float]


class City:
    """Draws places as a city has them, all from one seed."""

    def __init__(self, seed: int) -> None:
        self._dice = Random(seed)
        self._hotspots = [self._anywhere() for _ in range(HOTSPOTS)]

    def place(self) -> Place:
        """Where a driver or a passenger is."""
        if self._dice.random() >= CLUSTERED:
            return self._anywhere()
        return self.near(self._dice.choice(self._hotspots), SPREAD_M)

    def near(self, place: Place, sigma_m: float) -> Place:
        """Somewhere around a place."""
        return destination(*place, self._dice.gauss(0.0, sigma_m), self._dice.gauss(0.0, sigma_m))

    def beyond_the_edge(self) -> Place:
        """Nearly a radius east of the city: a few drivers in reach, or none."""
        north_m = self._dice.uniform(-NORTH_M / 2, NORTH_M / 2)
        return destination(*CENTRE, north_m, EAST_M / 2 + self._dice.uniform(0.9, 1.1) * RADIUS_M)

    def moves(self, drivers: dict[str, Place], mean_m: float) -> list[Call]:
        """Position reports of drivers picked at random, who go on from where they were."""
        keys, moves = list(drivers), []
        for _ in range(MOVES):
            key = self._dice.choice(keys)
            drivers[key] = self.near(drivers[key], mean_m / MEAN_OF_TWO_GAUSSIANS)
            moves.append((key, *drivers[key]))
        return moves

    def _anywhere(self) -> Place:
        north_m = self._dice.uniform(-NORTH_M / 2, NORTH_M / 2)
        return destination(*CENTRE, north_m, self._dice.uniform(-EAST_M / 2, EAST_M / 2))


class Figures(NamedTuple):
    """CPU microseconds a call."""

    nearest: float
    nearest_at_edge: float
    scan: float
    put_in_place: float
    put_15_m: float
    put_1_km: float


def scan(drivers: dict[str, Place], lat: float, lon: float) -> list[tuple[float, str]]:
    """The answer by brute force: every driver's distance."""
    distances = ((haversine_m(lat, lon, *place), key) for key, place in drivers.items())
    return nsmallest(K, (pair for pair in distances if pair[0] <= RADIUS_M))


def cpu_us(function: Callable[[str, float, float], object], calls: list[Call]) -> float:
    """CPU microseconds a call, the loop around it included."""
    started = process_time()
    for key, lat, lon in calls:
        function(key, lat, lon)
    return (process_time() - started) / len(calls) * 1e6


def measure(size: int) -> Figures:
    """One line of the table."""
    city, grid = City(seed=size), Grid()
    drivers = {f"driver-{number}": city.place() for number in range(size)}
    for key, (lat, lon) in drivers.items():
        grid.put(key, lat, lon)
    downtown = [("", *city.place()) for _ in range(QUERIES)]
    edge = [("", *city.beyond_the_edge()) for _ in range(QUERIES)]
    scanned = downtown[: SCANNED // size]
    for _, lat, lon in scanned + edge[: len(scanned)]:
        if grid.nearest(lat, lon, K, RADIUS_M) != scan(drivers, lat, lon):
            raise SystemExit(f"wrong answer at {lat}, {lon} among {size} drivers")

    def nearest(_: str, lat: float, lon: float) -> object:
        return grid.nearest(lat, lon, K, RADIUS_M)

    return Figures(
        cpu_us(nearest, downtown),
        cpu_us(nearest, edge),
        cpu_us(lambda _, lat, lon: scan(drivers, lat, lon), scanned),
        *(cpu_us(grid.put, city.moves(drivers, mean_m)) for mean_m in (0.0, 15.0, 1_000.0)),
    )


def main() -> None:
    """Print the table."""
    sizes = [int(argument) for argument in sys.argv[1:] if argument.isdecimal()] or SIZES
    print(f"Nearest {K} within {RADIUS_M / 1000:g} km and position updates; CPU microseconds each")
    print(f"{'':>9}|{'nearest five':^30}|{'update':^24}|{'a CPU second':^34}")
    print(
        f"{'drivers':>8} |{'in town':>9}{'at edge':>9}{'scan':>11} |{'stays':>7}{'15 m':>8}{'1 km':>8} |"
        f"{'queries':>10}{'scans':>10}{'updates':>13}"
    )
    for size in sizes:
        us = measure(size)
        print(
            f"{size:>8,} |{us.nearest:>9.1f}{us.nearest_at_edge:>9.1f}{us.scan:>11,.0f} |"
            f"{us.put_in_place:>7.2f}{us.put_15_m:>8.2f}{us.put_1_km:>8.2f} |"
            f"{1e6 / us.nearest:>10,.0f}{1e6 / us.scan:>10,.0f}{1e6 / us.put_15_m:>13,.0f}"
        )


if __name__ == "__main__":
    main()
