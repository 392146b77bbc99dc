"""The log of the real server, read off its process: what an app developer and an operator find there, and what nobody may."""

from __future__ import annotations

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

from websockets.sync.client import ClientConnection, connect

import cli
from tests.transport.echo import UPGRADE
from tests.transport.rig import FIND_DRIVER

PHONE, NAME, NOTE = "27821234567", "Ann Zola", "the red door"


class Serving:
    """`dispatch serve` as a process; what it printed and logged is there once it has ended."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process = process
        self.port = port
        self.printed = self.logged = ""

    def app(self, path: str) -> ClientConnection:
        return connect(f"ws://127.0.0.1:{self.port}{path}")

    def asks(self, data: bytes) -> bytes:
        """The beginning of what a connection that sends this gets."""
        with socket.create_connection(("127.0.0.1", self.port), 5) as link:
            link.sendall(data)
            return link.recv(4096)

    def whole(self, data: bytes) -> str:
        """All that comes back for these bytes, until the connection ends."""
        with socket.create_connection(("127.0.0.1", self.port), 5) as link:
            link.sendall(data)
            return b"".join(iter(lambda: link.recv(4096), b"")).decode()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.logged.splitlines()]

    def of(self, event: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["event"] == event]


@contextmanager
def serving(folder: Path, *flags: str, ends_by: signal.Signals = signal.SIGTERM) -> Iterator[Serving]:
    command = [sys.executable, cli.__file__, "serve", "--port", "0", "--db", str(folder / "rides.db"), *flags]
    environ = {**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder, env=environ, text=True
    ) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        ready = re.search(r":(\d+) ", first)
        assert ready is not None
        served = Serving(process, int(ready[1]))
        yield served
        process.send_signal(ends_by)
        served.printed, served.logged = process.communicate(timeout=15)


def hears(app: ClientConnection, kind: str) -> dict[str, Any]:
    while True:
        frame: dict[str, Any] = json.loads(app.recv(timeout=10))
        if frame["type"] == kind:
            return frame


def test_every_frame_is_there_and_neither_phones_nor_pins_nor_what_people_wrote(tmp_path: Path) -> None:
    with (
        serving(tmp_path, "--log-frames") as served,
        served.app(f"/ws/driver/+{PHONE}/") as driver,
        served.app("/ws/ride/r1/") as passenger,
    ):
        here = {"type": "location_update", "latitude": -26.2, "longitude": 28.05, "id": "here"}
        driver.send(json.dumps(here))
        hears(driver, "ack")
        booking = {**FIND_DRIVER, "passenger_phone": "+27 82 123 4567", "passenger_name": NAME, "note": NOTE}
        passenger.send(json.dumps({**booking, "require_pin": True}))
        hears(driver, "ride_request")
        driver.send(json.dumps({"type": "accept_ride", "ride_id": "r1", "driver_id": PHONE}))
        pin = hears(passenger, "driver_assigned")["start_pin"]
        driver.send(json.dumps({"type": "start_ride", "ride_id": "r1", "pin": pin}))
        hears(driver, "ride_started")
        driver.send(f"no json {PHONE} {pin}")
        hears(driver, "error")
    types = [(line["direction"], line["type"]) for line in served.of("frame") if line["socket"] == "driver"]
    assert types[:3] == [("in", "location_update"), ("out", "ack"), ("out", "ride_request")]
    assert types[-1] == ("out", "error") and ("in", "start_ride") in types
    assert {line["who"] for line in served.of("connected")} == {"2782\u2022\u2022\u20224567", "r1"}
    for secret in (PHONE, "82 123 4567", NAME, NOTE):
        assert secret not in served.logged
    assert all(pin not in json.dumps({**line, "timestamp": "", "client": "", "epoch": ""}) for line in served.lines)


def test_a_ride_a_connection_and_a_request_can_be_followed_from_line_to_line(tmp_path: Path) -> None:
    with serving(tmp_path, "--log-frames") as served:
        with served.app("/ws/driver/dan/") as driver, served.app("/ws/ride/r1/") as passenger:
            driver.send(json.dumps({"type": "location_update", "latitude": -26.2, "longitude": 28.05, "id": "here"}))
            hears(driver, "ack")
            passenger.send(json.dumps(FIND_DRIVER))
            hears(driver, "ride_request")
            passenger.send("no json")
            hears(passenger, "error")
        missing = served.whole(b"GET /api/rides/r1/nothing HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        fine = served.whole(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        turned = served.whole(UPGRADE.format(path="/ws/ride/r1/", more="Origin: https://evil.example\r\n").encode())
    of_sockets = [line for line in served.lines if "socket" in line]
    assert len({line["connection"] for line in of_sockets}) == 2
    for line in of_sockets:
        assert line["connection"].startswith("c-") and "request_id" not in line
        assert (line.get("driver_id") if line["socket"] == "driver" else line.get("ride_id")) in ("dan", "r1"), line
    (asked,) = [line for line in served.of("frame") if line["type"] == "ride_request"]
    assert (asked["ride_id"], asked["driver_id"]) == ("r1", "dan"), "an offer is of both"
    (refused,) = served.of("a request was refused")
    assert f"x-request-id: {refused['request_id']}\r\n" in missing.lower()
    assert re.search(r"x-request-id: r-[a-z]+-[a-z]+", fine.lower()), "an answer without a line has one too"
    (handshake,) = served.of("a handshake was refused")
    assert f"x-request-id: {handshake['connection']}\r\n" in turned.lower()


def test_an_app_developer_sees_why_an_app_fails_and_an_operator_sees_no_flood_of_it(tmp_path: Path) -> None:
    with serving(tmp_path, ends_by=signal.SIGINT) as served:
        with served.app("/ws/ride/r1/") as passenger:
            passenger.send('{"type":"find_drivr"}')
            hears(passenger, "error")
        handshake = UPGRADE.format(path="/ws/ride/r1/", more="Origin: https://evil.example\r\n").encode()
        assert b" 403 " in served.asks(handshake)
        assert b" 404 " in served.asks(b"GET /nothing%1B%0A HTTP/1.1\r\nHost: localhost\r\n\r\n")
        for _ in range(6):
            served.asks(b"GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n" * 50)
    (told,) = served.of("an app was told an error")
    assert (told["code"], told["who"]) == ("unknown_type", "r1")
    assert "did you mean 'find_driver'" in told["why"]
    assert [line["status"] for line in served.of("a handshake was refused")] == [403]
    assert served.of("a request was refused")[0]["status"] == 404
    assert [(line["code"], line["who"]) for line in served.of("disconnected")] == [(1000, "r1")]
    assert len(served.of("a request was refused")) < 200 and len(served.logged) < 100_000
    assert "Traceback" not in served.logged and "\x1b" not in served.logged
    assert served.process.returncode == 0, "Ctrl-C is as good as SIGTERM"
    assert served.printed.splitlines()[-1].startswith("dispatch has stopped: all connections are closed")
