"""No observer is blind: each place in `sim` that notes a broken invariant does so when its rule is broken.

A place is named after its function and its invariant, `Watch._offered: no-offer-to-busy`, and has a row here: a story that breaks the
rule. A place without a row fails.
"""

from __future__ import annotations

import ast
import functools
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import sim
from sim.checks.ledger import Violations
from tests.explorer import broken_rules, broken_worlds
from tests.explorer.breaking import ROWS

STORIES = (broken_rules, broken_worlds)
"""The files that hold rows: to import them enters the rows."""
SOURCES = sorted(Path(sim.__file__).parent.rglob("*.py"))
KEBAB = re.compile(r"[a-z]+(-[a-z]+)*")


class Site(NamedTuple):
    """A call that notes a broken invariant, and its lines."""

    file: str
    first: int
    last: int


@functools.cache
def sites() -> dict[str, Site]:
    """Every such call in `sim`, by its name; the second of a function and an invariant ends in ` (2)`."""
    found: dict[str, Site] = {}
    for path in SOURCES:
        for owner, call in calls_of(ast.parse(path.read_text("utf-8"))):
            name = noted_by(call)
            if name is not None:
                key, number = f"{owner}: {name}", 1
                while (key if number == 1 else f"{key} ({number})") in found:
                    number += 1
                found[key if number == 1 else f"{key} ({number})"] = Site(path.name, call.lineno, call.end_lineno or 0)
    return found


def calls_of(tree: ast.AST, owner: str = "") -> Iterator[tuple[str, ast.Call]]:
    """All calls, each with the dotted name of the function that it stands in."""
    for node in ast.iter_child_nodes(tree):
        inner = owner
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            inner = f"{owner}.{node.name}" if owner else node.name
        if isinstance(node, ast.Call):
            yield owner, node
        yield from calls_of(node, inner)


def noted_by(call: ast.Call) -> str | None:
    """The invariant that this call notes as broken, if it does."""
    word = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    name = call.args[1] if len(call.args) == 3 else None
    if word in ("add", "_broken") and isinstance(name, ast.Constant) and isinstance(name.value, str):
        return name.value if KEBAB.fullmatch(name.value) else None
    return None


def test_every_place_that_notes_a_broken_invariant_has_a_row_and_every_row_a_place() -> None:
    assert len(sites()) > 40
    assert sorted(sites().keys() - ROWS.keys()) == [], (
        "write a story that breaks each, under @breaks, in one of STORIES"
    )
    assert sorted(ROWS.keys() - sites().keys()) == [], "these places are no more"


@pytest.mark.parametrize("name", ROWS)
def test_it_speaks_when_its_rule_is_broken(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    spoken: list[tuple[str, int]] = []
    add = Violations.add

    def note(violations: Violations, now: float, invariant: str, what: str) -> None:
        caller = sys._getframe(1)
        spoken.append((Path(caller.f_code.co_filename).name, caller.f_lineno))
        add(violations, now, invariant, what)

    monkeypatch.setattr(Violations, "add", note)
    ROWS[name]()
    site = sites()[name]
    assert any(file == site.file and site.first <= line <= site.last for file, line in spoken), spoken
