"""Where a server is shown: as a live panel in a terminal, as a line every few seconds in a log, or nowhere if only JSON is wanted."""

from __future__ import annotations

import re
import sys
from io import StringIO
from pathlib import Path
from types import TracebackType
from typing import Protocol

from rich.console import Console
from rich.live import Live

from dispatch.top.view import ECHO, WIDEST, Glance, status_line, view


class Screen(Protocol):
    """A context that shows a glance every `every_s` seconds."""

    every_s: float

    def __enter__(self) -> object: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    def show(self, glance: Glance) -> None: ...
    def tell(self, text: str) -> None: ...


class TerminalScreen:
    """A panel that is drawn over itself, and disappears at the end. `whole`: it has the whole screen, and what was there comes back."""

    every_s = 0.25

    def __init__(self, console: Console, *, whole: bool = False) -> None:
        self._console = console
        # Drawn from the loop's thread alone: rich's own refreshing thread would read what is being changed.
        self._live = Live(console=console, auto_refresh=False, transient=not whole, screen=whole)

    def __enter__(self) -> TerminalScreen:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def show(self, glance: Glance) -> None:
        """Draw the panel."""
        self._live.update(view(glance, self._console.width), refresh=True)

    def tell(self, text: str) -> None:
        """Print this above the panel, where it stays."""
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


class LogScreen:
    """A line every five seconds, and when something else begins."""

    every_s = 0.5
    line_every_s = 5.0

    def __init__(self) -> None:
        self._doing = ""
        self._next_s = 0.0

    def __enter__(self) -> LogScreen:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def show(self, glance: Glance) -> None:
        """Print a line at once, if it is time for one. It is flushed, since a log may be buffered."""
        if glance.doing == self._doing and glance.elapsed_s < self._next_s:
            return
        self._doing, self._next_s = glance.doing, glance.elapsed_s + self.line_every_s
        print(status_line(glance), flush=True)

    def tell(self, text: str) -> None:
        """Print this."""
        print(text, flush=True)


class NoScreen(LogScreen):
    """Shows nothing."""

    def show(self, glance: Glance) -> None:
        """Do nothing."""

    def tell(self, text: str) -> None:
        """Do nothing."""


def screen_for(console: Console, *, as_json: bool) -> Screen:
    """The screen that suits stdout. A terminal that can move its cursor gets the panel."""
    if as_json:
        return NoScreen()
    return TerminalScreen(console) if has_panel(console) else LogScreen()


def has_panel(console: Console) -> bool:
    """Whether stdout is a terminal that can move its cursor."""
    return sys.stdout.isatty() and not console.is_dumb_terminal


def save_svg(glance: Glance, path: str) -> None:
    """Save a picture of the panel at its full width. It names no font that would have to be fetched."""
    console = Console(record=True, width=WIDEST, file=StringIO(), force_terminal=True, color_system="truecolor")
    console.print(view(glance, WIDEST + ECHO))
    svg = console.export_svg(title="make demo")
    Path(path).write_text(re.sub(r"\s*@font-face \{.*?\}", "", svg, flags=re.DOTALL), encoding="utf-8")
