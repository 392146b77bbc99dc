"""The real server while its file cannot be written: nothing is acknowledged that is not on disk, and it heals by itself."""

import json
import resource
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path

import pytest
from websockets.sync.client import ClientConnection

from dispatch.storage.file.owner import beside
from dispatch.storage.health.check import findings
from tests.e2e.test_recovery import TRIP, WITHIN_S, Server, accepted, hears, says

Trouble = Callable[[Server], AbstractContextManager[None]]


@pytest.fixture()
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("DISPATCH_LOCATION_EVERY", "500ms")
    server = Server(tmp_path)
    server.start()
    yield server
    server.kill()


@contextmanager
def full_disk(server: Server) -> Iterator[None]:
    """No file of the server's may grow by a byte: what a full disk is to it, and every container lets a parent do this."""
    assert server.process is not None
    log = server.folder / "rides.db-wal"
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (log.stat().st_size, resource.RLIM_INFINITY))
    yield
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


@contextmanager
def locked_file(server: Server) -> Iterator[None]:
    """Another process holds its transaction open for longer than the server waits."""
    other = sqlite3.connect(server.folder / "rides.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.execute("ROLLBACK")
    other.close()


def readiness(server: Server) -> tuple[int, str]:
    connection = HTTPConnection(server.url.removeprefix("ws://"), timeout=WITHIN_S)
    connection.request("GET", "/readyz")
    answer = connection.getresponse()
    told = answer.status, answer.read().decode()
    connection.close()
    return told


def becomes_ready(server: Server) -> None:
    until = time.monotonic() + WITHIN_S
    while readiness(server) != (200, "ready\n"):
        assert time.monotonic() < until


def sees_them_come(driver: ClientConnection, passenger: ClientConnection) -> None:
    """The driver drives, and the passenger hears of it."""
    for metres in range(2, 82, 2):
        says(driver, "location_update", latitude=-26.2 - metres / 111_000, longitude=28.0473)
        with suppress(TimeoutError):
            frame = json.loads(passenger.recv(timeout=0.25))
            if frame["type"] == "driver_location" and frame["latitude"] < -26.2:
                return
    raise AssertionError("the passenger saw nothing")


def cpu_s(server: Server) -> float:
    assert server.process is not None
    with open(f"/proc/{server.process.pid}/stat", encoding="ascii") as stat:
        return sum(map(int, stat.read().rsplit(")", 1)[1].split()[11:13])) / 100


def deleted(file: Path) -> None:
    file.unlink()


def replaced(file: Path) -> None:
    """By a database that is as good."""
    with closing(sqlite3.connect(file)) as db, closing(sqlite3.connect(file.with_name("new.db"))) as new:
        db.backup(new)
    file.with_name("new.db").replace(file)


def log_deleted(file: Path) -> None:
    beside(file, "-wal").unlink()


@pytest.mark.parametrize("blow", [deleted, replaced, log_deleted])
def test_nothing_is_promised_once_the_file_is_not_where_it_was(server: Server, blow: Callable[[Path], None]) -> None:
    file = server.folder / "rides.db"
    kept = server.passenger("r1")
    kept.send(json.dumps(TRIP | {"id": "b1"}))
    hears(kept, "ack")
    blow(file)
    lost = server.passenger("r2")
    lost.send(json.dumps(TRIP | {"id": "b2"}))
    refused = hears(lost, "error")
    assert (refused["code"], refused["message"]) == ("unavailable", "nothing was done, try again: file_replaced")
    assert readiness(server) == (503, "the journal cannot write: file_replaced\n")
    assert f"{file} " in server.log() and "the journal cannot write" in server.log()
    assert server.process is not None
    server.process.terminate()
    assert server.process.wait(WITHIN_S) == 0
    [truth] = [file] if blow is log_deleted else file.parent.glob("rides.db.saved-*")
    assert list(findings(truth)) == []
    with closing(sqlite3.connect(truth)) as db:
        assert db.execute("SELECT ride_id FROM rides").fetchall() == [("r1",)]


def test_a_file_that_goes_while_nobody_commits_is_missed_and_welcome_again(server: Server) -> None:
    file = server.folder / "rides.db"
    file.rename(server.folder / "away.db")
    until = time.monotonic() + 3.0
    while readiness(server)[0] == 200:
        assert time.monotonic() < until
    assert readiness(server) == (503, "the journal cannot write: file_replaced\n")
    (server.folder / "away.db").rename(file)
    becomes_ready(server)
    assert "is not there any more" in server.log() and "the journal writes again" in server.log()


@pytest.mark.parametrize(("trouble", "code"), [(full_disk, "disk_fault"), (locked_file, "database_busy")])
def test_nothing_is_promised_rides_go_on_and_it_heals_by_itself(server: Server, trouble: Trouble, code: str) -> None:
    accepted(server)
    driver, passenger = server.apps
    searching = server.passenger("r2")
    searching.send(json.dumps(TRIP))
    hears(searching, "searching")

    with trouble(server):
        says(driver, "arrived", ride_id="r1", id="a1")
        refused = hears(driver, "error")
        assert (refused["code"], refused["id"], refused["message"]) == (
            *("unavailable", "a1"),
            f"nothing was done, try again: {code}",
        )
        assert readiness(server) == (503, f"the journal cannot write: {code}\n")
        newcomer = server.passenger("r3")
        newcomer.send(json.dumps(TRIP | {"id": "b3"}))
        assert hears(newcomer, "error")["code"] == "unavailable"
        sees_them_come(driver, passenger)
        before = cpu_s(server)
        with pytest.raises(TimeoutError):
            searching.recv(timeout=1.0)
        assert cpu_s(server) - before < 0.5, "it does not try all the time"

    becomes_ready(server)
    says(driver, "arrived", ride_id="r1", id="a1")
    assert hears(driver, "ack")["id"] == "a1"
    hears(passenger, "driver_arrived")
    newcomer.send(json.dumps(TRIP | {"id": "b3"}))
    assert hears(newcomer, "ack")["id"] == "b3"
    server.kill()
    server.start()
    assert hears(server.passenger("r1"), "snapshot")["status"] == "arrived"
    assert [hears(server.passenger(ride), "snapshot")["status"] for ride in ("r2", "r3")] == ["pending", "pending"]
    assert list(findings(server.folder / "rides.db")) == []
