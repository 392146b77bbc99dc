"""Looking for a world that breaks: when it stops, what it counts, and what it says about the one that it found."""

import json
import re
import shlex

import pytest
from click.testing import CliRunner

from cli import main
from sim.explore.explorer import Exploration, command_for, explore
from sim.explore.scenarios import UnknownScenario
from tests.explorer.bugs import a_dead_socket_keeps_its_place, nothing_is_withdrawn
from tests.explorer.worlds import outcome

QUIET = (76, 42)
"""Seeds in whose worlds little happens: they cost half of others."""


def test_worlds_are_run_in_order_and_what_they_saw_is_added_up() -> None:
    explored = explore(QUIET)
    both = [outcome("small", seed).seen for seed in QUIET]
    assert (explored.run, explored.failed) == (2, None)
    assert explored.seen["driver rebuilt"] == sum(seen.get("driver rebuilt", 0) for seen in both) > 0
    assert str(explored) == "2 worlds, every invariant held"


def test_it_stops_when_it_is_enough() -> None:
    def three_were_run(explored: Exploration) -> bool:
        return explored.run == 3

    assert explore((*QUIET, *QUIET), enough=three_were_run).run == 3


def test_the_first_broken_world_ends_the_search_and_is_printed_first() -> None:
    with nothing_is_withdrawn():
        explored = explore(range(7, 100))
    assert explored.failed is not None
    assert explored.run == explored.failed.seed - 7 + 1
    first, command, *broken = str(explored).splitlines()
    assert first.startswith(f"seed {explored.failed.seed} breaks an invariant")
    assert command.strip() == f"dispatch simulate --scenario small --seed {explored.failed.seed} --permute"
    assert broken and all(re.fullmatch(r"  \d+\.\d{3} s [a-z-]+: .+", line) for line in broken)


def test_the_printed_command_repeats_the_same_break() -> None:
    with a_dead_socket_keeps_its_place():
        explored = explore(range(1, 100))
        assert explored.failed is not None
        searched = CliRunner().invoke(main, ["simulate", "--scenario", "small", "--worlds", "100", "--permute"])
        said = CliRunner().invoke(main, shlex.split(explored.command)[1:])
    assert (searched.exit_code, searched.stderr) == (1, f"{explored}\n"), "it is printed in lines"
    assert said.exit_code == 1
    assert [line.removeprefix("invariant broken: ") for line in said.stderr.splitlines()] == explored.failed.broken


@pytest.mark.parametrize(("permute", "end"), [(True, " --seed 5 --permute"), (False, " --seed 5")], ids=str)
def test_the_command_says_in_which_order_mail_came(permute: bool, end: str) -> None:
    assert command_for("small", 5, permute=permute) == "dispatch simulate --scenario small" + end
    assert explore([5], permute=permute).failed is None


def test_an_unknown_world_is_refused() -> None:
    with pytest.raises(UnknownScenario):
        explore([1], "smal")


class TestManyByCommand:
    """`dispatch simulate --scenario NAME --worlds 2`."""

    def test_it_says_how_many_were_whole_and_what_was_met(self) -> None:
        said = CliRunner().invoke(
            main, ["simulate", "--scenario", "small", "--seed", "75", "--worlds", "2", "--permute"]
        )
        assert said.exit_code == 0, said.output
        assert said.stdout.splitlines()[-1] == "2 worlds, every invariant held"
        assert "superseded search: " in said.stdout

    def test_the_first_that_breaks_ends_it_and_is_the_exit_status(self) -> None:
        command = ["simulate", "--scenario", "small", "--seed", "7", "--worlds", "100", "--permute", "--json"]
        with nothing_is_withdrawn():
            said = CliRunner().invoke(main, command)
        told = json.loads(said.stdout)
        assert said.exit_code == 1
        assert told["worlds"] == told["seed"] - 7 + 1 and told["broken"]
        assert told["command"] == f"dispatch simulate --scenario small --seed {told['seed']} --permute"
