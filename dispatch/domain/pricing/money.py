"""Money without floats: exact fractions while a sum is worked out, whole minor units once it is done. Pure.

A float is wrong by a cent sooner or later. There is one rounding rule in the whole product, `rounded`, and a sum is rounded once, at
its end; a line of a fare is what it adds to the rounded sum, so lines and fare cannot differ.
"""

from fractions import Fraction
from typing import Final

USUAL_DIGITS: Final = 2
_WHOLE: Final = (
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF",
)  # fmt: skip
_THOUSANDTHS: Final = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")
DIGITS: Final = dict.fromkeys(_WHOLE, 0) | dict.fromkeys(_THOUSANDTHS, 3)
"""Currencies of ISO 4217 whose smaller unit is no hundredth."""


def rounded(minor: Fraction | int) -> int:
    """Rounded to the nearest minor unit; a half goes up."""
    return rounded_parts(minor.numerator, minor.denominator)


def rounded_parts(parts: int, unit: int) -> int:
    """The same for `parts`, where `unit` parts make one minor unit."""
    return (2 * parts + unit) // (2 * unit)


def digits_of(currency: str) -> int:
    """The digits of the currency's minor unit: 2 for cents, and for an unknown currency."""
    return DIGITS.get(currency.strip().upper(), USUAL_DIGITS)


def exactly(written: float) -> Fraction:
    """The decimal number that somebody wrote, not the binary one that is nearest to it: 0.1 is a tenth."""
    return Fraction(repr(written))


def in_minor(major: float, digits: int) -> Fraction:
    """An amount or a rate in minor units, exactly; it may be a fraction of one."""
    return exactly(major) * int(10**digits)
