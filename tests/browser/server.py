"""A real server in a process of its own, with people on file, for the pages of a test file."""

from __future__ import annotations

import queue
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import cli
from dispatch.identity.people import NewPerson
from dispatch.identity.tokens import Claims, make_token
from dispatch.principals import Principal, Role
from dispatch.storage.file.key_file import keys_of
from dispatch.storage.log.on_file import Writer
from dispatch.storage.people import people
from dispatch.words import PersonRole

WITHIN_S = 20.0
OFTEN = ("--codes-per-phone-hour", "1000", "--codes-per-phone-day", "1000")
"""Each test of a file logs in anew."""
SARAH, MICHAEL, ANN = "27821234567", "27821234568", "27821234569"
OTHERS = [f"2782555{number:04}" for number in range(1, 9)]
"""Drivers beside Michael, whose apps are in no browser."""
PEOPLE = (
    NewPerson(role=PersonRole.PASSENGER, name="Sarah Johnson", phone=SARAH),
    NewPerson(
        role=PersonRole.DRIVER, name="Michael Brown", phone=MICHAEL, vehicle_type="sedan", registration="CA 999 GP"
    ),
    NewPerson(role=PersonRole.STAFF, name="Ann Dlamini", phone=ANN, is_manager=True),
    *(
        NewPerson(role=PersonRole.DRIVER, name=f"Driver {number}", phone=phone, registration=f"CA {number} GP")
        for number, phone in enumerate(OTHERS, 1)
    ),
)


class Server:
    """`with Server(folder, "--auth", "on") as server:` runs it until the end of the block."""

    def __init__(self, folder: Path, *flags: str) -> None:
        self.folder, self._flags = folder, flags
        self.db = folder / "rides.db"
        self._codes: queue.Queue[tuple[str, str]] = queue.Queue()
        self.address = ""
        writer, now = Writer(self.db, "full"), time.time()
        self._ids = {(new.phone, new.role): people.add(writer, new, now)[0].person_id for new in PEOPLE}
        writer.close()
        self._keys = keys_of(self.db, int(now))

    def __enter__(self) -> Server:
        command = [sys.executable, cli.__file__, "serve", "--port", "0", "--db", str(self.db), *OFTEN, *self._flags]
        self._process = subprocess.Popen(
            command, cwd=self.folder, stdout=subprocess.PIPE, stderr=(self.folder / "stderr").open("w"), text=True
        )
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if found := re.search(r"http://\S+", line):
                self.address = found[0]
                break
        assert self.address, (self.folder / "stderr").read_text()
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        assert self._process.wait(WITHIN_S) == 0
        self._reading.join(WITHIN_S)

    def code(self, phone: str) -> str:
        """The next login code that goes to this phone."""
        while True:
            ending, code = self._codes.get(timeout=WITHIN_S)
            if phone.endswith(ending):
                return code

    def token(self, phone: str, role: Role) -> str:
        """An access token for somebody on file, without a login."""
        now = int(time.time())
        person = self._ids[phone, PersonRole(role.value)]
        return make_token(Claims(Principal(role, person), f"of-{phone}", now, now + 600), self._keys)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if found := re.match(r"login code (\d{6}) for \S+•(\d{4})$", line.strip()):
                self._codes.put((found[2], found[1]))
