"""One world by its name: the command that runs it again, what it prints, and what breaks it."""

import hashlib
import json
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest
from click.testing import CliRunner

from cli import main
from dispatch.actors.driver import DriverActor
from dispatch.messages.commands import SetAvailability
from dispatch.runtime import trace
from sim.explore.scenarios import UnknownScenario, explore_one, run_one
from tests.explorer.bugs import nothing_is_withdrawn
from tests.explorer.worlds import outcome

BUSY = 49
"""A seed in whose world much happens."""


class TestOneWorldAgain:
    """`dispatch simulate --scenario small`."""

    def test_the_command_runs_the_same_world_as_the_explorer(self) -> None:
        said = CliRunner().invoke(main, ["simulate", "--scenario", "small", "--seed", str(BUSY), "--permute", "--json"])
        assert said.exit_code == 0, said.output
        told = json.loads(said.stdout)
        assert told["digest"] == outcome("small", BUSY).digest
        assert (told["violations"], told["broken"]) == (0, [])
        assert told["seen"]["driver rebuilt"] > 0

    def test_without_permute_mail_comes_in_the_order_it_was_sent(self) -> None:
        said = CliRunner().invoke(main, ["simulate", "--scenario", "small", "--seed", str(BUSY), "--json"])
        assert json.loads(said.stdout)["digest"] == outcome("small", BUSY, permute=False).digest

    def test_the_trace_is_what_the_digest_is_of(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        hashed = bytearray()

        class Collecting:
            def update(self, data: bytes) -> None:
                hashed.extend(data)

            def hexdigest(self) -> str:
                return hashlib.sha256(hashed).hexdigest()

        file = tmp_path / "trace"
        with monkeypatch.context() as patch:
            patch.setattr(trace, "hashlib", SimpleNamespace(sha256=Collecting))
            traced = run_one("small", BUSY, permute=True, trace=file)
        lines = [msgspec.json.decode(line) for line in file.read_text().splitlines()]
        assert len(lines) > 1_000
        # Without its head the array of all deliveries is what was hashed.
        assert msgspec.msgpack.decode(b"\xdd" + len(lines).to_bytes(4, "big") + hashed) == lines
        assert outcome("small", BUSY).digest == traced.digest, "without a file it is the same"

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
        stumbled = run_one("small", BUSY, permute=True)
        assert any("no-crash" in line and "stumbled" in line for line in stumbled.broken)

    @pytest.mark.parametrize(
        ("name", "hint"), [("smal", "did you mean 'small'?"), ("stadium", "known: small, lossy")], ids=["near", "far"]
    )
    def test_an_unknown_scenario_is_answered_with_what_was_meant(self, name: str, hint: str) -> None:
        with pytest.raises(UnknownScenario, match=name):
            run_one(name, 1, permute=True)
        said = CliRunner().invoke(main, ["simulate", "--scenario", name])
        assert said.exit_code != 0
        assert hint in said.output
