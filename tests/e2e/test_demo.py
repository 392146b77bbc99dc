"""The whole demo as its user starts it: real processes, real sockets, real signals. A few drivers, a few seconds."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from websockets.sync.client import connect

import cli
from dispatch.config import load
from sim.demo.main import demo
from sim.people.driver import DriverPhone

COMMAND = [sys.executable, cli.__file__, "demo", "--drivers", "30"]
REAL_TRIPS = [*COMMAND, "--trips", "shipped"]
IN_A_TERMINAL = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"
CTRL_C = b"\x03"
IN_MANHATTAN = {
    "pickup_latitude": 40.7549,
    "pickup_longitude": -73.9840,
    "dropoff_latitude": 40.7484,
    "dropoff_longitude": -73.9857,
    "pickup_address": "Bryant Park",
    "dropoff_address": "350 5th Avenue",
    "distance_km": 1.0,
    "estimated_duration_minutes": 5.0,
    "fare_amount": 8.5,
}
"""Places that docs/APPS.md names."""
COUNTING_SERVER = """
import atexit, json, runpy, sys
from pathlib import Path
sys.path.insert(0, str(Path(CLI).parent))
from dispatch.transport.ws import edge

class Counting(edge.EdgeCounters):
    def __init__(self):
        super().__init__()
        atexit.register(lambda: Path(REPORT).write_text(json.dumps(self.closes)))

edge.EdgeCounters = Counting
runpy.run_path(CLI, run_name="__main__")
"""
"""The real server, which writes down at its end how its sockets were closed."""


@contextmanager
def started(folder: Path, *command: str, **environ: str) -> Iterator[subprocess.Popen[bytes]]:
    """A demo in a process group of its own, as a terminal would start it."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **environ},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_for(process: subprocess.Popen[bytes], words: bytes) -> bytes:
    """Read what it prints until these words are there."""
    assert process.stdout is not None
    seen = b""
    while words not in seen:
        more = os.read(process.stdout.fileno(), 65_536)
        assert more, f"it ended without saying {words!r}: {seen!r}"
        seen += more
    return seen


def text(read: bytes) -> str:
    """What was read from a terminal, which may begin and end within a letter."""
    return read.decode(errors="ignore")


def summary_of(out: bytes) -> dict[str, Any]:
    """The last line."""
    summary: dict[str, Any] = json.loads(out.decode().splitlines()[-1])
    return summary


@pytest.mark.parametrize("command", [COMMAND, REAL_TRIPS], ids=["sandbox", "real trips"])
def test_a_short_demo_dispatches_rides_ends_by_itself_and_sums_up_in_its_last_line(
    tmp_path: Path, command: list[str]
) -> None:
    with started(tmp_path, *command, "--for", "4s", "--seed", "3") as process:
        out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, b"")
    summary = summary_of(out)
    assert summary["seed"] == 3
    assert summary["drivers"] == 30
    assert summary["requests"] >= 4
    assert 1 <= summary["assigned"] <= summary["requests"]
    assert summary["positions"] >= 30
    assert 4.0 <= summary["duration_s"] < 6.0
    assert (summary["errors"], summary["reconnects"], summary["server_exit"]) == (0, 0, 0)
    assert b"30 of 30 drivers connected" in out
    assert "rides requested" in out.decode()
    assert list(tmp_path.iterdir()) == [], "its database went with it"


def test_json_is_all_that_is_printed_where_it_is_asked_for_and_the_database_stays(tmp_path: Path) -> None:
    with started(tmp_path, *COMMAND, "--for", "1s", "--json", "--db", "mine.db", "--save-view", "a.svg") as process:
        out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, b"")
    assert out.count(b"\n") == 1
    assert summary_of(out)["server_exit"] == 0
    assert (tmp_path / "mine.db").stat().st_size > 0
    assert "<svg" in (tmp_path / "a.svg").read_text()
    shown = CliRunner().invoke(cli.main, ["db", "show", "drivers", "--db", str(tmp_path / "mine.db"), "--json"])
    drivers = [json.loads(line) for line in shown.output.splitlines()]
    assert len(drivers) == 31, "the fleet, and the driver of the walkthrough"
    assert [driver["name"] for driver in drivers if driver["name"].startswith("Driver ")] == []


def test_an_interrupt_to_the_whole_group_lets_everybody_hang_up_before_the_server_stops(tmp_path: Path) -> None:
    with started(tmp_path, *COMMAND) as process:
        seen = wait_for(process, b"rides arrive")
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (0, b"")
    summary = summary_of(seen + out)
    assert (summary["errors"], summary["reconnects"], summary["server_exit"]) == (0, 0, 0)
    assert summary["duration_s"] < 4.0


def test_without_rides_of_its_own_the_fleet_waits_for_somebody_elses_app(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with started(tmp_path, *REAL_TRIPS, "--rides", "0", "--port", str(port)) as process:
        seen = wait_for(process, b"apps may book")
        with connect(f"ws://127.0.0.1:{port}/ws/ride/mine/") as app:
            app.send(json.dumps({"type": "find_driver", **IN_MANHATTAN}))
            searching = json.loads(app.recv(timeout=10))
            assert (searching["type"], searching["drivers_notified"]) == ("searching", 5)
            assert json.loads(app.recv(timeout=30))["type"] == "driver_assigned"
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (0, b"")
    assert summary_of(seen + out)["requests"] == 0


def test_when_the_server_stops_nobody_is_connected_any_more(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = tmp_path / "counting.py"
    script.write_text(f"CLI, REPORT = {cli.__file__!r}, {str(tmp_path / 'closes')!r}\n{COUNTING_SERVER}")
    assert demo(load({"drivers": "30", "for": "1s"}, {}), str(script)) == 0
    closes = json.loads((tmp_path / "closes").read_text())
    assert list(closes) == ["1000"], "1012 is what a server says that leaves first"
    assert closes["1000"] >= 31
    assert summary_of(capsys.readouterr().out.encode())["requests"] >= 1


def test_a_bug_in_a_phone_ends_the_demo_and_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DriverPhone, "on_frame", lambda phone, frame: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        demo(load({"drivers": "3", "for": "60s"}, {}), cli.__file__)


def test_a_server_that_dies_ends_the_demo_with_its_last_words(tmp_path: Path) -> None:
    with started(tmp_path, *COMMAND, "--for", "60s") as process:
        seen = wait_for(process, b"rides arrive")
        os.kill(only_child_of(process.pid), signal.SIGKILL)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert b"the server ended by itself; its last words:" in err
    assert b"dispatch listens on" in err
    assert b"Traceback" not in err
    assert summary_of(seen + out)["server_exit"] == -signal.SIGKILL


def test_a_server_that_cannot_start_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "mine.db").write_text("no database")
    with started(tmp_path, *COMMAND, "--db", "mine.db") as process:
        _, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert err.decode() == "dispatch: mine.db is not an SQLite database of dispatch; name another file\n"


def test_ctrl_c_in_a_terminal_stops_the_live_view_and_leaves_the_summary(tmp_path: Path) -> None:
    terminal = {"TERM": "xterm-256color", "COLUMNS": "100", "LINES": "30", "DISPLAY": "", "WAYLAND_DISPLAY": ""}
    with started(tmp_path, sys.executable, "-c", IN_A_TERMINAL, *COMMAND, **terminal) as process:
        seen = text(wait_for(process, b"rides arrive"))
        assert "╭" in seen
        assert re.search(r"desk +http://127\.0\.0\.1:\d+/desk", seen), "the pages are named above the panel"
        assert "driver on the way" in seen
        assert process.stdin is not None
        process.stdin.write(CTRL_C)
        process.stdin.flush()
        out = wait_for(process, b'"server_exit": 0}\r\n')
        assert process.wait(timeout=30) == 0
    assert "What came of it" in text(out)


def only_child_of(pid: int) -> int:
    """The process that this one started."""
    (child,) = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(child)
