"""Worlds that several tests look at. Each is run once in a process: one test asks whether it is whole, another what was seen in it."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterable, Sequence

from sim.explore.explorer import Exploration, explore
from sim.explore.scenarios import WorldOutcome, run_one


@functools.cache
def outcome(name: str, seed: int, *, permute: bool = True) -> WorldOutcome:
    """What this small world came to. A test that wants it to be run again calls `run_one`."""
    return run_one(name, seed, permute=permute)


@functools.cache
def world(name: str, seed: int) -> Exploration:
    """What came of this small world."""
    return explore([seed], name)


def all_are_whole(name: str, seeds: Iterable[int]) -> None:
    """Fails with the first of these worlds in which an invariant breaks, and the command that repeats it."""
    for seed in seeds:
        explored = world(name, seed)
        assert explored.failed is None, str(explored)
        assert explored.run == 1


def unseen(name: str, seeds: Iterable[int], wanted: Sequence[str]) -> list[str]:
    """Which of the wanted cases are met in none of these worlds. Looks at no more of them than it needs.

    Worlds that were run for another test may have been run by another worker: seeds that show much should come first.
    """
    seen: Counter[str] = Counter()
    for seed in dict.fromkeys(seeds):
        seen += world(name, seed).seen
        if all(seen[case] for case in wanted):
            break
    return [case for case in wanted if not seen[case]]
