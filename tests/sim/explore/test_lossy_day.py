"""Part of the shipped day on a bad network: its rides end, what was lost is told, and whatever hangs breaks a rule."""

import json
from typing import Any

from click.testing import CliRunner, Result

from cli import main
from dispatch.ids import DriverId
from sim.city.demand import Demand, trip_between
from sim.explore.lossy_day import LossyDay
from sim.people.behaviour import DriverBehaviour, PassengerBehaviour
from tests.explorer.bugs import a_resume_skips_one

HERE, THERE = (40.75, -73.99), (40.76, -73.98)
TWENTY_MINUTES = ("--trips", "shipped", "--from", "08:00", "--for", "20m", "--rides", "60", "--drivers", "20")


def simulated(*flags: str) -> Result:
    return CliRunner().invoke(main, ["simulate", *TWENTY_MINUTES, *flags], prog_name="dispatch")


def a_world(rides: int = 1) -> LossyDay:
    """One driver who accepts, and passengers beside them, of whom one books every ten minutes."""
    world = LossyDay(3)
    world.add_driver(DriverId("27820000001"), HERE, DriverBehaviour(accept=1.0, decline=0.0))
    world.report_positions()
    world.expect([Demand(600.0 * number, trip_between(HERE, THERE)) for number in range(rides)], PassengerBehaviour())
    return world


def settled(world: LossyDay) -> LossyDay:
    world.settle(at_most_s=1_800.0)
    return world


def broken(world: LossyDay) -> set[str]:
    """The names of the rules that it broke."""
    return {violation.split(" s ")[1].partition(":")[0] for violation in world.watch.violations}


def test_every_ride_of_twenty_minutes_ends_and_no_rule_breaks() -> None:
    result = simulated("--network", "lossy", "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    told = json.loads(result.stdout)
    assert told["requests"] == told["completed"] + told["no_drivers"] + told["cancelled"] == 60
    assert told["violations"] == 0 and told["completed"] > 20 and told["invariants_checked"] > 1_000
    assert all(told["network"][what] > 10 for what in ("frame lost", "frame doubled", "connection died of it"))


def test_the_table_ends_with_what_the_network_did_which_is_the_same_again() -> None:
    few = ("--network", "lossy", "--rides", "4", "--drivers", "6")
    told, table = json.loads(simulated(*few, "--json").stdout), simulated(*few).stdout.splitlines()
    assert f"digest {told['digest']}" in table
    assert table[-3:] == [f"{what}: {count:,}" for what, count in told["network"].items()]


def test_on_a_good_network_nothing_is_lost_or_said_of_it() -> None:
    good, plain = (json.loads(simulated("--json", *flags).stdout) for flags in (("--network", "good"), ()))
    assert good["digest"] == plain["digest"] and "network" not in good


def test_a_message_that_is_not_told_again_leaves_a_gap() -> None:
    assert broken(settled(a_world(rides=4))) == set()
    with a_resume_skips_one():
        assert "no-gap" in broken(settled(a_world(rides=4)))


def test_a_driver_who_never_arrives_leaves_a_ride_that_hangs() -> None:
    world = a_world()
    world.drivers[DriverId("27820000001")].behaviour = DriverBehaviour(accept=1.0, decline=0.0, boarding_s=1e6)
    assert "ends" in broken(settled(world))


def test_an_instant_without_an_end_is_a_violation_and_ends_the_run() -> None:
    world = a_world()

    class Echo:
        def deliver(self, message: Any) -> None:
            world.runtime.set_timer(0.0, "echo", message)

    world.runtime.sink("echo", Echo())
    world.runtime.set_timer(5.0, "echo", "again")
    assert "no-livelock" in broken(settled(world))
    assert world.elapsed_s < 6.0
