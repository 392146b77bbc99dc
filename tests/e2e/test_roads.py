"""The real server with a street map: who is asked first, and how long the way takes as the driver is told."""

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
from dispatch.domain.places.geo import Curve
from dispatch.travel.profile import Profile
from dispatch.values import Point
from tests.travel.maps import at, map_file, river_map

PROFILE = Profile("nobody in the way", Curve(1.0, (3_600.0,) * 24), Curve(1.0, (60.0,) * 24))
PICKUP, ACROSS, ALONG = at(0, 0), at(1, 0), at(0, 3)
WITHIN_S = 10.0


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    profile = tmp_path / "profile.json"
    profile.write_bytes(PROFILE.as_json())
    flags = {
        "--port": "0",
        "--db": str(tmp_path / "rides.db"),
        "--roads": map_file(tmp_path, river_map()),
        "--eta-profile": str(profile),
        "--rank-by": "eta",
        "--batch": "1",
    }
    command = [sys.executable, cli.__file__, "serve", *(word for pair in flags.items() for word in pair)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=tmp_path, text=True) as process:
        assert process.stdout is not None
        address = re.search(r"http://(\S+)", process.stdout.readline())
        assert address is not None
        yield f"ws://{address[1]}"
        process.terminate()
        assert process.wait(15) == 0


def stand(app: ClientConnection, place: Point) -> None:
    """A driver reports a position, and is heard."""
    lat, lon = place
    app.send(json.dumps({"type": "location_update", "latitude": lat, "longitude": lon, "id": "here"}))
    hear(app, "ack")


def hear(app: ClientConnection, kind: str) -> dict[str, Any]:
    """The next frame of this type."""
    while True:
        frame: dict[str, Any] = json.loads(app.recv(timeout=WITHIN_S))
        if frame["type"] == kind:
            return frame


def test_the_soonest_is_asked_and_both_are_told_the_time_by_road(server: str) -> None:
    with (
        connect(f"{server}/ws/driver/1/") as across,
        connect(f"{server}/ws/driver/2/") as along,
        connect(f"{server}/ws/ride/r1/") as passenger,
    ):
        stand(across, ACROSS)
        stand(along, ALONG)
        wish = {"type": "find_driver", "fare_amount": 10, "distance_km": 1, "estimated_duration_minutes": 5}
        for name, (lat, lon) in (("pickup", PICKUP), ("dropoff", at(2, 7))):
            wish |= {f"{name}_latitude": lat, f"{name}_longitude": lon, f"{name}_address": name}
        passenger.send(json.dumps(wish))
        offer = hear(along, "ride_request")
        assert (offer["pickup_distance_m"], offer["pickup_eta_s"]) == (300, 60), (
            "three blocks of 20 s, not 18 min of air"
        )
        along.send(json.dumps({"type": "accept_ride", "ride_id": "r1", "driver_id": "2"}))
        assigned = hear(passenger, "driver_assigned")
        assert (assigned["driver_id"], assigned["distance_m"], assigned["eta_s"]) == ("2", 300, 60)
