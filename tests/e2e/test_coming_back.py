"""A real server, real sockets that break, and a real kill: apps come back, miss nothing, and nothing is done twice."""

import json
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

TRIP = {
    "pickup_latitude": -26.2041,
    "pickup_longitude": 28.0473,
    "dropoff_latitude": -26.1850,
    "dropoff_longitude": 28.0550,
    "pickup_address": "123 Main St",
    "dropoff_address": "456 Oak Ave",
    "distance_km": 5.2,
    "estimated_duration_minutes": 15,
    "fare_amount": 85.50,
}
HERE = {"type": "location_update", "latitude": -26.2000, "longitude": 28.0500}


@contextmanager
def server(folder: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """`dispatch serve` on the database of this folder."""
    command = [sys.executable, cli.__file__, "serve", "--port", "0", "--db", str(folder / "rides.db")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        address = re.search(r"http://(\S+)", process.stdout.readline())
        assert address is not None
        try:
            yield f"ws://{address[1]}", process
        finally:
            process.kill()


def say(app: ClientConnection, *frames: dict[str, Any]) -> None:
    for frame in frames:
        app.send(json.dumps(frame))


def heard_until(app: ClientConnection, kind: str) -> list[dict[str, Any]]:
    """Everything up to the first frame of this type."""
    frames: list[dict[str, Any]] = []
    while not frames or frames[-1]["type"] != kind:
        frames.append(json.loads(app.recv(timeout=10)))
    return frames


def test_a_driver_whose_socket_broke_hears_what_they_missed(tmp_path: Path) -> None:
    with server(tmp_path) as (address, _):
        with connect(f"{address}/ws/driver/d1/") as driver, connect(f"{address}/ws/ride/r1/") as passenger:
            say(driver, HERE)
            say(passenger, {"type": "find_driver", "id": "book", **TRIP})
            offer = heard_until(driver, "ride_request")[-1]
            driver.socket.shutdown(socket.SHUT_RDWR)  # no goodbye
            with connect(f"{address}/ws/driver/d1/") as again:
                say(again, {"type": "resume", "epoch": offer["epoch"], "last_seq": offer["seq"], "id": "back"}, HERE)
                frames = heard_until(again, "ack")
        stream = [frame for frame in frames if "seq" in frame]
        first = offer["seq"] + 1
        assert [frame["seq"] for frame in stream] == list(range(first, first + len(stream)))
        assert [frame["recovered"] for frame in stream if frame["type"] == "snapshot"] == [True]
        assert frames[-1]["id"] == "back"


def test_a_command_repeated_after_a_kill_is_answered_and_not_done_again(tmp_path: Path) -> None:
    off, on = ({"type": "set_availability", "available": wanted, "id": str(wanted)} for wanted in (False, True))
    with server(tmp_path) as (address, process), connect(f"{address}/ws/driver/d1/") as driver:
        say(driver, HERE, off, on)
        before = [heard_until(driver, "ack")[-1] for _ in range(2)]
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    assert [ack["id"] for ack in before] == ["False", "True"]
    with server(tmp_path) as (address, _):
        with connect(f"{address}/ws/driver/d1/") as driver:
            say(driver, off)
            snapshot, ack = heard_until(driver, "ack")
        assert (snapshot["type"], snapshot["status"], snapshot["recovered"]) == ("snapshot", "available", False)
        assert ack == before[0]
        with connect(f"{address}/ws/driver/d1/") as driver:  # says nothing, and is told how things stand all the same
            assert heard_until(driver, "snapshot")[-1]["status"] == "available"
