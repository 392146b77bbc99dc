"""Apps of other drivers on real sockets, beside the people in the browser."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from websockets.sync.client import ClientConnection, connect

from dispatch.principals import Role
from tests.browser.server import Server

WITHIN_S = 15.0


class App:
    """Says frames, and hears those that it waits for. The library answers the server's pings."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    def say(self, kind: str, **fields: Any) -> None:
        self._socket.send(json.dumps({"type": kind, **fields}))

    def hear(self, kind: str) -> dict[str, Any]:
        """The next message of this type; those before it are passed over. Raises TimeoutError: none came."""
        ends = time.monotonic() + WITHIN_S
        while True:
            frame: dict[str, Any] = json.loads(self._socket.recv(timeout=max(0.0, ends - time.monotonic())))
            if frame["type"] == kind:
                return frame


@contextmanager
def drivers(server: Server, phones: list[str], place: tuple[float, float]) -> Iterator[list[App]]:
    """Drivers on file, logged in, who stand in a row northward from this place, the first the nearest."""
    with ExitStack() as stack:
        apps = []
        for number, phone in enumerate(phones, 1):
            headers = {"Authorization": f"Bearer {server.token(phone, Role.DRIVER)}"}
            url = f"{server.address.replace('http', 'ws')}/ws/driver/{phone}/"
            apps.append(App(stack.enter_context(connect(url, additional_headers=headers))))
            apps[-1].say("location_update", latitude=place[0] + number / 2_000, longitude=place[1], id=f"at-{number}")
            apps[-1].hear("ack")
        yield apps
