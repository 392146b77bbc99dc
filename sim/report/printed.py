"""A run's figures for people, as a table, and for programs, as one line of JSON. The commands that simulate call it."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, TextIO

from dispatch.text import plain, say
from sim.city.demand import DemandError
from sim.report.figure_table import Rows, print_figures
from sim.report.figures import Percentiles, Summary
from sim.trips import BadTrips, Skipped

USAGE_ERROR = 2
"""The exit status of a command that was given what it cannot take."""
NOTHING = "–"
"""Stands for a figure without data."""


def print_json(summary: Summary, file: TextIO | None = None, **more: object) -> None:
    """One object on one line, keys in the summary's order, `null` for what has no data; `more` stands last."""
    print(json.dumps({**summary, **more}, allow_nan=False), file=file or sys.stdout)


def told_of(skipped: Skipped) -> dict[str, Any]:
    """Rows of a trips file for programs: how many there were, how many were skipped for each reason, why the first was."""
    by_reason = {"skipped": skipped.count, "skipped_by_reason": skipped.reasons}
    return {"rows": skipped.rows, **by_reason, "first_skipped": skipped.first}


def refuse(error: DemandError, as_json: bool) -> int:
    """Say why a trips file is not simulated, for programs too, and return the exit status."""
    if as_json:
        skipped = error.skipped if isinstance(error, BadTrips) else Skipped()
        print(json.dumps({"error": str(error), "code": error.code, "requests": 0, **told_of(skipped)}))
    say(f"dispatch: {error}", error=True)
    return USAGE_ERROR


def print_table(
    summary: Summary,
    *,
    cancelled_by: Mapping[str, int] | None = None,
    notes: Sequence[str] = (),
    cut_short: str = "",
    file: TextIO | None = None,
) -> None:
    """The figures by subject, then both digests and the notes, a line each.

    `cancelled_by` tells who cancelled how many, and `cut_short`, where the run did not go to its end, that it did not.
    """
    from rich.console import Console

    sections = (_rides(summary, cancelled_by or {}), _searches(summary), _fleet(summary), _run(summary))
    console = Console(file=file or sys.stdout, highlight=False)
    print_figures(console, f"Simulation, seed {summary['seed']}{cut_short}", sections)
    for line in (f"digest {summary['digest']}", f"decisions {summary['decisions']}", *notes):
        console.print(plain(line), markup=False, soft_wrap=True)


def _rides(summary: Summary, cancelled_by: Mapping[str, int]) -> Rows:
    requests = summary["requests"]
    who = ", ".join(f"{count:,} by {name}" for name, count in sorted(cancelled_by.items()))
    return [
        ("rides requested", f"{requests:,}"),
        ("assigned", _counted(summary["assigned"], requests)),
        ("completed", _counted(summary["completed"], requests)),
        ("no drivers", _counted(summary["no_drivers"], requests)),
        ("cancelled", _counted(summary["cancelled"], requests)),
        *([("", who)] if who else []),
    ]


def _searches(summary: Summary) -> Rows:
    return [
        ("time to assign, median · p95, s", _both(summary["time_to_assign_s"], ".1f")),
        ("way to the pickup, mean, m", _number(summary["pickup_distance_m"]["mean"], ",.0f")),
        ("way to the pickup, median · p95, m", _both(summary["pickup_distance_m"], ",.0f")),
        ("request to pickup, median · p95, s", _both(summary["time_to_pickup_s"], ",.0f")),
        ("offers a ride", _number(summary["offers_per_ride"], ".2f")),
        ("rounds a ride", _number(summary["rounds_per_ride"], ".2f")),
        ("offers declined", f"{summary['declined']:,}"),
        ("offers timed out", f"{summary['timed_out']:,}"),
    ]


def _fleet(summary: Summary) -> Rows:
    share = summary["utilisation"]
    return [
        ("drivers", f"{summary['drivers']:,}"),
        ("their time free (P1)", _number(share["p1"], ".1%")),
        ("to the pickup (P2)", _number(share["p2"], ".1%")),
        ("on a trip (P3)", _number(share["p3"], ".1%")),
        ("positions reported", f"{summary['positions']:,}"),
    ]


def _run(summary: Summary) -> Rows:
    return [
        ("virtual time, h:mm:ss", str(timedelta(seconds=round(summary["virtual_s"])))),
        ("CPU · wall time, s", f"{summary['cpu_s']:,.2f} · {summary['wall_s']:,.2f}"),
        ("rides a CPU second", _number(summary["rides_per_cpu_s"], ",.0f")),
        ("invariants checked", f"{summary['invariants_checked']:,}"),
        ("violations", f"{summary['violations']:,}"),
    ]


def _counted(part: int, whole: int) -> str:
    return f"{part:,} ({part / whole:.1%})" if whole else f"{part:,}"


def _number(value: float | None, form: str) -> str:
    return NOTHING if value is None else format(value, form)


def _both(values: Percentiles, form: str) -> str:
    return f"{_number(values['p50'], form)} · {_number(values['p95'], form)}"
