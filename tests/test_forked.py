"""What is forked cannot be told from what is started: the same words, the same end, a child of this process."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import cli
from tests import forked

PROGRAM = [sys.executable, cli.__file__]
FORKS: forked.Forks = subprocess._fork_exec  # type: ignore[attr-defined]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was started as always since this test began."""
    started: list[Any] = []

    def start(*asked: Any) -> Any:
        started.append(list(asked[0]))
        return real(*asked)

    real = FORKS.real
    monkeypatch.setattr(FORKS, "real", start)
    return started


def told(*arguments: str, **more: Any) -> tuple[int, str, str]:
    """The exit status, and what was printed and logged."""
    ended = subprocess.run([*PROGRAM, *arguments], capture_output=True, text=True, timeout=60, check=False, **more)
    return ended.returncode, ended.stdout, ended.stderr


@pytest.mark.parametrize(
    "arguments",
    [["--version"], ["serve", "--nonsense"], ["config", "show"], ["db", "check", "--db", "none.db"]],
    ids=" ".join,
)
def test_a_fork_says_what_a_start_does(
    arguments: list[str], tmp_path: Path, started: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    by_fork = told(*arguments, cwd=tmp_path)
    assert PROGRAM + arguments not in started
    monkeypatch.setattr(forked, "PROGRAMS", ())
    assert told(*arguments, cwd=tmp_path) == by_fork
    assert PROGRAM + arguments in started


@pytest.mark.parametrize(("by", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 0), (signal.SIGKILL, -9)])
def test_a_fork_is_a_child_of_this_process_in_a_session_of_its_own_where_asked_and_ends_by_signals(
    by: signal.Signals, status: int, tmp_path: Path, started: list[Any]
) -> None:
    command = [*PROGRAM, "serve", "--port", "0", "--db", "rides.db"]
    with (tmp_path / "log").open("w") as log, (tmp_path / "printed").open("w") as printed:
        process = subprocess.Popen(command, cwd=tmp_path, stdout=printed, stderr=log, start_new_session=True)
    try:
        while b"listens" not in (tmp_path / "printed").read_bytes():
            assert process.poll() is None, (tmp_path / "log").read_text()
        fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        assert [int(field) for field in fields[1:4]] == [os.getpid(), process.pid, process.pid]
    finally:
        process.send_signal(by)
    assert process.wait(60) == status
    assert command not in started


def test_a_fork_has_the_environment_it_is_given_and_nothing_more(
    tmp_path: Path, started: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPATCH_HOST", "::1")
    environ = {name: value for name, value in os.environ.items() if name != "DISPATCH_HOST"}
    _, printed, _ = told("config", "show", cwd=tmp_path, env={**environ, "DISPATCH_PORT": "4567"})
    rows = {line.split()[0]: line.split()[1:] for line in printed.splitlines()}
    assert (rows["port"][0], rows["host"][0]) == ("4567", "127.0.0.1")
    assert started == [] or [*PROGRAM, "config", "show"] not in started


@pytest.mark.parametrize("environ", [{"PYTHONHASHSEED": "1"}, {"LC_ALL": "C"}, {"TZ": "Africa/Johannesburg"}], ids=str)
def test_an_interpreter_with_variables_of_its_own_is_started(environ: dict[str, str], started: list[Any]) -> None:
    assert told("--version", env={**os.environ, **environ})[0] == 0
    assert started[-1:] == [[*PROGRAM, "--version"]]


def test_what_writes_to_a_terminal_is_started(started: list[Any]) -> None:
    ours, theirs = pty.openpty()
    try:
        assert subprocess.run([*PROGRAM, "--version"], stdout=theirs, timeout=60, check=True).returncode == 0
    finally:
        os.close(ours)
        os.close(theirs)
    assert started[-1:] == [[*PROGRAM, "--version"]]
