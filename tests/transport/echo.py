"""A gateway whose sessions answer each frame with an `ack` of its text: enough to see what the socket edge does on real sockets.

`python -m tests.transport.echo` serves it until a signal; that is how stopping is tested.
"""

import asyncio
import functools
import json
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.frames import Frame, Opcode

from dispatch.config import Settings
from dispatch.principals import Principal
from dispatch.transport import wire
from dispatch.transport.ws.edge import EdgeCounters
from dispatch.transport.ws.listener import listening_socket
from dispatch.transport.ws.server import run, serve_forever

BIG = 60_000
UPGRADE = (
    "GET {path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{more}\r\n"
)


class EchoSession:
    """Answers `text` with `ack`; `close 4504` closes, `bug` fails, `big 50` answers with 50 large messages."""

    def __init__(self, gateway: "EchoGateway", ident: str, link: Any) -> None:
        self.gateway, self.ident, self.link = gateway, ident, link
        self.last_heard = gateway.runtime.now
        self.received: list[str | bytes] = []
        self.signs_of_life = 0
        self.opened = 0
        self.settled = 0
        self.ended: list[str] = []

    def open(self, *, may_resume: bool) -> None:
        self.opened += 1

    def settle(self) -> None:
        self.settled += 1

    def receive(self, data: str | bytes) -> None:
        self.last_heard = self.gateway.runtime.now
        self.received.append(data)
        text = data if isinstance(data, str) else data.decode()
        word, _, number = text.partition(" ")
        if word == "close":
            self.link.close(int(number), "as you wish")
        elif word == "bug":
            raise RuntimeError("a bug in a session")
        elif word == "big":
            for _ in range(int(number)):
                self.link.send(wire.Ack("x" * BIG))
        else:
            self.link.send(wire.Ack(text))

    def heard(self) -> None:
        self.last_heard = self.gateway.runtime.now
        self.signs_of_life += 1

    def closed(self, reason: str = "closed") -> None:
        self.ended.append(reason)


class LoopClock:
    @property
    def now(self) -> float:
        return asyncio.get_running_loop().time()

    def read_clock(self) -> None:
        """It is read each time."""


class EchoGateway:
    """Remembers every session by its id; the newest of one id last."""

    def __init__(self) -> None:
        self.runtime = LoopClock()
        self.sessions: dict[str, EchoSession] = {}

    def passenger_session(self, principal: Principal, ride_id: str, link: Any) -> EchoSession:
        session = self.sessions[ride_id] = EchoSession(self, ride_id, link)
        return session

    def driver_session(self, principal: Principal, link: Any) -> EchoSession:
        return self.passenger_session(principal, principal.id, link)

    def staff_session(self, principal: Principal, link: Any) -> EchoSession:
        return self.passenger_session(principal, principal.id, link)


async def plain_page(scope: Any, _receive: Any, send: Any) -> None:
    """The least HTTP application; what it has at `/big` fits no buffer."""
    body = b"x" * 10_000_000 if scope["path"] == "/big" else b"ok"
    length = str(len(body)).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", length)]})
    await send({"type": "http.response.body", "body": body})


class Served:
    """A server that runs, and ways to speak to it."""

    def __init__(self, gateway: Any) -> None:
        self.gateway = gateway
        self.counters = EdgeCounters()
        self.port = 0

    def app(self, path: str = "/ws/driver/27821234568/", **options: Any) -> connect:
        """A well-behaved app on `path`."""
        return connect(f"ws://127.0.0.1:{self.port}{path}", compression=None, ping_interval=None, **options)

    async def raw(
        self, path: str = "", more: str = "", receive_buffer: int = 0
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A TCP connection; with `path` it has asked for the upgrade already."""
        sock = socket.socket()
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", self.port))
        reader, writer = await asyncio.open_connection(sock=sock, limit=2**20)
        if path:
            writer.write(UPGRADE.format(path=path, more=more).encode())
        return reader, writer


def masked(opcode: Opcode, data: bytes, fin: bool = True) -> bytes:
    """A frame as apps send it."""
    return Frame(opcode, data, fin).serialize(mask=True)


async def said(app: ClientConnection, text: str | bytes | list[str]) -> str:
    """What the echo answers to `text`; a list is sent in fragments."""
    await app.send(text)
    result: str = json.loads(await app.recv())["result"]
    return result


async def until(true: Callable[[], object], within_s: float = 5.0) -> None:
    """Wait for something to become true; fail when it does not."""
    async with asyncio.timeout(within_s):
        while not true():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def serving(gateway: Any, http_app: Any = plain_page, **settings: Any) -> AsyncIterator[Served]:
    """The whole server on a free port, stopped on leaving."""
    served = Served(gateway)
    ready = asyncio.Event()

    def on_ready(host: str, port: int) -> None:
        served.port = port
        ready.set()

    options = Settings(**settings)
    listener = listening_socket(options.host, 0)
    server = asyncio.create_task(serve_forever(gateway, http_app, options, on_ready, served.counters, listener))
    await asyncio.wait({server, asyncio.create_task(ready.wait())}, return_when=asyncio.FIRST_COMPLETED)
    if server.done():
        await server
    try:
        yield served
    finally:
        server.cancel()
        await asyncio.wait({server})


def over_sockets(**settings: Any) -> Callable[[Callable[[Served], Awaitable[None]]], Callable[[], None]]:
    """Make a test of `async def test(served)`: it meets an echo server with these settings."""

    def decorate(test: Callable[[Served], Awaitable[None]]) -> Callable[[], None]:
        async def meet() -> None:
            async with asyncio.timeout(20), serving(EchoGateway(), **settings) as served:
                await test(served)

        @functools.wraps(test)
        def sync_test() -> None:
            run(meet())

        del sync_test.__wrapped__  # pytest would take `served` for a fixture
        return sync_test

    return decorate


def main() -> None:
    """Serve the echo with the settings in `ECHO`, JSON; say `ready <port>` and, at the end, `stopped`."""

    async def serve() -> None:
        options = Settings(**json.loads(os.environ.get("ECHO", "{}")))
        ready = functools.partial(print, "ready", flush=True)
        listener = listening_socket(options.host, 0)
        await serve_forever(EchoGateway(), plain_page, options, ready, EdgeCounters(), listener)

    run(serve())
    print("stopped", flush=True)


if __name__ == "__main__":
    main()
