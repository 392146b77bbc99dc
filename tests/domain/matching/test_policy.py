"""What a policy may rely on: the zone that it is shown has all that `ZoneView` promises, and the policies here are of the protocol."""

import inspect

import pytest

from dispatch.actors.parts.guarded_policy import GuardedPolicy
from dispatch.domain.matching.batched import Batched
from dispatch.domain.matching.policy import MatchingPolicy, SearchOpened, ZoneView
from dispatch.domain.matching.rounds import Rounds
from dispatch.domain.matching.zone import Zone
from tests.domain.matching.towns import Town

VIEW = sorted(name for name in vars(ZoneView) if not name.startswith("_"))


@pytest.mark.parametrize("name", VIEW)
def test_a_zone_has_what_the_view_of_it_promises(name: str) -> None:
    promised, zone = vars(ZoneView)[name], Town().zone
    if isinstance(promised, property):
        assert hasattr(zone, name)
    else:
        assert inspect.signature(getattr(Zone, name)).parameters.keys() == inspect.signature(promised).parameters.keys()


@pytest.mark.parametrize("kind", ["rounds", "batched", "guarded"])
def test_every_policy_of_ours_answers_with_moves_even_in_an_empty_zone(kind: str) -> None:
    town = Town(batch=1)
    made: dict[str, MatchingPolicy] = {
        "rounds": Rounds(),
        "batched": Batched(town.rules),
        "guarded": GuardedPolicy(Rounds(), None),
    }
    search = town.ride("r1")
    assert len(town.decide(made[kind], SearchOpened(search.card.ride_id), 1.0)) == 1
