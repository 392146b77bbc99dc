"""Small worlds by their names, and one of them run to its end.

The explorer runs them by the hundred. `dispatch simulate --scenario NAME --seed N --permute` runs one.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from dispatch.errors import SettingError, did_you_mean
from dispatch.text import say
from sim.explore.batched import BatchedWorld, LossyBatchedWorld
from sim.explore.desked import DeskWorld
from sim.explore.lossy import LossyWorld
from sim.explore.sleepy import SleepyWorld
from sim.explore.small import SmallWorld
from sim.report import printed
from sim.report.figures import Summary


class WorldOutcome(NamedTuple):
    """What one world came to. `broken`: the first invariants that broke, in words; `seen`: how often each case was met."""

    seed: int
    digest: str
    broken: list[str]
    seen: dict[str, int]
    summary: Summary


SCENARIOS: Final[dict[str, Callable[..., SmallWorld]]] = {
    "small": SmallWorld,
    "lossy": LossyWorld,
    "batched": BatchedWorld,
    "lossy-batched": LossyBatchedWorld,
    "desk": DeskWorld,
    "sleepy": SleepyWorld,
}


class UnknownScenario(SettingError):
    """No small world has this name. The text offers the nearest name."""

    code = "unknown_scenario"

    def __init__(self, name: str) -> None:
        known = ", ".join(SCENARIOS)
        super().__init__(
            "scenario", f"there is no scenario {name!r}{did_you_mean(name, SCENARIOS) or f'; known: {known}'}"
        )


def run_one(name: str, seed: int, *, permute: bool, trace: Path | None = None) -> WorldOutcome:
    """Run the small world of this name and seed to its end. Raises UnknownScenario."""
    if name not in SCENARIOS:
        raise UnknownScenario(name)
    started_cpu, started_wall = time.process_time(), time.perf_counter()
    world = SCENARIOS[name](seed, permute=permute, trace=trace)
    world.play()
    summary = world.figures.summary(
        seed=seed,
        digest=world.trace.digest(),
        decisions=world.watch.ledger.decisions.digest(),
        drivers=len(world.drivers),
        virtual_s=world.elapsed_s,
        cpu_s=time.process_time() - started_cpu,
        wall_s=time.perf_counter() - started_wall,
        invariants_checked=world.watch.checked,
        violations=world.watch.violations.total,
    )
    seen = dict(sorted(world.goals.seen.items()))
    return WorldOutcome(seed, summary["digest"], list(world.watch.violations), seen, summary)


def explore_one(name: str, seed: int, *, permute: bool, as_json: bool, trace: Path | None = None) -> int:
    """Run one world, print what came of it, and return the exit status: 1 when an invariant broke."""
    outcome = run_one(name, seed, permute=permute, trace=trace)
    if as_json:
        say(json.dumps({**outcome.summary, "broken": outcome.broken, "seen": outcome.seen}))
    else:
        printed.print_table(outcome.summary, notes=[f"{what}: {count}" for what, count in outcome.seen.items()])
    for broken in outcome.broken:
        say(f"invariant broken: {broken}", error=True)
    return 1 if outcome.broken else 0
