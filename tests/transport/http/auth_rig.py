"""Logins over HTTP without a socket: the real application, routes, rules and file; a clock that tests set, and texts that are kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import httpx2

from dispatch.config import Settings
from dispatch.errors import Unavailable
from dispatch.live.logins import LiveLogins
from dispatch.providers.notify import Notifier, Text
from dispatch.runtime import VirtualRuntime
from dispatch.storage.file.key_file import KeyFile
from dispatch.storage.log.on_file import Writer
from dispatch.storage.people import people
from dispatch.storage.people.codes import NewCodes
from dispatch.transport.http.admission import Admission
from dispatch.transport.http.app import http_app
from dispatch.transport.http.requests import Requests
from dispatch.transport.http.routes.auth import AuthRoutes
from dispatch.words import PersonRole

T = TypeVar("T")
NOW = 1_800_000_000.0
PORT = 8067


class Kept(Notifier):
    """Keeps texts in `texts`, also those for nobody."""

    def __init__(self) -> None:
        super().__init__(print)
        self.texts: list[Text] = []

    def send(self, text: Text) -> None:
        self.texts.append(text)

    async def deliver(self, text: Text) -> None:
        raise AssertionError("never asked")


class AuthRig:
    """A server's logins, in a folder of their own. `async with`."""

    def __init__(self, folder: Path, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.writer = Writer(folder / "rides.db", "off")
        self.keys = KeyFile(folder / "rides.db", NOW)
        self.sender, self.ended, self.now = Kept(), [], NOW
        self.logins = self.live_logins(self.sender)
        requests = Requests(VirtualRuntime(seed=1, start_at=NOW), self.settings)
        app = http_app(AuthRoutes(requests, self.logins, PORT).routes, Admission(self.settings))
        transport = httpx2.ASGITransport(app, client=("192.0.2.7", 5000))
        self.client = httpx2.AsyncClient(transport=transport, base_url=f"http://localhost:{PORT}")

    ended: list[str]

    def live_logins(self, sender: Notifier | None) -> LiveLogins:
        """The logins of this server, with codes sent by `sender`."""
        self.due: list[Callable[[], None]] = []
        """What is to be called after each of these seconds."""
        self.delays: list[float] = []

        def later(delay_s: float, due: Callable[[], None]) -> None:
            self.delays.append(delay_s)
            self.due.append(due)

        return LiveLogins(
            self.settings,
            NewCodes(self.writer.db, self.writer.path, NOW),
            self.do,
            self.keys,
            sender,
            lambda: self.now,
            later,
            self.ended.extend,
        )

    ails = False
    """The file cannot be written."""

    async def do(self, job: Callable[[Writer], T]) -> T:
        if self.ails:
            raise Unavailable
        return job(self.writer)

    async def __aenter__(self) -> AuthRig:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.client.aclose()
        self.writer.close()

    def driver(self, phone: str, name: str = "Thabo Zulu") -> str:
        """A driver is on file."""
        new = people.NewPerson(role=PersonRole.DRIVER, name=name, phone=phone)
        return people.add(self.writer, new, NOW)[0].person_id

    async def post(self, path: str, body: object, headers: Mapping[str, str] | None = None) -> Any:
        """The answer to this body as JSON."""
        return await self.client.post(path, json=body, headers=headers)

    async def code(self, phone: str, at: str = "/api/auth/otp", **more: str) -> dict[str, str]:
        """Ask for a code. Returns the body with which it is used."""
        asked = await self.post(f"{at}/request", {"phone": phone, **more})
        assert asked.status_code == 202, asked.text
        return {"request_id": asked.json()["request_id"], "code": self.sender.texts[-1].code}
