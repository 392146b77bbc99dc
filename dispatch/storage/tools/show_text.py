"""Rows for people: a table where it fits the terminal, else a block of lines for each row. Nothing is ever cut off."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from rich.cells import cell_len

from dispatch.storage.tools.show import Row
from dispatch.text import json_line, plain

GAP: Final = "  "
NOTHING: Final = "nothing here"


def lines(rows: Sequence[Row], width: int | None) -> Iterator[str]:
    """The rows in their order. `width`: columns of the terminal; None: there is none, and a table may be as wide as it is."""
    if not rows:
        yield NOTHING
        return
    names = list(rows[0])
    cells = [[_written(value) for value in row.values()] for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(names, *cells, strict=True)]
    if width is None or sum(widths) + len(GAP) * (len(widths) - 1) <= width:
        for line in (names, *cells):
            yield GAP.join(
                cell + " " * (width - cell_len(cell)) for cell, width in zip(line, widths, strict=True)
            ).rstrip()
    else:
        yield from _blocks(names, cells)


def _blocks(names: list[str], cells: list[list[str]]) -> Iterator[str]:
    """A line for each value that there is, and an empty line between rows."""
    longest = max(map(len, names))
    for number, row in enumerate(cells):
        if number:
            yield ""
        for name, cell in zip(names, row, strict=True):
            if cell:
                yield f"{name:<{longest}}{GAP}{cell}"


def _written(value: Any) -> str:
    """On one line, and as wide as it will be printed."""
    if value is None:
        return ""
    return json_line(value) if isinstance(value, dict | list) else plain(value)
