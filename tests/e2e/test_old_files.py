"""Today's server, as a process, on each file that an older version left."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

import cli
from dispatch.storage.health.check import findings
from tests.storage.old_files import SOUND, old_file


@pytest.mark.parametrize("name", SOUND)
def test_a_server_starts_on_it_and_stops_in_order_and_the_file_is_sound(tmp_path: Path, name: str) -> None:
    path = old_file(name, tmp_path)
    command = [sys.executable, cli.__file__, "serve", "--port", "0", "--db", str(path)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path, text=True)
    assert server.stdout is not None
    assert server.stdout.readline().startswith("dispatch listens on ")
    server.send_signal(signal.SIGTERM)
    _, log = server.communicate(timeout=20)
    assert server.returncode == 0
    assert "Traceback" not in log
    assert list(findings(path)) == []
