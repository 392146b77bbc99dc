"""Today's server, as a process, on each file that an older version left."""

import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

import cli
from dispatch.domain.driver.record import stranger
from dispatch.ids import DriverId
from dispatch.messages.events import DriverOnline, DriverRegistered
from dispatch.storage.health.check import findings
from dispatch.storage.log.on_file import Writer
from tests.storage.old_files import SOUND, old_file
from tests.storage.stories import append


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


def test_a_server_does_not_start_before_the_newest_event_of_the_file(tmp_path: Path) -> None:
    """The system's clock was an hour ahead when the file was written, and is right again."""
    path, who = tmp_path / "rides.db", DriverId("27820000001")
    ahead = time.time() + 3_600.0
    writer = Writer(path, "off")
    writer.write([append(f"driver/{who}", DriverRegistered(stranger(who)), DriverOnline(who), at=ahead)])
    writer.close()
    command = [sys.executable, cli.__file__, "serve", "--port", "0", "--db", str(path)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path, text=True)
    assert server.stdout is not None
    assert server.stdout.readline().startswith("dispatch listens on ")
    server.send_signal(signal.SIGTERM)
    _, log = server.communicate(timeout=20)
    assert server.returncode == 0
    assert "the file has newer events than the system's clock" in log
    with closing(sqlite3.connect(path)) as file:
        rows = file.execute("SELECT kind, at FROM events ORDER BY n").fetchall()
    assert [kind for kind, _ in rows] == ["DriverRegistered", "DriverOnline", "DriverOffline"]
    assert {at for _, at in rows} == {ahead}
