"""Makes the files of this folder: real servers and real apps, and what lies on the disk when the servers are killed. Run as a program.

Run it from the root of a checkout of the commit whose files are wanted, see README.md. Each archive has the database and the files
beside it.
"""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar
from urllib.request import Request, urlopen

from websockets.sync.client import ClientConnection, connect

HERE = Path(__file__).parent
PLACE = {"latitude": -26.2041, "longitude": 28.0473}
TRIP = {
    "pickup_latitude": -26.2041, "pickup_longitude": 28.0473, "dropoff_latitude": -26.185, "dropoff_longitude": 28.055,
    "pickup_address": "123 Main St", "dropoff_address": "456 Oak Ave", "distance_km": 5.2,
    "estimated_duration_minutes": 15, "fare_amount": 85.5,
}  # fmt: skip
ANN, BEN, EVE = "27830000001", "27830000002", "27830000003"
CARDS = ("--currency", "ZAR", "--payment", "http", "--payment-timeout", "1m", "--payment-url")


class Server:
    """One process."""

    started: ClassVar[list[subprocess.Popen[str]]] = []

    def __init__(self, db: Path, *options: str) -> None:
        command = [sys.executable, "cli.py", "serve", "--port", "0", "--db", str(db), *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.started.append(self.process)
        assert self.process.stdout is not None
        found = re.search(r"http://(\S+)", self.process.stdout.readline())
        assert found is not None
        self.host = found[1]
        self.apps: list[ClientConnection] = []

    def app(self, path: str) -> ClientConnection:
        self.apps.append(connect(f"ws://{self.host}{path}", legacy=True))
        return self.apps[-1]

    def driver(self, name: str, **fields: Any) -> ClientConnection:
        """Connected, and known to be here."""
        app = self.app(f"/ws/driver/{name}/")
        say(app, "location_update", **{**PLACE, **fields}, id=f"here-{name}")
        hear(app, "ack")
        return app

    def passenger(self, ride: str, **fields: Any) -> ClientConnection:
        """Connected, and searching."""
        app = self.app(f"/ws/ride/{ride}/")
        say(
            app,
            "find_driver",
            **{**TRIP, "passenger_name": "Sarah Johnson", "passenger_phone": "+27821234567", **fields},
        )
        return app

    def end(self, how: signal.Signals) -> None:
        self.process.send_signal(how)
        self.process.wait()
        for app in self.apps:
            app.close()


def say(app: ClientConnection, kind: str, **fields: Any) -> None:
    app.send(json.dumps({"type": kind, **fields}))


def hear(app: ClientConnection, kind: str) -> dict[str, Any]:
    """The next frame of this type."""
    while True:
        frame: dict[str, Any] = json.loads(app.recv(timeout=20))
        if frame["type"] == kind:
            return frame


def accept(driver: ClientConnection, ride: str, name: str) -> None:
    """This driver has the ride, and has heard so."""
    while hear(driver, "ride_request")["ride_id"] != ride:
        pass
    say(driver, "accept_ride", ride_id=ride, driver_id=name, id=f"yes-{ride}")
    hear(driver, "ride_accepted")


@contextmanager
def silent_provider() -> Iterator[str]:
    """Takes every connection and answers none."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/charge"


def open_searches(db: Path) -> None:
    """Two searches: `near` was offered to two drivers, of whom one declined; `far` has nobody to ask."""
    server = Server(db)
    ann, ben = server.driver(ANN), server.driver(BEN)
    near = server.passenger("near")
    hear(near, "searching")
    hear(ann, "ride_request"), hear(ben, "ride_request")
    say(ben, "decline_ride", ride_id="near", reason="too far", id="no-near")
    hear(ben, "ack")
    far = server.passenger("far", pickup_latitude=-25.0, dropoff_latitude=-25.1, passenger_phone="+27821234500")
    hear(far, "searching")
    server.end(signal.SIGKILL)


def reserved_driver(db: Path) -> None:
    """Ann said yes to `wanted`, and the ride had not answered: it still waited for somebody nearer."""
    server = Server(db, "--acceptance", "best_of_window", "--accept-window", "20s")
    ann = server.driver(ANN)
    wanted = server.passenger("wanted")
    hear(wanted, "searching")
    hear(ann, "ride_request")
    say(ann, "accept_ride", ride_id="wanted", driver_id=ANN, id="yes-wanted")
    say(server.passenger("next", passenger_phone="+27821234501"), "ping")  # what is on file of it is behind the yes
    hear(server.passenger("later", passenger_phone="+27821234502"), "searching")
    server.end(signal.SIGKILL)


def scheduled_ride(db: Path) -> None:
    """`later` is booked for two hours after `booked_at`, `under-way` is in progress with Ann."""
    server = Server(db)
    ann = server.driver(ANN)
    under_way = server.passenger("under-way", passenger_phone="+27821234500")
    hear(under_way, "searching")
    accept(ann, "under-way", ANN)
    for step, news in (("arrived", "driver_arrived"), ("start_ride", "ride_started")):
        say(ann, step, ride_id="under-way")
        hear(under_way, news)
    at = datetime.now(UTC) + timedelta(hours=2)
    later = server.passenger("later", pickup_at=at.isoformat(timespec="seconds").replace("+00:00", "Z"))
    assert hear(later, "snapshot")["status"] == "scheduled"
    server.end(signal.SIGKILL)


def unsettled_charge(db: Path) -> None:
    """`by-card` is over, and the provider was asked and has not answered."""
    with silent_provider() as url:
        server = Server(db, *CARDS, url)
        ann = server.driver(ANN)
        by_card = server.passenger("by-card", payment_method="card")
        hear(by_card, "searching")
        accept(ann, "by-card", ANN)
        say(ann, "complete_ride", ride_id="by-card")
        assert hear(by_card, "ride_completed")["payment_status"] == "pending"
        server.end(signal.SIGKILL)


def a_day(db: Path) -> None:
    """Something in every table and a driver whose events were folded; ended in order, by SIGTERM."""
    subprocess.run([sys.executable, "cli.py", "db", "seed", "--db", str(db)], check=True)
    tariff = ("--currency", "ZAR", "--pricing", "tariff", "--base-fare", "12.5", "--per-km", "9.8")
    pace = ("--messages-per-s", "1000", "--message-burst", "1000")
    server = Server(db, *tariff, *pace)
    ann, ben = server.driver(ANN), server.driver(BEN, latitude=-26.25)
    for number in range(130):
        say(ann, "set_availability", available=bool(number % 2), id=f"wish-{number}")
        hear(ann, "ack")
    asked = Request(f"http://{server.host}/api/quotes", json.dumps({k: TRIP[k] for k in list(TRIP)[:4]}).encode())
    quote = json.load(urlopen(asked))["quote_id"]
    first = server.passenger("quoted", quote_id=quote)
    hear(first, "searching")
    accept(ann, "quoted", ANN)
    for step, news in (
        ("arrived", "driver_arrived"),
        ("start_ride", "ride_started"),
        ("complete_ride", "ride_completed"),
    ):
        for part in range(3):
            say(ann, "location_update", latitude=-26.2041 + part / 1_000, longitude=28.0473)
        say(ann, step, ride_id="quoted")
        hear(first, news)
    say(first, "rate_driver", rating=4, comment="friendly", id="stars")
    hear(first, "ack")
    say(ann, "rate_passenger", ride_id="quoted", rating=5, id="stars")
    hear(ann, "ack")
    second = server.passenger("cancelled")
    hear(second, "searching")
    say(second, "cancel_ride", reason="changed my mind")
    hear(second, "ride_cancelled")
    hear(ben, "offer_closed")
    third = server.passenger("given-up")
    hear(third, "searching")
    accept(ann, "given-up", ANN)
    say(ann, "cancel_ride", ride_id="given-up", reason="a flat tyre")
    hear(third, "driver_cancelled")
    say(third, "cancel_ride")
    hear(third, "ride_cancelled")
    server.end(signal.SIGTERM)


def two_servers(db: Path) -> None:
    """Two servers wrote this file at once, which the version of this folder let them, and contradict one another.

    Ann has both `hers-1` and `hers-2`; `shared` has both Ben and Eve; `ended` was cancelled, and has Mia afterwards.
    """
    mia = "27830000004"
    servers = one, two = Server(db), Server(db)
    hers = [server.driver(ANN) for server in servers]
    for number, server in enumerate(servers):
        hear(server.passenger(f"hers-{number + 1}", passenger_phone=f"+2782123450{number}"), "searching")
    for number, app in enumerate(hers):
        accept(app, f"hers-{number + 1}", ANN)
    ben, eve = one.driver(BEN), two.driver(EVE)
    hear(one.passenger("shared"), "searching")
    hear(ben, "ride_request")
    hear(two.passenger("shared", fare_amount=95.0), "searching")
    accept(eve, "shared", EVE)
    say(ben, "accept_ride", ride_id="shared", driver_id=BEN, id="yes")
    hear(ben, "ride_accepted")
    late = two.driver(mia)
    ended = one.passenger("ended", passenger_phone="+27821234509")
    hear(ended, "searching")
    hear(two.passenger("ended", fare_amount=95.0, passenger_phone="+27821234509"), "searching")
    hear(late, "ride_request")
    say(ended, "cancel_ride", id="cancel")
    hear(ended, "ack")
    say(late, "accept_ride", ride_id="ended", driver_id=mia, id="yes")
    hear(late, "ride_accepted")
    for server in servers:
        server.end(signal.SIGKILL)


STORIES: dict[str, Callable[[Path], None]] = {
    "open-searches": open_searches,
    "reserved-driver": reserved_driver,
    "scheduled-ride": scheduled_ride,
    "unsettled-charge": unsettled_charge,
    "a-day": a_day,
    "two-servers": two_servers,
}


def main(*names: str) -> None:
    """Make these archives, or all."""
    for name in names or STORIES:
        with tempfile.TemporaryDirectory() as folder:
            try:
                STORIES[name](Path(folder) / "rides.db")
            finally:
                for process in Server.started:
                    process.kill()
            with tarfile.open(HERE / f"{name}.tar.xz", "w:xz") as archive:
                for file in sorted(Path(folder).glob("rides.db*")):
                    archive.add(file, file.name)


if __name__ == "__main__":
    main(*sys.argv[1:])
