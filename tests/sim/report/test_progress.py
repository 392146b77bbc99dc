"""The line of a long run, and its Ctrl-C."""

import io
import json
import signal
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner, Result

import cli
from sim.explore import explorer
from sim.report.progress import CLEAR, Progress, interruptible
from sim.world import World


@pytest.fixture(autouse=True)
def heard_ctrl_c() -> Iterator[None]:
    """Ctrl-C is heard, also where these tests are a job in the background, which hears none."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(stream: io.StringIO) -> list[str]:
    """What was told, each a quarter of a second after the one before, for four seconds."""
    now = [100.0]
    progress = Progress(stream, lambda: now[0])
    for number in range(16):
        now[0] = 100.0 + number / 4
        progress.tell(lambda number=number: f"{number} of 16")  # type: ignore[misc]
    progress.clear()
    progress.clear()
    return stream.getvalue().split(CLEAR)


def test_a_long_run_tells_on_one_line_how_far_it_is_and_takes_the_line_away() -> None:
    assert shown(Terminal()) == ["", *(f"{number} of 16" for number in range(8, 16)), ""]


def test_nothing_is_told_where_no_terminal_reads_it() -> None:
    assert shown(io.StringIO()) == [""]


def test_the_first_ctrl_c_is_remembered_and_the_second_is_one_as_ever() -> None:
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), interruptible() as is_interrupted:
        assert not is_interrupted()
        signal.raise_signal(signal.SIGINT)
        assert is_interrupted()
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) == before


class TestACityThatIsInterrupted:
    """Ctrl-C comes when the thirtieth of sixty passengers books."""

    @pytest.fixture(autouse=True)
    def _press_at_the_thirtieth(self, monkeypatch: pytest.MonkeyPatch) -> None:
        add = World.add_passenger

        def adding(world: World, ride_id: Any, *rest: Any) -> Any:
            if ride_id == "r30":
                signal.raise_signal(signal.SIGINT)
            return add(world, ride_id, *rest)

        monkeypatch.setattr(World, "add_passenger", adding)

    @staticmethod
    def simulated(*flags: str) -> Result:
        args = ["simulate", "--trips", "none", "--drivers", "20", "--rides", "60", *flags]
        return CliRunner().invoke(cli.main, args, prog_name="dispatch")

    def test_its_figures_so_far_are_printed_and_marked(self) -> None:
        result = self.simulated()
        assert (result.exit_code, result.stderr) == (130, "")
        assert result.stdout.startswith("Simulation, seed 1, interrupted when 30 of 60 rides had been asked for\n")
        assert "rides requested" in result.stdout

    def test_programs_get_them_as_one_object(self) -> None:
        result = self.simulated("--json")
        told = json.loads(result.stdout)
        assert result.exit_code == 130
        assert (told["interrupted"], told["requests"], told["violations"]) == (True, 30, 0)
        assert 0 < told["completed"] < 30


def test_a_city_that_was_let_alone_says_that_too() -> None:
    result = CliRunner().invoke(cli.main, ["simulate", "--trips", "none", "--rides", "3", "--json"])
    assert (result.exit_code, json.loads(result.stdout)["interrupted"]) == (0, False)


@pytest.mark.parametrize("as_json", [True, False])
def test_worlds_that_are_interrupted_end_after_the_one_under_way(
    monkeypatch: pytest.MonkeyPatch, as_json: bool
) -> None:
    run_one = explorer.run_one

    def pressing(name: str, seed: int, **options: Any) -> Any:
        if seed == 4:
            signal.raise_signal(signal.SIGINT)
        return run_one(name, seed, **options)

    monkeypatch.setattr(explorer, "run_one", pressing)
    flags = ["simulate", "--scenario", "small", "--seed", "3", "--worlds", "50", *(["--json"] if as_json else [])]
    result = CliRunner().invoke(cli.main, flags, prog_name="dispatch")
    assert result.exit_code == 130
    if as_json:
        told = json.loads(result.stdout)
        assert (told["worlds"], told["interrupted"]) == (2, True)
    else:
        assert result.stdout.endswith("2 worlds, every invariant held; interrupted before the rest of 50\n")
