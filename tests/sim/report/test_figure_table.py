"""Figures on terminals of any width: no letter of a number is ever left out."""

import io

import pytest
from rich.console import Console

from sim.report.figure_table import Rows, print_figures

SECTIONS: list[Rows] = [
    [("rides requested", "9,982"), ("assigned", "9,792 (98.1%)"), ("", "168 by passenger")],
    [("way to the pickup, median · p95, m", "1,345 · 6,788")],
]


def printed(width: int) -> str:
    out = io.StringIO()
    print_figures(Console(file=out, width=width), "Simulation, seed 1", SECTIONS)
    return out.getvalue()


@pytest.mark.parametrize("width", [10, 20, 40, 57, 58, 59, 80, 200])
def test_every_figure_is_there_whole_at_any_width(width: int) -> None:
    text = printed(width)
    assert "…" not in text
    for section in SECTIONS:
        for label, value in section:
            assert label in text and value in text
    assert text.startswith("Simulation, seed 1")


def test_a_wide_terminal_gets_a_table_and_a_narrow_one_a_list() -> None:
    assert "│ rides requested" in printed(80)
    assert max(map(len, printed(80).splitlines())) < 80
    assert printed(40).splitlines()[1:6] == [
        "rides requested",
        "  9,982",
        "assigned",
        "  9,792 (98.1%)",
        "  168 by passenger",
    ]
