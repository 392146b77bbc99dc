"""Connections before they are sockets, and what is relied upon in uvicorn's protocols."""

import asyncio
import gc

import pytest
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from dispatch.transport import server
from dispatch.transport.front import FrontConnection, Punctual
from tests.transport.echo import UPGRADE, Served, over_sockets, until

GET = b"GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n"


class OnH11(Punctual, H11Protocol):  # type: ignore[misc]
    """The front where httptools cannot be had."""


class OnHttpTools(Punctual, HttpToolsProtocol):
    """The front as it is elsewhere."""


@pytest.fixture(params=[OnH11, OnHttpTools], autouse=True)
def front(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> type[Punctual]:
    """Every test here meets both of uvicorn's HTTP/1.1 protocols."""
    monkeypatch.setattr(server, "FrontConnection", request.param)
    chosen: type[Punctual] = request.param
    return chosen


async def ended_within(reader: asyncio.StreamReader, seconds: float) -> bytes:
    """All that still came before the server ended the connection."""
    async with asyncio.timeout(seconds):
        try:
            return await reader.read()
        except ConnectionResetError:
            return b""


@over_sockets(header_timeout_s=0.2)
async def test_a_connection_that_says_nothing_is_ended(served: Served) -> None:
    reader, writer = await served.raw()
    assert await ended_within(reader, 3.0) == b""
    assert served.counters.cut_headers == 1
    writer.close()


@over_sockets(header_timeout_s=0.2)
async def test_half_a_request_is_ended_however_often_a_byte_comes(served: Served) -> None:
    reader, writer = await served.raw()
    writer.write(b"GET /ws/ride/1/ HTTP/1.1\r\nHost:")
    trickle = asyncio.create_task(_trickle(writer))
    assert await ended_within(reader, 3.0) == b""
    trickle.cancel()
    writer.close()


async def _trickle(writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"x")
        await asyncio.sleep(0.02)


@over_sockets(header_timeout_s=0.2)
async def test_half_a_second_request_on_the_same_connection_is_ended_too(served: Served) -> None:
    reader, writer = await served.raw()
    writer.write(GET)
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
    assert await reader.readexactly(2) == b"ok"
    writer.write(GET[:20])
    assert await ended_within(reader, 3.0) == b""
    writer.close()


@over_sockets(header_timeout_s=0.2)
async def test_a_connection_that_became_a_socket_or_was_answered_has_no_deadline(served: Served) -> None:
    async with served.app() as app:
        reader, writer = await served.raw()
        writer.write(GET)
        await reader.readuntil(b"ok")
        late, silent = await served.raw()
        assert await ended_within(late, 3.0) == b"", "whoever came later and said nothing has had its time"
        writer.write(GET)
        await reader.readuntil(b"ok")
        for each in (writer, silent):
            each.close()
        assert await asyncio.wait_for(app.ping(), 1) is not None
    assert served.counters.cut_headers == 1


@over_sockets()
async def test_endless_headers_are_refused_long_before_the_deadline(served: Served) -> None:
    reader, writer = await served.raw()
    writer.write(b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: %s\r\n" % (n, b"x" * 1000) for n in range(40)))
    answer = await ended_within(reader, 3.0)
    assert answer == b"" or answer.startswith((b"HTTP/1.1 431 ", b"HTTP/1.1 400 "))
    writer.close()


@over_sockets()
async def test_a_handshake_may_come_in_pieces(served: Served) -> None:
    reader, writer = await served.raw()
    request = UPGRADE.format(path="/ws/ride/1/", more="").encode() + b"\x89\x80\x00\x00\x00\x00"
    for start in range(0, len(request), 7):
        writer.write(request[start : start + 7])
        await asyncio.sleep(0.001)
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
    assert await reader.readexactly(2) == b"\x8a\x00", "the ping that came with the last piece is answered"
    writer.close()


@over_sockets()
async def test_what_is_no_http_is_refused_and_the_server_lives_on(served: Served) -> None:
    for garbage in (b"\x16\x03\x01\x02\x00\x01", b"GET\r\n\r\n", b"\x00" * 100):
        reader, writer = await served.raw()
        writer.write(garbage + b"\r\n\r\n")
        assert (await ended_within(reader, 3.0)).startswith(b"HTTP/1.1 400 ")
        writer.close()
    async with served.app() as app:
        assert app.state.name == "OPEN"


@over_sockets()
async def test_a_wrong_handshake_is_refused_with_a_reason(served: Served) -> None:
    for line, wrong, status in (
        ("Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 12", b"400"),
        ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Key: short", b"400"),
        ("GET ", "POST ", b"405"),
    ):
        reader, writer = await served.raw()
        request = UPGRADE.format(path="/ws/ride/1/", more="")
        assert line in request
        writer.write(request.replace(line, wrong).encode())
        assert (await ended_within(reader, 3.0)).split()[1] == status
        writer.close()


@over_sockets()
async def test_an_upgraded_connection_is_freed_without_the_garbage_collector(served: Served) -> None:
    gc.collect()
    gc.disable()
    try:
        async with served.app(), served.app("/ws/ride/1/"):
            await until(lambda: served.counters.handshakes[101] == 2)
            left = [thing for thing in gc.get_objects() if isinstance(thing, Punctual)]
            assert left == []
    finally:
        gc.enable()


def test_the_front_is_built_on_the_faster_protocol_where_it_can_be_had() -> None:
    assert issubclass(FrontConnection, HttpToolsProtocol)
