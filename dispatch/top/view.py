"""How a running server looks: a panel for terminals, a line for everything else. Pure: a `Glance` in, something to print out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from dispatch.text import counted

NEWS_KEPT = 5
NOTHING = "–"
"""Stands for a figure without data."""
WIDEST = 100
ECHO = 2
"""Columns left free at the right: a terminal that echoes `^C` there does not wrap, and the panel can still be drawn over."""
FRAME, SHORTEST_PROGRESS = 6, 10
"""Columns: the border with its padding; a progress bar with the space around it."""
NARROW, SHORT_BAR, LONG_BAR = 90, 6, 24
"""On a terminal with fewer columns the bars are short."""
NARROWEST = 78
"""With fewer still the figures stand below the rides, and there is no news."""

ROWS = {
    "pending": ("searching", "yellow"),
    "accepted": ("driver on the way", "cyan"),
    "arrived": ("at the pickup", "blue"),
    "in_progress": ("on trip", "green"),
    "completed": ("completed", "bright_black"),
    "no_drivers": ("no drivers", "red"),
    "cancelled": ("cancelled", "magenta"),
}
"""What people call a booking's status, and its colour."""


class Lags(NamedTuple):
    """How late a server is, in seconds: its loop (99 of 100 looks), the oldest mail, the oldest event that is not on disk."""

    loop_s: float | None
    mail_s: float | None
    journal_s: float | None


class Glance(NamedTuple):
    """A server, and who is on it, at one moment. Times in seconds; None: not known, or nothing to tell yet."""

    title: str
    """What is shown, and where."""
    doing: str
    """`connecting the fleet`, `rides arrive`, …"""
    elapsed_s: float
    for_s: float | None
    """How long it runs; None: until it is stopped."""
    requests: int
    rides: Mapping[str, int]
    """Rides by booking status; those that ended too."""
    offers_open: int
    declined: int | None
    timed_out: int | None
    assignments_per_minute: float | None
    assign_p50_s: float | None
    assign_p95_s: float | None
    fleet: int
    connected: int
    busy: int
    positions_per_s: float | None
    server_cpu: float | None
    """CPU seconds a second."""
    server_memory_bytes: int | None
    """Of the server's process."""
    reconnects: int
    errors: int
    news: Sequence[str]
    fleet_is_inside: bool = False
    """The fleet lives in the server's process."""
    program: str = "dispatch demo"
    stops_by: str = "Ctrl-C stops"
    lags: Lags | None = None
    """None: it is no figure of this view."""
    is_lost: bool = False
    """The server is gone, and what is shown is old."""

    @property
    def free(self) -> int:
        """Drivers who are connected and have no ride."""
        return max(0, self.connected - self.busy)


def view(glance: Glance, width: int) -> RenderableType:
    """The panel, for a terminal of so many columns: twenty lines, whatever happens, and some more on a narrow one."""
    sides = Table.grid(expand=True, padding=(0, 0, 0, 4))
    if width < NARROWEST:
        for part in (_rides(glance, 0), _figures(glance)):
            sides.add_row(part)
    else:
        sides.add_row(_rides(glance, SHORT_BAR if width < NARROW else LONG_BAR), _figures(glance))
    news = [Text(line, style="dim", no_wrap=True, overflow="ellipsis") for line in glance.news]
    news += [Text()] * (NEWS_KEPT - len(news))
    if width < NARROWEST:
        news = []
    title, wide = Text(glance.title, style="dim", no_wrap=True, overflow="ellipsis"), min(width - ECHO, WIDEST)
    inside = Group(title, Text(), sides, Text(), *news, Text(), _clock(glance, wide - FRAME))
    return Panel(inside, title=f"[bold]{glance.program}", padding=(0, 2), width=wide)


def _rides(glance: Glance, bar_width: int) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(justify="right", min_width=max(5, len(f"{glance.requests:,}")), no_wrap=True)
    table.add_row("[bold]rides requested", f"[bold]{glance.requests:,}")
    longest = max(1, *(glance.rides.get(status, 0) for status in ROWS))
    for status, (label, colour) in ROWS.items():
        count = glance.rides.get(status, 0)
        table.add_row(label, f"{count:,}", Text("━" * -(-count * bar_width // longest), colour))
    return table


def _figures(glance: Glance) -> Table:
    rows = {
        "offers open": f"{glance.offers_open:,}",
        "declined · timed out": f"{_count(glance.declined)} · {_count(glance.timed_out)}",
        "assignments a minute": f"[bold green]{_count(glance.assignments_per_minute)}",
        "time to assign, median": f"[bold green]{_seconds(glance.assign_p50_s)}",
        "time to assign, p95": _seconds(glance.assign_p95_s),
        "drivers free · busy": f"{glance.free:,} · {glance.busy:,}",
        "positions a second": _count(glance.positions_per_s),
        ("server, fleet CPU · memory" if glance.fleet_is_inside else "server CPU · memory"): _server(glance),
    }
    if glance.lags is not None:
        rows["lag loop·mail·disk"] = f"{' · '.join(map(_millis, glance.lags))} ms"
    table = Table.grid(expand=True, padding=(0, 0, 0, 1))
    table.add_column()
    longest = max(Text.from_markup(value).cell_len for value in rows.values())
    # Where there is no room, labels are cut and figures are not.
    table.add_column(justify="right", min_width=longest, no_wrap=True)
    for label, value in rows.items():
        table.add_row(Text(label, no_wrap=True, overflow="ellipsis"), value)
    return table


def _clock(glance: Glance, width: int) -> RenderableType:
    """What goes on and since when, in so many columns; the time is never cut."""
    done = glance.elapsed_s if glance.for_s is None else min(glance.elapsed_s, glance.for_s)
    until = f"   [dim]{glance.stops_by}" if glance.for_s is None else f" of {_hms(glance.for_s)}"
    time = Text.from_markup(_hms(done) + until)
    doing = Text.from_markup(_doing(glance))
    doing.truncate(width - len(time) - SHORTEST_PROGRESS, overflow="ellipsis")
    row = Table.grid(expand=True, padding=(0, 2, 0, 0))
    row.add_column(no_wrap=True)
    row.add_column(ratio=1)
    row.add_column(no_wrap=True)
    row.add_row(doing, "" if glance.for_s is None else ProgressBar(glance.for_s, done), time)
    return row


def _doing(glance: Glance) -> str:
    """What goes on, and what went wrong so far, the worst first: silence is good news."""
    troubles = {
        f"[red]{glance.errors:,} errors[/]": glance.errors,
        f"{counted(glance.fleet - glance.connected, 'driver')} offline": glance.fleet - glance.connected,
        f"{glance.reconnects:,} reconnected": glance.reconnects,
    }
    doing = f"[bold white on red] {glance.doing} [/]" if glance.is_lost else glance.doing
    return ", ".join([doing, *(words for words, count in troubles.items() if count)])


def status_line(glance: Glance) -> str:
    """The same for a log: one line, without colours."""
    if not glance.requests:
        return f"{glance.doing}: {glance.connected:,} of {counted(glance.fleet, 'driver')} connected"
    rides = ", ".join(f"{glance.rides[status]:,} {ROWS[status][0]}" for status in ROWS if glance.rides.get(status))
    return (
        f"{_hms(glance.elapsed_s)} {glance.doing}: {counted(glance.requests, 'ride')} requested{f' ({rides})' if rides else ''}; "
        f"{counted(glance.offers_open, 'offer')} open, {_assignments(glance)} a minute, "
        f"median {_seconds(glance.assign_p50_s)}; {glance.connected:,} of {counted(glance.fleet, 'driver')} connected, "
        f"{glance.busy:,} busy, {_count(glance.positions_per_s)} positions/s; "
        f"{glance.reconnects:,} reconnected, {counted(glance.errors, 'error')}"
    )


def _seconds(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.1f} s"


def _assignments(glance: Glance) -> str:
    rate = glance.assignments_per_minute
    return f"{NOTHING} assignments" if rate is None else counted(round(rate), "assignment")


def _count(value: float | None) -> str:
    return NOTHING if value is None else f"{value:,.0f}"


def _millis(value: float | None) -> str:
    return NOTHING if value is None else f"{value * 1000:,.0f}"


def _hms(seconds: float) -> str:
    return str(timedelta(seconds=int(seconds)))


def _server(glance: Glance) -> str:
    cpu = NOTHING if glance.server_cpu is None else f"{glance.server_cpu:.0%}"
    memory = NOTHING if glance.server_memory_bytes is None else f"{glance.server_memory_bytes / 1e6:,.0f} MB"
    return f"{cpu} · {memory}"
