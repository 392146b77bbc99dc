"""Rows of the settings of the server's sockets: each meets the real socket edge, mostly over real sockets."""

from __future__ import annotations

import asyncio
import io
import logging
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from pytest import MonkeyPatch
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Opcode

from dispatch import logs
from dispatch.identity.keys import Key, KeyRing
from dispatch.identity.tokens import Claims, make_token
from dispatch.principals import Principal, Role
from dispatch.transport import wire
from dispatch.transport.http.admission import Admission, Admitted, HttpRequest
from dispatch.transport.http.paths import RequestRefusal
from dispatch.transport.http.proofs import Proofs
from dispatch.transport.sessions.memory import connect_desk
from dispatch.transport.ws.edge import EdgeCounters, SocketEdge
from dispatch.transport.ws.server import run
from sim.stories.stage import StageDriver
from tests.settings.table import Given, changes
from tests.transport.echo import UPGRADE, EchoGateway, Served, masked, said, serving, until
from tests.transport.lists import FULL, Bench

LOOKS, EVERY_S = 40, 0.02
"""After so many looks what is to happen at the shorter of two times has happened, however slow the machine is: server and test are
one process, and whatever is due happens between two looks.
"""


def served(given: Given, story: Callable[[Served], Awaitable[object]]) -> object:
    """What the story sees at an echo server with these settings, on a free port."""
    settings = {**vars(given.settings), "port": 0}

    async def meet() -> object:
        async with asyncio.timeout(20), serving(EchoGateway(), **settings) as server:
            return await story(server)

    return run(meet())


def on_a_bench(given: Given, story: Callable[[Bench], object]) -> object:
    """What the story sees of one connection whose transport is made of lists."""

    async def meet() -> object:
        return story(Bench(**vars(given.settings)))

    return run(meet())


async def soon(happens: Callable[[], object]) -> object:
    """What is seen once it happened, or when it was looked for often enough."""
    for _ in range(LOOKS):
        if happens():
            break
        await asyncio.sleep(EVERY_S)
    return happens()


async def heard_soon(server: Served, path: str = "") -> bytes | None:
    """What a connection that says nothing soon gets from the server; None: nothing."""
    reader, writer = await server.raw(path)
    if path:
        await reader.readuntil(b"\r\n\r\n")
    heard = asyncio.create_task(reader.read(1))
    await soon(heard.done)
    heard.cancel()
    writer.close()
    return heard.result() if heard.done() else None


@changes("frame_bytes", {"256": 1009, "1024": None})
def how_a_frame_of_a_thousand_bytes_is_taken(given: Given) -> object:
    async def story(server: Served) -> object:
        async with server.app() as app:
            try:
                await said(app, "x" * 1000)
            except ConnectionClosed as closed:
                return closed.rcvd.code if closed.rcvd is not None else 0
        return None

    return served(given, story)


@changes("max_connections", {"1": 503, "2": 101})
def how_the_second_app_is_answered(given: Given) -> object:
    async def story(server: Served) -> object:
        async with server.app("/ws/ride/1/"):
            try:
                async with server.app("/ws/ride/2/"):
                    return 101
            except InvalidStatus as refused:
                return refused.response.status_code

    return served(given, story)


@changes("header_timeout", {"100ms": b"", "5m": None})
def what_who_asks_for_nothing_soon_gets(given: Given) -> object:
    return served(given, heard_soon)


@changes("ping_after", {"50ms": b"\x89", "5m": None}, dead_after="10m")
def what_who_is_silent_soon_gets(given: Given) -> object:
    return served(given, lambda server: heard_soon(server, "/ws/driver/27821234568/"))


@changes("dead_after", {"200ms": ["silent"], "10m": []})
def how_the_session_of_who_answers_no_ping_soon_ends(given: Given) -> object:
    async def story(server: Served) -> object:
        _, writer = await server.raw("/ws/driver/27821234568/")
        await until(lambda: server.gateway.sessions)
        (session,) = server.gateway.sessions.values()
        await soon(lambda: session.ended)
        writer.close()
        return list(session.ended)

    return served(given, story)


@changes("resume_wait", {"50ms": 1, "10s": 0})
def how_often_a_session_soon_hears_that_its_app_does_not_resume(given: Given) -> object:
    async def story(server: Served) -> object:
        async with server.app("/ws/ride/1/"):
            return await soon(lambda: server.gateway.sessions["1"].settled)

    return served(given, story)


@changes("stall_limit", {"100ms": True, "5m": False})
def whether_a_reader_who_takes_nothing_is_soon_cut_off(given: Given) -> object:
    async def story() -> object:
        bench = Bench(**vars(given.settings))
        bench.connection.send(FULL)
        return await soon(lambda: bench.wire.aborted)

    return run(story())


@changes("outbox_messages", {"8": 8, "16": 16})
def how_many_messages_wait_for_a_slow_reader(given: Given) -> object:
    return on_a_bench(given, lambda bench: kept(bench, wire.Ack("x"), most=20))


@changes("outbox_bytes", {"1024": 1, "4096": 4})
def how_many_of_a_thousand_bytes_wait_for_a_slow_reader(given: Given) -> object:
    return on_a_bench(given, lambda bench: kept(bench, wire.Ack("x" * 970), most=20))


def kept(bench: Bench, message: wire.ServerMessage, most: int) -> int:
    """How many of these a reader may leave lying before the connection is cut off."""
    bench.connection.send(FULL)
    for number in range(most):
        bench.connection.send(message)
        if bench.wire.aborted:
            return number
    return most


@changes("write_buffer_bytes", {"30000": True, "1000000": False})
def whether_a_reader_is_cut_off_with_forty_thousand_bytes_in_the_buffer(given: Given) -> object:
    def story(bench: Bench) -> object:
        bench.connection.send(FULL)
        bench.wire.write(b"x" * 20_000)
        bench.connection.cut_off_if_flooded()
        return bench.wire.aborted

    return on_a_bench(given, story)


@changes("desk_beat", {"1s": 9, "3s": 3})
def how_many_beats_a_desk_hears_in_ten_seconds(given: Given) -> object:
    stage = given.stage()
    beats: list[object] = []
    connect_desk(stage.world.gateway, lambda frame: beats.append(frame) if type(frame) is wire.BoardMoved else None)
    stage.run(until=9.5)
    return len(beats)


@changes("desk_buffer_bytes", {"65536": 65, "100000": 100}, outbox_bytes="1024", outbox_messages="1000")
def how_many_thousand_bytes_wait_for_a_slow_desk(given: Given) -> object:
    async def meet() -> object:
        bench = Bench("/ws/ops/", **vars(given.settings))
        return kept(bench, wire.Ack("x" * 973), most=200)

    return run(meet())


@changes("bytes_per_s", {"1024": ["closed"], "1000000": []}, frame_bytes="256")
def how_a_session_ends_whose_app_sends_two_thousand_bytes_at_once(given: Given) -> object:
    def story(bench: Bench) -> object:
        for _ in range(20):
            bench.connection.data_received(masked(Opcode.TEXT, b"x" * 94))
        return bench.session.ended

    return on_a_bench(given, story)


# -- the orderly stop


class Closing:
    """A socket that keeps whether it was closed, and is gone when it was."""

    over = True
    last_heard = 0.0

    def __init__(self, edge: SocketEdge) -> None:
        self._edge: Any = edge

    def close(self, code: int, reason: str = "") -> None:
        del self._edge.sockets[self]

    abort = close


@changes("stop_batch", {"1": 4, "3": 2}, stop_pause="10s")
@changes("stop_pause", {"0s": 0, "10s": 4}, stop_batch="1")
def how_many_of_five_sockets_are_open_a_moment_after_a_stop_began(given: Given) -> object:
    async def story() -> object:
        edge: Any = SocketEdge(EchoGateway(), given.settings, EdgeCounters())
        for _ in range(5):
            edge.sockets[Closing(edge)] = None
        stopping = asyncio.create_task(edge.drain())
        await asyncio.wait({stopping}, timeout=0.1)
        left = len(edge.sockets)
        stopping.cancel()
        return left

    return run(story())


# -- how much one connection may send, on virtual time


@changes("message_burst", {"5": 5, "10": 10}, messages_per_s="1")
def how_many_of_twenty_messages_at_once_are_taken(given: Given) -> object:
    return taken(given, [9.0] * 20)


@changes("messages_per_s", {"1": 10, "2": 20}, message_burst="1")
def how_many_of_forty_messages_in_ten_seconds_are_taken(given: Given) -> object:
    return taken(given, [9.0 + 0.25 * number for number in range(40)])


@changes("kept_positions", {"0": 6, "10": 16}, messages_per_s="1", message_burst="5")
def how_many_of_twenty_positions_at_once_are_taken(given: Given) -> object:
    driver = talker(given)
    for number in range(20):
        driver.reports(at=9.0, id=str(number))
    driver.stage.run(until=30)
    return [frame["result"] for frame in driver.heard("ack")].count("ok")


def taken(given: Given, times: list[float]) -> int:
    driver = talker(given)
    for number, at in enumerate(times):
        driver.says("set_availability", at=at, available=True, id=str(number))
    driver.stage.run(until=30)
    return len(driver.heard("ack"))


@changes("bad_frames_per_minute", {"3": 3, "6": 6})
def how_many_bad_frames_end_a_connection(given: Given) -> object:
    driver = talker(given)
    for number in range(10):
        driver.says("nonsense", at=1.0 + number)
    driver.stage.run(until=12)
    return 1 + round(driver.closes[0][0] - 1.0)


def talker(given: Given) -> StageDriver:
    """A driver's app that says only what it is told to."""
    return given.stage().driver("d1", reports=False)


# -- who may ask from where


@changes("hosts", {"": "403", "taxi.example": "101"})
def how_who_asks_for_another_name_is_answered(given: Given) -> object:
    return served(given, lambda server: status_of(server, host="taxi.example", more=""))


@changes("origins", {"": "403", "https://pages.example": "101"})
def how_a_page_of_another_origin_is_answered(given: Given) -> object:
    return served(given, lambda server: status_of(server, host="localhost", more="Origin: https://pages.example\r\n"))


async def status_of(server: Served, *, host: str, more: str) -> str:
    """Of the answer to an upgrade with this Host and these headers."""
    reader, writer = await server.raw()
    request = UPGRADE.format(path="/ws/ride/1/", more=more).replace("Host: localhost", f"Host: {host}")
    writer.write(request.encode())
    status = (await reader.readline()).split()[1].decode()
    writer.close()
    return status


@changes("log_format", {"json": True, "text": False})
def whether_a_line_of_the_log_is_json(given: Given) -> object:
    root, written = logging.getLogger(), io.StringIO()
    before = root.handlers[:], root.level, logs.log.level
    with MonkeyPatch.context() as patch:
        patch.setattr(sys, "stderr", written)
        logs.set_up(given.settings.log_format)
        logs.log.info("it began")
    root.handlers[:], level, product_level = before
    root.setLevel(level)
    logs.log.setLevel(product_level)
    return written.getvalue().startswith("{")


@changes("log_frames", {"false": [], "true": ["in", "out"]})
def which_frames_are_logged(given: Given) -> object:
    logged: list[str] = []

    async def story(server: Served) -> object:
        async with server.app() as app:
            await said(app, "hello")
        return logged

    with MonkeyPatch.context() as patch:
        patch.setattr("dispatch.transport.wire.frame_log.log.info", lambda _, extra: logged.append(extra["direction"]))
        return served(given, story)


# -- how many may connect


def handshakes(given: Given, client: str, token: str = "") -> object:
    """What becomes of three handshakes of one address: the status, or the close code, of each."""
    ring = KeyRing((Key("k1", b"s" * 32, 0.0),))

    async def meet() -> object:
        admission = Admission(given.settings, Proofs(lambda: ring, lambda: 1.0, 900.0))
        edge = SocketEdge(EchoGateway(), given.settings, EdgeCounters(), admission)
        headers = {"Host": ["localhost"]}
        if token:
            claims = Claims(Principal(Role.DRIVER, "d1"), "s1", 0, 900)
            headers["Authorization"] = [f"Bearer {make_token(claims, ring)}"]
        seen: list[int] = []
        for _ in range(3):
            request = HttpRequest(
                "/ws/driver/d1/", "", lambda name: headers.get(name, ()), client, True, lambda: headers
            )
            admitted = edge.admit(request)
            if isinstance(admitted, RequestRefusal):
                seen.append(int(admitted.status))
                continue
            assert isinstance(admitted, Admitted)
            edge.arrives(admitted)
            turned = edge.enters(admitted)
            seen.append(turned.code if turned is not None else 101)
        return seen

    return run(meet())


@changes("sockets_per_address", {"2": [101, 101, 429], "3": [101, 101, 101]})
def how_many_sockets_one_address_may_hold(given: Given) -> object:
    return handshakes(given, "1.2.3.4")


@changes("sockets_per_person", {"1": [101, 4508, 4508], "3": [101, 101, 101]}, auth="on")
def how_many_sockets_one_person_may_hold(given: Given) -> object:
    return handshakes(given, "1.2.3.4", token="one")


@changes("handshakes_per_s", {"1": [101, 101, 503], "100": [101, 101, 101]})
def how_many_handshakes_there_may_be_at_once(given: Given) -> object:
    return handshakes(given, "127.0.0.1")
