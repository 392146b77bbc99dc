"""What the benchmarks of people and logins share: a file with people in it, tokens for them, a server under measurement, and apps.

The apps are asyncio protocols that write ready-made bytes, and look into what comes back no further than they must: there are thousands
of them, and the machine is to be left to the server.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from struct import pack, unpack
from typing import Any
from urllib.request import urlopen

from dispatch.identity.keys import KeyRing
from dispatch.identity.people import NewPerson
from dispatch.identity.tokens import Claims, make_token
from dispatch.principals import Principal, Role
from dispatch.storage.file.key_file import keys_of
from dispatch.storage.log.on_file import Writer
from dispatch.storage.people import people
from dispatch.words import PersonRole, PersonStatus

CLI = Path(__file__).parent.parent / "cli.py"
ON, OFF = ("--auth", "on"), ("--auth", "off")
NO_LIMITS = (
    "--codes-per-phone-hour=1000000", "--codes-per-phone-day=1000000", "--codes-per-address-hour=1000000",
    "--code-failures-hour=100000000",
)  # fmt: skip
LASTS_S = 900
CODE = re.compile(r"login code (\d+) for \+(\d+)•+(\d+)")


# -- the file


def phone(number: int) -> str:
    """The phone of the driver of this number: an even one."""
    return str(27_820_000_000 + 2 * number)


def stranger(number: int) -> str:
    """A phone that nobody has, beside that of the driver of this number: it is looked for in the same place of the file."""
    return str(int(phone(number)) + 1)


class Town:
    """A file with `drivers` drivers and `passengers` passengers on it, and the keys beside it."""

    def __init__(self, db: Path, drivers: int, passengers: int = 0) -> None:
        self.db = db
        rows = [
            NewPerson(role=role, name=f"{role} {number}".title(), phone=phone(number), status=PersonStatus.ACTIVE)
            for role, numbers in (
                (PersonRole.DRIVER, range(drivers)),
                (PersonRole.PASSENGER, range(drivers, drivers + passengers)),
            )
            for number in numbers
        ]
        writer = Writer(db, "off")
        ids = [person_id for person_id, _ in people.add_all(writer, rows, time.time())]
        writer.close()
        self.drivers, self.passengers = ids[:drivers], ids[drivers:]
        self.ring: KeyRing = keys_of(db, time.time())

    def token(self, role: Role, person_id: str) -> str:
        """An access token, as a login gives it."""
        now = int(time.time())
        return make_token(Claims(Principal(role, person_id), "", now, now + LASTS_S), self.ring)


# -- the server


class Server:
    """`dispatch serve` as a process on one core. `cpu_s` is the time of all its threads, by the system's clock of the process."""

    def __init__(self, db: Path, *options: str, core: int | None = None, checkout: Path = CLI.parent) -> None:
        command = [sys.executable, str(checkout / "cli.py"), "serve", "--port", "0", "--db", str(db), *options]
        log = open(f"{db}.log", "w")  # noqa: SIM115  # the process has it for as long as it runs
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=log, text=True, env={**os.environ, "PYTHONPATH": str(checkout)}
        )
        log.close()
        if core is not None:
            os.sched_setaffinity(self.process.pid, {core})  # its threads, which come later, inherit it
        assert self.process.stdout is not None
        address = re.search(r"http://(\S+):(\d+)", self.process.stdout.readline())
        if address is None:
            raise SystemExit(f"{' '.join(command)} does not start; run it by hand to see why")
        self.host, self.port = address[1], int(address[2])
        self._clock = (~self.process.pid << 3) | 2  # clock_getcpuclockid(3): all threads, nanoseconds
        self.codes: SimpleQueue[tuple[str, str, str]] = SimpleQueue()
        """Login codes that it printed, each with the first and last digits of the phone."""
        threading.Thread(target=self._read, daemon=True).start()

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"

    def cpu_s(self) -> float:
        """CPU seconds that the process has used."""
        return time.clock_gettime(self._clock)

    def connected(self) -> int:
        """How many sockets of drivers are open, by its metrics page."""
        with urlopen(f"http://{self.address}/metrics", timeout=30) as page:
            found = re.search(r"^dispatch_sockets{[^}]*driver[^}]*} (\S+)$", page.read().decode(), re.M)
        assert found is not None
        return int(float(found[1]))

    def stop(self) -> float:
        """End it by SIGTERM. Returns the seconds until it was gone."""
        began = time.perf_counter()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(60)
        return time.perf_counter() - began

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if found := CODE.search(line):
                self.codes.put((found[1], found[2], found[3]))


@contextmanager
def served(db: Path, *options: str, core: int | None = None, checkout: Path = CLI.parent) -> Iterator[Server]:
    """A server for as long as the block lasts."""
    server = Server(db, *options, core=core, checkout=checkout)
    try:
        yield server
    finally:
        server.stop()


# -- an app


def text_frame(text: str) -> bytes:
    """One frame of a client; its mask is zeros."""
    data = text.encode()
    head = pack("!BB", 0x81, 0x80 | len(data)) if len(data) < 126 else pack("!BBH", 0x81, 0x80 | 126, len(data))
    return head + bytes(4) + data


def handshake(address: str, path: str, token: str = "") -> bytes:
    """The opening of a WebSocket."""
    shown = f"Authorization: Bearer {token}\r\n" if token else ""
    return (
        f"GET {path} HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n{shown}"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    ).encode()


class App(asyncio.Protocol):
    """One connection. `opened` when the handshake was answered (`status`), `heard` for each text frame, `ended` when all is over."""

    def __init__(self) -> None:
        self.status = 0
        self.close_code = 0
        self.transport: Any = None
        self._data = b""

    def opened(self) -> None: ...
    def heard(self, text: bytes) -> None: ...
    def ended(self) -> None: ...

    def say(self, text: str) -> None:
        self.transport.write(text_frame(text))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._data += data
        if not self.status:
            head, end, rest = self._data.partition(b"\r\n\r\n")
            if not end:
                return
            self.status, self._data = int(head.split(b" ", 2)[1]), rest
            self.opened()
        while self.status == 101 and len(self._data) >= 2:
            length, start = self._data[1], 2
            if length == 126:
                if len(self._data) < 4:
                    return
                length, start = unpack("!H", self._data[2:4])[0], 4
            if len(self._data) < start + length:
                return
            opcode, body = self._data[0] & 0x0F, self._data[start : start + length]
            self._data = self._data[start + length :]
            if opcode == 1:
                self.heard(body)
            elif opcode == 8:
                self.close_code = unpack("!H", body[:2])[0] if len(body) >= 2 else 1005
                self.transport.write(b"\x88\x80\0\0\0\0")
            elif opcode == 9:
                self.transport.write(b"\x8a\x80\0\0\0\0")

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended()


async def connected(make: Callable[[], App], server: Server, opening: bytes) -> App:
    """An app whose handshake is under way."""
    loop = asyncio.get_running_loop()
    _, app = await loop.create_connection(make, server.host, server.port)
    app.transport.write(opening)
    return app


def raise_limits() -> None:
    """As many open files as the system allows."""
    import resource

    _, files = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
