"""A clock that is stopped and made faster, on a real event loop whose time the test sets."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from sim.sandbox.clock import Sink, SteeredClock


class Loop(asyncio.SelectorEventLoop):
    """Its time passes only by `pass_s`, and what is due then is called at once."""

    at = 100.0

    def time(self) -> float:
        return self.at

    async def pass_s(self, seconds: float) -> None:
        end = self.at + seconds
        while (due := [handle.when() for handle in self._scheduled if not handle.cancelled()]) and min(due) <= end:
            self.at = max(self.at, min(due))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        self.at = end


class Kept:
    """A sink that keeps what it hears, and when by the clock."""

    def __init__(self) -> None:
        self.heard: list[tuple[Any, float]] = []
        self.clock: SteeredClock

    def deliver(self, message: Any) -> None:
        if message == "bug":
            raise ZeroDivisionError
        self.heard.append((message, round(self.clock.now - self.clock_began, 3)))

    clock_began = 0.0


Story = Callable[[Loop, SteeredClock, Kept, list[BaseException]], Awaitable[None]]


@pytest.fixture
def told() -> Callable[[Story], None]:
    """Runs a story with a clock and a sink at the address `a`."""

    def run(story: Story) -> None:
        loop = Loop()

        async def scene() -> None:
            kept, failures = Kept(), list[BaseException]()
            post: dict[str, Sink] = {"a": kept}
            kept.clock = clock = SteeredClock(post, failures.append)
            kept.clock_began = clock.now
            await story(loop, clock, kept, failures)

        try:
            loop.run_until_complete(scene())
        finally:
            loop.close()

    return run


def test_timers_are_due_in_order_and_go_to_their_address(told: Callable[[Story], None]) -> None:
    async def story(loop: Loop, clock: SteeredClock, kept: Kept, failures: list[BaseException]) -> None:
        clock.set_timer(3.0, "a", "later")
        clock.set_timer(1.0, "a", "sooner")
        clock.set_timer(1.0, "nobody", "lost")
        await loop.pass_s(5.0)
        assert kept.heard == [("sooner", 1.0), ("later", 3.0)]

    told(story)


def test_a_stopped_clock_keeps_its_timers_and_goes_on_where_it_stopped(told: Callable[[Story], None]) -> None:
    async def story(loop: Loop, clock: SteeredClock, kept: Kept, failures: list[BaseException]) -> None:
        clock.set_timer(2.0, "a", "due")
        await loop.pass_s(1.0)
        clock.rate = 0.0
        stood_at = clock.now
        await loop.pass_s(60.0)
        assert (clock.now, kept.heard) == (stood_at, [])
        clock.set_timer(0.5, "a", "set while it stood")
        clock.rate = 1.0
        await loop.pass_s(1.5)
        assert kept.heard == [("set while it stood", 1.5), ("due", 2.0)]

    told(story)


def test_a_faster_clock_brings_timers_sooner_from_now_on(told: Callable[[Story], None]) -> None:
    async def story(loop: Loop, clock: SteeredClock, kept: Kept, failures: list[BaseException]) -> None:
        clock.set_timer(8.0, "a", "due")
        await loop.pass_s(4.0)
        clock.rate = 4.0
        await loop.pass_s(0.9)
        assert kept.heard == []
        await loop.pass_s(0.2)
        assert kept.heard == [("due", 8.0)]

    told(story)


def test_a_bug_of_one_is_told_and_the_others_go_on(told: Callable[[Story], None]) -> None:
    async def story(loop: Loop, clock: SteeredClock, kept: Kept, failures: list[BaseException]) -> None:
        clock.set_timer(1.0, "a", "bug")
        clock.set_timer(1.0, "a", "fine")
        await loop.pass_s(2.0)
        assert [type(error) for error in failures] == [ZeroDivisionError]
        assert kept.heard == [("fine", 1.0)]

    told(story)


def test_a_clock_that_was_emptied_tells_nobody_anything(told: Callable[[Story], None]) -> None:
    async def story(loop: Loop, clock: SteeredClock, kept: Kept, failures: list[BaseException]) -> None:
        clock.set_timer(1.0, "a", "due")
        clock.stop()
        await loop.pass_s(2.0)
        assert kept.heard == []

    told(story)
