"""What a demo came to: a table for people, then one line of JSON for programs."""

from __future__ import annotations

import json
from typing import TypedDict

from rich.console import Console

from dispatch.top.view import NOTHING, Glance
from sim.report.figure_table import print_figures
from sim.report.figures import Percentiles, Summary


class DemoSummary(TypedDict):
    """In the order in which it is printed.

    `duration_s` counts from the first passenger on, `positions` are those the drivers sent. `reconnects`: connections that replaced a
    lost one; `errors`: refusals by the server; `server_exit`: its exit status, negative when a signal killed it, None while it runs.
    """

    seed: int
    drivers: int
    requests: int
    assigned: int
    completed: int
    no_drivers: int
    cancelled: int
    declined: int
    timed_out: int
    time_to_assign_s: Percentiles
    assignments_per_minute: float | None
    positions: int
    duration_s: float
    reconnects: int
    errors: int
    server_exit: int | None


def demo_summary(figures: Summary, last: Glance) -> DemoSummary:
    """The figures that mean something in a demo, and the last glance at it. The server has not ended by then."""
    duration_s = last.elapsed_s
    return DemoSummary(
        seed=figures["seed"],
        drivers=figures["drivers"],
        requests=figures["requests"],
        assigned=figures["assigned"],
        completed=figures["completed"],
        no_drivers=figures["no_drivers"],
        cancelled=figures["cancelled"],
        declined=figures["declined"],
        timed_out=figures["timed_out"],
        time_to_assign_s=figures["time_to_assign_s"],
        assignments_per_minute=round(60.0 * figures["assigned"] / duration_s, 1) if duration_s else None,
        positions=figures["positions"],
        duration_s=round(duration_s, 1),
        reconnects=last.reconnects,
        errors=last.errors,
        server_exit=None,
    )


def as_line(summary: DemoSummary, **more: object) -> str:
    """One object on one line, `null` for what has no data. `more` stands before the last key, the server's exit status."""
    told: dict[str, object] = {**summary}
    ended = told.pop("server_exit")
    return json.dumps({**told, **more, "server_exit": ended}, allow_nan=False)


def print_table(summary: DemoSummary, console: Console) -> None:
    """The figures with their units."""
    print_figures(console, "What came of it", [_rows(summary)])


def _rows(summary: DemoSummary) -> list[tuple[str, str]]:
    assign = summary["time_to_assign_s"]
    per_minute = summary["assignments_per_minute"]
    open_rides = summary["requests"] - summary["completed"] - summary["no_drivers"] - summary["cancelled"]
    return [
        ("rides requested", f"{summary['requests']:,}"),
        ("assigned", f"{summary['assigned']:,}"),
        ("completed", f"{summary['completed']:,}"),
        ("no drivers", f"{summary['no_drivers']:,}"),
        ("cancelled", f"{summary['cancelled']:,}"),
        ("under way at the end", f"{open_rides:,}"),
        ("assignments a minute", NOTHING if per_minute is None else f"{per_minute:,.1f}"),
        ("time to assign, median · p95", f"{_seconds(assign['p50'])} · {_seconds(assign['p95'])}"),
        ("offers declined · timed out", f"{summary['declined']:,} · {summary['timed_out']:,}"),
        ("drivers", f"{summary['drivers']:,}"),
        ("positions sent", f"{summary['positions']:,}"),
        ("reconnects · errors", f"{summary['reconnects']:,} · {summary['errors']:,}"),
        ("duration", f"{summary['duration_s']:,.1f} s"),
        ("server's exit status", f"{summary['server_exit']}"),
    ]


def _seconds(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.2f} s"
