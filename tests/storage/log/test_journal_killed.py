"""`kill -9` of a real process under load: what was answered is on disk, whole and in order."""

import os
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PROGRAM = Path(__file__).with_name("killed.py")


def killed_after(answers: int, path: Path, run: int) -> Counter[str]:
    """Let it answer so many, kill it, and return the highest count that it answered each stream."""
    process = subprocess.Popen(
        [sys.executable, PROGRAM, path, str(run)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.stdout is not None
    heard = [process.stdout.readline() for _ in range(answers)]
    process.kill()
    rest = process.stdout.read().splitlines(keepends=True)
    process.wait()
    answered: Counter[str] = Counter()
    for line in [*heard, *rest]:
        if line.endswith(b"\n"):
            stream, through = line.decode().split()
            answered[stream] = max(answered[stream], int(through))
    return answered


@pytest.mark.parametrize("answers", [1, 333])
def test_what_was_answered_outlives_kill_nine(path: Path, answers: int) -> None:
    promised: Counter[str] = Counter()
    for run in range(3):  # the same file again: each start finds what the kill before left behind
        promised |= killed_after(answers, path, run)
    assert promised.total() >= 3 * answers
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        kept = Counter(dict(connection.execute("SELECT stream, count(*) FROM events GROUP BY stream")))
    assert promised - kept == Counter(), "answered and lost"
    assert (kept - promised).total() <= 3 * 100, "no more is on disk than was under way"
