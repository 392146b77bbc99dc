"""How many function calls of our own a booking takes: `python benchmarks/bench_calls.py [checkout] [--by function]`.

It runs the live server of a checkout (this one, unless another is named) in this process, with real sockets and the journal on disk,
and counts each call of a function under `dispatch/`, on all threads of the server:

- `find_driver`: from the bytes of the frame until five drivers were asked and the passenger was told so;
- `accept_ride`: from the bytes of the frame until the driver, the passenger and the four other drivers were told.

The median of many bookings is printed, and the files that most of them enter, each with its calls. Comprehensions are not counted,
and what the server does by itself in as long a time is taken off (it looks after deadlines four times a second, and ten times how late
it is); what it does now and then falls into few bookings, and so into no median. Two checkouts are compared by two runs.
"""

from __future__ import annotations

import json
import os
import re
import sys
import threading
import time
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from statistics import median_low
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Any, TextIO

from websockets.sync.client import ClientConnection, connect

BOOKINGS, DRIVERS, WARM_UP = 25, 5, 5
PICKUP = (-33.9258, 18.4232)
BOOKING = {
    "type": "find_driver", "pickup_latitude": PICKUP[0], "pickup_longitude": PICKUP[1], "dropoff_latitude": -33.9628,
    "dropoff_longitude": 18.4098, "pickup_address": "123 Main St", "dropoff_address": "456 Oak Ave", "distance_km": 5.2,
    "estimated_duration_minutes": 15, "fare_amount": 85.5,
}  # fmt: skip
DRIVER_ID = "2782123450{}"
QUIET_S, PATIENCE_S = 0.1, 30.0
"""Seconds after the last frame in which the server finishes what it does, and seconds to wait for a frame."""


class Calls:
    """Counts calls of functions under `root` while it is on, by file and function."""

    def __init__(self, root: Path) -> None:
        self._root = f"{root}{os.sep}"
        self.is_on = False
        self.by_function: Counter[tuple[str, str]] = Counter()

    def __call__(self, frame: FrameType, event: str, argument: Any) -> None:
        """The profile function of a thread."""
        if self.is_on and event == "call":
            code = frame.f_code
            if code.co_filename.startswith(self._root) and not code.co_name.startswith("<"):
                self.by_function[code.co_filename[len(self._root) :], code.co_name] += 1

    def take(self) -> Counter[tuple[str, str]]:
        """What was counted since this was asked last."""
        taken, self.by_function = self.by_function, Counter()
        return taken


class Apps:
    """Five drivers near a pickup, and their passengers, one booking after the other."""

    def __init__(self, address: str, calls: Calls) -> None:
        self._address = address
        self._calls = calls
        self.counted: dict[str, list[Counter[tuple[str, str]]]] = {"find_driver": [], "accept_ride": []}
        self._drivers = [self._driver(number) for number in range(DRIVERS)]

    def _driver(self, number: int) -> ClientConnection:
        socket = connect(f"ws://{self._address}/ws/driver/{DRIVER_ID.format(number)}/", compression=None)
        where = {"latitude": PICKUP[0] + (number + 1) * 1e-3, "longitude": PICKUP[1]}
        socket.send(json.dumps({"type": "location_update", **where}))
        return socket

    def book(self, number: int) -> None:
        """One booking: asked, accepted by the nearest driver, completed. What it took is added to `counted`."""
        ride_id = f"calls-{number}"
        driver, named = self._drivers[0], {"ride_id": ride_id, "driver_id": DRIVER_ID.format(0)}
        with connect(f"ws://{self._address}/ws/ride/{ride_id}/", compression=None) as passenger:
            sockets, others = (passenger, *self._drivers), DRIVERS - 1
            self._count(passenger, BOOKING, sockets, {"ride_request": DRIVERS, "searching": 1})
            told = {"driver_assigned": 1, "ride_accepted": 1, "offer_closed": others}
            self._count(driver, {"type": "accept_ride", **named}, sockets, told)
            driver.send(json.dumps({"type": "complete_ride", **named}))
            _hear(sockets, {"ride_completed": 2})

    def _count(
        self,
        speaker: ClientConnection,
        frame: dict[str, Any],
        sockets: Sequence[ClientConnection],
        told: dict[str, int],
    ) -> None:
        """Count what this frame takes, until everybody was `told`: frames by type."""
        self._calls.take()
        began = time.monotonic()
        self._calls.is_on = True
        speaker.send(json.dumps(frame))
        _hear(sockets, told)
        time.sleep(QUIET_S)
        self._calls.is_on = False
        counted = self._calls.take()
        self._calls.is_on = True
        time.sleep(time.monotonic() - began)
        self._calls.is_on = False
        counted.subtract(self._calls.take())  # what is less than nothing stays, so that the medians are of no side
        self.counted[frame["type"]].append(counted)


def _hear(sockets: Sequence[ClientConnection], expected: dict[str, int]) -> None:
    """Read what comes on all sockets until so many frames of these types have come."""
    missing = Counter(expected)
    until = time.monotonic() + PATIENCE_S
    while missing.total():
        if time.monotonic() > until:
            raise SystemExit(f"never came: {dict(missing)}")
        for socket in sockets:
            with suppress(TimeoutError):
                while (kind := json.loads(socket.recv(timeout=0.005))["type"]) and missing.total():
                    missing[kind] -= missing[kind] > 0


def medians(counted: Sequence[Counter[tuple[str, str]]], folding: str) -> Counter[str]:
    """The median calls of each file or function. One that most bookings do without is left out."""
    folded: list[Counter[str]] = [Counter() for _ in counted]
    for places, booking in zip(folded, counted, strict=True):
        for (file, function), count in booking.items():
            places[file if folding == "file" else f"{file}:{function}"] += count
    every = dict.fromkeys(place for places in folded for place in places)
    return +Counter({place: median_low(places[place] for places in folded) for place in every})


def measure(log: Path, calls: Calls, told: TextIO, folding: str) -> None:
    """The apps' side, in a thread of its own: wait for the server, book, print, and end the process."""
    while not (found := re.search(r"127\.0\.0\.1:(\d+)", log.read_text() if log.exists() else "")):
        time.sleep(0.1)
    apps = Apps(f"127.0.0.1:{found[1]}", calls)
    for number in range(WARM_UP + BOOKINGS):
        apps.book(number)
    for name, counted in apps.counted.items():
        steady = counted[WARM_UP:]
        totals, files = [each.total() for each in steady], medians(steady, folding="file")
        print(f"{name:<12}{median_low(totals):4} calls, {len(files)} files", file=told)
        for place, count in (files if folding == "file" else medians(steady, folding)).most_common():
            print(f"{count:8} {place}", file=told)
    told.flush()
    os._exit(0)


def main() -> None:
    """Serve in the main thread, with the apps beside it."""
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("checkout", nargs="?", type=Path, default=Path(__file__).parent.parent)
    parser.add_argument("--by", choices=("file", "function"), default="file", help="where the calls went")
    arguments = parser.parse_args()
    tree = arguments.checkout.resolve()
    sys.path.insert(0, str(tree))
    with TemporaryDirectory() as folder:
        calls, told, output = Calls(tree / "dispatch"), os.fdopen(os.dup(1), "w"), Path(folder) / "output"
        os.dup2(os.open(output, os.O_CREAT | os.O_WRONLY), 1)  # the server says there where it listens
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        threading.Thread(target=measure, args=(output, calls, told, arguments.by), daemon=True).start()
        threading.setprofile(calls)
        sys.setprofile(calls)
        command_line = import_module("cli").main
        command_line(["serve", "--port", "0", "--db", f"{folder}/calls.db"])


if __name__ == "__main__":
    main()
