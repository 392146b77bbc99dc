"""Draws docs/SETTINGS.md from the settings table: `python docs/make_settings.py`. tests/test_docs.py holds the page current."""

from __future__ import annotations

from pathlib import Path

from dispatch.config import SETTINGS, Setting

PAGE = Path(__file__).with_name("SETTINGS.md")
TITLES = {
    "dispatch": "How rides are offered",
    "server": "Where the live server listens, and what one connection may take",
    "simulate": "What is simulated",
}
"""The groups in the page's order, each a table of the TOML file."""
COMMANDS = {
    "dispatch": "`serve`, `simulate`, `demo` and `config show` take these.",
    "server": "`serve` and `config show` take these; `demo` takes `--host` and `--port`, `db seed` and `db show` take `--db`.",
    "simulate": "`simulate` takes these; `demo` takes `--trips`, `--drivers`, `--rides`, `--for`, `--from`, `--seed`, `--db` and `--json`.",
}
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
Durations are numbers with a unit: `500ms`, `30s`, `2m`, `4h`. Names that do not exist and values out of range end the command
with one line that says which, and what is meant.

`dispatch config show` prints what holds, and from where; with `--json` for programs.
"""
NOTE = "\nTwo groups use the word `db`: the simulator's is `DISPATCH_SIMULATE_DB`, and stands under `[simulate]` in the file.\n"


def page() -> str:
    """The whole page."""
    return HEAD + "".join(_group(name, title) for name, title in TITLES.items()) + NOTE


def _group(name: str, title: str) -> str:
    rows = "".join(_row(row) for row in SETTINGS if row.group == name)
    head = "| flag | environment | default | limits | what it is |\n|--|--|--|--|--|\n"
    return f"\n## {title}: `[{name}]`\n\n{COMMANDS[name]}\n\n{head}{rows}"


def _row(row: Setting) -> str:
    default = row.written(row.default)
    cells = (f"`{row.flag}`", f"`{row.env}`", f"`{default}`" if default else "", row.range, row.limits.help)
    return f"| {' | '.join(cells)} |\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
