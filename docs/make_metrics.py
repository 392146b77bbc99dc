"""Draws docs/METRICS.md from the list of families: `python docs/make_metrics.py`. tests/test_docs.py holds the page current."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dispatch.metric_families import TITLES, Family

PAGE = Path(__file__).with_name("METRICS.md")
HEAD = """\
# Metrics

Made by `python docs/make_metrics.py` from the list that the server itself reads; do not edit it by hand.

`GET /metrics` answers in the text format of Prometheus, this machine alone, or whoever reaches the admin port (`--admin-port`).
Counters start at 0 with the process. A scrape takes some milliseconds: once in 15 s is usual. No label has an id, a phone number or a
name. Beside these families there are those of the Prometheus client itself: `process_…` (memory, CPU, open files) and `python_gc_…`.

[deploy/alerts.yml](deploy/alerts.yml) has alert rules for Prometheus, each with what to do, and
[deploy/grafana-dashboard.json](deploy/grafana-dashboard.json) is a dashboard to import into Grafana. `dispatch top` shows what
matters most in a terminal.
"""


def page() -> str:
    """The whole page."""
    return HEAD + "".join(_group(title, families) for title, families in TITLES.items())


def _group(title: str, families: Sequence[Family]) -> str:
    head = "| metric | type | label | what it is |\n|--|--|--|--|\n"
    return f"\n## {title}\n\n{head}{''.join(map(_row, families))}"


def _row(family: Family) -> str:
    label = f"`{family.label}`" if family.label else ""
    return f"| `{family.shown}` | {family.kind} | {label} | {family.help} |\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
