"""The demo's server as a process: ready, watched, stopped, and told exactly the demo's settings."""

import asyncio
import os
import signal
import textwrap
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

import cli
from dispatch.config import Settings
from dispatch.config.kinds import SECRET
from dispatch.transport.ws.server import run
from sim.demo.server import LINES_KEPT, ServerFailed, ServerProcess, flags_of

Play = Callable[[ServerProcess], Awaitable[None]]


def with_server(play: Play, folder: Path, script: str = cli.__file__) -> None:
    """Play with the real server, or with a script in its place."""

    async def meet() -> None:
        settings = Settings(port=0, db=str(folder / "demo.db"))
        async with asyncio.timeout(20), ServerProcess(script, settings) as server:
            await play(server)

    run(meet())


def script_saying(folder: Path, body: str) -> str:
    """The file of a program that is started as the server would be."""
    file = folder / "script.py"
    file.write_text(textwrap.dedent(body))
    return str(file)


def test_it_is_ready_where_it_says_and_ends_well_when_it_is_told_to(tmp_path: Path) -> None:
    async def play(server: ServerProcess) -> None:
        await server.ready()
        assert server.url.startswith("ws://127.0.0.1:")
        assert not server.url.endswith(":0")
        assert await server.stop() == 0
        assert server.exit_status == 0

    with_server(play, tmp_path)


def test_it_does_not_belong_to_the_terminal_that_the_demo_runs_in(tmp_path: Path) -> None:
    async def play(server: ServerProcess) -> None:
        await server.ready()
        assert os.getsid(server.pid) == server.pid != os.getsid(0)

    with_server(play, tmp_path)


def test_it_tells_what_it_uses_while_it_lives(tmp_path: Path) -> None:
    async def play(server: ServerProcess) -> None:
        await server.ready()
        usage = server.usage()
        assert usage is not None
        assert 0.05 < usage.cpu_s < 20.0
        assert 10e6 < usage.memory_bytes < 1e9
        await server.stop()
        assert server.usage() is None

    with_server(play, tmp_path)


def test_its_death_is_noticed_at_once_with_the_signal_that_killed_it(tmp_path: Path) -> None:
    async def play(server: ServerProcess) -> None:
        await server.ready()
        os.kill(server.pid, signal.SIGKILL)
        assert await server.ended == -signal.SIGKILL
        assert any("dispatch listens on" in line for line in server.last_lines)

    with_server(play, tmp_path)


def test_a_server_that_cannot_start_is_told_with_its_own_last_words(tmp_path: Path) -> None:
    (tmp_path / "demo.db").write_text("this is no database at all, but long enough to look like a file of one")

    async def play(server: ServerProcess) -> None:
        with pytest.raises(ServerFailed, match=r"the server did not start: .*demo\.db is not an SQLite database"):
            await server.ready()

    with_server(play, tmp_path)


def test_only_the_last_lines_are_kept_however_much_it_says(tmp_path: Path) -> None:
    script = script_saying(tmp_path, "for n in range(100_000): print('line', n)")

    async def play(server: ServerProcess) -> None:
        assert await server.ended == 0
        assert list(server.last_lines) == [f"line {n}" for n in range(100_000 - LINES_KEPT, 100_000)]

    with_server(play, tmp_path, script)


def test_a_server_that_says_nothing_is_told_too(tmp_path: Path) -> None:
    async def play(server: ServerProcess) -> None:
        with pytest.raises(ServerFailed, match="it said nothing"):
            await server.ready()

    with_server(play, tmp_path, script_saying(tmp_path, "raise SystemExit(3)"))


def test_a_server_that_will_not_stop_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.demo.server.STOP_WITHIN_S", 0.2)
    stubborn = """
        import signal
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        print("dispatch listens on http://::1:8067 (so it says)", flush=True)
        while True: signal.pause()
    """

    async def play(server: ServerProcess) -> None:
        await server.ready()
        assert server.url == "ws://[::1]:8067"
        assert await server.stop() == -signal.SIGKILL

    with_server(play, tmp_path, script_saying(tmp_path, stubborn))


@pytest.mark.parametrize(
    "settings",
    [
        Settings(),
        Settings(port=0, db="a b.db", currency="ZAR", batch=3, radius_m=2_500.0, offer_timeout_s=1.5, late_grace_s=0.0),
    ],
)
def test_its_flags_make_exactly_these_settings_whatever_stands_in_files_and_variables(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dispatch.toml").write_text('rounds = 17\ncurrency = "USD"\n')
    shown = CliRunner().invoke(
        cli.main, ["config", "show", *flags_of(settings)], env={"DISPATCH_SEARCH_CAP": "7s"}, prog_name="dispatch"
    )
    told = {line.split()[0]: line for line in shown.output.splitlines()}
    assert shown.exit_code == 0, shown.stderr
    for row in Settings.rows:
        assert row.written(getattr(settings, row.attribute)) in told[row.name]
        is_left_out = row.kind is SECRET or row.group == "retention" or getattr(settings, row.attribute) is None
        assert told[row.name].endswith("default" if is_left_out else f"flag {row.flag}")


def test_a_secret_is_not_among_its_flags_where_anybody_could_list_it() -> None:
    assert "k3y" not in " ".join(flags_of(Settings(pricing_key="k3y")))


def test_a_setting_that_differs_makes_a_flag_that_differs() -> None:
    assert flags_of(Settings()) != flags_of(replace(Settings(), rounds=9))
