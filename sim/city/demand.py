"""Who wants to go where, and when: trips as an app asks for them, drawn from a model city. `sim.trips` reads them from a file."""

from __future__ import annotations

from math import cos, exp, pi, sin
from random import Random
from typing import NamedTuple

from dispatch.domain.places.geo import TravelModel
from dispatch.errors import DispatchError
from dispatch.values import Place, Trip
from sim.city.model import City
from sim.city.offsets import destination

SHORTEST_TRIP_M = 500.0
"""The shortest trip of the model city, in metres of air. Real trips are taken as they are."""
TRIP_MEDIAN_M, TRIP_SIGMA = 3_000.0, 0.6
"""The length of trips is lognormal (metres of air). Most are short, as in New York, a denser city, where the median is 2 km."""
FARE_BASE, FARE_PER_KM = 2.5, 1.56
"""The fare that apps claim, since the model has no tariff: New York's flag-fall, and its price of a mile, by the kilometre."""
TRAVEL = TravelModel()


class DemandError(DispatchError):
    """There are no trips: the file is missing or broken, or has no usable trip."""

    code = "bad_trips"


class Demand(NamedTuple):
    """A passenger wants `trip`, and books it `at` seconds after the run's start."""

    at: float
    trip: Trip


def poisson(city: City, rng: Random, *, rides: int, for_s: float) -> list[Demand]:
    """So many rides within [0, `for_s`) virtual seconds as a Poisson process, sorted by time.

    A Poisson process of a known count is that many uniform times in order. Pickups are places of the city. A drop-off lies in any
    direction, inside the city, and never closer than `SHORTEST_TRIP_M`.
    """
    times = sorted(rng.random() * for_s for _ in range(rides))
    return [Demand(at, _trip_through(city, rng)) for at in times]


def trip_between(pickup: tuple[float, float], dropoff: tuple[float, float]) -> Trip:
    """The trip as an app claims it: kilometres by road to the metre, minutes to a tenth, and the fare for those kilometres."""
    distance_km = round(TRAVEL.road_m(pickup, dropoff) / 1000.0, 3)
    return Trip(
        pickup=_place(pickup),
        dropoff=_place(dropoff),
        distance_km=distance_km,
        duration_min=round(TRAVEL.eta_s(pickup, dropoff, 0.0) / 60.0, 1),
        fare=round(FARE_BASE + FARE_PER_KM * distance_km, 2),
    )


def _trip_through(city: City, rng: Random) -> Trip:
    pickup = city.sample(rng)
    while True:
        length_m, direction = TRIP_MEDIAN_M * exp(rng.gauss(0.0, TRIP_SIGMA)), rng.random() * 2.0 * pi
        dropoff = destination(*pickup, length_m * cos(direction), length_m * sin(direction))
        if length_m >= SHORTEST_TRIP_M and city.holds(dropoff):
            return trip_between(pickup, dropoff)


def _place(point: tuple[float, float]) -> Place:
    lat, lon = point
    return Place(lat=lat, lon=lon, address=f"{lat:.4f}, {lon:.4f}")
