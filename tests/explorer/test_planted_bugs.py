"""A net is as good as what it catches: each of these mistakes is found by the small worlds, and by the invariant that is about it."""

import pytest

from sim.explorer import explore
from tests.explorer.bugs import PLANTED

SEEDS = 300


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_bug_is_caught_by_its_invariant(name: str) -> None:
    plant, invariant, scenario = PLANTED[name]
    with plant():
        explored = explore(range(SEEDS), scenario)
    assert explored.failed is not None, f"{name}: not caught in {SEEDS} worlds"
    broken = [line.split(" s ", 1)[1].split(":", 1)[0] for line in explored.failed.broken]
    assert invariant in broken, str(explored)


@pytest.mark.parametrize("scenario", ["small", "lossy"])
def test_without_a_bug_the_same_world_is_whole(scenario: str) -> None:
    explored = explore(range(3), scenario)
    assert explored.failed is None, str(explored)
