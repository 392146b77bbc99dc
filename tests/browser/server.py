"""A real server in a process of its own, with the people of the seed, for the pages of a test file."""

from __future__ import annotations

import queue
import re
import subprocess
import sys
import threading
from pathlib import Path

import httpx2

import cli

WITHIN_S = 20.0
PASSENGER, DRIVER = "+27821234567", "+27821234568"
"""Sarah Johnson and Michael Brown, whom `dispatch db seed` makes."""


class Server:
    """`with Server(folder, "--auth", "on") as server:` runs it until the end of the block."""

    def __init__(self, folder: Path, *flags: str, settings: str = "") -> None:
        self.folder, self._flags = folder, flags
        self.db = str(folder / "rides.db")
        (folder / "dispatch.toml").write_text(settings, "utf-8")
        self._codes: queue.Queue[tuple[str, str]] = queue.Queue()
        self.address = ""

    def __enter__(self) -> Server:
        self.run("db", "seed", "--db", self.db)
        command = [sys.executable, cli.__file__, "serve", "--port", "0", "--db", self.db, *self._flags]
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

    def run(self, *arguments: str) -> str:
        """Runs `dispatch …` to its end. Returns what it prints."""
        command = [sys.executable, cli.__file__, *arguments]
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=True).stdout

    def code(self, phone: str) -> str:
        """The next login code that goes to this phone."""
        while True:
            ending, code = self._codes.get(timeout=WITHIN_S)
            if phone.endswith(ending):
                return code

    def token(self, phone: str, role: str) -> str:
        """An access token, from a login by code."""
        with httpx2.Client(trust_env=False, base_url=self.address) as client:
            asked = client.post("/api/auth/otp/request", json={"phone": phone, "role": role})
            assert asked.status_code == 202, asked.text
            proof = {"request_id": asked.json()["request_id"], "code": self.code(phone)}
            told = client.post("/api/auth/otp/verify", json=proof)
            assert told.status_code == 200, told.text
        return str(told.json()["access_token"])

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if found := re.match(r"login code (\d{6}) for \S+•(\d{4})$", line.strip()):
                self._codes.put((found[2], found[1]))
