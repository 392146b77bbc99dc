"""The real server killed in the middle of rides: it comes back from its journal, and everybody goes on."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

import cli

WITHIN_S = 10.0
TRIP = {
    "type": "find_driver", "pickup_latitude": -26.2041, "pickup_longitude": 28.0473, "dropoff_latitude": -26.185,
    "dropoff_longitude": 28.055, "pickup_address": "123 Main St", "dropoff_address": "456 Oak Ave", "distance_km": 5.2,
    "estimated_duration_minutes": 15, "fare_amount": 85.5,
}  # fmt: skip


class Server:
    """One file, served by one process after the other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process: subprocess.Popen[str] | None = None
        self.url = ""
        self.apps: list[ClientConnection] = []

    def start(self) -> None:
        command = [sys.executable, cli.__file__, "serve", "--port", "0", "--db", str(self.folder / "rides.db")]
        with open(self.folder / "log", "a", encoding="utf-8") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, cwd=self.folder, text=True)
        assert self.process.stdout is not None
        address = re.search(r"http://(\S+)", self.process.stdout.readline())
        assert address is not None
        self.url = f"ws://{address[1]}"

    def log(self) -> str:
        """What it and those before it said on standard error."""
        return (self.folder / "log").read_text("utf-8")

    def kill(self) -> None:
        assert self.process is not None and self.process.stdout is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)
        self.process.stdout.close()
        for app in self.apps:
            app.close()
        self.apps.clear()

    def app(self, path: str) -> ClientConnection:
        app = connect(f"{self.url}{path}", legacy=True)
        self.apps.append(app)
        return app

    def driver(self, name: str) -> ClientConnection:
        app = self.app(f"/ws/driver/{name}/")
        says(app, "location_update", latitude=-26.2, longitude=28.0473, id="here")
        return app

    def passenger(self, ride: str) -> ClientConnection:
        return self.app(f"/ws/ride/{ride}/")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path)
    server.start()
    yield server
    server.kill()


def says(app: ClientConnection, kind: str, **fields: Any) -> None:
    app.send(json.dumps({"type": kind, **fields}))


def hears(app: ClientConnection, kind: str) -> dict[str, Any]:
    """The next frame of this type."""
    while True:
        frame: dict[str, Any] = json.loads(app.recv(timeout=WITHIN_S))
        if frame["type"] == kind:
            return frame


def accepted(server: Server) -> None:
    """d1 has r1, on disk and acknowledged."""
    driver, passenger = server.driver("1"), server.passenger("r1")
    hears(driver, "ack")
    passenger.send(json.dumps(TRIP))
    hears(driver, "ride_request")
    says(driver, "accept_ride", ride_id="r1", driver_id="1", id="k1")
    hears(driver, "ack")
    hears(passenger, "driver_assigned")


def test_an_assigned_ride_goes_on_to_its_end(server: Server) -> None:
    accepted(server)
    server.kill()
    server.start()
    driver, passenger = server.driver("1"), server.passenger("r1")
    assert hears(driver, "snapshot")["ride"]["status"] == "accepted"
    told = hears(passenger, "snapshot")
    assert (told["status"], told["driver_id"]) == ("accepted", "1")
    for step, news in (
        ("arrived", "driver_arrived"),
        ("start_ride", "ride_started"),
        ("complete_ride", "ride_completed"),
    ):
        says(driver, step, ride_id="r1")
        hears(driver, news)
        hears(passenger, news)


def test_a_command_that_was_acknowledged_gets_the_same_answer(server: Server) -> None:
    accepted(server)
    server.kill()
    server.start()
    driver = server.driver("1")
    hears(driver, "snapshot")
    says(driver, "accept_ride", ride_id="r1", driver_id="1", id="k1")
    assert hears(driver, "ack") == {"type": "ack", "id": "k1", "result": "ok"}


def test_a_search_goes_on_with_whoever_comes_back(server: Server) -> None:
    driver, passenger = server.driver("1"), server.passenger("r1")
    hears(driver, "ack")
    passenger.send(json.dumps(TRIP))
    first = hears(driver, "ride_request")
    server.kill()
    server.start()
    passenger, driver = server.passenger("r1"), server.driver("1")
    assert hears(passenger, "snapshot")["status"] == "pending"
    assert hears(driver, "ride_request")["ride_id"] == "r1"
    says(driver, "accept_ride", ride_id="r1", driver_id="1", offer_id=first["offer_id"])
    assert hears(driver, "offer_closed")["reason"] == "unavailable", "the old offer went with the old connection"
    says(driver, "accept_ride", ride_id="r1", driver_id="1")
    assert hears(passenger, "driver_assigned")["driver_id"] == "1"


def test_a_driver_on_a_ride_is_offered_no_other(server: Server) -> None:
    accepted(server)
    server.kill()
    server.start()
    driver, passenger = server.driver("1"), server.passenger("r2")
    assert hears(driver, "snapshot")["status"] == "busy"
    passenger.send(json.dumps(TRIP))
    assert hears(passenger, "searching")["drivers_notified"] == 0
