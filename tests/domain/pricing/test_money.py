"""Money: one rounding, exact until then, and numbers that apps can read."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain.pricing.money import digits_of, exactly, in_minor, rounded
from dispatch.values import Money


@pytest.mark.parametrize(
    ("exact", "minor"),
    [("0", 0), ("0.4", 0), ("0.5", 1), ("1.5", 2), ("2.5", 3), ("2.4999", 2), ("-0.5", 0), ("-0.6", -1)],
)
def test_a_half_of_the_smallest_unit_goes_up(exact: str, minor: int) -> None:
    assert rounded(Fraction(exact)) == minor


@given(st.fractions(min_value=-(10**9), max_value=10**9))
def test_rounding_moves_no_amount_by_more_than_half_a_unit(amount: Fraction) -> None:
    assert abs(rounded(amount) - amount) <= Fraction(1, 2)


@given(st.fractions(min_value=0, max_value=10**9), st.fractions(min_value=0, max_value=10**9))
def test_more_never_rounds_to_less(amount: Fraction, more: Fraction) -> None:
    assert rounded(amount + more) >= rounded(amount)


def test_a_tenth_is_a_tenth_and_not_the_binary_number_nearest_to_it() -> None:
    assert exactly(0.1) == Fraction(1, 10)
    assert in_minor(11.505, 2) == Fraction(23010, 20)


@pytest.mark.parametrize(
    ("currency", "digits"), [("ZAR", 2), ("usd", 2), ("JPY", 0), ("kwd", 3), ("", 2), ("points", 2)]
)
def test_a_currency_has_the_digits_that_iso_4217_gives_it(currency: str, digits: int) -> None:
    assert digits_of(currency) == digits


@given(st.integers(min_value=0, max_value=10**11), st.integers(min_value=0, max_value=4))
def test_the_number_that_apps_read_is_the_amount_again_when_they_count_in_small_units(minor: int, digits: int) -> None:
    assert in_minor(Money(minor, "ZAR", digits).major, digits) == minor


def test_a_fare_reads_as_people_write_it() -> None:
    assert (Money(8550, "ZAR").major, Money(850, "JPY", 0).major, Money(1, "KWD", 3).major) == (85.5, 850.0, 0.001)
