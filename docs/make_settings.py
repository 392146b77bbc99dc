"""Draws docs/SETTINGS.md from the settings table: `python docs/make_settings.py`. tests/test_docs.py holds the page current."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

import cli
from dispatch.config import SETTINGS, Setting

PAGE = Path(__file__).with_name("SETTINGS.md")
TITLES = {
    "dispatch": "How rides are offered",
    "server": "Where the live server listens, and what one connection may take",
    "tariff": "What rides cost",
    "pricing": "Who sets fares, and how",
    "login": "How people log in",
    "payment": "How rides are paid that are not paid in cash",
    "push": "Pushes",
    "retention": "How long is kept what people may not want kept",
    "simulate": "What is simulated",
}
assert set(TITLES) == {row.group for row in SETTINGS}, "every group has its table"
"""The groups in the page's order; each is a table of the TOML file."""
HEAD = """\
# Settings

Made by `python docs/make_settings.py` from the table that the program itself reads; do not edit it by hand.

Every setting can be given in four places. A flag beats an environment variable, that beats the TOML file, that beats the default:

| place | example |
|--|--|
| flag | `dispatch serve --offer-timeout 15s` |
| environment | `DISPATCH_OFFER_TIMEOUT=15s dispatch serve` |
| file | `offer_timeout = "15s"`, at the top of the file or under `[dispatch]` |

The file is named by `--config` or `DISPATCH_CONFIG`; without either, `dispatch.toml` in the current directory is read if it is
there. A key of the file is the flag without its dashes, with `_` for `-`; it may stand at the top or in the table of its group.
Durations are numbers with a unit: `500ms`, `30s`, `2m`, `4h`. A name that does not exist or a value out of range ends the command
with one line that says which it is and what is wanted.

`dispatch config show` prints what holds, and from where; with `--json` for programs.
"""
NOTE = """
Two groups have a `db`: the simulator's is `db` under `[simulate]`, `simulate_db` at the top of the file, and `DISPATCH_SIMULATE_DB`.
A table `[tariff.suv]` in the file sets any of the tariff's keys for one type of vehicle; what it leaves out is as in `[tariff]`.
"""


def page() -> str:
    """The whole page."""
    return HEAD + "".join(_group(name, title) for name, title in TITLES.items()) + NOTE


def _group(name: str, title: str) -> str:
    rows = [row for row in SETTINGS if row.group == name]
    head = "| flag | environment | default | limits | what it is |\n|--|--|--|--|--|\n"
    return f"\n## {title}: `[{name}]`\n\n{_takers(rows)}\n\n{head}{''.join(map(_row, rows))}"


def _row(row: Setting) -> str:
    default = row.written(row.default)
    cells = (f"`{row.flag}`", f"`{row.env}`", f"`{default}`" if default else "", row.range, row.help)
    return f"| {' | '.join(cells)} |\n"


def _takers(rows: Sequence[Setting]) -> str:
    """Which commands take all of these, and which only some."""
    whole, partly = [], []
    for name, command in _commands(cli.main):
        names = {parameter.name for parameter in command.params if isinstance(parameter, click.Option)}
        flags = [f"`{row.flag}`" for row in rows if row.name in names]
        if len(flags) == len(rows):
            whole.append(f"`{name}`")
        elif flags:
            partly.append(f"`{name}` only {', '.join(flags)}")
    return "; ".join((f"Taken by {', '.join(whole)}", *partly)) + "."


def _commands(group: click.Group, path: str = "") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _commands(command, f"{path}{name} ")
        else:
            yield path + name, command


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
