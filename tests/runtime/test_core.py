"""The post: who sleeps and who wakes, where mail leaves the actors, where dice come from."""

import random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.messages.base import Undelivered
from dispatch.runtime import Actor, Supervisor, VirtualRuntime, receives
from dispatch.runtime.timers import FEWEST_A_SEARCH


class Letter(msgspec.Struct, frozen=True):
    text: str


class Reader(Actor):
    def on_start(self) -> None:
        self.read: list[str] = []

    @receives(Letter)
    def _on_letter(self, message: Letter) -> None:
        self.read.append(message.text)


class Slip:
    """A sink that keeps what it is handed."""

    def __init__(self) -> None:
        self.heard: list[Any] = []

    @property
    def texts(self) -> list[str]:
        return [message.text for message in self.heard]

    def deliver(self, message: Any) -> None:
        self.heard.append(message)


@pytest.fixture
def runtime() -> VirtualRuntime:
    """With a factory of rides: `ride/ghost` is not on record, and a letter that says `hello` makes nobody."""
    made = VirtualRuntime(1)

    def make(address: str, message: Any) -> Reader | None:
        known = address != "ride/ghost" and message != Letter("hello")
        return Reader(made, address) if known else None

    made.factory("ride", make)
    return made


def reader(runtime: VirtualRuntime, address: str) -> Reader:
    found = runtime.actor(address)
    assert isinstance(found, Reader)
    return found


class TestWaking:
    def test_a_letter_wakes_the_address_that_it_is_for(self, runtime: VirtualRuntime) -> None:
        assert runtime.actor("ride/1") is None
        runtime.tell("ride/1", Letter("book"))
        runtime.run()
        assert reader(runtime, "ride/1").read == ["book"]

    def test_a_factory_may_say_that_there_is_no_such_thing(self, runtime: VirtualRuntime) -> None:
        runtime.tell("ride/ghost", Letter("book"))
        runtime.tell("ride/1", Letter("hello"))
        assert [(dead.address, dead.reason) for dead in runtime.dead_letters.recent] == [
            ("ride/ghost", "nobody there"),
            ("ride/1", "nobody there"),
        ]

    def test_mail_for_a_kind_that_nobody_makes_is_dead(self, runtime: VirtualRuntime) -> None:
        runtime.tell("driver/1", Letter("offer"))
        assert runtime.dead_letters.counts == {"nobody there": 1}

    def test_the_composition_root_wakes_an_address_without_a_letter(self, runtime: VirtualRuntime) -> None:
        for address in ("ride/1", "ride/ghost", "driver/1"):
            runtime.wake(address)
        assert reader(runtime, "ride/1").read == []
        assert runtime.actor("ride/ghost") is None and runtime.actor("driver/1") is None
        assert runtime.dead_letters.counts == {}, "nothing was told, so nothing is dead"

    def test_whoever_is_awake_is_not_woken_again(self, runtime: VirtualRuntime) -> None:
        runtime.wake("ride/1")
        awake = reader(runtime, "ride/1")
        runtime.wake("ride/1")
        assert reader(runtime, "ride/1") is awake

    def test_addresses_of_a_kind_come_in_the_order_in_which_they_woke(self, runtime: VirtualRuntime) -> None:
        for address in ("ride/9", "ride/10", "ride/1"):
            runtime.tell(address, Letter("book"))
        assert list(runtime.addresses("ride")) == ["ride/9", "ride/10", "ride/1"]
        assert list(runtime.addresses("rid")) == []

    def test_actors_may_wake_and_leave_while_addresses_are_walked(self, runtime: VirtualRuntime) -> None:
        for number in range(3):
            runtime.wake(f"ride/{number}")
        for address in runtime.addresses("ride"):
            runtime.retire(address)
            runtime.wake("ride/more")
        assert list(runtime.addresses("ride")) == ["ride/more"]


class TestReturns:
    """Whoever waits for an answer names an address: what nobody handles comes back there."""

    @pytest.fixture()
    def desk(self, runtime: VirtualRuntime) -> Slip:
        desk = Slip()
        runtime.sink("desk", desk)
        return desk

    def test_what_nobody_handles_comes_back_to_the_address_that_its_sender_named(
        self, runtime: VirtualRuntime, desk: Slip
    ) -> None:
        runtime.tell("ride/ghost", Letter("book"), "desk")
        assert desk.heard == [Undelivered("ride/ghost", Letter("book"), is_gone=True)]

    def test_what_is_handled_does_not_come_back(self, runtime: VirtualRuntime, desk: Slip) -> None:
        runtime.tell("ride/1", Letter("book"), "desk")
        runtime.run()
        assert (reader(runtime, "ride/1").read, desk.heard) == (["book"], [])

    def test_a_full_mailbox_may_take_it_later_and_that_is_said(self) -> None:
        runtime, desk = VirtualRuntime(1, default_limit=1), Slip()
        runtime.sink("desk", desk)
        runtime.spawn(Reader(runtime, "ride/1"))
        for text in ("first", "second"):
            runtime.tell("ride/1", Letter(text), "desk")
        assert desk.heard == [Undelivered("ride/1", Letter("second"), is_gone=False)]

    def test_mail_that_waits_comes_back_when_its_receiver_goes_out_of_service(
        self, runtime: VirtualRuntime, desk: Slip
    ) -> None:
        runtime.tell("ride/1", Letter("book"), "desk")
        runtime.quarantine("ride/1", "e1")
        assert desk.heard == [Undelivered("ride/1", Letter("book"), is_gone=True)]

    def test_a_return_that_nobody_handles_is_dead_and_goes_nowhere(self, runtime: VirtualRuntime) -> None:
        runtime.tell("ride/ghost", Letter("book"), "desk")
        assert [dead.address for dead in runtime.dead_letters.recent] == ["ride/ghost", "desk"]

    def test_a_letter_whose_receiver_failed_and_cannot_be_made_anew_comes_back(self, desk: Slip) -> None:
        class Broken(Reader):
            @receives(Letter)
            def _on_letter(self, message: Letter) -> None:
                raise OSError("broken")

        runtime = VirtualRuntime(1, supervisor=Supervisor())
        runtime.sink("desk", desk)
        runtime.spawn(Broken(runtime, "ride/1"))
        runtime.tell("ride/1", Letter("book"), "desk")
        runtime.run()
        assert desk.heard == [Undelivered("ride/1", Letter("book"), is_gone=False)]


class TestRetiring:
    def test_an_actor_without_mail_leaves_and_the_next_letter_wakes_a_new_one(self, runtime: VirtualRuntime) -> None:
        runtime.tell("ride/1", Letter("first"))
        runtime.run()
        before = reader(runtime, "ride/1")
        assert runtime.retire("ride/1")
        assert runtime.actor("ride/1") is None
        assert not before.actor_ref.is_alive()
        runtime.tell("ride/1", Letter("second"))
        runtime.run()
        assert (before.read, reader(runtime, "ride/1").read) == (["first"], ["second"])

    def test_an_actor_for_whom_mail_waits_stays(self, runtime: VirtualRuntime) -> None:
        runtime.tell("ride/1", Letter("waits"))
        assert not runtime.retire("ride/1")
        runtime.run()
        assert reader(runtime, "ride/1").read == ["waits"]
        assert runtime.retire("ride/1")

    def test_nobody_cannot_retire(self, runtime: VirtualRuntime) -> None:
        assert not runtime.retire("ride/1")

    def test_an_actor_may_retire_in_its_own_turn(self) -> None:
        class Passing(Reader):
            @receives(Letter)
            def _on_letter(self, message: Letter) -> None:
                super()._on_letter(message)
                self.runtime.retire(self.address)

        runtime = VirtualRuntime(1)
        passing = Passing(runtime, "ride/1")
        runtime.spawn(passing)
        runtime.tell("ride/1", Letter("one"))
        runtime.tell("ride/1", Letter("two"))
        runtime.run()
        assert passing.read == ["one", "two"], "it stays until its mail is read"
        assert runtime.actor("ride/1") is None

    def test_timers_of_a_retired_address_are_dropped_and_wake_nobody(self, runtime: VirtualRuntime) -> None:
        runtime.tell("ride/1", Letter("book"))
        runtime.set_timer(5.0, "ride/1", Letter("too late"))
        runtime.run(until_s=1.0)
        runtime.retire("ride/1")
        runtime.run()
        assert runtime.now == 5.0
        assert runtime.actor("ride/1") is None
        assert runtime.dead_letters.counts == {}, "a timer left behind is nothing to worry about"

    def test_timers_left_behind_do_not_pile_up(self, runtime: VirtualRuntime) -> None:
        """A ride that is over soon leaves one behind that would end it after half a day."""
        runtime.sink("desk", Slip())
        most = 0
        for number in range(5 * FEWEST_A_SEARCH):
            runtime.tell(f"ride/{number}", Letter("book"))
            runtime.set_timer(43_200.0, f"ride/{number}", Letter("too late"))
            runtime.set_timer(43_200.0, "desk", Letter("due")) if number % 100 == 0 else None
            runtime.run(until_s=runtime.now + 0.5)
            runtime.retire(f"ride/{number}")
            runtime.set_timer(0.0, "desk", Letter("now"))
            most = max(most, len(runtime._timers.soon) + sum(map(len, runtime._timers._pages.values())))
        assert most <= FEWEST_A_SEARCH + 50, "all others were set for a desk that is there"


class TestRebuilding:
    class Heir(Reader):
        """Takes the book of its predecessor along."""

        def carry_over(self, before: Any) -> None:
            self.predecessor = before

    def test_a_rebuilt_actor_carries_over_and_finds_the_mail_that_waits(self) -> None:
        runtime = VirtualRuntime(1)
        runtime.factory("ride", lambda address, message: self.Heir(runtime, address))
        before = runtime.spawn(self.Heir(runtime, "ride/1"))
        runtime.tell("ride/1", Letter("waits"))
        runtime.rebuild("ride/1")
        after = runtime.actor("ride/1")
        assert isinstance(after, self.Heir)
        assert after.predecessor is before is not after
        assert not before.actor_ref.is_alive()
        runtime.run()
        assert after.read == ["waits"]

    def test_an_actor_may_have_itself_rebuilt_in_its_turn(self) -> None:
        class Phoenix(self.Heir):  # type: ignore[name-defined,misc]
            @receives(Letter)
            def _on_letter(self, message: Letter) -> None:
                if message.text == "burn":
                    self.runtime.rebuild(self.address)
                super()._on_letter(message)

        runtime = VirtualRuntime(1)
        runtime.factory("ride", lambda address, message: Phoenix(runtime, address))
        for text in ("burn", "ash"):
            runtime.tell("ride/1", Letter(text))
        runtime.run()
        assert reader(runtime, "ride/1").read == ["ash"]

    def test_with_nothing_on_record_the_actor_is_gone_and_its_mail_dead(self, runtime: VirtualRuntime) -> None:
        runtime.spawn(Reader(runtime, "ride/ghost"))
        runtime.tell("ride/ghost", Letter("waits"))
        runtime.rebuild("ride/ghost")
        assert runtime.actor("ride/ghost") is None
        assert [dead.message for dead in runtime.dead_letters.recent] == [Letter("waits")]

    def test_an_actor_without_a_factory_is_gone_and_its_mail_dead(self, runtime: VirtualRuntime) -> None:
        runtime.spawn(Reader(runtime, "driver/1"))
        runtime.tell("driver/1", Letter("waits"))
        runtime.rebuild("driver/1")
        assert runtime.actor("driver/1") is None
        assert runtime.dead_letters.counts == {"stopped": 1}

    def test_rebuilding_nobody_does_nothing(self, runtime: VirtualRuntime) -> None:
        runtime.rebuild("ride/1")
        assert runtime.actor("ride/1") is None


class TestSinks:
    def test_a_sink_is_handed_its_mail_at_once_and_in_order(self, runtime: VirtualRuntime) -> None:
        slip = Slip()
        runtime.sink("session/1", slip)
        for text in ("one", "two", "three"):
            runtime.tell("session/1", Letter(text))
            assert slip.texts[-1] == text, "no turn of the crank was needed"
        assert slip.texts == ["one", "two", "three"]
        assert runtime.waiting() == 0

    def test_a_timer_may_be_for_a_sink(self, runtime: VirtualRuntime) -> None:
        slip = Slip()
        runtime.sink("session/1", slip)
        runtime.set_timer(3.0, "session/1", Letter("due"))
        runtime.run()
        assert (slip.texts, runtime.now) == (["due"], 3.0)

    def test_mail_for_a_removed_sink_is_dead_and_its_timers_are_dropped(self, runtime: VirtualRuntime) -> None:
        slip = Slip()
        runtime.sink("session/1", slip)
        runtime.set_timer(3.0, "session/1", Letter("due"))
        runtime.remove_sink("session/1")
        runtime.tell("session/1", Letter("hello"))
        runtime.run()
        assert slip.texts == []
        assert [dead.message for dead in runtime.dead_letters.recent] == [Letter("hello")]

    def test_removing_a_sink_twice_is_no_error(self, runtime: VirtualRuntime) -> None:
        runtime.remove_sink("session/1")
        assert runtime.dead_letters.counts == {}

    def test_a_sink_that_fails_is_raised_with_a_note_where_nobody_supervises(self, runtime: VirtualRuntime) -> None:
        class Torn:
            def deliver(self, message: Any) -> None:
                raise OSError("torn")

        runtime.sink("session/1", Torn())
        with pytest.raises(OSError, match="torn") as caught:
            runtime.tell("session/1", Letter("hello"))
        assert caught.value.__notes__ == ["at 0.000000 s, session/1 was handling Letter(text='hello') (seed 1)"]

    def test_a_sink_that_fails_costs_its_sender_nothing_where_failures_are_supervised(self) -> None:
        class Torn:
            def deliver(self, message: Any) -> None:
                raise OSError("torn")

        reported: list[str] = []
        supervisor = Supervisor(report=lambda address, message, error, error_id: reported.append(address))
        runtime = VirtualRuntime(1, supervisor=supervisor)
        runtime.sink("session/1", Torn())
        runtime.tell("session/1", Letter("hello"))
        assert reported == ["session/1"]
        assert [(dead.message, dead.reason) for dead in runtime.dead_letters.recent] == [
            (Letter("hello"), "OSError('torn')")
        ]
        assert runtime.dead_letters.counts == {"OSError": 1}, "a count is public, and the text of an error is not"


class TestObservers:
    def test_an_observer_sees_every_delivery_just_before_it_happens(self, runtime: VirtualRuntime) -> None:
        seen: list[tuple[float, str, str]] = []
        slip = Slip()
        runtime.sink("session/1", slip)

        def look(now: float, address: str, message: Letter) -> None:
            assert message.text not in slip.texts
            assert not isinstance(actor := runtime.actor(address), Reader) or message.text not in actor.read
            seen.append((now, address, message.text))

        runtime.observe(look)
        runtime.tell("session/1", Letter("at once"))
        runtime.tell("ride/1", Letter("on its turn"))
        runtime.set_timer(2.0, "ride/1", Letter("in time"))
        runtime.run()
        assert seen == [
            (0.0, "session/1", "at once"),
            (0.0, "ride/1", "on its turn"),
            (2.0, "ride/1", "in time"),
        ]
        assert runtime.delivered == len(seen)

    def test_all_observers_see_the_same(self, runtime: VirtualRuntime) -> None:
        first: list[Any] = []
        second: list[Any] = []
        runtime.observe(lambda *delivery: first.append(delivery))
        runtime.observe(lambda *delivery: second.append(delivery))
        runtime.tell("ride/1", Letter("book"))
        runtime.run()
        assert first == second == [(0.0, "ride/1", Letter("book"))]

    def test_an_observer_of_some_types_sees_no_others_in_the_order_in_which_all_came(
        self, runtime: VirtualRuntime
    ) -> None:
        seen: list[str] = []
        runtime.sink("session/1", Slip())

        def note_each(now: float, address: str, message: Any) -> None:
            seen.append(f"each {type(message).__name__}")

        def note_letters(now: float, address: str, message: Any) -> None:
            seen.append("letter")

        def note_last(now: float, address: str, message: Any) -> None:
            seen.append("last")

        runtime.observe(note_each)
        runtime.observe(note_letters, [Letter])
        runtime.observe(note_last)
        runtime.tell("session/1", Letter("book"))
        runtime.tell("session/1", Undelivered("ride/1", Letter("book"), is_gone=True))
        assert seen == ["each Letter", "letter", "last", "each Undelivered", "last"]
        seen.clear()
        runtime.unobserve(note_letters)
        runtime.tell("session/1", Letter("book"))
        assert seen == ["each Letter", "last"]

    def test_a_letter_that_is_dead_is_not_a_delivery(self, runtime: VirtualRuntime) -> None:
        seen: list[Any] = []
        runtime.observe(lambda *delivery: seen.append(delivery))
        runtime.tell("ride/ghost", Letter("book"))
        runtime.run()
        assert (seen, runtime.delivered) == ([], 0)


def test_each_incarnation_is_higher_than_any_before() -> None:
    runtime = VirtualRuntime(1)
    lives = [runtime.next_number() for _ in range(5)]
    assert lives == sorted(set(lives))


def test_waiting_counts_what_was_told_and_not_delivered(runtime: VirtualRuntime) -> None:
    for number in range(3):
        runtime.tell(f"ride/{number}", Letter("book"))
    assert runtime.waiting() == 3
    runtime.run()
    assert (runtime.waiting(), runtime.delivered) == (0, 3)


class TestDice:
    NAMES = ("demand", "driver/1", "driver/2", "journal", "")

    @given(st.lists(st.sampled_from(NAMES), max_size=60), st.integers() | st.text(max_size=5))
    def test_a_stream_depends_on_seed_and_name_alone_and_not_on_who_else_draws(
        self, draws: list[str], seed: int | str
    ) -> None:
        mixed = VirtualRuntime(seed)
        drawn: dict[str, list[float]] = {}
        for name in draws:
            drawn.setdefault(name, []).append(mixed.rng(name).random())
        for name, numbers in drawn.items():
            alone = VirtualRuntime(seed).rng(name)
            assert numbers == [alone.random() for _ in numbers]

    def test_streams_differ_from_one_another_and_from_seed_to_seed(self) -> None:
        firsts = [VirtualRuntime(seed).rng(name).random() for seed in range(4) for name in self.NAMES]
        assert len(set(firsts)) == len(firsts)

    def test_a_name_has_one_stream_that_goes_on(self) -> None:
        runtime = VirtualRuntime(1)
        assert runtime.rng("demand") is runtime.rng("demand")
        assert runtime.rng("demand").random() != runtime.rng("demand").random()

    def test_a_stream_is_that_of_seed_and_name_in_every_release(self) -> None:
        """A seed that someone wrote down must repeat that run, so the recipe may not change."""
        expected = random.Random("42/demand")
        stream = VirtualRuntime(42).rng("demand")
        assert [stream.random() for _ in range(5)] == [expected.random() for _ in range(5)]


def test_a_process_that_died_wakes_nobody_until_its_factories_are_there_again(runtime: VirtualRuntime) -> None:
    desk = Slip()
    runtime.sink("desk", desk)
    runtime.tell("ride/1", Letter("book"))
    runtime.set_timer(1.0, "ride/1", Letter("late"))
    runtime.set_timer(1.0, "desk", Letter("clock"))
    runtime.lose(frozenset(("ride",)))
    runtime.tell("ride/1", Letter("anybody?"))
    runtime.run()
    assert runtime.dead_letters.counts == {"nobody there": 1}
    assert (runtime.actor("ride/1"), desk.texts) == (None, ["clock"])
    runtime.factory("ride", lambda address, message: Reader(runtime, address))
    runtime.tell("ride/1", Letter("again"))
    runtime.run()
    assert reader(runtime, "ride/1").read == ["again"]
