"""What waits for an app that reads slowly, and when it has waited enough."""

import gc
import weakref

import pytest
from websockets.frames import Opcode

from dispatch.transport import wire
from dispatch.transport.ws.server import run
from tests.transport.echo import masked, until
from tests.transport.lists import DRIVER, FULL, Bench


class TestSlowReader:
    def test_what_waits_goes_out_in_order_and_only_the_newest_pong_behind_it(self) -> None:
        async def scenario() -> None:
            bench = Bench()
            bench.connection.send(FULL)
            for number in range(3):
                bench.connection.send(wire.Ack(str(number)))
                bench.connection.send(wire.Pong())
            assert len(bench.wire.written) == 1, "nothing is added to a full buffer"
            bench.wire.take_all()
            results = [b'{"type":"ack","result":"%d"}' % number for number in range(3)]
            assert list(bench.payloads())[1:] == [*results, b'{"type":"pong"}']

        run(scenario())

    def test_more_waiting_messages_than_allowed_cut_the_reader_off(self) -> None:
        async def scenario() -> None:
            bench = Bench(outbox_messages=8)
            bench.connection.send(FULL)
            for _ in range(8):
                bench.connection.send(wire.Ack("waits"))
            aborted_before = bench.wire.aborted
            bench.connection.send(wire.Ack("one too many"))
            assert (aborted_before, bench.wire.aborted) == (False, True)
            bench.connection.connection_lost(None)
            assert bench.edge.counters.closes == {4009: 1}
            assert bench.session.ended == ["closed"]

        run(scenario())

    def test_more_waiting_bytes_than_allowed_cut_the_reader_off(self) -> None:
        async def scenario() -> None:
            bench = Bench(outbox_bytes=1024)
            bench.connection.send(FULL)
            bench.connection.send(wire.Ack("x" * 900))
            assert not bench.wire.aborted
            bench.connection.send(wire.Ack("x" * 100))
            assert bench.wire.aborted

        run(scenario())

    def test_a_write_buffer_that_grew_beyond_its_limit_is_not_given_the_whole_stall_time(self) -> None:
        async def scenario() -> None:
            bench = Bench(write_buffer_bytes=50_000, ping_after_s=0.05)
            bench.connection.send(FULL)
            bench.wire.write(b"x" * 40_000)
            await until(lambda: bench.wire.aborted, within_s=3.0)
            bench.connection.connection_lost(None)
            assert bench.edge.counters.closes == {4009: 1}

        run(scenario())

    def test_an_app_that_sends_too_much_has_the_stall_time_to_show_that_it_reads(self) -> None:
        async def scenario() -> None:
            silent, reads = Bench(stall_limit_s=0.3), Bench(stall_limit_s=0.3)
            for bench in (silent, reads):
                bench.connection.challenge()
                assert bench.wire.written == [b"\x89\x00"], "a ping"
            reads.connection.data_received(masked(Opcode.PONG, b""))
            await until(lambda: silent.wire.aborted, within_s=3.0)
            assert not reads.wire.aborted
            silent.connection.connection_lost(None)
            assert silent.edge.counters.closes == {4009: 1}
            assert not len(silent.edge.challenged.running) + len(reads.edge.challenged.running)

        run(scenario())

    def test_an_app_that_is_told_much_at_once_has_to_show_that_it_reads(self) -> None:
        async def scenario() -> None:
            silent, reads = Bench(stall_limit_s=0.3), Bench(stall_limit_s=0.3)
            for bench in (silent, reads):
                for _ in range(19):
                    bench.connection.send(wire.Pong())
                assert b"\x89\x00" not in bench.wire.written
                bench.connection.send(wire.Pong())
                assert bench.wire.written[-1] == b"\x89\x00", "a ping"
            reads.connection.data_received(masked(Opcode.PONG, b""))
            await until(lambda: silent.wire.aborted, within_s=3.0)
            assert not reads.wire.aborted
            silent.connection.connection_lost(None)
            assert silent.edge.counters.closes == {4009: 1}

        run(scenario())

    def test_an_app_that_is_told_as_much_slowly_is_not_asked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async def scenario() -> None:
            bench, now = Bench(), 1000.0
            monkeypatch.setattr(bench.edge, "clock", lambda: now)
            for _ in range(50):
                bench.connection.send(wire.Pong())
                now += 0.3
            assert b"\x89\x00" not in bench.wire.written

        run(scenario())

    def test_an_app_that_reads_what_waited_when_it_was_challenged_has_shown_it(self) -> None:
        async def scenario() -> None:
            bench = Bench()
            bench.connection.send(FULL)
            bench.connection.challenge()
            assert (len(bench.edge.stalled.running), len(bench.edge.challenged.running)) == (1, 0)
            bench.wire.take_all()
            assert (len(bench.edge.stalled.running), len(bench.edge.challenged.running)) == (0, 0)

        run(scenario())

    def test_a_connection_that_ends_is_not_challenged_any_more(self) -> None:
        async def scenario() -> None:
            bench = Bench()
            bench.connection.challenge()
            assert len(bench.edge.challenged.running) == 1
            bench.connection.connection_lost(None)
            assert len(bench.edge.challenged.running) == 0

        run(scenario())


def test_a_closed_connection_is_freed_without_the_garbage_collector() -> None:
    async def scenario() -> None:
        bench = Bench()
        bench.connection.data_received(masked(Opcode.TEXT, b"hi"))
        freed = weakref.ref(bench.connection._protocol)
        bench.connection.connection_lost(None)
        del bench
        assert freed() is None

    gc.collect()
    gc.disable()
    try:
        run(scenario())
    finally:
        gc.enable()


@pytest.mark.parametrize(("path", "is_patient"), [("/ws/ops/", True), (f"/ws/driver/{DRIVER}/", False)])
def test_a_desk_may_take_longer_for_a_large_board_as_long_as_it_takes_some(path: str, is_patient: bool) -> None:
    async def meet() -> None:
        bench = Bench(path)
        bench.wire.write(b"x" * 300_000)
        for _ in range(3):
            bench.wire.buffered -= 90_000
            bench.edge.stalled.cancel(bench.connection)
            bench.connection.stalls()
            assert bench.wire.aborted != is_patient
            assert (bench.connection in bench.edge.stalled.running) == is_patient
        bench.connection.stalls()
        assert bench.wire.aborted, "nothing was taken"

    run(meet())
