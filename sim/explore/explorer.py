"""Runs small worlds by the hundred, one for each seed, and says how to repeat the first one in which an invariant broke.

Tests call `explore`. `dispatch simulate --scenario small --seed N --permute --worlds 500` runs five hundred from that seed on.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from dispatch.text import counted, say
from sim.explore.scenarios import WorldOutcome, run_one
from sim.report.progress import INTERRUPTED, Progress, interruptible

Enough = Callable[["Exploration"], bool]


class Exploration(NamedTuple):
    """How many worlds were `run`, how often each case was `seen`, the first that `failed`, and the `command` that repeats it."""

    run: int
    seen: Counter[str]
    failed: WorldOutcome | None
    command: str

    def __str__(self) -> str:
        """The seed that failed and the command that repeats it stand first."""
        if self.failed is None:
            return f"{counted(self.run, 'world')}, every invariant held"
        broken = "\n".join(f"  {line}" for line in self.failed.broken)
        return f"seed {self.failed.seed} breaks an invariant; repeat it with\n  {self.command}\n{broken}"


def command_for(name: str, seed: int, *, permute: bool) -> str:
    """The command that runs exactly this world again."""
    return f"dispatch simulate --scenario {name} --seed {seed}" + (" --permute" if permute else "")


def explore(
    seeds: Iterable[int], name: str = "small", *, permute: bool = True, enough: Enough | None = None
) -> Exploration:
    """Run these seeds in order, up to the first in which an invariant breaks, or until `enough` says so.

    Raises:
        UnknownScenario: no small world has this name.
    """
    explored = Exploration(0, Counter(), None, "")
    for seed in seeds:
        outcome = run_one(name, seed, permute=permute)
        seen = explored.seen + Counter(outcome.seen)
        explored = Exploration(explored.run + 1, seen, None, "")
        if outcome.broken:
            return explored._replace(failed=outcome, command=command_for(name, seed, permute=permute))
        if enough is not None and enough(explored):
            break
    return explored


def explore_many(name: str, seeds: Sequence[int], *, permute: bool, as_json: bool) -> int:
    """Explore, print what came of it, and return the exit status: 1 when an invariant broke, 130 when Ctrl-C ended it.

    Raises:
        UnknownScenario: no small world has this name.
    """
    progress = Progress()
    with interruptible() as is_interrupted:

        def enough(so_far: Exploration) -> bool:
            progress.tell(lambda: f"{so_far.run:,} of {counted(len(seeds), 'world')}")
            return is_interrupted()

        explored = explore(seeds, name, permute=permute, enough=enough)
    progress.clear()
    cut_short = explored.failed is None and explored.run < len(seeds)
    seen = dict(sorted(explored.seen.items()))
    if as_json:
        failed = explored.failed
        broken = {} if failed is None else {"seed": failed.seed, "broken": failed.broken, "command": explored.command}
        say(json.dumps({"worlds": explored.run, "seen": seen, **broken, "interrupted": cut_short}))
    else:
        for what, count in seen.items():
            say(f"{what}: {count}")
        rest = f"; interrupted before the rest of {len(seeds):,}" if cut_short else ""
        for line in f"{explored}{rest}".split("\n"):
            say(line, error=explored.failed is not None)
    if cut_short:
        return INTERRUPTED
    return 1 if explored.failed is not None else 0
