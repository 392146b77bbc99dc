"""Who is accepted, how many at a time, and who is let in. On real sockets."""

import asyncio
import logging
import resource
import socket
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from dispatch.config import Settings
from dispatch.transport.ws import door, server
from dispatch.transport.ws.door import AT_ONCE, Door
from dispatch.transport.ws.edge import EdgeCounters, SocketEdge
from dispatch.transport.ws.front import FrontConnection
from dispatch.transport.ws.listener import listening_socket
from dispatch.transport.ws.server import run
from tests.transport.echo import EchoGateway, said, serving, until
from tests.transport.ws.certificates import certificate

GET = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
MANY = 3 * AT_ONCE

Runs = Callable[[Coroutine[Any, Any, None]], None]


@pytest.fixture(params=[run, asyncio.run], ids=["uvloop", "asyncio"])
def runs(request: pytest.FixtureRequest) -> Runs:
    """Both event loops there are."""
    chosen: Runs = request.param
    return chosen


class Guest(asyncio.Protocol):
    """What is made of whoever is let in."""

    def __init__(self, early: bytes) -> None:
        self.early = early


class Hall:
    """A door, and who came through it."""

    def __init__(self, **settings: Any) -> None:
        self.edge = SocketEdge(EchoGateway(), Settings(**settings), EdgeCounters())  # type: ignore[arg-type]
        self.listener = listening_socket("127.0.0.1", 0)
        self.guests: list[Guest] = []
        self.door = Door(self.listener, self.edge, self._enters, None)

    def _enters(self, early: bytes) -> Guest:
        self.guests.append(Guest(early))
        return self.guests[-1]

    @property
    def waiting(self) -> int:
        """Who was accepted and has not asked."""
        return len(self.edge.headers.running)

    def come(self, many: int) -> list[socket.socket]:
        """So many connect, at once."""
        return [socket.create_connection(self.listener.getsockname()) for _ in range(many)]


@asynccontextmanager
async def hall() -> AsyncIterator[Hall]:
    opened = Hall()
    async with asyncio.timeout(20):
        yield opened
    await opened.door.shut()
    opened.door.close()


async def steps(figure: Callable[[], int], most: int) -> list[int]:
    """By how much it grows from turn to turn of the loop, until it is `most`."""
    seen = [figure()]
    while seen[-1] < most:
        await asyncio.sleep(0)
        seen.append(figure())
    return [after - before for before, after in pairwise(seen)]


def test_a_crowd_is_accepted_and_heard_a_few_at_a_time(runs: Runs) -> None:
    async def meet() -> None:
        async with hall() as open_hall:
            apps = open_hall.come(MANY)
            grew = await steps(lambda: open_hall.waiting, MANY)
            assert max(grew) == AT_ONCE
            for app in apps:
                app.sendall(GET)
            grew = await steps(lambda: len(open_hall.guests), MANY)
            assert max(grew) == AT_ONCE
            assert {guest.early for guest in open_hall.guests} == {GET}
            assert open_hall.waiting == 0
            for app in apps:
                app.close()

    runs(meet())


def test_of_a_crowd_that_speaks_all_at_once_whoever_came_last_is_heard_first(runs: Runs) -> None:
    async def meet() -> None:
        async with hall() as open_hall:
            apps = open_hall.come(MANY)
            await until(lambda: open_hall.waiting == MANY)
            for number, app in enumerate(apps):  # the server has no turn meanwhile
                app.sendall(GET + b"%d" % number)
            await until(lambda: len(open_hall.guests) == MANY)
            came = [int(guest.early.removeprefix(GET)) for guest in open_hall.guests]
            assert came == list(reversed(range(MANY)))
            for app in apps:
                app.close()

    runs(meet())


def test_uvicorns_protocol_is_made_only_for_whoever_asks(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[FrontConnection] = []

    class Counted(FrontConnection):
        def connection_made(self, transport: object) -> None:
            made.append(self)
            super().connection_made(transport)  # type: ignore[arg-type]

    monkeypatch.setattr(server, "FrontConnection", Counted)

    async def meet() -> None:
        async with serving(EchoGateway()) as served:
            silent = [await served.raw() for _ in range(3)]
            half = [await served.raw() for _ in range(3)]
            for _, writer in half:
                writer.write(GET[:-2])
            async with served.app() as app:
                assert await said(app, "hello") == "hello"
            assert len(made) == 1
            reader, writer = half[0]
            writer.write(GET[-2:])
            assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200 ")
            assert len(made) == 2
            assert not any(reader.at_eof() for reader, _ in (*silent, *half))
        for reader, _ in (*silent, *half[1:]):
            await until(reader.at_eof)  # the server has stopped, and waited for none of them

    runs(meet())


def test_who_leaves_without_a_word_is_forgotten(runs: Runs) -> None:
    async def meet() -> None:
        async with hall() as open_hall:
            for app in open_hall.come(3):
                app.close()
            silent, half = open_hall.come(2)
            half.sendall(GET[:9])
            await until(lambda: open_hall.waiting == 2)
            for app in (silent, half):
                app.close()
            await until(lambda: open_hall.waiting == 0)
            assert open_hall.guests == []

    runs(meet())


def test_a_system_without_room_is_left_alone_for_a_while_and_asked_again(
    runs: Runs, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, logger="dispatch")
    monkeypatch.setattr(door, "REST_S", 0.2)

    async def meet() -> None:
        async with hall() as open_hall:
            await asyncio.sleep(0)
            apps = open_hall.come(3)
            before = resource.getrlimit(resource.RLIMIT_NOFILE)
            highest = max(app.fileno() for app in apps)
            resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 1, before[1]))
            filled = []
            try:
                while True:  # whatever is free below
                    filled.append(socket.socket())
            except OSError:
                pass
            try:
                await until(lambda: caplog.messages)
                for _ in range(20):
                    await asyncio.sleep(0)
                assert open_hall.waiting == 0
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, before)
                for each in filled:
                    each.close()
            assert caplog.messages == ["no connection is accepted for a while"]
            assert caplog.records[0].__dict__["why"] == "Too many open files"
            await until(lambda: open_hall.waiting == 3)
            for app in apps:
                app.close()

    runs(meet())


def test_an_orderly_stop_answers_all_who_have_connected_and_asked(runs: Runs) -> None:
    apps: list[socket.socket] = []

    async def meet() -> None:
        async with serving(EchoGateway()) as served:
            for _ in range(MANY):  # the server has no turn meanwhile
                app = socket.create_connection(("127.0.0.1", served.port))
                app.sendall(GET)
                apps.append(app)
            began = time.monotonic()
        assert time.monotonic() - began < 1.5

    runs(meet())
    for app in apps:
        app.settimeout(5.0)
        answer = b""
        while more := app.recv(4096):
            answer += more
        assert answer.startswith(b"HTTP/1.1 200 ")
        app.close()


def test_over_tls_too_the_silent_and_those_who_never_end_their_handshake_are_ended(runs: Runs, tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)

    async def meet() -> None:
        async with (
            serving(EchoGateway(), header_timeout_s=0.3, tls_cert=str(cert), tls_key=str(key)) as served,
            asyncio.timeout(10),
        ):
            for begins in (b"", b"\x16\x03\x01\x02"):
                reader, writer = await served.raw()
                writer.write(begins)
                assert await reader.read() == b""
                writer.close()

    runs(meet())
