"""The small world: one seed is one world, wherever and however often it is run."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner

from cli import main
from dispatch.actors.driver import DriverActor
from dispatch.messages.commands import SetAvailability
from sim.small import DRIVERS, RIDES, UnknownScenario, explore_one, mood_of, run_one
from tests.explorer.bugs import nothing_is_withdrawn

ROOT = Path(__file__).parent.parent.parent
BUSY = 11
"""A seed in whose world much happens."""


def test_the_same_seed_gives_the_same_deliveries() -> None:
    assert run_one("small", BUSY, permute=True).digest == run_one("small", BUSY, permute=True).digest


def test_another_seed_and_another_order_are_other_worlds() -> None:
    digests = [run_one("small", seed, permute=permute).digest for seed in (BUSY, BUSY + 1) for permute in (True, False)]
    assert len(set(digests)) == 4


def test_no_order_of_a_hash_table_decides_anything() -> None:
    program = f"from sim.small import run_one; print(run_one('small', {BUSY}, permute=True).digest)"
    digests = [
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for hash_seed in ("0", "1", "random")
    ]
    assert digests == [run_one("small", BUSY, permute=True).digest] * 3


def test_everybody_comes_and_everything_ends() -> None:
    outcome = run_one("small", BUSY, permute=True)
    assert (outcome.summary["drivers"], outcome.summary["requests"]) == (DRIVERS, RIDES)
    assert outcome.summary["assigned"] > RIDES / 3, "rides find drivers"
    assert outcome.summary["virtual_s"] < 3_600.0, "the world came to rest by itself"
    assert outcome.broken == []


def test_moods_differ_from_seed_to_seed() -> None:
    moods = [mood_of(Random(f"{seed}/mood")) for seed in range(100)]
    assert {mood.commit_delay_s for mood in moods} == {(0.0, 0.0), (0.01, 0.01), (0.0, 0.02)}
    assert {mood.failure_rate > 0.0 for mood in moods} == {True, False}
    assert {mood.settings.live_offers for mood in moods} == {1, 2}


class TestOneWorldAgain:
    """`dispatch simulate --scenario small`."""

    def test_the_command_runs_the_same_world_as_the_explorer(self) -> None:
        said = CliRunner().invoke(main, ["simulate", "--scenario", "small", "--seed", str(BUSY), "--permute", "--json"])
        assert said.exit_code == 0, said.output
        told = json.loads(said.stdout)
        assert told["digest"] == run_one("small", BUSY, permute=True).digest
        assert (told["violations"], told["broken"]) == (0, [])
        assert told["seen"]["driver rebuilt"] > 0

    def test_without_permute_mail_comes_in_the_order_it_was_sent(self) -> None:
        said = CliRunner().invoke(main, ["simulate", "--scenario", "small", "--seed", str(BUSY), "--json"])
        assert json.loads(said.stdout)["digest"] == run_one("small", BUSY, permute=False).digest

    def test_the_trace_is_what_the_digest_is_of(self, tmp_path: Path) -> None:
        file = tmp_path / "trace"
        outcome = run_one("small", BUSY, permute=True, trace=file)
        assert hashlib.sha256(file.read_bytes()).hexdigest() == outcome.digest
        assert len(file.read_text().splitlines()) > 1_000

    def test_a_broken_invariant_is_printed_and_is_the_exit_status(self, capsys: pytest.CaptureFixture[str]) -> None:
        with nothing_is_withdrawn():
            status = explore_one("small", BUSY, permute=True, as_json=False)
        told = capsys.readouterr()
        assert status == 1
        assert "invariant broken: " in told.err and " withdrawn: " in told.err
        assert f"seed {BUSY}" in told.out

    def test_a_failure_that_nobody_injected_is_a_violation(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def stumble(driver: DriverActor, message: SetAvailability) -> None:
            raise RuntimeError("stumbled")

        monkeypatch.setitem(DriverActor.handlers, SetAvailability, stumble)
        outcome = run_one("small", BUSY, permute=True)
        assert any("no-crash" in line and "stumbled" in line for line in outcome.broken)

    @pytest.mark.parametrize(
        ("name", "hint"), [("smal", "did you mean 'small'?"), ("stadium", "known: small")], ids=["near", "far"]
    )
    def test_an_unknown_scenario_is_answered_with_what_was_meant(self, name: str, hint: str) -> None:
        with pytest.raises(UnknownScenario, match=name):
            run_one(name, 1, permute=True)
        said = CliRunner().invoke(main, ["simulate", "--scenario", name])
        assert said.exit_code != 0
        assert hint in said.output
