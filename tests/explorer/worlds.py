"""Worlds that several tests look at. Each is run once in a process: one test asks whether it is whole, another what was seen in it."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from sim.explore.explorer import Exploration, explore
from sim.explore.scenarios import WorldOutcome, run_one
from tests.thorough import times

WORLDS: Final = {
    "small": times(40),
    "lossy": times(6),
    "batched": times(16),
    "lossy-batched": times(4),
    "desk": times(10),
    "sleepy": times(12),
}
"""How many of each kind are run. `test_planted_bugs.py` looks for planted bugs in these and no others: several find each."""
SHOWING: Final[dict[str, tuple[int, ...]]] = {
    "small": (9, 10, 4, 6, 8),
    "lossy": (4, 7),
    "batched": (3, 2),
    "desk": (12, 9),
    "sleepy": (17, 5),
}
"""Seeds that together show every rare case. Where a change of the program makes it others, the rest of the worlds are looked at too."""


@functools.cache
def outcome(name: str, seed: int, *, permute: bool = True) -> WorldOutcome:
    """What this small world came to. A test that wants it to be run again calls `run_one`."""
    return run_one(name, seed, permute=permute)


@functools.cache
def world(name: str, seed: int) -> Exploration:
    """What came of this small world."""
    return explore([seed], name)


def seeds_of(name: str) -> list[int]:
    """The seeds of all worlds of this kind that are run."""
    number = WORLDS[name]
    return list(dict.fromkeys((*SHOWING.get(name, ()), *range(number))))[:number]


def shared_out(name: str, size: int) -> list[list[int]]:
    """The same, so many for each test, without those in which `unseen` looks for rare cases: it asks whether they are whole as well."""
    rest = seeds_of(name)[len(SHOWING.get(name, ())) :]
    return [rest[first : first + size] for first in range(0, len(rest), size)]


def all_are_whole(name: str, seeds: Iterable[int]) -> None:
    """Fails with the first of these worlds in which an invariant breaks, and the command that repeats it."""
    for seed in seeds:
        explored = world(name, seed)
        assert explored.failed is None, str(explored)
        assert explored.run == 1


def unseen(name: str, wanted: Sequence[str]) -> list[str]:
    """Which of the wanted cases are met in no world of this kind. Looks at no more of them than it needs, and all must be whole."""
    showing, seen = SHOWING[name], Counter[str]()
    for number, seed in enumerate(seeds_of(name), 1):
        all_are_whole(name, [seed])
        seen += world(name, seed).seen
        if number >= len(showing) and all(seen[case] for case in wanted):
            break
    return [case for case in wanted if not seen[case]]
