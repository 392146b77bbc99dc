"""Worlds in which a fifth of all frames is lost and a fifth comes twice: every ride ends, nothing is done twice, no stream has a gap.

`dispatch simulate --scenario lossy --seed 0 --worlds 500 --permute` runs five hundred of them.
"""

import pytest

from sim.explore.explorer import explore

SEEDS, CHUNK = 12, 3
WANTED = (
    "frame lost",
    "frame doubled",
    "connection died of it",
    "resumed within a connection",
    "resumed on a new connection",
    "the whole gap was told",
    "passenger lost beyond the grace",
    "failed commit of a reservation",
    "driver rebuilt",
    "ride rebuilt",
)


@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_no_invariant_breaks_in_any_of_these_worlds(first: int) -> None:
    explored = explore(range(first, first + CHUNK), "lossy")
    assert explored.failed is None, str(explored)
    assert explored.run == CHUNK


def test_every_rare_case_is_met_in_some_of_them() -> None:
    explored = explore(range(SEEDS), "lossy", enough=lambda explored: all(explored.seen[case] for case in WANTED))
    assert [case for case in WANTED if not explored.seen[case]] == []
