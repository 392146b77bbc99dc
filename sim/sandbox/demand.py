"""Who wants to go where in the sandbox's town: from street to street, by what stands there and by the hour of the day. Pure."""

from __future__ import annotations

from itertools import accumulate
from math import exp
from random import Random
from typing import Final, NamedTuple

from dispatch.travel.streets import StreetKind
from dispatch.values import Place, Point, Trip
from sim.city.demand import trip_between
from sim.sandbox.town import Kerb, SandboxTown

RIDES_PER_DRIVER_S: Final = 1.0 / 400.0
"""At a usual hour each driver has a ride in so many seconds. It takes about 190 s, so half of them are busy."""
SHORTEST_M: Final = 150.0
SHORT_M: Final = 50.0
"""What a short trip is long, in metres of air."""
TRIP_MEDIAN_M, TRIP_SIGMA = 550.0, 0.5
TRIES: Final = 8
CURVE: Final = (
    *(0.7, 0.6, 0.5, 0.5, 0.5, 0.6, 0.8, 1.2, 1.4, 1.1, 0.9, 0.9),
    *(1.0, 1.0, 1.0, 1.1, 1.3, 1.4, 1.3, 1.1, 1.0, 1.0, 1.0, 0.9),
)
"""How many rides there are at each hour of the day, by those of a usual one. A night in the sandbox has rides too."""
BY_KIND: Final = {
    StreetKind.MAIN: 2.0,
    StreetKind.MIDDLE: 1.5,
    StreetKind.MINOR: 1.0,
    StreetKind.LANE: 0.3,
    StreetKind.WALK: 0.0,
}


class Spot(NamedTuple):
    """How much more than another street this one has of the people who set out, and of those who arrive, by the time of the day."""

    morning_from: float
    morning_to: float
    evening_from: float
    evening_to: float


_STATION, _SHOPS, _NIGHT, _OFFICES = Spot(8, 4, 4, 8), Spot(1, 3, 4, 2), Spot(0.5, 1, 5, 4), Spot(1, 6, 5, 1)
SPOTS: Final = {
    "Asema-aukio": _STATION,
    "Elielinaukio": _STATION,
    "Rautatientori": _STATION,
    "Kaivokatu": _STATION,
    "Mannerheimintie": _SHOPS,
    "Aleksanterinkatu": _SHOPS,
    "Pohjoisesplanadi": _SHOPS,
    "Keskuskatu": _SHOPS,
    "Eteläranta": Spot(3, 3, 3, 3),
    "Fabianinkatu": _OFFICES,
    "Unioninkatu": _OFFICES,
    "Kasarmikatu": _OFFICES,
    "Bulevardi": _NIGHT,
    "Erottajankatu": _NIGHT,
    "Uudenmaankatu": _NIGHT,
    "Mikonkatu": _NIGHT,
    "Yrjönkatu": _NIGHT,
}
NOON, MIDNIGHT_ENDS = 12.0, 4.0
_PLAIN: Final = Spot(1, 1, 1, 1)


class Wishes:
    """Draws trips. An hour is a local one, in [0, 24), and may be a fraction."""

    def __init__(self, town: SandboxTown) -> None:
        self._town = town
        spots = [(SPOTS.get(kerb.street, _PLAIN), BY_KIND[kerb.kind]) for kerb in town.kerbs]
        self._weights = [
            (
                list(accumulate(kind * spot.morning_from for spot, kind in spots)),
                list(accumulate(kind * spot.morning_to for spot, kind in spots)),
            ),
            (
                list(accumulate(kind * spot.evening_from for spot, kind in spots)),
                list(accumulate(kind * spot.evening_to for spot, kind in spots)),
            ),
        ]

    def per_s(self, drivers: int, hour: float) -> float:
        """How many rides are booked in a second."""
        return drivers * RIDES_PER_DRIVER_S * CURVE[int(hour) % len(CURVE)]

    def trip(self, rng: Random, hour: float, start: Kerb | None = None) -> Trip:
        """A trip, from `start` if that is given. Of several drop-offs it takes the one whose distance is most like the wished one."""
        setting_out, arriving = self._weights[_is_evening(hour)]
        pickup = start or self._drawn(rng, setting_out)
        wished_m = max(SHORTEST_M, TRIP_MEDIAN_M * exp(rng.gauss(0.0, TRIP_SIGMA)))
        drawn = [self._drawn(rng, arriving) for _ in range(TRIES)]
        metres = {kerb: self._town.metres(pickup.point, kerb.point) for kerb in drawn}
        far = [kerb for kerb in drawn if metres[kerb] >= SHORTEST_M] or drawn
        dropoff = min(far, key=lambda kerb: abs(metres[kerb] - wished_m))
        return _trip(pickup, dropoff)

    def short_trip(self, near: Point) -> Trip:
        """A trip of a minute at most, from a place beside a car: half a minute of a demo would see no usual ride to its end."""
        kerbs, metres = self._town.kerbs, self._town.metres
        pickup = min(kerbs, key=lambda kerb: metres(kerb.point, near))
        dropoff = min(kerbs, key=lambda kerb: abs(metres(kerb.point, pickup.point) - SHORT_M))
        return _trip(pickup, dropoff)

    def kerb(self, rng: Random) -> Kerb:
        """A place at any street with a name."""
        return rng.choice(self._town.kerbs)

    def _drawn(self, rng: Random, weights: list[float]) -> Kerb:
        (kerb,) = rng.choices(self._town.kerbs, cum_weights=weights)
        return kerb


def _trip(pickup: Kerb, dropoff: Kerb) -> Trip:
    claimed = trip_between(pickup.point, dropoff.point)
    return Trip(
        pickup=Place(*pickup.point, pickup.street),
        dropoff=Place(*dropoff.point, dropoff.street),
        distance_km=claimed.distance_km,
        duration_min=claimed.duration_min,
        fare=claimed.fare,
    )


def _is_evening(hour: float) -> bool:
    """People come in the morning and go home after noon, or at night."""
    return hour >= NOON or hour < MIDNIGHT_ENDS
