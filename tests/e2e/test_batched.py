"""The real server with the policy `batched`: one driver at a time for each ride, and the next one in the next window."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

import cli
from dispatch.values import Point
from sim.city.offsets import destination

CENTRE = (-26.2041, 28.0473)
WITHIN_S = 10.0


def north(km: float) -> Point:
    return destination(*CENTRE, 1000.0 * km, 0.0)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    flags = ("--port", "0", "--db", str(tmp_path / "rides.db"), "--policy", "batched", "--window", "1s")
    command = [sys.executable, cli.__file__, "serve", *flags]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=tmp_path, text=True) as process:
        assert process.stdout is not None
        address = re.search(r"http://(\S+)", process.stdout.readline())
        assert address is not None
        yield f"ws://{address[1]}"
        process.terminate()
        assert process.wait(15) == 0


def hear(app: ClientConnection, kind: str) -> dict[str, Any]:
    """The next frame of this type."""
    while True:
        frame: dict[str, Any] = json.loads(app.recv(timeout=WITHIN_S))
        if frame["type"] == kind:
            return frame


def stand(app: ClientConnection, place: Point) -> None:
    """A driver reports a position, and is heard."""
    app.send(json.dumps({"type": "location_update", "latitude": place[0], "longitude": place[1], "id": "here"}))
    hear(app, "ack")


def test_one_driver_is_asked_in_a_window_and_after_a_no_another_one_in_the_next(server: str) -> None:
    with (
        connect(f"{server}/ws/driver/1/") as near,
        connect(f"{server}/ws/driver/2/") as far,
        connect(f"{server}/ws/ride/r1/") as passenger,
    ):
        stand(near, north(0.5))
        stand(far, north(1.0))
        wish = {"type": "find_driver", "fare_amount": 10, "distance_km": 1, "estimated_duration_minutes": 5}
        for name, (lat, lon) in (("pickup", north(0.0)), ("dropoff", north(3.0))):
            wish |= {f"{name}_latitude": lat, f"{name}_longitude": lon, f"{name}_address": name}
        passenger.send(json.dumps(wish))
        assert hear(passenger, "searching")["drivers_notified"] == 0, "it is on, before the window ends"
        assert hear(near, "ride_request")["ride_id"] == "r1"
        near.send(json.dumps({"type": "decline_ride", "ride_id": "r1", "driver_id": "1"}))
        assert hear(far, "ride_request")["ride_id"] == "r1"
        far.send(json.dumps({"type": "accept_ride", "ride_id": "r1", "driver_id": "2"}))
        assert hear(passenger, "driver_assigned")["driver_id"] == "2"
