"""A net is as good as what it catches: each of these mistakes is found by the small worlds, and by the invariant that is about it.

That the same worlds are whole without it, the tests beside this one say.
"""

import pytest

from sim.explore.explorer import explore
from tests.explorer.bugs import PLANTED

SEEDS = 100


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_bug_is_caught_by_its_invariant(name: str) -> None:
    plant, invariant, scenario = PLANTED[name]
    with plant():
        caught = any(invariant in broken_in(seed, scenario) for seed in range(SEEDS))
    assert caught, f"{name}: not caught by {invariant} in {SEEDS} worlds"


def broken_in(seed: int, scenario: str) -> list[str]:
    """The invariants that this world breaks. One mistake often breaks several, and not the same ones everywhere."""
    failed = explore([seed], scenario).failed
    return [] if failed is None else [line.split(" s ", 1)[1].split(":", 1)[0] for line in failed.broken]
