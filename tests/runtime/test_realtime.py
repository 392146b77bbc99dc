"""Real time on asyncio: the loop breathes, threads may write, and a failure stops neither post nor timers."""

import asyncio
import threading
import time
from typing import Any

import msgspec
import pytest

from dispatch.runtime import Actor, receives
from dispatch.runtime.realtime import TURNS_A_PUMP, RealtimeRuntime
from dispatch.trail import request_id

PATIENCE_S = 10.0


class Ball(msgspec.Struct, frozen=True):
    left: int


class Letter(msgspec.Struct, frozen=True):
    text: str


class Player(Actor):
    """Returns balls to the other player."""

    @receives(Ball)
    def _on_ball(self, message: Ball) -> None:
        if message.left:
            self.runtime.tell("ride/2" if self.address == "ride/1" else "ride/1", Ball(message.left - 1))


class Reader(Actor):
    def on_start(self) -> None:
        self.read: list[str] = []
        self.threads: set[int] = set()
        self.done = asyncio.Event()

    @receives(Letter)
    def _on_letter(self, message: Letter) -> None:
        if message.text == "boom":
            raise ValueError("boom")
        self.read.append(message.text)
        self.threads.add(threading.get_ident())
        if message.text == "last":
            self.done.set()

    async def until_last(self) -> list[str]:
        """What was read once the letter that says `last` was."""
        await asyncio.wait_for(self.done.wait(), PATIENCE_S)
        return self.read


def house() -> tuple[RealtimeRuntime, Reader]:
    """On the running loop, with a reader at ride/1."""
    runtime = RealtimeRuntime(1)
    reader = Reader(runtime, "ride/1")
    runtime.spawn(reader)
    return runtime, reader


def test_it_is_made_on_the_loop_that_is_to_run_it() -> None:
    with pytest.raises(RuntimeError, match="no running event loop"):
        RealtimeRuntime(1)


class TestPump:
    def test_a_pair_that_never_stops_talking_does_not_starve_a_timer_of_the_loop(self) -> None:
        rally = 1_000_000

        async def main() -> int:
            runtime = RealtimeRuntime(1)
            for address in ("ride/1", "ride/2"):
                runtime.spawn(Player(runtime, address))
            runtime.tell("ride/1", Ball(rally))
            rang = asyncio.get_running_loop().create_future()
            asyncio.get_running_loop().call_later(0.002, rang.set_result, None)
            await rang
            return runtime.delivered

        assert TURNS_A_PUMP < asyncio.run(main()) < rally

    def test_between_two_breaths_of_the_loop_so_many_turns_are_taken_and_no_more(self) -> None:
        async def main() -> list[int]:
            runtime, _ = house()
            for number in range(700):
                runtime.tell("ride/1", Letter(str(number)))
            counts = []
            while runtime.waiting():
                await asyncio.sleep(0)
                counts.append(runtime.delivered)
            return counts

        assert asyncio.run(main()) == [TURNS_A_PUMP, 2 * TURNS_A_PUMP, 700]

    def test_telling_handles_nothing_before_the_loop_has_its_turn(self) -> None:
        async def main() -> None:
            runtime, reader = house()
            runtime.tell("ride/1", Letter("last"))
            assert (reader.read, runtime.waiting()) == ([], 1)
            assert await reader.until_last() == ["last"]

        asyncio.run(main())

    def test_a_failure_that_nobody_supervises_goes_to_the_loop_and_the_post_goes_on(self) -> None:
        async def main() -> None:
            runtime, reader = house()
            raised: list[dict[str, Any]] = []
            asyncio.get_running_loop().set_exception_handler(lambda loop, context: raised.append(context))
            for text in ("before", "boom", "behind", "last"):
                runtime.tell("ride/1", Letter(text))
            assert await reader.until_last() == ["before", "behind", "last"]
            (context,) = raised
            assert repr(context["exception"]) == "ValueError('boom')"
            assert "ride/1 was handling Letter(text='boom') (seed 1)" in context["exception"].__notes__[0]

        asyncio.run(main())


class TestClock:
    def test_now_is_unix_time(self) -> None:
        async def main() -> None:
            before = time.time()
            now = RealtimeRuntime(1).now
            assert before - 0.05 <= now <= time.time() + 0.05

        asyncio.run(main())

    def test_now_follows_the_systems_clock_forward_when_it_is_looked_at(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async def main() -> None:
            runtime, reader = house()
            runtime.set_timer(3600.0, "ride/1", Letter("last"))
            before = runtime.now
            real = time.time
            monkeypatch.setattr(time, "time", lambda: real() + 3600.0)
            runtime.read_clock()
            assert runtime.now < before + PATIENCE_S
            runtime._look_at_clock()
            assert before + 3600.0 <= runtime.now < before + 3600.0 + PATIENCE_S
            assert await reader.until_last() == ["last"], "what came due by that step rings"

        asyncio.run(main())

    def test_now_stands_still_when_the_systems_clock_was_set_back_and_timers_wait_so_much_longer(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def main() -> None:
            runtime, reader = house()
            before = runtime.now
            real = time.time
            monkeypatch.setattr(time, "time", lambda: real() - 0.02)
            began = time.perf_counter()
            runtime._look_at_clock()
            seen = [runtime.now]
            runtime.set_timer(0.001, "ride/1", Letter("last"))
            await reader.until_last()
            seen.append(runtime.now)
            assert time.perf_counter() - began >= 0.02
            assert before <= seen[0] <= seen[1] - 0.001

        asyncio.run(main())

    def test_it_starts_no_earlier_than_it_is_told(self) -> None:
        async def main() -> None:
            runtime = RealtimeRuntime(1)
            at = runtime.now + 100.0
            runtime.start_at(at)
            assert at <= runtime.now < at + PATIENCE_S
            runtime.start_at(at - 50.0)
            assert runtime.now >= at

        asyncio.run(main())

    def test_the_numbers_of_a_process_are_higher_than_those_of_one_that_started_earlier(self) -> None:
        async def main() -> None:
            earlier, later = RealtimeRuntime(1), RealtimeRuntime(1)
            later.start_at(earlier.now + 100.0)
            assert [earlier.next_number() for _ in range(3)][-1] < later.next_number()

        asyncio.run(main())


def alarms_of(loop: asyncio.AbstractEventLoop, monkeypatch: pytest.MonkeyPatch) -> list[asyncio.TimerHandle]:
    """Grows with every alarm that the runtime sets."""
    alarms: list[asyncio.TimerHandle] = []
    call_later = loop.call_later

    def counted(*arguments: Any, **options: Any) -> asyncio.TimerHandle:
        alarms.append(call_later(*arguments, **options))
        return alarms[-1]

    monkeypatch.setattr(loop, "call_later", counted)
    return alarms


class TestTimers:
    def test_a_timer_set_later_for_earlier_rings_first(self) -> None:
        async def main() -> None:
            runtime, reader = house()
            for delay_s, text in (
                (3600.0, "in an hour"),
                (0.009, "last"),
                (0.006, "third"),
                (0.003, "second"),
                (0.0, "first"),
            ):
                runtime.set_timer(delay_s, "ride/1", Letter(text))
            assert await reader.until_last() == ["first", "second", "third", "last"]

        asyncio.run(main())

    def test_a_timer_that_fails_does_not_take_others_with_it(self) -> None:
        class Torn:
            def deliver(self, message: Any) -> None:
                raise OSError("torn")

        async def main() -> None:
            runtime, reader = house()
            raised: list[dict[str, Any]] = []
            asyncio.get_running_loop().set_exception_handler(lambda loop, context: raised.append(context))
            runtime.sink("session/1", Torn())
            runtime.set_timer(0.0, "session/1", Letter("hello"))
            runtime.set_timer(0.0, "ride/1", Letter("at the same time"))
            runtime.set_timer(0.002, "ride/1", Letter("last"))
            assert await reader.until_last() == ["at the same time", "last"]
            assert [repr(context["exception"]) for context in raised] == ["OSError('torn')"]

        asyncio.run(main())

    @pytest.mark.parametrize("later_ones_first", [False, True])
    def test_of_many_timers_one_alarm_of_the_loop_is_set_at_a_time(
        self, monkeypatch: pytest.MonkeyPatch, later_ones_first: bool
    ) -> None:
        """Timers are never cancelled, so there are many: they wait in the runtime, not in the loop."""

        async def main() -> list[str]:
            runtime, reader = house()
            alarms = alarms_of(asyncio.get_running_loop(), monkeypatch)
            runtime.set_timer(0.03, "ride/1", Letter("last"))
            for number in sorted(range(100), reverse=later_ones_first):
                runtime.set_timer(0.001 + number / 1e4, "ride/1", Letter("tick"))
                assert len([alarm for alarm in alarms if not alarm.cancelled()]) == 1
            assert later_ones_first or len(alarms) == 2, "only a timer that is due before all others sets one"
            return await reader.until_last()

        assert asyncio.run(main()) == ["tick"] * 100 + ["last"]

    def test_the_loop_is_not_kept_busy_while_a_short_time_passes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async def main() -> None:
            runtime, reader = house()
            alarms = alarms_of(asyncio.get_running_loop(), monkeypatch)
            runtime.set_timer(0.0004, "ride/1", Letter("last"))
            await reader.until_last()
            assert len(alarms) <= 2

        asyncio.run(main())

    def test_the_socket_edge_may_have_a_function_called_later(self) -> None:
        async def main() -> None:
            runtime, _ = house()
            called = asyncio.Event()
            runtime.call_later(0.001, called.set)
            assert not called.is_set()
            await asyncio.wait_for(called.wait(), PATIENCE_S)

        asyncio.run(main())


class TestOtherThreads:
    def test_letters_from_another_thread_are_handled_in_order_on_the_loops_thread(self) -> None:
        async def main() -> None:
            runtime, reader = house()
            letters = [("ride/1", Letter(str(number))) for number in range(50)]

            def write() -> None:
                runtime.tell_threadsafe(letters)
                runtime.tell_threadsafe(iter([("ride/1", Letter("last"))]))

            writer = threading.Thread(target=write)
            writer.start()
            assert await reader.until_last() == [*map(str, range(50)), "last"]
            writer.join(PATIENCE_S)
            assert reader.threads == {threading.get_ident()}

        asyncio.run(main(), debug=True)  # which tells when a thread takes another way than the one for threads

    def test_letters_may_be_reused_by_the_thread_that_handed_them_over(self) -> None:
        async def main() -> None:
            runtime, reader = house()
            letters = [("ride/1", Letter("last"))]
            runtime.tell_threadsafe(letters)
            letters.clear()
            assert await reader.until_last() == ["last"]

        asyncio.run(main())

    def test_letters_to_a_loop_that_is_closed_are_dropped(self) -> None:
        async def main() -> tuple[RealtimeRuntime, Reader]:
            return house()

        runtime, reader = asyncio.run(main())
        runtime.tell_threadsafe([("ride/1", Letter("too late"))])
        assert reader.read == []


def test_what_follows_from_a_request_does_not_run_in_its_context() -> None:
    """Neither turns nor timers: a line of the log would say a request that was answered hours before."""
    seen: list[str] = []

    class Looks(Actor):
        @receives(str)
        def _on_text(self, message: str) -> None:
            seen.append(f"{message}: {request_id.get()}")
            if message == "told":
                self.runtime.set_timer(0.001, self.address, "timer")

    async def play() -> None:
        runtime = RealtimeRuntime(1)
        runtime.spawn(Looks(runtime, "ride/1"))
        request_id.set("r-of-somebody")
        done = asyncio.Event()
        runtime.tell("ride/1", "told")
        runtime.call_soon(lambda: seen.append(f"soon: {request_id.get()}"))
        runtime.call_later(0.01, done.set)
        await done.wait()

    asyncio.run(play())
    assert sorted(seen) == ["soon: ", "timer: ", "told: "]
