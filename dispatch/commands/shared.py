"""What groups of commands share: options, and an order that is done here or by whoever serves the file."""

from typing import Any

import click

from dispatch.text import say

LATER = " (it is still in free pages of the file; the next start, removal or purge takes it out)"

as_json_lines = click.option("--json", "as_json", is_flag=True, help="print one JSON object a line")


def have_done(path: str, order: Any, *, make: bool = False) -> dict[str, Any]:
    """What came of an order. Says so where the file was made for it."""
    from dispatch import control

    told = control.have_done(path, order, make=make)
    if told.made:
        say(f"{path}: a new database", error=True)
    return told.answer
