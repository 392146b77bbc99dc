"""The client for app developers, run by Node.js: each rule of its connection, and a whole ride on a real server."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import cli
from tests.web.node import NODE

HERE = Path(__file__).parent
WITHIN_S = 60.0


class Printed:
    """A process whose lines are read as they come."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def line(self, pattern: str) -> str:
        """The first group of the next line that has this pattern."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if found := re.search(pattern, line):
                return found[1]
        raise AssertionError(f"it ended without a line like {pattern}")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, Printed]]:
    """A server that people log in on, with the two people of the seed: its address, and what it prints."""
    db = str(tmp_path / "rides.db")
    subprocess.run([sys.executable, cli.__file__, "db", "seed", "--db", db], check=True, capture_output=True)
    command = [sys.executable, cli.__file__, "serve", "--port", "0", "--db", db, "--auth", "on", "--notify", "console"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=tmp_path, text=True) as process:
        printed = Printed(process)
        yield printed.line(r"(http://\S+)"), printed
        process.terminate()
        assert process.wait(15) == 0


@pytest.mark.parametrize("file", sorted(HERE.glob("*.test.mjs")), ids=lambda file: file.stem)
def test_the_rules_of(file: Path) -> None:
    done = subprocess.run([NODE, "--test", str(file)], capture_output=True, text=True, timeout=WITHIN_S, check=False)
    assert done.returncode == 0, done.stdout
    passed = re.search(r"^# pass (\d+)$|^ℹ pass (\d+)$", done.stdout, re.MULTILINE)
    assert passed is not None, done.stdout
    assert int(passed[1] or passed[2]) > 0


def test_a_whole_ride_from_the_login_to_the_log_out(server: tuple[str, Printed]) -> None:
    address, printed = server
    with subprocess.Popen(
        [NODE, str(HERE / "flow.mjs"), address], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as app:
        assert app.stdin is not None
        assert app.stdout is not None
        told = []
        for line in app.stdout:
            told.append(json.loads(line))
            if told[-1][0] == "code wanted":
                app.stdin.write(printed.line(r"login code (\d{6}) for") + "\n")
                app.stdin.flush()
        assert app.wait(WITHIN_S) == 0
    assert told == [
        ["code wanted", "27821234568"],
        ["logged in", "driver"],
        ["code wanted", "27821234567"],
        ["logged in", "passenger"],
        ["assigned", "Michael Brown"],
        ["snapshot", "ride-1"],
        ["first driver socket", "replaced"],
        ["renewed", True],
        ["fare", 85.5],
        ["second rating", "illegal_now"],
        ["after log-out", "logged-out"],
    ]
