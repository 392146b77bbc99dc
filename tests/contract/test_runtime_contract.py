"""What an actor may rely on, whoever runs it, and where our runtimes differ from `pykka.ThreadingActor`."""

from __future__ import annotations

import threading
import time
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pykka
import pytest

from dispatch.messages.base import Undelivered
from dispatch.runtime import VirtualRuntime
from dispatch.runtime.actor import WouldBlock
from tests.contract.conftest import PATIENCE_S, Role

if TYPE_CHECKING:
    from dispatch.runtime import Runtime
    from tests.contract.conftest import House, OurHouse, ThreadHouse

LETTERS = 40


class Recorder(Role):
    """Keeps what it hears. `boom` fails, `interrupt` is a Ctrl-C in the middle of a handler."""

    def on_start(self) -> None:
        self.heard: list[Any] = []
        self.ended = False

    def on_receive(self, message: Any) -> Any:
        if message == "boom":
            raise ValueError("boom")
        if message == "interrupt":
            raise KeyboardInterrupt
        self.heard.append(message)
        return f"heard {message}"

    def on_stop(self) -> None:
        self.ended = True


class Sender(Role):
    """Told to go, writes to the receiver."""

    def on_receive(self, message: Any) -> None:
        for number in range(LETTERS):
            self.tell("driver/receiver", (self.address, number))


class TestOrder:
    def test_letters_from_one_sender_to_one_receiver_keep_their_order(self, house: House) -> None:
        receiver = house.start("driver/receiver", Recorder)
        senders = ["ride/1", "ride/2", "ride/3"]
        for address in senders:
            house.start(address, Sender)
        for address in senders:
            house.tell(address, "go")
        house.run()
        for address in senders:
            assert [number for who, number in receiver.heard if who == address] == list(range(LETTERS))
        assert len(receiver.heard) == len(senders) * LETTERS

    def test_what_a_handler_tells_itself_is_handled_after_the_handler_ends(self, house: House) -> None:
        class Echo(Recorder):
            def on_receive(self, message: Any) -> None:
                if message == "first":
                    self.tell(self.address, "second")
                    self.tell(self.address, "third")
                self.heard.append(message)

        echo = house.start("ride/1", Echo)
        house.tell("ride/1", "first")
        house.run()
        assert echo.heard == ["first", "second", "third"]

    def test_no_handler_of_an_actor_runs_inside_another_of_its_handlers(self, house: House) -> None:
        class Pair(Role):
            def on_start(self) -> None:
                self.inside, self.overlaps, self.turns = False, 0, 0

            def on_receive(self, message: int) -> None:
                self.overlaps += self.inside
                self.inside = True
                self.turns += 1
                if message:
                    self.tell("ride/2" if self.address == "ride/1" else "ride/1", message - 1)
                self.inside = False

        pair = [house.start(address, Pair) for address in ("ride/1", "ride/2")]
        for _ in range(3):
            house.tell("ride/1", 20)
            house.tell("ride/2", 20)
        house.run()
        assert [actor.overlaps for actor in pair] == [0, 0]
        assert sum(actor.turns for actor in pair) == 6 * 21


class TestPykkaReferences:
    """`actor_ref` is pykka's own, so what is written against pykka works on our actors."""

    def test_an_ask_that_does_not_block_is_answered(self, house: House) -> None:
        house.start("ride/1", Recorder)
        answer = house.ref("ride/1").ask("hello", block=False)
        house.run()
        assert answer.get(timeout=PATIENCE_S) == "heard hello"

    def test_a_failed_ask_raises_at_the_asker_and_the_actor_goes_on(self, house: House) -> None:
        actor = house.start("ride/1", Recorder)
        failed = house.ref("ride/1").ask("boom", block=False)
        house.run()
        with pytest.raises(ValueError, match="boom"):
            failed.get(timeout=PATIENCE_S)
        house.tell("ride/1", "more")
        house.run()
        assert actor.heard == ["more"]

    def test_a_proxy_calls_methods_and_reads_attributes(self, house: House) -> None:
        class Meter(Role):
            fare = 10

            def add(self, amount: int) -> int:
                self.fare += amount
                return self.fare

        meter = house.start("ride/1", Meter)
        answers: list[pykka.Future[int]] = []

        def use() -> None:
            proxy = house.ref("ride/1").proxy()
            answers.extend((proxy.add(5), proxy.add(amount=7), proxy.fare))

        house.as_one_sender(use)
        assert [answer.get(timeout=PATIENCE_S) for answer in answers] == [15, 22, 22]
        assert meter.fare == 22

    def test_a_reference_tells_and_knows_its_actor(self, house: House) -> None:
        actor = house.start("ride/1", Recorder)
        house.ref("ride/1").tell("by reference")
        house.run()
        assert actor.heard == ["by reference"]
        assert house.ref("ride/1").is_alive()
        assert house.ref("ride/1").actor_class is type(actor)


class TestStopping:
    def test_mail_told_before_a_stop_is_handled_and_then_on_stop_runs(self, house: House) -> None:
        actor = house.start("ride/1", Recorder)
        ref = house.ref("ride/1")
        stopping: list[pykka.Future[bool]] = []

        def write_and_stop() -> None:
            house.tell("ride/1", "before")
            stopping.append(ref.stop(block=False))

        house.as_one_sender(write_and_stop)
        assert stopping[0].get(timeout=PATIENCE_S) is True
        assert actor.heard == ["before"]
        assert actor.ended
        assert not ref.is_alive()

    def test_an_actor_that_stops_itself_does_not_handle_what_comes_after(self, house: House) -> None:
        class Leaving(Recorder):
            def on_receive(self, message: Any) -> None:
                self.heard.append(message)
                if message == "leave":
                    self.stop()  # type: ignore[attr-defined]

        actor = house.start("ride/1", Leaving)
        ref = house.ref("ride/1")
        left = ref.ask("leave", block=False)
        house.run()
        left.get(timeout=PATIENCE_S)
        with pytest.raises(pykka.ActorDeadError):
            ref.ask("too late", block=False).get(timeout=PATIENCE_S)
        assert actor.heard == ["leave"]

    def test_an_ask_behind_a_stop_is_answered_that_the_actor_is_dead(self, house: House) -> None:
        actor = house.start("ride/1", Recorder)
        ref = house.ref("ride/1")
        behind: list[pykka.Future[str]] = []

        def stop_and_ask() -> None:
            ref.stop(block=False)
            behind.append(ref.ask("behind", block=False))

        house.as_one_sender(stop_and_ask)
        with pytest.raises(pykka.ActorDeadError):
            behind[0].get(timeout=PATIENCE_S)
        assert actor.heard == []

    def test_telling_a_stopped_reference_raises(self, house: House) -> None:
        house.start("ride/1", Recorder)
        ref = house.ref("ride/1")
        stopping = ref.stop(block=False)
        house.run()
        stopping.get(timeout=PATIENCE_S)
        with pytest.raises(pykka.ActorDeadError):
            ref.tell("too late")


class Alarm(Role):
    """Sets the timers that it is told to, and hears them."""

    def on_start(self) -> None:
        self.due: list[float] = []
        self.rang: list[tuple[int, float]] = []
        self.inside = self.overlaps = 0

    def on_receive(self, message: int | tuple[float, ...]) -> None:
        runtime = self.runtime  # type: ignore[attr-defined]
        self.overlaps += self.inside
        self.inside = 1
        if isinstance(message, int):
            self.rang.append((message, runtime.now))
        else:
            for delay_s in message:
                runtime.set_timer(delay_s, self.address, len(self.due))
                self.due.append(runtime.now + delay_s)
        self.inside = 0


class TestTimers:
    """pykka has none: these are ours."""

    DELAYS_S = (0.0118, 0.0004, 0.0093, 0.0, 0.0027, 0.0051, 0.0054, 0.0049, 0.0126)

    def test_a_timer_never_fires_early(self, ours: OurHouse) -> None:
        alarm = ours.start("ride/1", Alarm)
        ours.tell("ride/1", self.DELAYS_S)
        ours.run()
        ours.run(for_s=0.03)
        assert len(alarm.rang) == len(self.DELAYS_S)
        assert [number for number, at in alarm.rang if at < alarm.due[number]] == []

    def test_timers_fire_in_the_order_in_which_they_are_due(self, ours: OurHouse) -> None:
        alarm = ours.start("ride/1", Alarm)
        ours.tell("ride/1", self.DELAYS_S)
        ours.run()
        ours.run(for_s=0.03)
        due = [alarm.due[number] for number, _ in alarm.rang]
        assert len(due) == len(self.DELAYS_S)
        assert due == sorted(due)

    def test_a_timer_set_for_the_past_is_due_now(self, ours: OurHouse) -> None:
        alarm = ours.start("ride/1", Alarm)
        before = ours.runtime.now
        ours.tell("ride/1", (-5.0,))
        ours.run()
        ours.run(for_s=0.003)
        assert len(alarm.rang) == 1
        assert ours.runtime.now >= before, "time does not run backwards"

    def test_a_timer_is_a_message_like_any_other_and_waits_its_turn(self, ours: OurHouse) -> None:
        alarm = ours.start("ride/1", Alarm)
        ours.runtime.set_timer(0.0, "ride/1", (0.0, 0.0))
        assert alarm.rang == [], "setting a timer handles nothing"
        ours.run(for_s=0.003)
        ours.run(for_s=0.003)
        assert len(alarm.rang) == 2
        assert alarm.overlaps == 0


class Slow(Role):
    """Works for a while, and notes after each piece of work what time it is."""

    runtime: Runtime

    def on_start(self) -> None:
        self.turns: list[list[float]] = []

    def on_receive(self, message: Any) -> None:
        self.turns.append([])
        for step in (lambda: None, lambda: self.tell("session/1", "hello"), lambda: self.runtime.set_timer(0.0, "", 1)):
            step()
            work()
            self.turns[-1].append(self.runtime.now)


class SlowSink:
    """What is handed over outside any turn, by a timer."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.times: list[float] = []

    def deliver(self, message: Any) -> None:
        work()
        self.times.append(self.runtime.now)


def work() -> None:
    """Take two milliseconds of a real clock, also where it counts whole ones, as uvloop's does."""
    until = time.perf_counter() + 0.0031
    while time.perf_counter() < until:
        pass


class TestNow:
    """It is read once when something begins: what is done in one piece has one time."""

    def test_it_stands_still_within_a_turn(self, ours: OurHouse) -> None:
        slow = ours.start("ride/1", Slow)
        ours.runtime.sink("session/1", SlowSink(ours.runtime))
        for _ in range(3):
            ours.tell("ride/1", "work")
        ours.run()
        assert [len(set(times)) for times in slow.turns] == [1, 1, 1]

    def test_each_turn_in_real_time_has_a_time_of_its_own(self, ours: OurHouse) -> None:
        slow = ours.start("ride/1", Slow)
        ours.runtime.sink("session/1", SlowSink(ours.runtime))
        for _ in range(3):
            ours.tell("ride/1", "work")
        ours.run()
        gaps_s = [after[0] - before[0] for before, after in pairwise(slow.turns)]
        if isinstance(ours.runtime, VirtualRuntime):
            assert gaps_s == [0.0, 0.0]
        else:
            assert all(0.006 <= gap_s < PATIENCE_S for gap_s in gaps_s)

    def test_it_stands_still_within_a_sweep_of_timers(self, ours: OurHouse) -> None:
        sink = SlowSink(ours.runtime)
        ours.runtime.sink("session/1", sink)
        for _ in range(3):
            ours.runtime.set_timer(0.001, "session/1", "due")
        ours.run(for_s=0.02)
        assert len(sink.times) == 3
        assert len(set(sink.times)) == 1

    def test_whoever_begins_something_outside_a_turn_reads_the_clock_and_only_then_it_moves(
        self, ours: OurHouse
    ) -> None:
        runtime = ours.runtime
        before = runtime.now
        work()
        assert runtime.now == before
        runtime.read_clock()
        if isinstance(runtime, VirtualRuntime):
            assert runtime.now == before
        else:
            assert runtime.now >= before + 0.002


class TestWhereOursDifferFromPykka:
    """Each difference from both sides, so that a new pykka that behaves otherwise is noticed."""

    def test_pykka_waits_for_an_answer(self, threads: ThreadHouse) -> None:
        threads.start("ride/1", Recorder)
        assert threads.ref("ride/1").ask("hello", timeout=PATIENCE_S) == "heard hello"

    def test_ours_refuse_to_wait_for_an_answer_that_only_they_could_give(self, ours: OurHouse) -> None:
        ours.start("ride/1", Recorder)
        with pytest.raises(WouldBlock):
            ours.ref("ride/1").ask("hello", block=True)

    def test_ours_refuse_to_write_an_attribute_through_a_proxy_because_pykka_waits_for_that(
        self, ours: OurHouse
    ) -> None:
        ours.start("ride/1", Recorder)
        with pytest.raises(WouldBlock):
            ours.ref("ride/1").proxy().heard = []

    def test_ours_refuse_to_wait_inside_a_handler_too(self, ours: OurHouse) -> None:
        class Impatient(Recorder):
            def on_receive(self, message: Any) -> None:
                with pytest.raises(WouldBlock):
                    self.house.ref("ride/2").ask(message)
                self.heard.append("refused")

        actor = ours.start("ride/1", Impatient)
        ours.start("ride/2", Recorder)
        ours.tell("ride/1", "hello")
        ours.run()
        assert actor.heard == ["refused"]

    def test_a_failed_handler_ends_a_pykka_actor(self, threads: ThreadHouse) -> None:
        threads.start("ride/1", Recorder)
        ref = threads.ref("ride/1")
        threads.tell("ride/1", "boom")
        assert ref.actor_stopped.wait(PATIENCE_S)
        with pytest.raises(pykka.ActorDeadError):
            ref.tell("more")

    def test_a_failed_handler_leaves_our_address_alive_with_the_mail_behind_it(self, ours: OurHouse) -> None:
        before = ours.start("ride/1", Recorder)
        ours.start("ride/2", Burst)
        ours.tell("ride/2", "go")
        ours.run()
        after: Any = ours.runtime.actor("ride/1")
        assert after is not before
        assert after.heard == ["behind"]
        assert [(dead.message, dead.reason) for dead in ours.runtime.dead_letters.recent] == [
            ("boom", "ValueError('boom')")
        ]

    def test_an_interrupt_in_a_handler_ends_every_pykka_actor_and_nobody_hears_of_it(
        self, threads: ThreadHouse
    ) -> None:
        for address in ("ride/1", "ride/2"):
            threads.start(address, Recorder)
        threads.tell("ride/1", "interrupt")
        assert all(threads.ref(address).actor_stopped.wait(PATIENCE_S) for address in ("ride/1", "ride/2"))

    def test_an_interrupt_in_our_handler_reaches_whoever_runs_the_loop(self, ours: OurHouse) -> None:
        ours.start("ride/1", Recorder)
        bystander = ours.start("ride/2", Recorder)
        ours.tell("ride/1", "interrupt")
        with pytest.raises(KeyboardInterrupt):
            ours.run(for_s=0.001)
        ours.tell("ride/2", "still there?")
        ours.run()
        assert bystander.heard == ["still there?"]

    def test_our_actors_can_be_stopped_while_an_interrupt_is_dealt_with(self, ours: OurHouse) -> None:
        actor = ours.start("ride/1", Recorder)
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt:
            actor.stop()
            ours.run()
        assert actor.ended
        assert ours.runtime.actor("ride/1") is None

    def test_mail_to_a_stopped_pykka_actor_is_an_exception(self, threads: ThreadHouse) -> None:
        threads.start("ride/1", Recorder)
        threads.ref("ride/1").stop(timeout=PATIENCE_S)
        with pytest.raises(pykka.ActorDeadError):
            threads.tell("ride/1", "too late")

    def test_mail_to_our_stopped_actor_is_a_dead_letter(self, ours: OurHouse) -> None:
        actor = ours.start("ride/1", Recorder)
        actor.stop()
        ours.run()
        ours.tell("ride/1", "too late")
        assert [(dead.address, dead.message) for dead in ours.runtime.dead_letters.recent] == [("ride/1", "too late")]

    def test_mail_that_nobody_handles_comes_back_to_whoever_is_named(self, ours: OurHouse) -> None:
        """`tell` promises nothing: neither a return value nor an exception says what became of a message."""
        sender = ours.start("ride/2", Recorder)
        ours.start("ride/1", Recorder).stop()
        ours.run()
        ours.tell("ride/1", "too late", "ride/2")
        ours.run()
        assert sender.heard == [Undelivered("ride/1", "too late", is_gone=True)]

    def test_pykka_starts_a_thread_for_every_actor(self, threads: ThreadHouse) -> None:
        before = threading.active_count()
        for number in range(10):
            threads.start(f"ride/{number}", Recorder)
        assert threading.active_count() == before + 10

    def test_ours_start_no_thread(self, ours: OurHouse) -> None:
        before = threading.active_count()
        actors = [ours.start(f"ride/{number}", Recorder) for number in range(10)]
        for number in range(10):
            ours.tell(f"ride/{number}", "hello")
        ours.run()
        assert threading.active_count() == before
        assert all(actor.heard == ["hello"] for actor in actors)

    def test_pykka_keeps_every_actor_in_a_global_list(self, threads: ThreadHouse) -> None:
        threads.start("ride/1", Recorder)
        assert threads.ref("ride/1") in pykka.ActorRegistry.get_all()

    def test_ours_are_known_to_their_runtime_alone(self, ours: OurHouse) -> None:
        ours.start("ride/1", Recorder)
        assert ours.ref("ride/1") not in pykka.ActorRegistry.get_all()
        assert list(ours.runtime.addresses("ride")) == ["ride/1"]


class Burst(Role):
    """Sends a message that fails, and one behind it."""

    def on_receive(self, message: Any) -> None:
        self.tell("ride/1", "boom")
        self.tell("ride/1", "behind")
