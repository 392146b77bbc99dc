"""A net is as good as what it catches: each of these mistakes is found by the small worlds, and by the invariant that is about it.

That the same worlds are whole without it, the tests beside this one say. The world that caught it once is tried first: a change of the
program may make it another one.
"""

from contextlib import suppress
from unittest.mock import patch

import pytest

from sim.checks.ledger import Violations
from sim.explore.explorer import explore
from tests.explorer.bugs import PLANTED
from tests.explorer.worlds import seeds_of


class Caught(BaseException):
    """Ends a world in which the invariant has spoken: it might go on for long, as nobody is where they should be.

    Raised inside of an actor it ends that actor's turn only.
    """


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_bug_is_caught_by_its_invariant(name: str) -> None:
    plant, invariant, scenario, first = PLANTED[name]
    seeds = seeds_of(scenario)
    assert first in seeds
    with plant():
        caught = any(speaks(invariant, seed, scenario) for seed in dict.fromkeys((first, *seeds)))
    assert caught, f"{name}: not caught by {invariant} in {len(seeds)} worlds"


def speaks(invariant: str, seed: int, scenario: str) -> bool:
    """Whether this world breaks this invariant. One mistake often breaks several, and not the same ones everywhere."""
    add, spoken = Violations.add, []

    def note(violations: Violations, now: float, name: str, what: str) -> None:
        add(violations, now, name, what)
        if name == invariant:
            spoken.append(what)
            raise Caught

    with patch.object(Violations, "add", note), suppress(Caught):
        explore([seed], scenario)
    return spoken != []
