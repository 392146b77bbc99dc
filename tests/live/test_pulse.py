"""How late a loop and its mail are, on a real event loop that is held up on purpose."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from dispatch.live.pulse import BEAT_S, Pulse
from dispatch.metric_families import Spread
from dispatch.runtime import Actor, receives
from dispatch.runtime.realtime import RealtimeRuntime


class Busy(Actor):
    """Takes so long for a message."""

    @receives(float)
    def _on_seconds(self, message: float) -> None:
        hold_up(message)


def hold_up(seconds: float) -> None:
    """Work on, and let nobody else have a turn."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


def above(spread: Any, seconds: float) -> int:
    """How many figures were larger than this bound."""
    assert isinstance(spread, Spread)
    return sum(spread.counts[spread.bounds.index(seconds) + 1 :])


def played(story: Callable[[Pulse, RealtimeRuntime], Any]) -> Any:
    async def play() -> Any:
        runtime = RealtimeRuntime(1, default_limit=10_000)
        pulse = Pulse(runtime, asyncio.get_running_loop())
        try:
            return await story(pulse, runtime)
        finally:
            pulse.stop()

    return asyncio.run(play())


async def beats(pulse: Pulse, count: int) -> None:
    """Until so many beats were seen."""
    spread: Any = pulse.figures()["dispatch_loop_lag_seconds"]
    wanted = sum(spread.counts) + count
    while sum(spread.counts) < wanted:
        await asyncio.sleep(BEAT_S / 4)


def test_a_loop_that_is_held_up_is_late_by_that_much_and_it_is_the_worst_of_the_minute() -> None:
    async def story(pulse: Pulse, runtime: RealtimeRuntime) -> Any:
        await beats(pulse, 1)
        hold_up(0.4)
        asked_before_the_beat = pulse.figures()["dispatch_loop_lag_max_seconds"]
        await beats(pulse, 3)
        return asked_before_the_beat, dict(pulse.figures())

    before, figures = played(story)
    assert before >= 0.25, "whoever asks sees it though the beat itself is late"
    assert above(figures["dispatch_loop_lag_seconds"], 0.25) == 1
    assert 0.25 <= figures["dispatch_loop_lag_max_seconds"] < 5.0


def test_mail_behind_a_slow_turn_waits_for_it_and_its_age_is_seen_meanwhile() -> None:
    async def story(pulse: Pulse, runtime: RealtimeRuntime) -> Any:
        runtime.spawn(Busy(runtime, "ride/slow"))
        await beats(pulse, 1)
        ages = []
        for _ in range(2_000):  # many turns in the post at once, so that sockets and we have ours in between
            runtime.tell("ride/slow", 0.0005)
        while runtime.waiting():
            ages.append(pulse.figures()["dispatch_mail_oldest_seconds"])
            await asyncio.sleep(0)
        await beats(pulse, 1)
        return max(ages), dict(pulse.figures())

    oldest, figures = played(story)
    assert oldest >= 0.25
    assert above(figures["dispatch_mail_wait_seconds"], 0.25) >= 1
    assert figures["dispatch_mail_oldest_seconds"] < BEAT_S


def test_who_is_asked_of_an_idle_loop_has_nothing_old() -> None:
    async def story(pulse: Pulse, runtime: RealtimeRuntime) -> Any:
        await beats(pulse, 2)
        return dict(pulse.figures())

    assert played(story)["dispatch_mail_oldest_seconds"] < BEAT_S
