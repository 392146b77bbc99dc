"""What a trip costs by a tariff, line by line. Pure, exact, and rounded once: the same trip has the same fare everywhere.

A line is what it adds to the rounded sum of all before it. So the lines add up to the fare to the last cent, and only the fare itself
is ever rounded.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Final

from dispatch.domain.pricing.money import rounded_parts
from dispatch.domain.pricing.tariff import ANY_VEHICLE, RateParts, Tariff
from dispatch.values import FareLine, Money, Price

NO_CHANGE: Final = Fraction(1)
LINES: Final = ("base", "distance", "time", "night", "demand", "minimum", "waiting")
"""Every line that a fare can have, in order. `waiting` is added when the ride is over."""


def fare(
    tariff: Tariff,
    *,
    distance_m: int,
    duration_s: int,
    minute_of_day: int,
    vehicle_type: str = ANY_VEHICLE,
    demand: Fraction = NO_CHANGE,
) -> Price:
    """The price of a trip that begins at this minute of the local day.

    `demand`: the multiplier while many ask and few drive. The minimum fare is applied after all multipliers.
    """
    rates = tariff.rates(vehicle_type)
    night = rates.night if rates.is_night(minute_of_day) else NO_CHANGE
    # Every amount below is a whole number of such parts, whatever it was multiplied by.
    unit = rates.parts.unit * night.denominator * demand.denominator
    lines: list[FareLine] = []
    total = told = 0
    for name, amount in _amounts(rates.parts, unit, distance_m, duration_s, night, demand):
        total += amount
        minor = rounded_parts(total, unit)
        if minor != told:
            lines.append(FareLine(name, minor - told))
            told = minor
    return Price(Money(told, tariff.currency, tariff.digits), tuple(lines), distance_m, duration_s, vehicle_type)


def _amounts(
    rates: RateParts, unit: int, distance_m: int, duration_s: int, night: Fraction, demand: Fraction
) -> Iterator[tuple[str, int]]:
    """The exact amount of each line, in parts of a minor unit: `unit` parts make one."""
    times = unit // rates.unit
    base, by_distance, by_time = rates.base, rates.metre * distance_m, rates.second * duration_s
    yield "base", base * times
    yield "distance", by_distance * times
    yield "time", by_time * times
    trip = (base + by_distance + by_time) * times
    at_night = trip // night.denominator * night.numerator
    yield "night", at_night - trip
    demanded = at_night // demand.denominator * demand.numerator
    yield "demand", demanded - at_night
    yield "minimum", max(0, rates.minimum * times - demanded)
