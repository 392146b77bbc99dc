"""What is printed on a terminal of few letters."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import cli

SMALL = ("simulate", "--trips", "none", "--drivers", "20", "--rides", "3")


def printed(*args: str, **environ: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, cli.__file__, *args]
    return subprocess.run(command, env={**os.environ, **environ}, capture_output=True, timeout=60, check=False)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_figures_are_told_in_the_letters_that_a_terminal_has(encoding: str) -> None:
    outcome = printed(*SMALL, PYTHONIOENCODING=encoding)
    assert (outcome.returncode, outcome.stderr) == (0, b"")
    text = outcome.stdout.decode(encoding)
    assert "rides requested" in text
    assert "time to assign, median" in text
    assert "violations" in text
    assert "?" not in text
    assert "│" not in text


def test_names_that_a_terminal_has_no_letters_for_do_not_end_a_command(tmp_path: Path) -> None:
    code = "from dispatch.config.flags import use_plain_letters; use_plain_letters()\nprint('Zoë · 5 – 6 … 駅 ½')"
    command = [sys.executable, "-c", code]
    environ = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONPATH": str(Path(cli.__file__).parent)}
    outcome = subprocess.run(command, env=environ, capture_output=True, timeout=60, check=True)
    assert outcome.stdout == b"Zoe / 5 - 6 ... ? ?\n"
