"""One socket over the network: its handshake, its frames, how it ends."""

import asyncio
import json
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.typing import Subprotocol

from dispatch.transport.ws import edge as edge_module
from tests.transport.echo import UPGRADE, EchoSession, Served, masked, over_sockets, said, until

DRIVER = "27821234568"


async def end_of(app: ClientConnection) -> tuple[int, str]:
    """Code and reason with which the server closed."""
    with pytest.raises(ConnectionClosed) as closed:
        while True:
            await app.recv()
    assert closed.value.rcvd is not None, "the server closed without a Close frame"
    return closed.value.rcvd.code, closed.value.rcvd.reason


def session_of(served: Served) -> EchoSession:
    session: EchoSession = served.gateway.sessions[DRIVER]
    return session


# -- frames
@over_sockets()
async def test_a_text_frame_reaches_the_session_as_text_and_a_binary_one_as_bytes(served: Served) -> None:
    async with served.app() as app:
        assert await said(app, "héllo") == "héllo"
        assert await said(app, b"bytes") == "bytes"
        assert session_of(served).received == ["héllo", b"bytes"]
        assert session_of(served).opened == 1


@over_sockets()
async def test_an_answer_is_a_text_frame_of_the_encoded_message(served: Served) -> None:
    async with served.app() as app:
        await app.send("hello")
        assert await app.recv() == '{"type":"ack","result":"hello"}'


@over_sockets()
async def test_fragments_become_one_message_even_with_a_ping_between_them(served: Served) -> None:
    async with served.app() as app:
        reader, writer = await served.raw(f"/ws/driver/{DRIVER}/")
        await reader.readuntil(b"\r\n\r\n")
        parts = [(Opcode.TEXT, b"on", False), (Opcode.PING, b"", True), (Opcode.CONT, b"e", True)]
        writer.write(b"".join(masked(*part) for part in parts))
        assert await reader.readexactly(2) == b"\x8a\x00", "the ping is answered first"
        assert b'"result":"one"' in await reader.read(100)
        assert session_of(served).signs_of_life == 2, "the ping, and the part before the last"
        writer.close()
        assert await said(app, "others are served") == "others are served"


@over_sockets()
async def test_a_fragmented_binary_message_stays_binary(served: Served) -> None:
    async with served.app() as app:
        await app.send([b"by", b"tes"])
        await app.recv()
        assert session_of(served).received == [b"bytes"]


@over_sockets()
async def test_a_frame_as_long_as_allowed_is_heard(served: Served) -> None:
    async with served.app() as app:
        assert len(await said(app, "x" * 16_384)) == 16_384


@over_sockets(resume_wait_s=0.05)
async def test_an_app_that_says_nothing_at_first_has_had_its_time_to_resume(served: Served) -> None:
    async with served.app():
        await until(lambda: session_of(served).settled == 1)
        assert session_of(served).opened == 1


# -- frames that end the connection
@over_sockets()
async def test_a_longer_frame_than_allowed_closes_with_1009(served: Served) -> None:
    async with served.app() as app:
        await app.send("x" * 16_385)
        assert (await end_of(app))[0] == 1009
        assert session_of(served).received == []


@over_sockets()
async def test_fragments_that_are_too_long_together_close_with_1009(served: Served) -> None:
    async with served.app() as app:
        await app.send(["x" * 10_000, "x" * 10_000])
        assert (await end_of(app))[0] == 1009


@over_sockets()
async def test_more_than_16_fragments_close_with_1009(served: Served) -> None:
    async with served.app() as app:
        assert len(await said(app, ["x"] * 15)) == 15  # the end of a message is a fragment too
        await app.send(["x"] * 20)
        assert await end_of(app) == (1009, "more than 16 fragments")
    await until(lambda: served.counters.closes == {1009: 1})


@over_sockets()
async def test_text_that_is_not_utf_8_closes_with_1007(served: Served) -> None:
    async with served.app() as app:
        await app.send(b"\xff\xfe", text=True)
        assert await end_of(app) == (1007, "invalid start byte at position 0")


@over_sockets()
async def test_an_unmasked_frame_closes_with_1002(served: Served) -> None:
    reader, writer = await served.raw(f"/ws/driver/{DRIVER}/")
    await reader.readuntil(b"\r\n\r\n")
    writer.write(Frame(Opcode.TEXT, b"hi").serialize(mask=False))
    assert await reader.read(100) == b"\x88\x13" + struct.pack("!H", 1002) + b"incorrect masking"
    writer.close()
    await until(lambda: served.counters.closes == {1002: 1})


@over_sockets()
async def test_a_bug_in_a_session_closes_its_socket_with_1011_and_is_logged(served: Served) -> None:
    with pytest.MonkeyPatch.context() as patch:
        logged: list[dict[str, str]] = []
        note: Any = lambda message, extra: logged.append(extra)  # noqa: E731
        patch.setattr("dispatch.transport.ws.websocket.log.exception", note)
        async with served.app() as app, served.app("/ws/ride/other/") as other:
            await app.send("bug")
            assert (await end_of(app))[0] == 1011
            assert await said(other, "others go on") == "others go on"
        (named,) = logged
        assert (named["socket"], named["driver_id"]) == ("driver", DRIVER) and named["connection"].startswith("c-")


# -- the handshake
@over_sockets()
async def test_our_subprotocol_is_echoed_where_it_is_offered(served: Served) -> None:
    async with served.app(subprotocols=[Subprotocol("other"), Subprotocol("dispatch.v1")]) as app:
        assert app.subprotocol == "dispatch.v1"
    async with served.app(subprotocols=[Subprotocol("other")]) as app:
        assert app.subprotocol is None


@over_sockets()
async def test_compression_is_never_agreed_on(served: Served) -> None:
    reader, writer = await served.raw("/ws/ride/1/", "Sec-WebSocket-Extensions: permessage-deflate\r\n")
    answer = await reader.readuntil(b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 101 ")
    assert b"deflate" not in answer
    writer.close()


@over_sockets()
async def test_a_frame_sent_together_with_the_handshake_is_heard(served: Served) -> None:
    reader, writer = await served.raw()
    writer.write(UPGRADE.format(path="/ws/ride/1/", more="").encode() + masked(Opcode.TEXT, b"early"))
    await reader.readuntil(b"\r\n\r\n")
    assert b'"result":"early"' in await reader.read(100)
    writer.close()


@over_sockets(max_connections=1)
async def test_beyond_the_allowed_connections_the_answer_is_503_and_when_to_come_back(served: Served) -> None:
    async with served.app():
        reader, writer = await served.raw("/ws/ride/1/")
        answer = (await reader.read()).decode()
        assert answer.startswith("HTTP/1.1 503 ")
        assert "Retry-After: 5\r\n" in answer
        writer.close()
    await until(lambda: not +served.counters.open)
    async with served.app() as app:
        assert await said(app, "there is room again") == "there is room again"


@over_sockets()
async def test_refusals_say_what_is_wrong_with_the_url(served: Served) -> None:
    wrong = {
        "/ws/rid/1/": "404 no such endpoint /ws/rid/1/; try /ws/ride/<ride_id>/, /ws/driver/<driver_id>/ or /ws/ops/",
        "/ws/ride/a%20b/": "400 ride_id must match [A-Za-z0-9_-]{1,64}, got 'a b'",
        "/ws/ride/1/?token=x": "400 tokens are not taken in the URL",
    }
    for path, answer in wrong.items():
        reader, writer = await served.raw(path)
        head, _, body = (await reader.read()).decode().partition("\r\n\r\n")
        assert f"{head.split()[1]} {json.loads(body)['message']}" == answer
        assert "Content-Type: application/problem+json" in head.split("\r\n")
        writer.close()
    assert served.counters.handshakes == {404: 1, 400: 2}


@over_sockets()
async def test_a_handshake_that_the_library_refuses_has_the_same_shape(served: Served) -> None:
    for path, more, code in (
        ("/ws/ride/" + "x" * 10_000, "", "uri_too_long"),
        ("/ws/ride/1/", "X-Long: " + "x" * 10_000 + "\r\n", "headers_too_long"),
        ("/ws/ride/1/", "Sec-WebSocket-Version: 8\r\n", "bad_request"),
    ):
        reader, writer = await served.raw(path, more)
        head, _, body = (await reader.read()).decode().partition("\r\n\r\n")
        assert "Content-Type: application/problem+json" in head.split("\r\n")
        told = json.loads(body)
        assert (told["type"], told["code"]) == ("error", code) and told["message"]
        writer.close()


@over_sockets(hosts="cars.example", origins="https://app.example")
async def test_a_handshake_is_refused_to_foreign_pages_and_under_foreign_names(served: Served) -> None:
    for host, origin, status in (
        ("127.0.0.1:8067", "", "101"),
        ("10.0.2.2:8067", "", "101"),
        ("localhost:9000", "http://localhost:9000", "101"),
        ("cars.example", "https://cars.example", "101"),
        ("localhost", "https://app.example", "101"),
        ("evil.example", "", "403"),
        ("evil.example", "http://evil.example", "403"),
        ("localhost:8067", "http://localhost:5173", "403"),
        ("localhost", "null", "403"),
    ):
        reader, writer = await served.raw()
        more = f"Origin: {origin}\r\n" if origin else ""
        request = UPGRADE.format(path="/ws/ride/1/", more=more).replace("Host: localhost", f"Host: {host}")
        writer.write(request.encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        assert (host, origin, head.split()[1]) == (host, origin, status)
        writer.close()
    assert served.counters.handshakes == {101: 5, 403: 4}


# -- closing
@over_sockets()
async def test_a_session_closes_with_a_code_and_a_reason_and_hears_that_it_is_over_once(
    served: Served,
) -> None:
    async with served.app() as app:
        await app.send("close 4504")
        assert await end_of(app) == (4504, "as you wish")
    await until(lambda: served.counters.closes == {4504: 1})
    assert session_of(served).ended == ["closed"]


@over_sockets()
async def test_an_app_that_says_close_gets_its_echo_and_the_connection_ends(served: Served) -> None:
    reader, writer = await served.raw(f"/ws/driver/{DRIVER}/")
    await reader.readuntil(b"\r\n\r\n")
    writer.write(masked(Opcode.CLOSE, struct.pack("!H", 1000)))
    assert await reader.read() == b"\x88\x02" + struct.pack("!H", 1000)
    await until(lambda: served.counters.closes == {1000: 1})
    assert session_of(served).ended == ["closed"]
    writer.close()


@over_sockets()
async def test_an_app_that_says_close_right_behind_a_frame_is_no_error(served: Served) -> None:
    reader, writer = await served.raw(f"/ws/driver/{DRIVER}/")
    await reader.readuntil(b"\r\n\r\n")
    writer.write(masked(Opcode.TEXT, b"bye") + masked(Opcode.CLOSE, struct.pack("!H", 1001)))
    assert await reader.read() == b"\x88\x02" + struct.pack("!H", 1001)
    await until(lambda: served.counters.closes == {1001: 1})
    writer.close()


@over_sockets(ping_after_s=0.05, dead_after_s=0.2)
async def test_an_app_that_lingers_after_a_broken_frame_is_not_pinged_any_more(served: Served) -> None:
    with pytest.MonkeyPatch.context() as patch:
        failed: list[object] = []
        patch.setattr(asyncio.get_running_loop(), "call_exception_handler", failed.append, raising=False)
        reader, writer = await served.raw(f"/ws/driver/{DRIVER}/")
        await reader.readuntil(b"\r\n\r\n")
        writer.write(masked(Opcode.TEXT, b"answer me") + b"\xff\xff")
        assert (await reader.read())[2:4] == struct.pack("!H", 1002)
        await asyncio.sleep(0.3)
        assert session_of(served).received == ["answer me"]
        assert failed == []
        writer.close()


@over_sockets()
async def test_a_connection_that_breaks_counts_as_1006(served: Served) -> None:
    _, writer = await served.raw(f"/ws/driver/{DRIVER}/")
    await until(lambda: DRIVER in served.gateway.sessions)
    hard = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, hard)
    writer.close()
    await until(lambda: served.counters.closes == {1006: 1})
    assert session_of(served).ended == ["closed"]
    assert served.counters.open["driver"] == 0


def test_an_app_that_lingers_after_our_close_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge_module, "LINGER_S", 0.1)

    @over_sockets(ping_after_s=0.2)
    async def lingering(served: Served) -> None:
        reader, writer = await served.raw(f"/ws/driver/{DRIVER}/")
        await reader.readuntil(b"\r\n\r\n")
        writer.write(masked(Opcode.TEXT, b"close 4508"))
        await until(lambda: served.counters.closes == {4508: 1}, within_s=1.0)
        writer.close()

    lingering()


# -- what the log says
@contextmanager
def logged(*names: str) -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """What these modules log meanwhile: events with their fields."""
    found: list[tuple[str, dict[str, Any]]] = []
    with pytest.MonkeyPatch.context() as patch:
        for name in names:
            patch.setattr(f"dispatch.transport.{name}.log.info", lambda event, extra: found.append((event, extra)))
        yield found


@over_sockets()
async def test_the_log_tells_who_connected_why_it_ended_and_what_was_refused(served: Served) -> None:
    with logged("ws.websocket", "wire.frame_log") as told:
        async with served.app() as app:
            await app.send("close 4504")
            await end_of(app)
        reader, writer = await served.raw("/ws/rid/1/")
        await reader.read()
        writer.close()
        await until(lambda: len(told) == 3)
    (first, opened), (second, ended), (third, refused) = told
    assert (first, opened["socket"], opened["who"]) == ("connected", "driver", DRIVER)
    assert opened["client"].startswith("127.0.0.1:")
    assert (second, ended["who"], ended["code"], ended["reason"]) == ("disconnected", DRIVER, 4504, "as you wish")
    assert (third, refused["status"], refused["path"]) == ("a handshake was refused", 404, "/ws/rid/1/")
    assert "no such endpoint" in refused["why"]


@over_sockets(log_frames=True)
async def test_each_frame_is_logged_both_ways_where_that_is_asked_for(served: Served) -> None:
    with logged("wire.frame_log") as told:
        async with served.app() as app:
            await said(app, '{"type":"start_ride","pin":"4711","id":"k1"}')
    lines = [(event, extra["direction"], extra["socket"], extra["who"], extra["type"]) for event, extra in told]
    assert lines == [
        ("frame", "in", "driver", DRIVER, "start_ride"),
        ("frame", "out", "driver", DRIVER, "ack"),
    ]
    assert told[0][1]["id"] == "k1" and "4711" not in str(told[0])


@over_sockets()
async def test_frames_are_not_logged_unless_that_is_asked_for(served: Served) -> None:
    with logged("wire.frame_log") as told:
        async with served.app() as app:
            await said(app, "hello")
    assert told == []
