"""What the server charges: rates for each type of vehicle, as the settings have them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from dispatch.config import PricingRules, TariffRates
from dispatch.domain.pricing.money import digits_of, exactly, in_minor, rounded
from dispatch.values import FareLine, Money, Price

DAY_MIN: Final = 1440
ANY_VEHICLE: Final = ""
"""The rates of `[tariff]`, for trips without a type of vehicle."""


class RateParts(NamedTuple):
    """Rates as whole numbers of parts of a minor unit: `unit` parts make one, small enough to write every rate exactly.

    Sums of these are as exact as sums of fractions, at less than a tenth of the time.
    """

    unit: int
    base: int
    metre: int
    second: int
    minimum: int


@dataclass(frozen=True, slots=True)
class Rates:
    """One type's rates: fees as they are charged, rates in minor units as exact fractions, times of day in minutes after midnight."""

    base: Fraction
    per_km: Fraction
    per_minute: Fraction
    minimum: Fraction
    waiting_per_minute: Fraction
    cancellation: Money
    no_show: Money
    night: Fraction
    night_from: int
    night_to: int
    parts: RateParts

    def is_night(self, minute_of_day: int) -> bool:
        """Whether the night rates apply: from `night_from` until before `night_to`, also over midnight."""
        return (minute_of_day - self.night_from) % DAY_MIN < (self.night_to - self.night_from) % DAY_MIN


class Tariff:
    """The rates of every type of vehicle, and their currency."""

    def __init__(self, currency: str, digits: int, by_type: Mapping[str, Rates]) -> None:
        """`by_type`: has a row for `ANY_VEHICLE`, which holds for all types without a row of their own."""
        self.currency = currency
        self.digits = digits
        self._by_type = dict(by_type)

    @property
    def vehicle_types(self) -> tuple[str, ...]:
        """The types of vehicle with rates of their own."""
        return tuple(name for name in self._by_type if name != ANY_VEHICLE)

    def rates(self, vehicle_type: str = ANY_VEHICLE) -> Rates:
        """The rates of this type of vehicle."""
        return self._by_type.get(vehicle_type) or self._by_type[ANY_VEHICLE]

    def is_free(self) -> bool:
        """Whether every trip would cost nothing."""
        return not any(
            rates.base or rates.per_km or rates.per_minute or rates.minimum for rates in self._by_type.values()
        )

    def money(self, minor: Fraction | int) -> Money:
        """The amount in the currency of the tariff."""
        return Money(rounded(minor), self.currency, self.digits)

    # -- beside the trip itself

    def cancellation_fee(self, vehicle_type: str = ANY_VEHICLE) -> Money:
        """The fee of a passenger who cancels too late."""
        return self.rates(vehicle_type).cancellation

    def no_show_fee(self, vehicle_type: str = ANY_VEHICLE) -> Money:
        """The fee of a passenger who does not come to the pickup."""
        return self.rates(vehicle_type).no_show

    def waiting_per_minute(self, vehicle_type: str = ANY_VEHICLE) -> float:
        """What a minute of waiting beyond the free time costs, in major units, as the settings say it."""
        return float(self.rates(vehicle_type).waiting_per_minute / int(10**self.digits))

    def waiting(self, paid_wait_s: float, vehicle_type: str = ANY_VEHICLE) -> Money:
        """The charge for waiting at the pickup beyond the free time. Whole seconds count."""
        return self.money(self.rates(vehicle_type).waiting_per_minute * int(paid_wait_s) / 60)

    def with_waiting(self, price: Price, paid_wait_s: float) -> Price:
        """The agreed price with the charge for waiting beyond the free time."""
        waiting = self.waiting(paid_wait_s, price.vehicle_type).minor
        if not waiting:
            return price
        fare = replace(price.fare, minor=price.fare.minor + waiting)
        return replace(price, fare=fare, lines=(*price.lines, FareLine("waiting", waiting)))


def tariff_of(rates: TariffRates, rules: PricingRules, currency: str) -> Tariff:
    """The tariff of these settings. The rates of `[tariff.<type>]` replace those of `[tariff]` for that type."""
    digits = digits_of(currency) if rules.currency_digits == "auto" else int(rules.currency_digits)
    general = {row.attribute: getattr(rates, row.attribute) for row in TariffRates.rows}
    by_type = {ANY_VEHICLE: general} | {name: general | dict(own) for name, own in rates.vehicle_tariffs.items()}
    return Tariff(currency, digits, {name: _rates(own, currency, digits) for name, own in by_type.items()})


def _rates(given: Mapping[str, Any], currency: str, digits: int) -> Rates:
    def fee(name: str) -> Money:
        return Money(rounded(in_minor(given[name], digits)), currency, digits)

    base, minimum = in_minor(given["base_fare"], digits), in_minor(given["minimum_fare"], digits)
    per_km, per_minute = in_minor(given["per_km"], digits), in_minor(given["per_minute"], digits)
    return Rates(
        base=base,
        per_km=per_km,
        per_minute=per_minute,
        minimum=minimum,
        waiting_per_minute=in_minor(given["waiting_per_minute"], digits),
        cancellation=fee("cancellation_fee"),
        no_show=fee("no_show_fee"),
        night=exactly(given["night_multiplier"]),
        night_from=_minute_of_day(given["night_from"]),
        night_to=_minute_of_day(given["night_to"]),
        parts=_in_parts(base, per_km / 1000, per_minute / 60, minimum),
    )


def _in_parts(*rates: Fraction) -> RateParts:
    unit = lcm(*(rate.denominator for rate in rates))
    return RateParts(unit, *(rate.numerator * (unit // rate.denominator) for rate in rates))


def _minute_of_day(written: str) -> int:
    hours, _, minutes = written.partition(":")
    return 60 * int(hours) + int(minutes)
