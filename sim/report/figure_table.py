"""Figures with their labels on a terminal of any width: a table, or a list where that would be cut off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

Rows = list[tuple[str, str]]
"""Labels and their values. A row without a label goes on with the value above it."""
AROUND = 7
"""Columns that the lines of a table and the space beside them take."""


def print_figures(console: Console, title: str, sections: Sequence[Rows]) -> None:
    """Print them under their title, no letter cut off."""
    rows = [row for section in sections for row in section]
    needed = AROUND + max(len(label) for label, _ in rows) + max(len(value) for _, value in rows)
    if needed > console.width:
        _print_list(console, title, rows)
        return
    from rich.table import Table

    table = Table(show_header=False)
    table.add_column(style="cyan", no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    for section in sections:
        for label, value in section:
            table.add_row(label, value)
        table.add_section()
    console.print(title, style="italic", markup=False, soft_wrap=True)
    console.print(table)


def _print_list(console: Console, title: str, rows: Rows) -> None:
    """Each label on a line, its values below it."""
    console.print(title, style="italic", markup=False, soft_wrap=True)
    for label, value in rows:
        if label:
            console.print(label, style="cyan", markup=False, soft_wrap=True)
        console.print(f"  {value}", markup=False, soft_wrap=True)
