"""What the people of a sandbox have seen so far, as `/api/sandbox/figures` tells it, and a glance at it for the terminal."""

from __future__ import annotations

from typing import Any, cast

from msgspec import Struct

from dispatch.top.meter import ASSIGNMENTS_OVER_S, CPU_OVER_S, POSITIONS_OVER_S, Meter
from dispatch.top.view import Glance
from sim.demo.server import Usage
from sim.report.figures import RunFigures, Summary
from sim.sandbox.crowd import SandboxCrowd


class FiguresSoFar(Struct, frozen=True, kw_only=True):
    """`figures`: those of `simulate`, as far as they mean something. `rides`: by status. `errors`: refusals by the server, in words.
    `came_back`: connections that replaced a lost one. `is_over`: nobody will book any more, and every ride is over.
    """

    figures: dict[str, Any]
    drivers: int
    rides: dict[str, int] = {}
    offers_open: int = 0
    connected: int = 0
    busy: int = 0
    came_back: int = 0
    errors: dict[str, int] = {}
    news: tuple[str, ...] = ()
    is_over: bool = False


def figures_of(crowd: SandboxCrowd, seed: int) -> FiguresSoFar:
    """The figures of this moment."""
    phones = [app.phone for app in crowd.drivers]
    return FiguresSoFar(
        figures={**summary_of(crowd.figures, seed, len(phones))},
        rides=dict(crowd.seen.counts),
        offers_open=sum(len(phone.offers) for phone in phones),
        drivers=len(phones),
        connected=sum(phone.link is not None for phone in phones),
        busy=sum(phone.ride is not None for phone in phones),
        came_back=crowd.connections.came_back,
        errors=dict(crowd.errors),
        news=tuple(crowd.seen.news),
        is_over=crowd.is_over,
    )


def nothing_yet(seed: int, drivers: int) -> FiguresSoFar:
    """The figures before anybody has connected."""
    return FiguresSoFar(figures={**summary_of(RunFigures(), seed, drivers)}, drivers=drivers)


def summary_of(figures: RunFigures, seed: int, drivers: int) -> Summary:
    """The summary. What is about virtual time and invariants means nothing here."""
    return figures.summary(
        seed=seed,
        digest="",
        drivers=drivers,
        virtual_s=0.0,
        cpu_s=0.0,
        wall_s=0.0,
        invariants_checked=0,
        violations=0,
    )


class SandboxGauges:
    """Compares what is told with what was told before. `doing`: what goes on, in words."""

    def __init__(self, title: str, for_s: float | None) -> None:
        """`for_s`: how long it runs; None: until it is stopped."""
        self.title, self.doing = title, "starting the server"
        self._for_s = for_s
        self._assignments, self._positions = Meter(ASSIGNMENTS_OVER_S), Meter(POSITIONS_OVER_S)
        self._cpu = Meter(CPU_OVER_S)

    def look(self, told: FiguresSoFar, usage: Usage | None, now: float, elapsed_s: float) -> Glance:
        """The glance. `usage`: of the server's process; `now`, `elapsed_s`: seconds."""
        figures = cast("Summary", told.figures)
        assign = figures["time_to_assign_s"]
        return Glance(
            title=self.title,
            doing=self.doing,
            elapsed_s=elapsed_s,
            for_s=self._for_s,
            requests=figures["requests"],
            rides=told.rides,
            offers_open=told.offers_open,
            declined=figures["declined"],
            timed_out=figures["timed_out"],
            assignments_per_minute=60.0 * self._assignments.per_s(elapsed_s, figures["assigned"]),
            assign_p50_s=assign["p50"],
            assign_p95_s=assign["p95"],
            fleet=told.drivers,
            connected=told.connected,
            busy=told.busy,
            positions_per_s=self._positions.per_s(now, figures["positions"]),
            server_cpu=self._cpu.per_s(now, usage.cpu_s) if usage is not None else None,
            server_memory_bytes=usage.memory_bytes if usage is not None else None,
            reconnects=told.came_back,
            errors=sum(told.errors.values()),
            news=told.news,
            fleet_is_inside=True,
        )
