"""How fast things go, from totals read now and then."""

import pytest

from dispatch.top.meter import Meter


def test_a_speed_is_that_of_the_last_seconds() -> None:
    meter = Meter(10.0)
    for second in range(31):
        steady = meter.per_s(float(second), 5.0 * second)
    assert steady == pytest.approx(5.0)
    for second in range(31, 42):
        stopped = meter.per_s(float(second), 150.0)
    assert stopped == 0.0


def test_until_the_time_is_over_it_is_that_since_the_first_reading() -> None:
    meter = Meter(60.0)
    meter.per_s(100.0, 7.0)
    assert meter.per_s(102.0, 11.0) == 2.0
    assert meter.per_s(104.0, 11.0) == 1.0


def test_the_first_second_says_nothing() -> None:
    meter = Meter(10.0)
    assert meter.per_s(0.0, 1_000.0) == 0.0
    assert meter.per_s(0.9, 2_000.0) == 0.0
    assert meter.per_s(1.0, 2_000.0) == 1_000.0


def test_readings_far_apart_still_make_a_speed() -> None:
    meter = Meter(3.0)
    meter.per_s(0.0, 0.0)
    meter.per_s(100.0, 50.0)
    assert meter.per_s(200.0, 150.0) == 1.0
