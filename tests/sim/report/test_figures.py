"""The summary of a run: its shape, its percentiles and what it says when there is nothing to say."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.report.figures import RunFigures, Summary

ORDER = """
    seed digest decisions drivers requests assigned completed no_drivers cancelled declined timed_out positions
    time_to_assign_s pickup_distance_m time_to_pickup_s offers_per_ride rounds_per_ride utilisation
    virtual_s cpu_s wall_s rides_per_cpu_s invariants_checked violations
"""


def summary_of(figures: RunFigures, **known: Any) -> Summary:
    run: dict[str, Any] = {
        "seed": 1,
        "digest": "ab12",
        "decisions": "12ab",
        "drivers": 3,
        "virtual_s": 60.0,
        "cpu_s": 0.5,
        "wall_s": 0.6,
        "invariants_checked": 100,
        "violations": 0,
    }
    return figures.summary(**{**run, **known})


def busy_day() -> RunFigures:
    figures = RunFigures()
    for number in range(4):
        figures.requested()
        figures.rounds(1 + number % 2)
    for number in range(10):
        figures.offered()
        if number < 3:
            figures.declined()
    figures.timed_out()
    figures.assigned(7.12345, 812.34)
    figures.assigned(31.0, 2_500.0)
    figures.picked_up(240.0004)
    figures.completed()
    figures.no_drivers()
    figures.cancelled("passenger")
    figures.period("p1", 300.0)
    figures.period("p2", 60.0)
    figures.period("p3", 120.0)
    figures.period("p1", 300.0)
    figures.positions(40)
    figures.positions()
    return figures


def test_the_summary_has_the_promised_keys_in_the_promised_order() -> None:
    summary = summary_of(busy_day())
    assert list(summary) == ORDER.split()
    assert list(summary["time_to_assign_s"]) == list(summary["time_to_pickup_s"]) == ["p50", "p95"]
    assert list(summary["pickup_distance_m"]) == ["mean", "p50", "p95"]
    assert list(summary["utilisation"]) == ["p1", "p2", "p3"]


def test_everything_that_was_counted_is_told() -> None:
    assert summary_of(busy_day(), seed=7, digest="cd", drivers=2, virtual_s=600.00049, violations=1) == {
        "seed": 7,
        "digest": "cd",
        "decisions": "12ab",
        "drivers": 2,
        "requests": 4,
        "assigned": 2,
        "completed": 1,
        "no_drivers": 1,
        "cancelled": 1,
        "declined": 3,
        "timed_out": 1,
        "positions": 41,
        "time_to_assign_s": {"p50": 7.123, "p95": 31.0},
        "pickup_distance_m": {"mean": 1_656.2, "p50": 812.3, "p95": 2_500.0},
        "time_to_pickup_s": {"p50": 240.0, "p95": 240.0},
        "offers_per_ride": 2.5,
        "rounds_per_ride": 1.5,
        "utilisation": {"p1": 0.7692, "p2": 0.0769, "p3": 0.1538},
        "virtual_s": 600.0,
        "cpu_s": 0.5,
        "wall_s": 0.6,
        "rides_per_cpu_s": 8.0,
        "invariants_checked": 100,
        "violations": 1,
    }


def test_a_run_without_rides_has_no_percentiles_and_no_ratios() -> None:
    summary = summary_of(RunFigures(), drivers=0, cpu_s=0.0)
    assert summary["time_to_assign_s"] == summary["time_to_pickup_s"] == {"p50": None, "p95": None}
    assert summary["pickup_distance_m"] == {"mean": None, "p50": None, "p95": None}
    assert summary["utilisation"] == {"p1": None, "p2": None, "p3": None}
    assert summary["offers_per_ride"] is summary["rounds_per_ride"] is summary["rides_per_cpu_s"] is None
    assert summary["requests"] == summary["assigned"] == summary["cancelled"] == 0


@pytest.mark.parametrize(
    ("count", "p50", "p95"), [(1, 1, 1), (2, 1, 2), (3, 2, 3), (19, 10, 19), (20, 10, 19), (21, 11, 20), (100, 50, 95)]
)
def test_percentiles_are_nearest_ranks(count: int, p50: int, p95: int) -> None:
    figures = RunFigures()
    shuffled = random.Random(count).sample(range(1, count + 1), count)
    for value in shuffled:
        figures.assigned(float(value), value * 100.0)
    summary = summary_of(figures)
    assert summary["time_to_assign_s"] == {"p50": p50, "p95": p95}
    assert summary["pickup_distance_m"] == {"mean": (count + 1) * 50.0, "p50": p50 * 100, "p95": p95 * 100}


def test_a_driver_whose_place_nobody_knows_is_assigned_and_has_no_way() -> None:
    figures = RunFigures()
    figures.assigned(3.0, 100.0)
    figures.assigned(4.0, None)
    summary = summary_of(figures)
    assert (summary["assigned"], summary["pickup_distance_m"]["mean"]) == (2, 100.0)


@given(st.lists(st.integers(0, 10**6).map(lambda millis: millis / 1_000), min_size=1))
def test_a_percentile_is_the_least_value_seen_at_or_below_which_enough_lie(seen: list[float]) -> None:
    figures = RunFigures()
    for value in seen:
        figures.assigned(value, 0.0)
    percentiles = summary_of(figures)["time_to_assign_s"]
    for percent, found in ((50, percentiles["p50"]), (95, percentiles["p95"])):
        assert found in seen
        assert 100 * sum(value <= found for value in seen) >= percent * len(seen)
        assert 100 * sum(value < found for value in seen) < percent * len(seen)


def test_cancellations_are_told_apart_by_who_cancelled() -> None:
    figures = RunFigures()
    for by in ("passenger", "driver", "passenger"):
        figures.cancelled(by)
    assert figures.cancelled_by == {"passenger": 2, "driver": 1}
    assert summary_of(figures)["cancelled"] == 3


def test_a_period_that_does_not_exist_is_refused() -> None:
    with pytest.raises(KeyError, match="p4"):
        RunFigures().period("p4", 1.0)
