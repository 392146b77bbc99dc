"""A socket that sends more than can be heard: it is told so and heard no more, whatever it sends."""

import asyncio
import struct
from collections.abc import Awaitable, Callable

import pytest
from websockets.frames import Opcode

from dispatch.transport.ws.server import run
from tests.transport.echo import Served, masked, over_sockets, said, until
from tests.transport.lists import Bench

FLOODED = b"\x88", struct.pack("!H", 4508) + b"more than 200 frames or 1000000 bytes within a second"
PIECES = {
    "messages": masked(Opcode.TEXT, b"x"),
    "pings": masked(Opcode.PING, b""),
    "pongs": masked(Opcode.PONG, b"x" * 125),
    "first parts": masked(Opcode.TEXT, b"", fin=False) + masked(Opcode.CONT, b""),
    "ends": masked(Opcode.PING, b"") + masked(Opcode.TEXT, b"x"),
}


def on_a_bench(story: Callable[[Bench], Awaitable[None]]) -> None:
    async def play() -> None:
        await story(Bench())

    run(play())


async def sent(bench: Bench, data: bytes) -> None:
    """All of it, by a peer that reads whatever comes."""
    bench.connection.data_received(data)
    for _ in range(40):
        bench.wire.take_all()
        await asyncio.sleep(0)


def close_frames(bench: Bench) -> list[bytes]:
    return [frame[2:] for frame in bench.wire.written if frame[:1] == FLOODED[0]]


@pytest.mark.parametrize("kind", PIECES)
def test_more_frames_of_any_kind_than_a_flood_has_end_the_connection(kind: str) -> None:
    async def story(bench: Bench) -> None:
        piece = PIECES[kind]
        frames = 2 if kind in ("first parts", "ends") else 1
        await sent(bench, piece * (198 // frames))
        assert (close_frames(bench), bench.session.ended) == ([], [])
        await sent(bench, piece * 10)
        assert close_frames(bench) == [FLOODED[1]]
        assert bench.session.ended == ["closed"]
        assert not bench.wire.reading

    on_a_bench(story)


def test_more_bytes_than_a_flood_has_end_the_connection_though_they_are_few_frames() -> None:
    async def story(bench: Bench) -> None:
        frame = masked(Opcode.TEXT, b"x" * 16_000)
        for _ in range(61):
            await sent(bench, frame)
        assert close_frames(bench) == []
        for _ in range(3):
            await sent(bench, frame)
        assert close_frames(bench) == [FLOODED[1]]

    on_a_bench(story)


def test_bytes_that_drop_in_one_by_one_count_as_frames() -> None:
    async def story(bench: Bench) -> None:
        bench.connection.data_received(masked(Opcode.TEXT, b"x" * 1000)[:8])
        for _ in range(198):
            bench.connection.data_received(b"x")
        assert close_frames(bench) == []
        for _ in range(3):
            bench.connection.data_received(b"x")
        assert close_frames(bench) == [FLOODED[1]]

    on_a_bench(story)


def test_a_hundred_positions_that_were_kept_and_come_at_once_are_no_flood() -> None:
    async def story(bench: Bench) -> None:
        await sent(bench, masked(Opcode.TEXT, b"x" * 200) * 100)
        assert len(bench.session.received) == 100
        assert bench.wire.reading

    on_a_bench(story)


def test_what_a_flood_sends_while_it_is_closed_is_not_read() -> None:
    async def story(bench: Bench) -> None:
        await sent(bench, masked(Opcode.TEXT, b"x") * 5000)
        heard = len(bench.session.received)
        assert heard <= 200
        await sent(bench, masked(Opcode.TEXT, b"x") * 5000)
        assert len(bench.session.received) == heard
        assert len(close_frames(bench)) == 1
        await until(lambda: bench.wire.aborted, within_s=1.0)

    on_a_bench(story)


def test_a_flood_behind_a_close_of_ours_is_not_read_either() -> None:
    async def story(bench: Bench) -> None:
        bench.connection.close(4504, "as you wish")
        await sent(bench, masked(Opcode.PONG, b"") * 5000)
        assert not bench.wire.reading
        await until(lambda: bench.wire.aborted, within_s=1.0)
        assert close_frames(bench) == [struct.pack("!H", 4504) + b"as you wish"]

    on_a_bench(story)


@over_sockets()
async def test_a_flooding_socket_is_gone_within_a_second_and_nobody_else_notices(served: Served) -> None:
    loop = asyncio.get_running_loop()
    async with served.app("/ws/ride/other/") as other:
        for piece in (masked(Opcode.PONG, b""), masked(Opcode.TEXT, b"x" * 16_000)):
            reader, writer = await served.raw("/ws/driver/27821234568/")
            await reader.readuntil(b"\r\n\r\n")
            began, slowest_s, gone = loop.time(), 0.0, served.counters.closes[4508] + 1
            flood = asyncio.create_task(pour(writer, piece * 20))
            while served.counters.closes[4508] < gone:
                asked = loop.time()
                assert await said(other, "hello") == "hello"
                slowest_s = max(slowest_s, loop.time() - asked)
                await asyncio.sleep(0.02)
            assert loop.time() - began < 1.5
            assert slowest_s < 1.0
            flood.cancel()
            writer.close()


async def pour(writer: asyncio.StreamWriter, data: bytes) -> None:
    try:
        while True:
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        return
