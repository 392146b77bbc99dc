"""Where a demo shows itself."""

import re
import sys
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
from rich.console import Console

from dispatch.top.screen import LogScreen, NoScreen, TerminalScreen, save_svg, screen_for
from tests.top.test_view import CALM, EMPTY


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_the_panel_and_is_left_clean() -> None:
    out = Terminal()
    with TerminalScreen(Console(file=out, width=90, force_terminal=True)) as screen:
        screen.show(EMPTY)
        screen.show(CALM)
    text = out.getvalue()
    assert text.index("starting the server") < text.index("rides arrive")
    assert "\x1b[1A\x1b[2K" in text, "the second is drawn over the first"
    assert text.rindex("\x1b[2K") > text.rindex("╰"), "and wiped in the end"


def test_what_is_told_stays_above_the_panel_and_a_program_that_wants_json_does_not_hear_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = Terminal()
    with TerminalScreen(Console(file=out, width=90, force_terminal=True)) as screen:
        screen.show(EMPTY)
        screen.tell("desk http://127.0.0.1:1/desk")
    assert "desk http://127.0.0.1:1/desk" in out.getvalue()
    with LogScreen() as log:
        log.tell("in a log")
    with NoScreen() as nothing:
        nothing.tell("nowhere")
    assert capsys.readouterr().out == "in a log\n"


def test_a_log_gets_a_line_when_something_else_begins_and_every_five_seconds(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with LogScreen() as screen:
        for doing in ("starting the server", "connecting the fleet"):
            for _ in range(4):
                screen.show(EMPTY._replace(doing=doing))
        for half_seconds in range(25):
            screen.show(CALM._replace(elapsed_s=half_seconds / 2.0))
    told = [line.partition(":  ")[0][:20] for line in capsys.readouterr().out.splitlines()]
    assert told == ["starting the server:", "connecting the fleet", *(f"0:00:{s:02} rides arrive" for s in (0, 5, 10))]


def test_nothing_is_shown_where_only_json_is_wanted(capsys: pytest.CaptureFixture[str]) -> None:
    with NoScreen() as screen:
        screen.show(CALM)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("is_terminal", "term", "as_json", "kind"),
    [
        (True, "xterm-256color", False, TerminalScreen),
        (True, "dumb", False, LogScreen),
        (False, "xterm-256color", False, LogScreen),
        (True, "xterm-256color", True, NoScreen),
    ],
)
def test_the_screen_suits_stdout(
    is_terminal: bool, term: str, as_json: bool, kind: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", term)
    monkeypatch.setattr(sys, "stdout", Terminal() if is_terminal else StringIO())
    assert type(screen_for(Console(), as_json=as_json)) is kind


def test_the_picture_is_small_whole_and_fetches_nothing(tmp_path: Path) -> None:
    file = tmp_path / "view.svg"
    save_svg(CALM, str(file))
    svg = file.read_text("utf-8")
    ElementTree.fromstring(svg)
    assert len(svg) < 60_000
    assert "font-face" not in svg
    assert set(re.findall(r"https?://[^\s\"'<>)]+", svg)) <= {"http://www.w3.org/2000/svg", "https://www.textualize.io"}
    text = re.sub(r"<[^>]+>|&#160;", " ", svg)
    assert "rides requested" in text
    assert "1,234" in text
    assert len(re.findall(r"[╭╮╰╯]", svg)) == 4, "the frame is whole"
