"""`dispatch top` beside real servers: where people log in, where they do not, and in a terminal from which the server goes away."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import cli
from dispatch.control import ask_owner
from dispatch.storage.tools.orders import Overlook
from tests.e2e.test_quotes import ROOT
from tests.transport.ws.certificates import certificate
from tests.watched import COMMAND

PATIENCE_S = 30.0
CONTROL = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]")


def serving(db: Path, *flags: str) -> subprocess.Popen[str]:
    """A server that is ready."""
    command = [*COMMAND, "serve", "--port", "0", "--db", str(db), "--synchronous", "off", *flags]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=db.parent)
    assert process.stdout is not None
    assert "listens on" in process.stdout.readline()
    return process


def ended(process: subprocess.Popen[Any], by: signal.Signals = signal.SIGTERM) -> int:
    process.send_signal(by)
    with process:
        return process.wait(PATIENCE_S)


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The database of a server on which people log in."""
    db = tmp_path_factory.mktemp("top") / "rides.db"
    server = serving(db, "--auth", "on")
    yield db
    assert ended(server) == 0


def top(*arguments: str) -> Result:
    return CliRunner(env={"COLUMNS": "80"}).invoke(cli.main, ["top", "--once", *arguments])


def told(db: Path) -> dict[str, Any]:
    answer = ask_owner(str(db), Overlook())
    assert answer is not None
    return answer


def test_who_runs_a_server_sees_it_by_its_file(locked: Path) -> None:
    result = top("--db", str(locked))
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert "dispatch top" in lines[0] and told(locked)["url"] in lines[1]
    assert "connected  " in lines[-2] and max(map(len, lines)) < 80 and len(lines) < 24
    assert re.search(r"server CPU · memory +\d+% · \d+ MB", result.output), "its metrics were read as well"


def test_a_token_of_staff_opens_it_by_its_address(locked: Path, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(told(locked)["token"])
    result = top(told(locked)["url"], "--token-file", str(file), "--db", str(tmp_path / "none.db"))
    assert (result.exit_code, "connected  " in result.output) == (0, True), result.output


@pytest.mark.parametrize(
    ("token", "says"), [("", "shows its town to staff alone"), ("made.up.token", "does not take this token")]
)
def test_nobody_else_sees_it_and_is_told_why_in_one_line(locked: Path, tmp_path: Path, token: str, says: str) -> None:
    (tmp_path / "token").write_text(token)
    flags = ["--token-file", str(tmp_path / "token")] if token else []
    result = top(told(locked)["url"], "--db", str(tmp_path / "none.db"), *flags)
    assert result.exit_code == 1
    assert says in result.output and len(result.output.splitlines()) == 1 and "made.up" not in result.output


def test_a_server_with_a_certificate_of_its_own_is_known_by_its_file_and_by_nothing_else(tmp_path: Path) -> None:
    db, (cert, key) = tmp_path / "rides.db", certificate(tmp_path)
    server = serving(db, "--auth", "on", "--behind-proxy", "10.0.0.5", "--tls-cert", str(cert), "--tls-key", str(key))
    try:
        own = top("--db", str(db))
        stranger = top(told(db)["url"], "--db", str(tmp_path / "none.db"))
    finally:
        assert ended(server) == 0
    assert own.exit_code == 0 and "connected; it tells no metrics here" in own.output, own.output
    assert (stranger.exit_code, "is not one to trust" in stranger.output) == (1, True), stranger.output


def test_where_no_server_is_one_picture_is_one_line(tmp_path: Path) -> None:
    result = top("http://127.0.0.1:9", "--db", str(tmp_path / "none.db"))
    assert (result.exit_code, result.output) == (
        1,
        "dispatch: there is nothing to show: no answer from http://127.0.0.1:9\n",
    )


class Terminal:
    """`dispatch top` in a terminal of 80 by 24."""

    def __init__(self, db: Path) -> None:
        self._ours, theirs = pty.openpty()
        self.resize(24, 80)
        env = {**os.environ, "TERM": "xterm", "NO_COLOR": "1"}
        env.pop("COLUMNS", None), env.pop("LINES", None)
        command = [sys.executable, str(ROOT / "cli.py"), "top", "--db", str(db)]
        self.process = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, env=env, start_new_session=True
        )
        os.close(theirs)
        self._seen = b""

    def resize(self, lines: int, columns: int) -> None:
        fcntl.ioctl(self._ours, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def press(self, key: bytes) -> None:
        os.write(self._ours, key)

    def until(self, pattern: str) -> str:
        """What is drawn up to the picture in which this is seen. Later pictures are looked at by the next call."""
        wanted, end = re.compile(pattern.encode(), re.DOTALL), time.monotonic() + PATIENCE_S
        while (found := wanted.search(self._seen)) is None:
            ready, _, _ = select.select([self._ours], [], [], max(0.0, end - time.monotonic()))
            assert ready, f"{pattern} is not seen in {self.text(self._seen)[-2000:]}"
            try:
                self._seen += os.read(self._ours, 65_536)
            except OSError:
                raise AssertionError(f"it ended: {self.text(self._seen)[-2000:]}") from None
        seen, self._seen = self._seen[: found.end()], self._seen[found.end() :]
        return self.text(seen)

    @staticmethod
    def text(data: bytes) -> str:
        return CONTROL.sub(b"", data).decode(errors="replace")

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._ours)


def test_in_a_terminal_it_loses_the_server_says_so_comes_back_and_ends_with_q(tmp_path: Path) -> None:
    db = tmp_path / "rides.db"
    server = serving(db)
    terminal = Terminal(db)
    try:
        seen = terminal.until("connected .*q quits.*╯")
        assert "\x1b[3" not in seen, "without colours where none are wanted"
        assert ended(server, signal.SIGKILL) == -signal.SIGKILL
        terminal.until(r"no answer since \d\d:\d\d:\d\d, trying again")
        server = serving(db)
        terminal.until("connected  ")
        terminal.resize(30, 100)
        terminal.until("(?:─){41}")
        terminal.press(b"q")
        terminal.until(re.escape("\x1b[?1049l"))
        assert terminal.process.wait(PATIENCE_S) == 0
    finally:
        terminal.close()
        ended(server)
