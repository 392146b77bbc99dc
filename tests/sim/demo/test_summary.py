"""What a demo prints when it is over."""

import json
from io import StringIO

from rich.console import Console

from sim.demo.summary import as_line, demo_summary, print_table
from sim.report.figures import RunFigures, Summary
from tests.top.test_view import CALM

KEYS = (
    "seed drivers requests assigned completed no_drivers cancelled declined timed_out time_to_assign_s "
    "assignments_per_minute positions duration_s reconnects errors server_exit"
)


def told(figures: RunFigures) -> Summary:
    return figures.summary(
        seed=7, digest="", drivers=1_200, virtual_s=0, cpu_s=0, wall_s=0, invariants_checked=0, violations=0
    )


def some_rides() -> RunFigures:
    figures = RunFigures()
    for number in range(30):
        figures.requested()
        if number % 3:
            figures.assigned(1.0 + number / 10.0, 100.0)
    figures.completed()
    figures.cancelled("passenger")
    figures.no_drivers()
    figures.declined()
    figures.positions(1_500)
    return figures


def table(figures: RunFigures) -> str:
    out = StringIO()
    print_table(demo_summary(told(figures), CALM), Console(file=out, width=80))
    return out.getvalue()


def test_the_line_is_one_object_with_these_keys_in_this_order() -> None:
    line = as_line(demo_summary(told(some_rides()), CALM._replace(elapsed_s=30.04, reconnects=2, errors=1)))
    assert "\n" not in line
    summary = json.loads(line)
    assert list(summary) == KEYS.split()
    assert summary == {
        "seed": 7,
        "drivers": 1_200,
        "requests": 30,
        "assigned": 20,
        "completed": 1,
        "no_drivers": 1,
        "cancelled": 1,
        "declined": 1,
        "timed_out": 0,
        "time_to_assign_s": {"p50": 2.4, "p95": 3.8},
        "assignments_per_minute": 39.9,
        "positions": 1_500,
        "duration_s": 30.0,
        "reconnects": 2,
        "errors": 1,
        "server_exit": None,
    }


def test_a_demo_that_never_began_has_no_pace() -> None:
    summary = json.loads(as_line(demo_summary(told(RunFigures()), CALM._replace(elapsed_s=0.0))))
    assert summary["assignments_per_minute"] is None
    assert summary["time_to_assign_s"] == {"p50": None, "p95": None}


def test_the_table_tells_the_same_with_units_and_what_was_left_under_way() -> None:
    rows = {line.split("│")[1].strip(): line.split("│")[2].strip() for line in table(some_rides()).splitlines()[2:-1]}
    assert rows["rides requested"] == "30"
    assert rows["under way at the end"] == "27"
    assert rows["time to assign, median · p95"] == "2.40 s · 3.80 s"
    assert rows["positions sent"] == "1,500"
    assert rows["duration"] == "75.0 s"


def test_the_table_has_dashes_where_there_is_nothing_to_tell() -> None:
    assert "– · –" in table(RunFigures())
