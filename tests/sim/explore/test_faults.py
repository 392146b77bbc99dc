"""Faults: each kind does what it says, they follow from the seed, and they stop."""

from collections.abc import Callable
from typing import Any

import pytest

from dispatch.actors.driver import DriverActor
from dispatch.actors.recorded import RecordedActor
from dispatch.addresses import driver as address_of
from dispatch.ids import DriverId
from dispatch.messages.commands import Detach, SetAvailability
from dispatch.messages.journal import Appended
from dispatch.transport import wire
from sim.explore.faults import MOMENTS, STRIKES, FaultPlan, Faults, InjectedFault
from sim.explore.small import SmallWorld
from sim.people.behaviour import DriverBehaviour
from sim.people.restless import RestlessDriver

HERE = (-26.2041, 28.0473)
DAN = DriverId("27820000001")
PLAN = FaultPlan(every_s=5.0, until_s=200.0, away_s=(1.0, 30.0))
STRUCK = {"silence", "hang up", "replace", "hurt"}


def world_of_one(seed: int = 1) -> tuple[SmallWorld, RestlessDriver]:
    """One driver, online and heard of."""
    world = SmallWorld(seed, permute=False)
    dan = world.add_driver(DAN, HERE, DriverBehaviour())
    world.run(1.0)
    return world, dan


def hurt(world: SmallWorld, moment: Callable[[RecordedActor], None]) -> DriverActor:
    """Dan's actor, prepared to fail."""
    actor = world.runtime.actor(address_of(DAN))
    assert isinstance(actor, DriverActor)
    moment(actor)
    return actor


def messages_of(world: SmallWorld, kind: type) -> list[Any]:
    """Messages of this kind that are delivered from now on."""
    seen: list[Any] = []
    world.runtime.observe(lambda now, address, message: seen.append(message) if type(message) is kind else None)
    return seen


class TestLinks:
    def test_a_silenced_driver_is_declared_dead_and_comes_back(self) -> None:
        world, dan = world_of_one()
        detached, plan = messages_of(world, Detach), FaultPlan(away_s=(20.0, 30.0))
        assert STRIKES["silence"](Faults(world, world.clock, plan))
        assert dan.link is None
        world.run(1.0 + world.settings.dead_after_s - 0.1)
        assert detached == []
        world.run(1.0 + world.settings.dead_after_s)
        assert [message.reason for message in detached] == ["silent"]
        world.run(33.0)
        assert dan.link is not None

    def test_who_hangs_up_is_gone_at_once(self) -> None:
        world, dan = world_of_one()
        detached = messages_of(world, Detach)
        assert STRIKES["hang up"](Faults(world, world.clock, PLAN))
        world.run(1.0)
        assert [message.reason for message in detached] == ["closed"]
        world.run(1.0 + PLAN.away_s[1] + 1.0)
        assert dan.link is not None

    def test_a_second_connection_takes_the_place_of_the_first(self) -> None:
        world, dan = world_of_one()
        before = dan.link
        assert STRIKES["replace"](Faults(world, world.clock, PLAN))
        world.run(1.0)
        assert dan.link is not None and dan.link is not before
        assert world.gateway.counters.closed[4504] == 1

    @pytest.mark.parametrize("name", ["silence", "hang up", "replace"])
    def test_nobody_connected_is_nobody_lost(self, name: str) -> None:
        world = SmallWorld(1, permute=False)
        assert not STRIKES[name](Faults(world, world.clock, PLAN))


class TestActors:
    @pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: moment.__name__.strip("_"))
    def test_a_hurt_actor_fails_once_is_rebuilt_and_its_app_is_told(
        self, moment: Callable[[RecordedActor], None]
    ) -> None:
        world, dan = world_of_one()
        before, asked = hurt(world, moment), messages_of(world, SetAvailability)
        dan.send(wire.SetAvailability(available=False))
        world.run(10.0)
        assert [type(error) for _, error in world.failures] == [InjectedFault]
        after = world.runtime.actor(address_of(DAN))
        assert isinstance(after, DriverActor) and after is not before
        assert len(asked) == 2, "the app was told, and said it again"
        assert not dan.unanswered
        assert not after.driver.wants_offers

    @pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: moment.__name__.strip("_"))
    def test_the_journal_is_always_listened_to(self, moment: Callable[[RecordedActor], None]) -> None:
        world, _ = world_of_one()
        actor = hurt(world, moment)
        world.runtime.tell(address_of(DAN), Appended(actor.incarnation, actor.recorded))
        world.run(2.0)
        assert world.failures == []

    def test_faults_of_actors_are_too_far_apart_for_a_quarantine(self) -> None:
        world, _ = world_of_one()
        faults = Faults(world, world.clock, PLAN)
        strikes = [STRIKES["hurt"](faults) for _ in range(20)]
        assert strikes.count(True) == 1, "there is no ride to hurt, so that the first may strike nobody"
        world.run(7.0)
        assert any(STRIKES["hurt"](faults) for _ in range(20))


class TestTheRun:
    def played(self, seed: int) -> SmallWorld:
        world = SmallWorld(seed, permute=True)
        world.play()
        return world

    def test_every_kind_strikes_and_the_same_seed_strikes_alike(self) -> None:
        first, second, other = (self.played(seed).faults.struck for seed in (11, 11, 12))
        assert set(first) == STRUCK
        assert first == second != other

    def test_no_fault_strikes_after_its_time_and_everybody_is_back(self) -> None:
        world, dan = world_of_one()
        faults = Faults(world, world.clock, PLAN)
        faults.start()
        world.run(PLAN.until_s + faults.longest_away_s + 1.0)
        struck = dict(faults.struck)
        assert sum(struck.values()) > 10
        world.run(world.elapsed_s + 500.0)
        assert faults.struck == struck
        assert dan.link is not None
