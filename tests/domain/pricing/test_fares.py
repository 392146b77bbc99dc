"""Fares: examples worked out by hand, and what holds for every trip and every tariff."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.config import Settings
from dispatch.domain.pricing.fares import LINES, fare
from dispatch.domain.pricing.tariff import Tariff, tariff_of
from dispatch.values import Price

NOON, MIDNIGHT = 720, 0
RATES: dict[str, Any] = {"base_fare": 12.5, "per_km": 9.8, "per_minute": 1.25, "minimum_fare": 35.0}


def tariff(**settings: Any) -> Tariff:
    all_settings = Settings(**{"currency": "ZAR", **RATES, **settings})
    return tariff_of(all_settings, all_settings, all_settings.currency)


def lines(price: Price) -> dict[str, int]:
    return {line.name: line.minor for line in price.lines}


EXAMPLES: list[tuple[dict[str, Any], dict[str, Any], dict[str, int]]] = [
    # 12.50 + 5.2 km × 9.80 + 15 min × 1.25
    ({}, {}, {"base": 1250, "distance": 5096, "time": 1875}),
    (
        {"night_multiplier": 1.5},
        {"minute_of_day": MIDNIGHT},
        {"base": 1250, "distance": 5096, "time": 1875, "night": 4111},
    ),
    ({"night_multiplier": 1.5}, {"minute_of_day": NOON}, {"base": 1250, "distance": 5096, "time": 1875}),
    ({}, {"demand": Fraction(2)}, {"base": 1250, "distance": 5096, "time": 1875, "demand": 8221}),
    ({}, {"demand": Fraction(1, 2)}, {"base": 1250, "distance": 5096, "time": 1875, "demand": -4110}),
    ({}, {"distance_m": 0, "duration_s": 0}, {"base": 1250, "minimum": 2250}),
    ({"minimum_fare": 0}, {"distance_m": 0, "duration_s": 0}, {"base": 1250}),
    ({}, {"distance_m": 0, "duration_s": 0, "demand": Fraction(2)}, {"base": 1250, "demand": 1250, "minimum": 1000}),
    # 9.80 a km is 0.98 of a cent a metre: 51 m are 49.98, and 1.25 a minute is 2.0833 a second
    ({"minimum_fare": 0}, {"distance_m": 51, "duration_s": 1}, {"base": 1250, "distance": 50, "time": 2}),
    ({"currency": "JPY", "base_fare": 500, "minimum_fare": 0}, {}, {"base": 500, "distance": 51, "time": 19}),
]


@pytest.mark.parametrize(("settings", "trip", "expected"), EXAMPLES)
def test_a_fare_comes_to_what_one_works_out_by_hand(
    settings: dict[str, Any], trip: dict[str, Any], expected: dict[str, int]
) -> None:
    price = fare(tariff(**settings), **{"distance_m": 5200, "duration_s": 900, "minute_of_day": NOON, **trip})
    assert lines(price) == expected
    assert price.fare.minor == sum(expected.values())
    assert price.fare.currency == settings.get("currency", "ZAR")


amounts = st.decimals(min_value=0, max_value=10_000, places=3).map(float)
factors = st.decimals(min_value="0.1", max_value=10, places=2)
tariffs = st.builds(
    tariff,
    base_fare=amounts,
    per_km=amounts,
    per_minute=amounts,
    minimum_fare=amounts,
    night_multiplier=factors.map(float),
    currency=st.sampled_from(["ZAR", "JPY", "KWD"]),
)
metres, seconds = st.integers(min_value=0, max_value=2_000_000), st.integers(min_value=0, max_value=200_000)
minutes, demands = st.integers(min_value=0, max_value=1439), factors.map(Fraction)


@given(tariffs, metres, seconds, minutes, demands)
def test_the_lines_add_up_to_the_fare_to_the_last_cent_and_nothing_in_it_is_a_float(
    rates: Tariff, distance_m: int, duration_s: int, minute: int, demand: Fraction
) -> None:
    price = fare(rates, distance_m=distance_m, duration_s=duration_s, minute_of_day=minute, demand=demand)
    assert sum(line.minor for line in price.lines) == price.fare.minor >= 0
    assert {type(number) for number in (price.fare.minor, *(line.minor for line in price.lines))} == {int}
    assert [line.name for line in price.lines] == [name for name in LINES if name in lines(price)]
    assert 0 not in lines(price).values()


@given(tariffs, metres, seconds, minutes, demands)
def test_a_fare_is_the_exact_sum_rounded_once(
    rates: Tariff, distance_m: int, duration_s: int, minute: int, demand: Fraction
) -> None:
    price = fare(rates, distance_m=distance_m, duration_s=duration_s, minute_of_day=minute, demand=demand)
    held = rates.rates()
    exact = held.base + held.per_km * distance_m / 1000 + held.per_minute * duration_s / 60
    exact = max(held.minimum, exact * (held.night if held.is_night(minute) else 1) * demand)
    assert abs(price.fare.minor - exact) <= Fraction(1, 2)


@given(tariffs, metres, seconds, minutes, demands, metres, seconds)
def test_a_longer_way_and_a_slower_one_never_cost_less(
    rates: Tariff, distance_m: int, duration_s: int, minute: int, demand: Fraction, more_m: int, more_s: int
) -> None:
    def cost(distance_m: int, duration_s: int) -> int:
        price = fare(rates, distance_m=distance_m, duration_s=duration_s, minute_of_day=minute, demand=demand)
        return price.fare.minor

    assert cost(distance_m + more_m, duration_s) >= cost(distance_m, duration_s)
    assert cost(distance_m, duration_s + more_s) >= cost(distance_m, duration_s)


@given(tariffs, metres, seconds, minutes, demands, demands)
def test_a_greater_demand_never_costs_less_and_nothing_costs_less_than_the_minimum(
    rates: Tariff, distance_m: int, duration_s: int, minute: int, demand: Fraction, more: Fraction
) -> None:
    def cost(demand: Fraction) -> int:
        price = fare(rates, distance_m=distance_m, duration_s=duration_s, minute_of_day=minute, demand=demand)
        return price.fare.minor

    assert cost(demand + more) >= cost(demand) >= rates.money(rates.rates().minimum).minor
