"""A tariff as the settings have it: what each type of vehicle pays, nights, waiting, fees."""

from fractions import Fraction

import pytest

from dispatch.config import Settings
from dispatch.domain.pricing.tariff import Tariff, tariff_of
from dispatch.values import FareLine, Money, Price

RATES = {
    "base_fare": 12.5,
    "per_km": 9.8,
    "per_minute": 1.25,
    "minimum_fare": 35.0,
    "waiting_per_minute": 2.0,
    "cancellation_fee": 20.0,
    "no_show_fee": 30.5,
}


def tariff(**settings: object) -> Tariff:
    all_settings = Settings(**{"currency": "ZAR", **RATES, **settings})  # type: ignore[arg-type]
    return tariff_of(all_settings, all_settings, all_settings.currency)


def test_rates_are_exact_in_minor_units() -> None:
    rates = tariff(per_km=9.805).rates()
    assert (rates.base, rates.per_km, rates.per_minute) == (1250, Fraction(1961, 2), 125)


def test_a_type_of_vehicle_pays_its_own_rates_where_it_has_any_and_the_general_ones_besides() -> None:
    both = tariff(vehicle_tariffs={"suv": {"per_km": 15.0, "no_show_fee": 50.0}})
    assert both.vehicle_types == ("suv",)
    assert (both.rates("suv").per_km, both.rates("suv").base) == (1500, 1250)
    assert both.rates("sedan") is both.rates()
    assert (both.no_show_fee("suv"), both.no_show_fee()) == (Money(5000, "ZAR"), Money(3050, "ZAR"))
    assert both.cancellation_fee("suv") == both.cancellation_fee() == Money(2000, "ZAR")


def test_the_currency_says_what_a_minor_unit_is_unless_a_setting_does() -> None:
    assert tariff(currency="JPY", base_fare=500).rates().base == 500
    assert tariff(currency="KWD", base_fare=1.5).rates().base == 1500
    assert tariff(currency="JPY", currency_digits="2", base_fare=500).rates().base == 50_000


@pytest.mark.parametrize(
    ("begins", "ends", "nightly", "daily"),
    [
        ("22:00", "06:00", (22 * 60, 23 * 60 + 59, 0, 5 * 60 + 59), (6 * 60, 12 * 60, 21 * 60 + 59)),
        ("01:30", "04:00", (90, 239), (0, 89, 240, 1439)),
        ("00:00", "00:00", (), (0, 720, 1439)),
    ],
)
def test_the_night_may_begin_before_midnight_or_after_or_not_at_all(
    begins: str, ends: str, nightly: tuple[int, ...], daily: tuple[int, ...]
) -> None:
    rates = tariff(night_from=begins, night_to=ends).rates()
    assert [rates.is_night(minute) for minute in nightly] == [True] * len(nightly)
    assert [rates.is_night(minute) for minute in daily] == [False] * len(daily)


@pytest.mark.parametrize(("paid_wait_s", "minor"), [(0, 0), (0.9, 0), (1, 3), (30, 100), (60, 200), (7200, 24_000)])
def test_waiting_beyond_the_free_time_costs_by_the_second(paid_wait_s: float, minor: int) -> None:
    assert tariff().waiting(paid_wait_s) == Money(minor, "ZAR")


def test_waiting_comes_on_top_of_the_price_that_was_agreed_with_a_line_of_its_own() -> None:
    agreed = Price(Money(8550, "ZAR"), (FareLine("base", 8550),), 5200, 900)
    assert tariff().with_waiting(agreed, 0.9) is agreed
    final = tariff().with_waiting(agreed, 60)
    assert (final.fare, final.lines[-1]) == (Money(8750, "ZAR"), FareLine("waiting", 200))
    assert (final.distance_m, final.duration_s) == (5200, 900)


def test_a_tariff_without_rates_is_free_whatever_its_fees() -> None:
    nothing = dict.fromkeys(("base_fare", "per_km", "per_minute", "minimum_fare"), 0.0)
    assert tariff(**nothing).is_free()
    assert not tariff(**nothing, vehicle_tariffs={"suv": {"per_km": 1.0}}).is_free()
    assert not tariff().is_free()
