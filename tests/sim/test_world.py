"""A plain world takes short cuts; nothing comes of them that does not come of the long way."""

from __future__ import annotations

from typing import Any

from dispatch.config import Settings
from dispatch.ids import DriverId
from dispatch.messages.journal import Append, Appended
from dispatch.transport import wire
from sim.city.demand import poisson
from sim.city.model import City
from sim.people.behaviour import DriverBehaviour, PassengerBehaviour
from sim.world import World, WorldOptions

SILENT = Settings(explain_candidates=0, follow_drivers="off")


def a_run(**options: Any) -> tuple[World, list[tuple[float, Any]]]:
    """An hour of a town, to its end, and what the journal was told."""
    world, told = World(7, SILENT, WorldOptions(**options)), []
    world.runtime.observe(
        lambda now, address, message: told.append((now, message)) if type(message) in (Append, Appended) else None
    )
    dice, city = world.runtime.rng, City()
    for number in range(40):
        world.add_driver(DriverId(f"d{number}"), city.sample(dice("fleet")), DriverBehaviour())
    world.report_positions()
    world.expect(poisson(city, dice("demand"), rides=100, for_s=3600.0), PassengerBehaviour())
    world.settle()
    world.close()
    return world, told


def figures(world: World) -> dict[str, Any]:
    """What of its figures does not depend on machines, nor on how many messages it took."""
    same = {
        "seed": 7,
        "digest": "",
        "drivers": 40,
        "virtual_s": 0.0,
        "cpu_s": 0.0,
        "wall_s": 0.0,
        "invariants_checked": 0,
    }
    return dict(world.figures.summary(**same, violations=world.watch.violations.total))


def decisions(world: World) -> tuple[int, str]:
    made = world.watch.ledger.decisions
    return made.count, made.digest()


def test_a_plain_world_has_the_figures_and_the_record_of_one_that_is_not() -> None:
    plain, told = a_run(plain=True)
    other, told_there = a_run()
    assert not told and told_there, "only the plain one commits within turns"
    assert figures(plain) == figures(other)
    assert decisions(plain) == decisions(other)
    assert figures(plain)["completed"] > 50 and figures(plain)["violations"] == 0
    for driver_id in plain.drivers:
        assert plain.journal.events_of(f"driver/{driver_id}") == other.journal.events_of(f"driver/{driver_id}")
    for number in range(100):
        assert plain.journal.events_of(f"ride/r{number + 1}") == other.journal.events_of(f"ride/r{number + 1}")


def test_with_a_codec_positions_are_frames_in_a_plain_world_too() -> None:
    framed, _ = a_run(plain=True, codec=True)
    bare, _ = a_run(plain=True)
    assert framed.gateway.counters.frames_in[wire.LocationUpdate] > 1000
    assert bare.gateway.counters.frames_in[wire.LocationUpdate] == len(bare.drivers), "their first words alone"
    assert figures(framed) == figures(bare)
