"""Draws the tables of docs/POLICIES.md from runs: `python docs/make_policies.py`, some ten minutes of CPU; `--check` only compares.

tests/test_docs.py holds some rows against a run.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "POLICIES.md"
COMMAND = (sys.executable, "cli.py", "simulate", "--codec", "off", "--json")
CITY = ("--trips", "none")
POLICIES = ("seed", "exclusive", "best_of_window", "expanding", "staggered", "batched")
DAY_DRIVERS, DAY_SEEDS, DAY_POLICIES = 150, (1, 2, 3, 4, 5), ("seed", "batched")
TABLE = r"(?<=<!-- {0} -->\n)(?:\|[^\n]*\n)+"
"""A table, behind the comment that names it."""


def figures(*flags: str) -> dict[str, Any]:
    """What `dispatch simulate` comes to."""
    run = subprocess.run((*COMMAND, *flags), cwd=ROOT, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(run.stdout)
    return found


def city_row(policy: str) -> str:
    """Four hours of the model city by this policy."""
    of = figures(*CITY, "--policy", policy)
    share = 100.0 * of["assigned"] / of["requests"]
    cells = (
        f"`{policy}`",
        f"{share:.1f} %",
        *_times(of),
        f"{of['offers_per_ride']:.2f}",
        f"{of['rounds_per_ride']:.2f}",
    )
    return f"| {' | '.join(cells)} |\n"


def day_row(policy: str, seed: int) -> str:
    """The shipped day by this policy, with too few drivers."""
    of = figures("--drivers", str(DAY_DRIVERS), "--seed", str(seed), "--policy", policy)
    cells = (str(seed), f"`{policy}`", f"{of['completed']:,}", *_times(of), f"{of['offers_per_ride']:.2f}")
    return f"| {' | '.join(cells)} |\n"


def _times(of: dict[str, Any]) -> tuple[str, str, str]:
    """Seconds until a driver is assigned, metres of the mean way to the pickup, seconds until a driver is there."""
    assign, way, pickup = of["time_to_assign_s"], of["pickup_distance_m"], of["time_to_pickup_s"]
    return (
        f"{assign['p50']:.1f} · {assign['p95']:.1f}",
        f"{way['mean']:,.0f}",
        f"{pickup['p50']:,.0f} · {pickup['p95']:,.0f}",
    )


def rows(text: str, name: str) -> list[str]:
    """The rows of the table of this name, without its head."""
    found = re.search(TABLE.format(name), text)
    if found is None:
        raise SystemExit(f"{PAGE} must have a table behind <!-- {name} -->")
    return found[0].splitlines(keepends=True)[2:]


def page(text: str) -> str:
    """`text` with both tables as runs have them now."""
    drawn = {
        "city": [city_row(policy) for policy in POLICIES],
        "day": [day_row(policy, seed) for seed in DAY_SEEDS for policy in DAY_POLICIES],
    }
    for name, table in drawn.items():
        text = text.replace("".join(rows(text, name)), "".join(table))
    return text


if __name__ == "__main__":
    before = PAGE.read_text(encoding="utf-8")
    after = page(before)
    if sys.argv[1:] == ["--check"]:
        sys.exit(None if after == before else "docs/POLICIES.md is not current: python docs/make_policies.py")
    PAGE.write_text(after, encoding="utf-8")
