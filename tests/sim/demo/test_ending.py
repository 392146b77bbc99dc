"""What ends a demo, and what becomes of a failure."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from functools import wraps

import pytest

from sim.demo.ending import DemoEnding

Play = Callable[[DemoEnding], Awaitable[None]]


def on_stage(play: Play) -> Callable[[], None]:
    """Make a test of `async def test(ending)`."""

    async def meet() -> None:
        async with asyncio.timeout(5):
            await play(DemoEnding())

    @wraps(play)
    def sync_test() -> None:
        asyncio.run(meet())

    del sync_test.__wrapped__
    return sync_test


async def short() -> None:
    await asyncio.sleep(0)


async def endless() -> None:
    await asyncio.Event().wait()


async def failing() -> None:
    raise ZeroDivisionError("a bug")


@on_stage
async def test_work_that_is_done_before_the_demo_ends_is_done_whole(ending: DemoEnding) -> None:
    assert await ending.before(short())


@on_stage
async def test_work_ends_with_the_demo(ending: DemoEnding) -> None:
    asyncio.get_running_loop().call_later(0.01, ending.end)
    assert not await ending.before(endless())
    assert not await ending.before(endless()), "it is over for good"


@on_stage
async def test_what_the_work_raises_is_raised(ending: DemoEnding) -> None:
    with pytest.raises(ZeroDivisionError):
        await ending.before(failing())


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_brings_it_down(name: str) -> None:
    async def play() -> None:
        ending = DemoEnding()
        ending.watch_loop()
        asyncio.get_running_loop().call_later(0.01, os.kill, os.getpid(), getattr(signal, name))
        async with asyncio.timeout(5):
            assert not await ending.before(endless())
        ending.raise_failure()

    asyncio.run(play())


@on_stage
async def test_a_needed_task_that_ends_brings_it_down(ending: DemoEnding) -> None:
    asyncio.create_task(short()).add_done_callback(ending.on_task_over)
    assert not await ending.before(endless())
    ending.raise_failure()


@on_stage
async def test_a_needed_task_that_fails_brings_it_down_and_is_not_forgotten(ending: DemoEnding) -> None:
    asyncio.create_task(failing()).add_done_callback(ending.on_task_over)
    assert not await ending.before(endless())
    with pytest.raises(ZeroDivisionError):
        ending.raise_failure()


@on_stage
async def test_a_task_that_is_called_off_means_nothing(ending: DemoEnding) -> None:
    task = asyncio.create_task(endless())
    task.add_done_callback(ending.on_task_over)
    task.cancel()
    assert await ending.before(asyncio.sleep(0.01))


@on_stage
async def test_a_callback_that_fails_on_the_loop_is_not_swallowed(ending: DemoEnding) -> None:
    ending.watch_loop()
    asyncio.get_running_loop().call_soon(lambda: 1 / 0)
    assert not await ending.before(endless())
    with pytest.raises(ZeroDivisionError):
        ending.raise_failure()


@on_stage
async def test_of_several_failures_the_first_is_told(ending: DemoEnding) -> None:
    ending.fail(KeyError("first"))
    ending.fail(ValueError("second"))
    with pytest.raises(KeyError):
        ending.raise_failure()
