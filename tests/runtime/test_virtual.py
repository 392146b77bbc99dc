"""Virtual time: the clock jumps, nothing waits, and a failure stops the run with its place."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.runtime import Actor, VirtualRuntime, receives


class Letter(msgspec.Struct, frozen=True):
    text: str


class Hop(msgspec.Struct, frozen=True):
    left: int


class Walker(Actor):
    """Notes when it heard what; wanders by dice of its own; fails on demand."""

    def on_start(self) -> None:
        self.heard: list[tuple[float, str]] = []

    @receives(Letter)
    def _on_letter(self, message: Letter) -> None:
        if message.text == "boom":
            raise ValueError("boom")
        self.heard.append((self.runtime.now, message.text))

    @receives(Hop)
    def _on_hop(self, message: Hop) -> None:
        self.heard.append((self.runtime.now, str(message.left)))
        if message.left:
            dice = self.runtime.rng(self.address)
            after_s = dice.choice([0.0, 0.5, 1.0])
            self.runtime.set_timer(after_s, f"ride/{dice.randrange(3)}", Hop(message.left - 1))
            self.runtime.tell(f"ride/{dice.randrange(3)}", Letter(f"from {self.address}"))


@pytest.fixture
def runtime() -> VirtualRuntime:
    return VirtualRuntime(11)


@pytest.fixture
def walker(runtime: VirtualRuntime) -> Walker:
    walker = Walker(runtime, "ride/1")
    runtime.spawn(walker)
    return walker


class TestClock:
    def test_the_clock_starts_at_zero_and_jumps_to_what_happens_next(
        self, runtime: VirtualRuntime, walker: Walker
    ) -> None:
        assert runtime.now == 0.0
        runtime.set_timer(86_400.0, "ride/1", Letter("tomorrow"))
        runtime.set_timer(0.25, "ride/1", Letter("soon"))
        runtime.run()
        assert walker.heard == [(0.25, "soon"), (86_400.0, "tomorrow")]

    def test_a_run_up_to_a_second_includes_that_second_and_leaves_the_rest(
        self, runtime: VirtualRuntime, walker: Walker
    ) -> None:
        for at in (9.999, 10.0, 10.001):
            runtime.set_timer(at, "ride/1", Letter(str(at)))
        runtime.run(until_s=10.0)
        assert [text for _, text in walker.heard] == ["9.999", "10.0"]
        assert (runtime.now, runtime.next_timer()) == (10.0, 10.001)
        runtime.run(until_s=11.0)
        assert [text for _, text in walker.heard] == ["9.999", "10.0", "10.001"]
        assert (runtime.now, runtime.next_timer()) == (11.0, None)

    def test_a_run_into_the_past_delivers_what_waits_and_leaves_the_clock(
        self, runtime: VirtualRuntime, walker: Walker
    ) -> None:
        runtime.run(until_s=5.0)
        runtime.tell("ride/1", Letter("now"))
        runtime.run(until_s=3.0)
        assert (walker.heard, runtime.now) == ([(5.0, "now")], 5.0)

    def test_mail_that_waits_is_delivered_before_time_goes_on(self, runtime: VirtualRuntime, walker: Walker) -> None:
        runtime.set_timer(1.0, "ride/1", Letter("later"))
        runtime.tell("ride/1", Letter("now"))
        runtime.run()
        assert walker.heard == [(0.0, "now"), (1.0, "later")]

    def test_timers_of_one_instant_fire_in_the_order_in_which_they_were_set(
        self, runtime: VirtualRuntime, walker: Walker
    ) -> None:
        for number in range(20):
            runtime.set_timer(1.0, "ride/1", Letter(str(number)))
        runtime.run()
        assert [text for _, text in walker.heard] == [str(number) for number in range(20)]

    def test_a_timer_set_for_the_past_comes_now_and_time_does_not_run_backwards(
        self, runtime: VirtualRuntime, walker: Walker
    ) -> None:
        runtime.run(until_s=10.0)
        runtime.set_timer(0.0, "ride/1", Letter("first"))
        runtime.set_timer(-7.0, "ride/1", Letter("second"))
        runtime.run()
        assert walker.heard == [(10.0, "first"), (10.0, "second")]

    @given(st.lists(st.floats(0.0, 1e6), max_size=30))
    def test_timers_fire_at_their_time_in_whole_microseconds_and_in_its_order(self, delays_s: list[float]) -> None:
        runtime = VirtualRuntime(1)
        walker = Walker(runtime, "ride/1")
        runtime.spawn(walker)
        for delay_s in delays_s:
            runtime.set_timer(delay_s, "ride/1", Letter(repr(delay_s)))
        runtime.run()
        due = [(round(max(delay_s, 1e-6) if delay_s else 0.0, 6), repr(delay_s)) for delay_s in delays_s]
        assert [at for at, _ in walker.heard] == sorted(at for at, _ in due)
        assert sorted(walker.heard) == sorted(due)

    def test_moments_that_are_equal_on_paper_are_equal_numbers_however_they_were_reached(
        self, runtime: VirtualRuntime, walker: Walker
    ) -> None:
        runtime.run(until_s=1_767_225_600.1)
        runtime.set_timer(0.3, "ride/1", Letter("at once"))
        runtime.set_timer(0.1, "ride/1", Letter("on the way"))
        runtime.run(until_s=runtime.now + 0.15)
        runtime.set_timer(1_767_225_600.4 - runtime.now, "ride/1", Letter("from there"))
        runtime.run()
        assert walker.heard[1:] == [(1_767_225_600.4, "at once"), (1_767_225_600.4, "from there")]

    def test_whoever_waits_for_less_than_a_microsecond_does_not_wait_for_ever(self) -> None:
        class Waiting(Walker):
            @receives(Letter)
            def _on_letter(self, message: Letter) -> None:
                left_s = 0.000_000_3 - self.runtime.now
                if left_s > 0.0:
                    self.runtime.set_timer(left_s, self.address, message)
                super()._on_letter(message)

        runtime = VirtualRuntime(1)
        walker = Waiting(runtime, "ride/1")
        runtime.spawn(walker)
        runtime.tell("ride/1", Letter("soon"))
        runtime.run()
        assert walker.heard == [(0.0, "soon"), (1e-6, "soon")]


class TestFailures:
    def test_a_failure_is_raised_with_a_note_of_time_address_message_and_seed(
        self, runtime: VirtualRuntime, walker: Walker
    ) -> None:
        runtime.set_timer(2.5, "ride/1", Letter("boom"))
        with pytest.raises(ValueError, match="boom") as caught:
            runtime.run()
        assert caught.value.__notes__ == ["at 2.500000 s, ride/1 was handling Letter(text='boom') (seed 11)"]

    def test_a_failure_to_wake_is_raised_with_the_same_note(self, runtime: VirtualRuntime) -> None:
        def make(address: str, message: Any) -> Actor:
            raise OSError("no record")

        runtime.factory("ride", make)
        with pytest.raises(OSError, match="no record") as caught:
            runtime.tell("ride/2", Letter("book"))
        assert caught.value.__notes__ == ["at 0.000000 s, ride/2 was handling Letter(text='book') (seed 11)"]

    def test_a_run_may_go_on_behind_a_failure(self, runtime: VirtualRuntime, walker: Walker) -> None:
        for text in ("before", "boom", "behind"):
            runtime.tell("ride/1", Letter(text))
        with pytest.raises(ValueError, match="boom"):
            runtime.run()
        runtime.run()
        assert [text for _, text in walker.heard] == ["before", "behind"]


def deliveries(seed: int | str) -> list[tuple[float, str, Any]]:
    """All that happens in a small world that rolls dice."""
    runtime = VirtualRuntime(seed)
    seen: list[tuple[float, str, Any]] = []
    runtime.observe(lambda *delivery: seen.append(delivery))
    runtime.factory("ride", lambda address, message: Walker(runtime, address))
    for number in range(3):
        runtime.tell(f"ride/{number}", Hop(20))
    runtime.run()
    return seen


def test_the_same_seed_gives_the_same_deliveries_and_another_seed_others() -> None:
    assert deliveries(5) == deliveries(5)
    assert deliveries(5) != deliveries(6)
    assert len(deliveries(5)) > 100
