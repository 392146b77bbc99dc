"""Turns: nobody reads for long while others wait, and who does not read is not read from."""

import asyncio

from websockets.frames import Opcode

from dispatch.transport import wire
from dispatch.transport.ws.server import run
from tests.transport.echo import masked, until
from tests.transport.lists import FULL, Bench


class TestFairness:
    def test_a_flooding_socket_has_its_turn_and_then_waits_for_the_others(self) -> None:
        async def scenario() -> None:
            bench = Bench(messages_per_s=1000)
            tiny = b"".join(masked(Opcode.TEXT, b"%04d" % number) for number in range(1500))
            bench.connection.data_received(tiny)
            await asyncio.sleep(0)
            first_turn = len(bench.session.received)
            assert 0 < first_turn < 200
            assert not bench.wire.reading
            while bench.session.received[-1] != "1499":
                bench.wire.take_all()
                await asyncio.sleep(0)
            assert bench.session.received == [f"{number:04d}" for number in range(1500)], "in order, none lost"
            assert bench.wire.reading

        run(scenario())

    def test_frames_that_came_before_the_end_of_the_stream_are_heard(self) -> None:
        async def scenario() -> None:
            bench = Bench(messages_per_s=1000)
            bench.connection.data_received(b"".join(masked(Opcode.TEXT, b"hi") for _ in range(300)))
            bench.connection.eof_received()
            assert len(bench.session.received) == 300

        run(scenario())


class TestStalledPeer:
    def test_nothing_is_read_from_an_app_that_does_not_read(self) -> None:
        async def scenario() -> None:
            bench = Bench()
            bench.connection.send(FULL)
            assert not bench.wire.reading
            bench.wire.take_all()
            assert bench.wire.reading

        run(scenario())

    def test_a_flood_of_pings_without_reading_fills_no_more_than_the_buffer(self) -> None:
        async def scenario() -> None:
            bench = Bench(messages_per_s=1000)
            ping = masked(Opcode.PING, b"x" * 125)
            bench.connection.data_received(ping * 1000)
            await until(lambda: not bench.wire.reading)
            await asyncio.sleep(0)
            assert bench.wire.buffered < 20_000
            while not bench.wire.reading or bench.session.signs_of_life < 1000:
                bench.wire.take_all()
                await asyncio.sleep(0)
            assert bench.session.signs_of_life == 1000, "what was held back is heard once there is room"

        run(scenario())


class TestDeaf:
    def test_a_connection_that_turned_deaf_takes_nothing_in_any_more(self) -> None:
        async def scenario() -> None:
            bench = Bench()
            bench.connection.data_received(b"".join(masked(Opcode.TEXT, b"hi") for _ in range(100)))
            heard = len(bench.session.received)
            bench.connection.turn_deaf()
            bench.connection.data_received(masked(Opcode.TEXT, b"more"))
            for _ in range(5):
                bench.wire.take_all()
                await asyncio.sleep(0)
            bench.connection.eof_received()
            assert len(bench.session.received) == heard
            assert not bench.wire.reading

        run(scenario())


def test_what_many_sockets_get_is_encoded_once() -> None:
    async def meet() -> None:
        bench = Bench("/ws/ops/")
        told, other = wire.BoardMoved(1, "t", (1, 2, 3)), wire.BoardMoved(1, "t", (1, 2, 3))
        frame = bench.edge.encoded(told)
        assert bench.edge.encoded(told) is frame
        assert bench.edge.encoded(other) is not frame and bench.edge.encoded(other) == frame
        bench.connection.send(told)
        assert list(bench.payloads()) == [frame]

    run(meet())
