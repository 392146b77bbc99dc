"""What a trip costs by a tariff, line by line. Pure, exact, and rounded once: the same trip has the same fare everywhere.

A line is what it adds to the rounded sum of all before it. So the lines add up to the fare to the last cent, and only the fare itself
is ever rounded.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Final

from dispatch.domain.money import rounded
from dispatch.domain.tariff import ANY_VEHICLE, Rates, Tariff
from dispatch.types import FareLine, Price

NO_DEMAND: Final = Fraction(1)
LINES: Final = ("base", "distance", "time", "night", "demand", "minimum", "waiting")
"""Every line that a fare can have, in its order; `waiting` comes on top when the ride is over."""


def fare(
    tariff: Tariff,
    *,
    distance_m: int,
    duration_s: int,
    minute_of_day: int,
    vehicle_type: str = ANY_VEHICLE,
    demand: Fraction = NO_DEMAND,
) -> Price:
    """The price of so many metres and seconds that begin at this minute of the local day.

    `demand`: what everything is multiplied by while many ask and few drive. The minimum holds after all multipliers.
    """
    rates = tariff.rates(vehicle_type)
    is_night = rates.is_night(minute_of_day)
    lines: list[FareLine] = []
    total, told = Fraction(0), 0
    for name, amount in _parts(rates, distance_m, duration_s, is_night, demand):
        total += amount
        if rounded(total) != told:
            lines.append(FareLine(name, rounded(total) - told))
            told = rounded(total)
    return Price(tariff.money(told), tuple(lines), distance_m, duration_s, vehicle_type)


def _parts(
    rates: Rates, distance_m: int, duration_s: int, is_night: bool, demand: Fraction
) -> Iterator[tuple[str, Fraction]]:
    """Each line's exact amount."""
    by_distance, by_time = rates.per_km * distance_m / 1000, rates.per_minute * duration_s / 60
    yield "base", rates.base
    yield "distance", by_distance
    yield "time", by_time
    trip = rates.base + by_distance + by_time
    at_night = trip * rates.night if is_night else trip
    yield "night", at_night - trip
    demanded = at_night * demand
    yield "demand", demanded - at_night
    yield "minimum", max(Fraction(0), rates.minimum - demanded)
