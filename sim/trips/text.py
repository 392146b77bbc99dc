"""Rows of cells out of text as spreadsheets and programs write it: any separator, quoted cells, and quotation marks gone astray."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice
from typing import NamedTuple, TextIO

from dispatch.text import counted

SEPARATORS = ",;\t|"
LONGEST_LINE = 1_000_000
"""Characters. What is longer is no row: it is cut there, and counts as bad rows."""
TALLEST_CELL = 50
"""Lines that one quoted cell may go on for."""
TITLE_LINES, KNOWN_IN_A_HEADER = 20, 2
"""The header is looked for in so many lines; a line that names so many of the columns that are looked for is it."""
QUOTE = '"'


COMMA_HINT = " (a comma within a cell needs quotation marks, or the table another separator)"


class Unreadable(NamedTuple):
    """Why the cells of a line cannot be told apart."""

    why: str


Record = tuple[int, "Sequence[str] | Unreadable"]
"""The number of its (first) line, and its cells, as they stand: there may be blanks around them."""


class TextTable(NamedTuple):
    """Names of columns, and the rows below them, to be read once."""

    header: list[str]
    records: Iterator[Record]


def table_in(text: TextIO, knows: Callable[[Sequence[str]], int]) -> TextTable:
    """The table in this text. Of the separators that its header may have, the one is taken with which it names the most columns.

    The header is the first of the first lines that names columns which are looked for: a title may stand above it.

    Args:
        text: with any kind of line ends. A first line `sep=;`, as Excel writes it, says what the separator is.
        knows: how many of these names are those of columns that are looked for.
    """
    lines, first = _Lines(text), list[str]()
    separators: Sequence[str] = SEPARATORS
    for line in islice(lines, TITLE_LINES):
        said = line.strip("\n").strip(QUOTE)
        if said[:4].lower() == "sep=" and len(said) == 5:
            separators = said[4]
            continue
        if not line.strip().strip("".join(separators)):
            continue  # an empty line
        ways = [_names(line, separator) for separator in separators]
        header = max(ways, key=lambda names: (knows(names), len(names)))
        if knows(header) >= KNOWN_IN_A_HEADER:
            return TextTable(header, _records(lines, separators[ways.index(header)], len(header)))
        first = first or header
    return TextTable(first, iter(()))


def _names(line: str, separator: str) -> list[str]:
    """The names in a header. A stray quotation mark is none of them."""
    if line.count(QUOTE) % 2 == 0:
        return _cells(line, separator)
    return [cell.strip().strip(QUOTE) for cell in line.split(separator)]


class _Lines:
    """Lines of a text, with their numbers, some of which can be given back."""

    def __init__(self, text: TextIO) -> None:
        self._more = iter(lambda: text.readline(LONGEST_LINE), "")
        self._back: deque[str] = deque()
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._back.popleft() if self._back else next(self._more)
        self.number += 1
        return line

    def give_back(self, lines: Sequence[str]) -> None:
        self._back.extendleft(reversed(lines))
        self.number -= len(lines)


def _records(lines: _Lines, separator: str, width: int) -> Iterator[Record]:
    for line in lines:
        number, cells = lines.number, _row(line, lines, separator, width)
        if not any(cells) or not any(map(str.strip, cells)):
            continue  # an empty line, as at the end of many a file
        if len(cells) != width:
            if len(cells) < width or any(map(str.strip, cells[width:])):
                hint = COMMA_HINT if len(cells) > width and separator == "," else ""
                yield number, Unreadable(f"{counted(len(cells), 'column')} where the header has {width}{hint}")
                continue
            del cells[width:]  # separators at the end, as New York's green taxis have them
        yield number, cells


def _row(line: str, lines: _Lines, separator: str, width: int) -> list[str]:
    if QUOTE not in line:
        return line.rstrip().split(separator) if separator != "\t" else line.rstrip("\n").split(separator)
    if line.count(QUOTE) % 2 == 0:
        return _cells(line, separator)
    cells = _continued(line, lines, separator, width)
    if cells is None:  # the mark stands for itself
        cells = [_unquoted(cell.strip()) for cell in line.split(separator)]
    return cells


def _cells(line: str, separator: str) -> list[str]:
    try:
        (cells,) = csv.reader((line,), delimiter=separator, skipinitialspace=True)
    except (csv.Error, ValueError):
        return [cell.strip() for cell in line.split(separator)]
    return [cell.strip() for cell in cells]


def _continued(first: str, lines: _Lines, separator: str, width: int) -> list[str] | None:
    """The cells of a row one of which goes on in the lines below; None, and no line taken: its quotation mark is a stray one.

    It is one where no line below ends the cell, or where the lines by themselves are rows.
    """
    taken: list[str] = []
    for line in islice(lines, TALLEST_CELL):
        taken.append(line)
        if line.count(QUOTE) % 2 == 0:
            if len(_cells(line, separator)) >= width > 1:
                break
            continue
        if all(part.count(separator) >= width - 1 for part in (first, line)):
            break
        try:
            (cells,) = csv.reader(chain((first,), taken), delimiter=separator, skipinitialspace=True, strict=True)
        except (csv.Error, ValueError):
            break
        if len(cells) == width:
            return [cell.strip() for cell in cells]
        break
    lines.give_back(taken)
    return None


def _unquoted(cell: str) -> str:
    return cell[1:-1] if len(cell) > 1 and cell[0] == cell[-1] == QUOTE else cell
