"""Small worlds and lossy ones in which the policy `batched` asks: no invariant breaks, and what it is for does happen.

`dispatch simulate --scenario batched --seed 0 --worlds 500 --permute` runs five hundred of them.
"""

import pytest

from tests.explorer.worlds import all_are_whole, shared_out, unseen

WANTED = (
    "a ride needs three rounds",
    "dispatcher rebuilt",
    "no drivers",
    "superseded search",
    "failed commit of an assignment",
)


@pytest.mark.parametrize("seeds", shared_out("batched", 7))
def test_no_invariant_breaks_in_any_of_these_worlds(seeds: list[int]) -> None:
    all_are_whole("batched", seeds)


def test_every_rare_case_is_met_in_some_of_them() -> None:
    assert unseen("batched", WANTED) == []


@pytest.mark.parametrize("seeds", shared_out("lossy-batched", 2))
def test_no_invariant_breaks_on_a_bad_network(seeds: list[int]) -> None:
    all_are_whole("lossy-batched", seeds)
