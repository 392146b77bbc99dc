"""Connections before they are sockets, and what is relied upon in uvicorn's protocols."""

import asyncio
import gc
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product

import pytest
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from dispatch.transport.ws import server
from dispatch.transport.ws.front import FrontConnection, HeaderDeadline
from dispatch.transport.ws.server import run
from tests.transport.echo import UPGRADE, EchoGateway, Served, over_sockets, said, serving, until
from tests.transport.http.test_app import answer

POST = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n\n\r\n\r\nGET /"
CHUNKED = b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n\r\n\r\n\r\n0\r\n\r\n"
H2C = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
GET = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


class OnH11(HeaderDeadline, H11Protocol):  # type: ignore[misc]
    """The front where httptools cannot be had."""


class OnHttpTools(HeaderDeadline, HttpToolsProtocol):
    """The front as it is elsewhere."""


@pytest.fixture(params=[OnH11, OnHttpTools], autouse=True)
def front(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> type[HeaderDeadline]:
    """Every test here meets both of uvicorn's HTTP/1.1 protocols."""
    monkeypatch.setattr(server, "FrontConnection", request.param)
    chosen: type[HeaderDeadline] = request.param
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
    assert served.counters.cut["headers"] == 1
    writer.close()


def test_the_log_has_one_line_of_all_who_are_cut_off_together(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="dispatch.transport.ws.edge")

    async def meet() -> None:
        async with serving(EchoGateway(), header_timeout_s=0.5) as served:
            silent = [await served.raw() for _ in range(20)]
            for reader, _ in silent:
                await ended_within(reader, 3.0)
            await until(lambda: sum(record.__dict__.get("connections", 0) for record in caplog.records) == 20)
            first = silent[0][1].get_extra_info("sockname")

        told = [record.__dict__ for record in caplog.records if record.message == "connections were cut off"]
        assert len(told) <= 3
        assert {line["why"] for line in told} == {"the headers did not come in time"}
        assert told[0]["client"] == f"{first[0]}:{first[1]}"

    run(meet())


@over_sockets(header_timeout_s=0.2)
async def test_half_a_request_is_ended_however_often_a_byte_comes(served: Served) -> None:
    reader, writer = await served.raw()
    writer.write(b"GET /ws/ride/1/ HTTP/1.1\r\nHost:")
    trickle = asyncio.create_task(_trickle(writer))
    assert await ended_within(reader, 3.0) == b""
    trickle.cancel()
    writer.close()


def test_of_too_many_half_requests_the_oldest_are_cut_off_and_whoever_asks_is_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("dispatch.transport.ws.edge.MOST_BEGUN", 3)

    async def meet() -> None:
        async with serving(EchoGateway()) as served:
            silent, _ = await served.raw()
            half = []
            for number in range(5):
                reader, writer = await served.raw()
                writer.write(b"GET /ws/ride/1/ HTTP/1.1\r\nHost:")
                half.append((reader, writer))
                await until(lambda number=number: served.counters.cut["headers"] == max(0, number - 2))
            assert [reader.at_eof() for reader, _ in half[2:]] == [False] * 3
            assert await ended_within(half[0][0], 1.0) == await ended_within(half[1][0], 1.0) == b""
            async with served.app() as app:
                assert await said(app, "hello") == "hello"
            half[4][1].write(b" localhost\r\n\r\n")
            assert (await half[4][0].readline()).startswith(b"HTTP/1.1 ")
            assert not silent.at_eof()

    run(meet())


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
    assert served.counters.cut["headers"] == 1


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


EARLY = b"\x89\x80\x00\x00\x00\x00"
"""A ping; `PONG` is its answer."""
PONG = b"\x8a\x00"


def upgrade(path: str = "/ws/ride/1/", host: str = "localhost") -> bytes:
    return UPGRADE.format(path=path, more="").replace("Host: localhost", f"Host: {host}").encode()


@over_sockets()
async def test_an_upgrade_is_served_behind_requests_that_came_with_it(served: Served) -> None:
    """In one piece, or cut anywhere: every request is answered in turn, then the handshake, then the ping that came behind it."""
    stories: list[list[bytes]] = [[], [GET], [GET, GET, GET], [POST], [POST, GET], [CHUNKED], [H2C], [GET, H2C]]
    with watched_loop() as failed:
        for before, cut in product(stories, (0, 20, -20, -6)):
            reader, writer = await served.raw()
            whole = b"".join(before) + upgrade() + EARLY
            writer.write(whole[:cut])
            await asyncio.sleep(0.001)
            writer.write(whole[cut:])
            for _ in before:
                assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
                assert await reader.readexactly(2) == b"ok"
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
            assert await reader.readexactly(2) == PONG
            writer.close()
        await until(lambda: not +served.counters.open)
    assert failed == []


@contextmanager
def watched_loop() -> Iterator[list[object]]:
    """What the event loop had to report meanwhile."""
    failed: list[object] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncio.get_running_loop(), "call_exception_handler", failed.append, raising=False)
        yield failed


@over_sockets()
async def test_an_upgrade_behind_a_request_that_ends_the_connection_is_none(served: Served) -> None:
    reader, writer = await served.raw()
    writer.write(GET.replace(b"Host", b"Connection: close\r\nHost") + upgrade() + EARLY)
    assert (await ended_within(reader, 3.0)).endswith(b"\r\n\r\nok")
    assert served.counters.handshakes == {}
    writer.close()


@over_sockets()
async def test_a_handshake_may_write_its_connection_header_as_http_allows(served: Served) -> None:
    for lines in (
        "Connection: keep-alive, Upgrade",
        "Connection: upgrade\r\nConnection: keep-alive",
        "CONNECTION:Upgrade ,x",
    ):
        reader, writer = await served.raw()
        writer.write(upgrade().replace(b"Connection: Upgrade", lines.encode()))
        assert (lines, (await reader.readuntil(b"\r\n\r\n")).split()[1]) == (lines, b"101")
        writer.close()


@over_sockets()
async def test_a_handshake_with_a_body_is_none_and_an_empty_one_does_no_harm(served: Served) -> None:
    for more, statuses in (("Content-Length: 0\r\n", (b"101",)), ("Content-Length: 5\r\n", (b"200", b"400"))):
        reader, writer = await served.raw()
        writer.write(UPGRADE.format(path="/ws/ride/1/", more=more).encode() + b"hello")
        assert (await reader.readuntil(b"\r\n\r\n")).split()[1] in statuses
        writer.close()
    assert served.counters.handshakes == {101: 1}


@over_sockets()
async def test_a_request_of_http_1_0_cannot_become_a_socket(served: Served) -> None:
    reader, writer = await served.raw()
    writer.write(upgrade().replace(b"HTTP/1.1", b"HTTP/1.0"))
    assert b" 101 " not in (await ended_within(reader, 3.0))[:20]
    assert served.counters.handshakes == {}
    writer.close()


@over_sockets()
async def test_a_whole_url_as_target_names_the_host_whatever_the_header_says(served: Served) -> None:
    for target, host, status in (
        ("http://127.0.0.1:8067/ws/ride/1/", "127.0.0.1:8067", b"101"),
        ("ws://localhost/ws/driver/%2B27/", "evil.example", b"101"),
        ("HTTP://10.0.2.2:8067//ws//driver//27//?a=b", "localhost", b"101"),
        ("//ws/ride/1/", "localhost", b"101"),
        ("http://evil.example/ws/ride/1/", "localhost", b"403"),
        ("http://user@localhost/ws/ride/1/", "localhost", b"400"),
        ("http://localhost/nothing", "localhost", b"404"),
    ):
        reader, writer = await served.raw()
        writer.write(upgrade(target, host))
        head = await reader.readuntil(b"\r\n\r\n")
        assert (target, head.split()[1]) == (target, status)
        writer.close()


@pytest.mark.parametrize(
    ("target", "host", "status"),
    [
        ("http://127.0.0.1:8067/-/versions", "127.0.0.1:8067", 200),
        ("http://localhost/-/versions?x=http://evil.example/", "evil.example", 200),
        ("https://localhost//-//versions", "localhost", 200),
        ("/%2D/versions", "localhost", 200),
        ("http://evil.example/-/versions", "localhost", 403),
        ("http://user@localhost/-/versions", "localhost", 400),
        ("http://localhost", "localhost", 404),
    ],
)
def test_pages_are_found_by_a_whole_url_as_well(target: str, host: str, status: int) -> None:
    found, _, body = answer("GET", target, host=host)
    assert found == status
    assert json.loads(body)


@over_sockets(stall_limit_s=0.2)
async def test_a_client_that_does_not_read_its_answer_is_cut_off(served: Served) -> None:
    reader, writer = await served.raw(receive_buffer=4096)
    reader._transport.pause_reading()  # type: ignore[attr-defined]
    writer.write(GET.replace(b"/healthz", b"/big"))
    await until(lambda: served.counters.cut["readers"] == 1, within_s=3.0)
    writer.close()
    async with served.app() as app:
        assert app.state.name == "OPEN"


@over_sockets()
async def test_an_upgraded_connection_is_freed_without_the_garbage_collector(served: Served) -> None:
    gc.collect()
    gc.disable()
    try:
        async with served.app(), served.app("/ws/ride/1/"):
            await until(lambda: served.counters.handshakes[101] == 2)
            left = [thing for thing in gc.get_objects() if isinstance(thing, HeaderDeadline)]
            assert left == []
    finally:
        gc.enable()


def test_the_front_is_built_on_the_faster_protocol_where_it_can_be_had() -> None:
    assert issubclass(FrontConnection, HttpToolsProtocol)
