"""One process owns a file: who comes second is refused before it writes, and who stops leaves the whole truth in the one file."""

import json
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

import cli
from dispatch.storage.health.check import findings
from dispatch.storage.log.on_file import Writer
from tests.e2e.test_recovery import TRIP, Server, hears
from tests.storage.stories import append, booked

OWNED_WITHIN_S = 1.0
"""Without what Python itself takes to start on a busy machine."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "server").mkdir()
    server = Server(tmp_path / "server")
    yield server
    if server.process is not None and server.process.poll() is None:
        server.kill()


def run(*args: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, cli.__file__, *map(str, args)],
        capture_output=True,
        text=True,
        cwd=cwd,
        timeout=30,
        check=False,
    )


def contents(folder: Path) -> dict[str, bytes]:
    """All files but the index of the log: SQLite notes in there who reads."""
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file() and file.suffix != ".db-shm"}


def books(server: Server, ride: str) -> None:
    app = server.passenger(ride)
    app.send(json.dumps(TRIP | {"id": f"book-{ride}"}))
    hears(app, "searching")


def stops(server: Server, within_s: float = 10.0) -> str:
    """Ends in an orderly way; what was logged."""
    assert server.process is not None and server.process.stdout is not None
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(within_s) == 0
    server.process.stdout.close()
    return server.log()


def test_a_second_server_is_refused_before_it_writes_and_the_first_notices_nothing(server: Server) -> None:
    server.start()
    assert server.process is not None
    books(server, "r1")
    before = contents(server.folder)
    link = server.folder.parent / "link.db"
    link.symlink_to(server.folder / "rides.db")
    commands = (("serve", "--port", "0"), ("simulate", "--trips", "none", "--rides", "1"))
    python_s = time.monotonic()
    run("--version", cwd=link.parent)
    python_s = time.monotonic() - python_s
    for command in commands:
        began = time.monotonic()
        refused = run(*command, "--db", link, cwd=link.parent)
        assert time.monotonic() - began < OWNED_WITHIN_S + 2 * python_s
        assert (refused.returncode, refused.stdout) == (1, "")
        assert refused.stderr.startswith(f"dispatch: {link} belongs to process {server.process.pid} since 20")
        assert refused.stderr.count("\n") == 1
    assert contents(server.folder) == before and not list(link.parent.glob("link.db-*"))
    books(server, "r2")
    server.kill()
    server.start()
    assert [hears(server.passenger(ride), "snapshot")["status"] for ride in ("r1", "r2")] == ["pending", "pending"]


def test_the_owner_does_what_db_commands_ask_for(server: Server) -> None:
    server.start()
    file = server.folder / "rides.db"
    asks = (("db", "seed"), ("db", "block", "27821234567", "27821234568"), ("db", "block", "27821234567", "999"))
    told = [run(*command, "--db", file, cwd=server.folder) for command in asks]
    assert [each.stdout for each in told] == [
        f"{file}: 1 passenger and 51 drivers added\n",
        "they are never offered to one another\n",
        "",
    ]
    assert (told[-1].returncode, told[-1].stderr) == (1, f"dispatch: there is no driver 999 in {file}\n")
    with closing(socket.socket(socket.AF_UNIX)) as rude:
        rude.connect(f"{file}.sock")
        rude.sendall(b'{"do": "drop tables"}\n')
        assert json.loads(rude.makefile().read())["error"]["code"] == "bad_order"
    books(server, "r1")
    with closing(sqlite3.connect(file)) as db:
        assert db.execute("SELECT p.name FROM rides JOIN passengers p USING (passenger_id)").fetchall() == [
            ("Sarah Johnson",)
        ], "who was seeded books from now on"
    assert "Traceback" not in stops(server)
    assert list(findings(file)) == []


@pytest.mark.parametrize("before", ["no file", "a file", "the file of a killed server"])
def test_a_server_whose_port_is_taken_writes_nothing_and_leaves_no_new_file(server: Server, before: str) -> None:
    if before == "a file":
        Writer(server.folder / "rides.db").close()
    elif before != "no file":
        server.start()
        books(server, "r1")
        server.kill()
    files = contents(server.folder)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = run("serve", "--port", port, "--db", "rides.db", cwd=server.folder)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert f"port {port} is in use" in refused.stderr
    kept = {"rides.db.lock": b""} if files else {}
    assert contents(server.folder) == files | kept


def test_after_an_orderly_stop_a_plain_copy_has_the_newest_ride(server: Server, tmp_path: Path) -> None:
    server.start()
    books(server, "r1")
    stops(server)
    assert {file.name for file in server.folder.iterdir()} == {"rides.db", "rides.db.lock", "rides.db.keys", "log"}
    copy = shutil.copy(server.folder / "rides.db", tmp_path / "copy.db")
    assert list(findings(copy)) == []
    with closing(sqlite3.connect(copy)) as db:
        assert db.execute("SELECT ride_id, status FROM rides").fetchall() == [("r1", "pending")]


@pytest.mark.parametrize("reads", [False, True], ids=["open", "reading"])
def test_a_stop_says_that_another_process_keeps_the_file_open(server: Server, reads: bool, tmp_path: Path) -> None:
    server.start()
    books(server, "r1")
    with closing(sqlite3.connect(server.folder / "rides.db", isolation_level=None)) as other:
        if reads:
            other.execute("BEGIN")
        other.execute("SELECT count(*) FROM rides").fetchone()
        books(server, "r2")
        log = stops(server)
        assert ("rides.db-wal, since another process reads " in log) == reads
        assert ("rides.db open; all commits are in it" in log) == (not reads)
        for ending in ("", "-wal") if reads else ("",):
            shutil.copy(server.folder / f"rides.db{ending}", tmp_path / f"copy.db{ending}")
    with closing(sqlite3.connect(tmp_path / "copy.db")) as db:
        assert {ride for (ride,) in db.execute("SELECT ride_id FROM rides")} == {"r1", "r2"}


def test_a_stop_right_after_a_start_with_much_to_do_is_quiet(server: Server) -> None:
    writer = Writer(server.folder / "rides.db", "off")
    for ride in range(1_000):
        writer.write([booked(f"r{ride}", at=time.time())])
    writer.write([append("driver/d1")])
    writer.close()
    server.start()
    log = stops(server)
    assert "rides of the process before go on" in log
    assert "Traceback" not in log and '"level": "error"' not in log
    assert list(findings(server.folder / "rides.db")) == []
