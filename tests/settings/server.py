"""Rows of the settings by which the live server starts: where it listens and stores, how it reckons ETAs, what it shows."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import chdir, closing
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

import cli
from dispatch.config import exposure
from dispatch.domain.places.geo import Curve
from dispatch.errors import SettingError
from dispatch.live.file import _open
from dispatch.storage.file.owner import owned
from dispatch.transport.ws.edge import EdgeCounters
from dispatch.transport.ws.listener import listening_socket
from dispatch.transport.ws.server import run, serve_forever
from dispatch.transport.ws.tls import Certificate
from dispatch.travel.models import eta_model
from dispatch.travel.profile import Profile
from sim.demo.server import flags_of
from sim.stories.stage import PICKUP
from tests.settings.table import Given, changes
from tests.transport.echo import EchoGateway, plain_page
from tests.transport.rig import FIND_DRIVER
from tests.transport.ws.certificates import certificate
from tests.travel.maps import at, map_file, river_map

PHONE = "27821234567"
PATIENCE_S = 20.0


def live(given: Given, look: Callable[[str], object]) -> object:
    """What is seen at `dispatch serve` with these settings, a process in the row's folder. `look` gets its host and port."""
    command = [sys.executable, cli.__file__, "serve", *flags_of(given.settings)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=given.folder, text=True
    ) as process:
        try:
            assert process.stdout is not None
            ready = re.search(r"http://(\S+)", process.stdout.readline())
            assert ready is not None, "it did not start"
            return look(ready[1])
        finally:
            process.terminate()


def hears(app: ClientConnection, kind: str) -> dict[str, Any]:
    """The next frame of this type."""
    while True:
        frame: dict[str, Any] = json.loads(app.recv(timeout=PATIENCE_S))
        if frame["type"] == kind:
            return frame


def offered(address: str) -> dict[str, Any]:
    """What a driver reads who is asked for a ride."""
    with (
        connect(f"ws://{address}/ws/driver/27821234568/") as driver,
        connect(f"ws://{address}/ws/ride/r1/") as passenger,
    ):
        here = {"type": "location_update", "latitude": PICKUP[0], "longitude": PICKUP[1], "id": "here"}
        driver.send(json.dumps(here))
        hears(driver, "ack")
        passenger.send(json.dumps({**FIND_DRIVER, "passenger_phone": PHONE}))
        return hears(driver, "ride_request")


@changes("show_phone", {"always": True, "never": False}, port="0")
def whether_a_driver_reads_the_whole_phone_before_the_accept(given: Given) -> object:
    return live(given, lambda address: offered(address)["passenger_phone"].endswith(PHONE))


@changes("host", {"127.0.0.1": "127.0.0.1", "localhost": "localhost"}, port="0")
def where_the_server_says_it_is(given: Given) -> object:
    return live(given, lambda address: address.rpartition(":")[0])


@changes("db", {"a.db": ["a.db"], "b.db": ["b.db"]}, port="0")
def which_files_there_are(given: Given) -> object:
    return live(given, lambda address: sorted(path.name for path in given.folder.glob("*.db")))


with socket.create_server(("127.0.0.1", 0)) as _probe:
    FREE = _probe.getsockname()[1]


@changes("port", {"0": False, str(FREE): True})
def whether_it_listens_on_that_port(given: Given) -> object:
    ports: list[int] = []

    async def meet() -> None:
        def on_ready(host: str, port: int) -> None:
            ports.append(port)
            server.cancel()

        settings = given.settings
        listener = listening_socket(settings.host, settings.port)
        serving = serve_forever(EchoGateway(), plain_page, settings, on_ready, EdgeCounters(), listener)
        server = asyncio.ensure_future(serving)
        await asyncio.wait({server})

    run(meet())
    return ports == [FREE]


def admin(given: Given, look: Callable[[str], object]) -> object:
    """What is seen at the admin port of `dispatch serve` with these settings; None: it says nothing of one."""
    command = [sys.executable, cli.__file__, "serve", "--port", "0", *flags_of(given.settings)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=given.folder, text=True
    ) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            if given.settings.admin_port is None:
                return None
            ready = re.search(r"admin port is http://(\S+)", process.stdout.readline())
            assert ready is not None, "it says nothing of its admin port"
            return look(ready[1])
        finally:
            process.terminate()


with socket.create_server(("127.0.0.1", 0)) as _probe:
    FREE_TOO = _probe.getsockname()[1]


@changes("admin_host", {"127.0.0.1": "127.0.0.1", "localhost": "localhost"}, admin_port="0")
def where_the_admin_port_is_said_to_be(given: Given) -> object:
    return admin(given, lambda address: address.rpartition(":")[0])


@changes("admin_port", {"0": False, str(FREE_TOO): True})
def whether_the_admin_port_is_that_one(given: Given) -> object:
    return admin(given, lambda address: address.rpartition(":")[2] == str(FREE_TOO))


@changes("synchronous", {"full": 2, "off": 0})
def how_strictly_the_journal_waits_for_the_disk(given: Given) -> object:
    with (
        chdir(given.folder),
        owned(given.settings.db, make=True) as ownership,
        closing(_open(given.settings, ownership, is_sandbox=False)) as writer,
    ):
        return writer.db.execute("PRAGMA synchronous").fetchone()[0]


# -- ETAs


def profile(name: str, seconds_per_km: float) -> None:
    """A file of this name, by which each kilometre takes so long."""
    steady = Curve(1.0, (seconds_per_km,) * 24)
    Path(name).write_bytes(Profile("nobody in the way", steady, steady).as_json())


@changes("eta_model", {"constant": 19, "fitted": 63})
@changes("eta_profile", {"slow.json": 100, "fast.json": 10})
@changes("roads", {"": 6, "river.json": 300}, eta_profile="street.json")
def how_many_seconds_a_hundred_metres_north_take(given: Given) -> object:
    with chdir(given.folder):
        profile("slow.json", 1000.0)
        profile("fast.json", 100.0)
        profile("street.json", 60.0)
        Path(map_file(given.folder, river_map())).rename("river.json")
        return round(eta_model(given.settings).eta_s(at(0, 0), at(1, 0), 0.0))


# -- who may reach it, and how


def refused_or_not(given: Given) -> object:
    """Whether people have to log in at these settings; the name of the setting at fault where they are refused."""
    try:
        return exposure(given.settings).login
    except SettingError as refusal:
        return refusal.name


changes("auth", {"auto": False, "on": True, "off": False})(refused_or_not)
changes("behind_proxy", {"": False, "10.0.0.5": True})(refused_or_not)
changes("plain_http", {"true": True, "false": "host"}, host="0.0.0.0")(refused_or_not)


@changes("tls_cert", {"": False, "server.pem": True}, tls_key="server.key")
@changes("tls_key", {"server.key": True, "server.pem": "tls_cert"}, tls_cert="server.pem")
def whether_it_has_a_certificate(given: Given) -> object:
    certificate(given.folder)
    with chdir(given.folder):
        try:
            return Certificate.of(given.settings) is not None
        except SettingError as refusal:
            return refusal.name
