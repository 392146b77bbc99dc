"""Draws README.md's figures of the shipped day from a run of it: `python docs/make_readme.py`.

tests/test_docs.py says when they are stale. Rows that depend on the machine are drawn too, but not compared.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "README.md"
COMMAND = (sys.executable, "cli.py", "simulate")
TABLE = re.compile(r"(?<=^```\n)Simulation, seed 1\n.*?└[^\n]*┘\n", re.MULTILINE | re.DOTALL)
SENTENCE = re.compile(r"A day of [\d,]+ real trips\nwith [\d,]+ drivers takes less than [a-z ]+ of CPU")
LESS_THAN = ((30.0, "half a minute"), (60.0, "a minute"), (3600.0, "an hour"))
"""Seconds of CPU, and in words: machines differ by a factor of three."""
OF_THE_MACHINE = ("CPU · wall time, s", "rides a CPU second")
"""Rows that differ from run to run."""


def printed(*flags: str) -> str:
    """All that `dispatch simulate` prints for the shipped day."""
    return subprocess.run((*COMMAND, *flags), cwd=ROOT, capture_output=True, text=True, check=True).stdout


def table_of(text: str) -> str:
    """The table in what was printed."""
    table = text[: text.rindex("┘") + 1]
    return "".join(f"{line.rstrip()}\n" for line in table.splitlines())


def rows(table: str) -> dict[str, str]:
    """The value of each row of such a table; the label of a row without one is empty."""
    cells = [line.strip("│").split("│") for line in table.splitlines() if line.startswith("│")]
    return {label.strip(): value.strip() for label, value in cells}


def sentence(table: str) -> str:
    """What the introduction says of that run."""
    of = rows(table)
    cpu_s = float(of["CPU · wall time, s"].partition("·")[0].replace(",", ""))
    most = next(words for seconds, words in LESS_THAN if cpu_s < seconds)
    return f"A day of {of['rides requested']} real trips\nwith {of['drivers']} drivers takes less than {most} of CPU"


def page(text: str, table: str) -> str:
    """README's `text` with this table, and with the introduction's sentence made of it."""
    text, tables = TABLE.subn(table, text)
    text, sentences = SENTENCE.subn(sentence(table), text)
    if (tables, sentences) != (1, 1):
        raise SystemExit(
            f"README.md must have one table and one sentence of the shipped day, found {tables} and {sentences}"
        )
    return text


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8"), table_of(printed())), encoding="utf-8")
