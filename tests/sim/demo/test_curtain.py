"""What ends a demo, and what becomes of a failure."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from functools import wraps

import pytest

from sim.demo.curtain import Curtain

Play = Callable[[Curtain], Awaitable[None]]


def on_stage(play: Play) -> Callable[[], None]:
    """Make a test of `async def test(curtain)`."""

    async def meet() -> None:
        async with asyncio.timeout(5):
            await play(Curtain())

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
async def test_a_scene_that_ends_before_the_curtain_is_played_whole(curtain: Curtain) -> None:
    assert await curtain.before(short())


@on_stage
async def test_a_scene_ends_with_the_curtain(curtain: Curtain) -> None:
    asyncio.get_running_loop().call_later(0.01, curtain.fall)
    assert not await curtain.before(endless())
    assert not await curtain.before(endless()), "it stays down"


@on_stage
async def test_what_a_scene_raises_is_raised(curtain: Curtain) -> None:
    with pytest.raises(ZeroDivisionError):
        await curtain.before(failing())


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_brings_it_down(name: str) -> None:
    async def play() -> None:
        curtain = Curtain()
        curtain.watch_loop()
        asyncio.get_running_loop().call_later(0.01, os.kill, os.getpid(), getattr(signal, name))
        async with asyncio.timeout(5):
            assert not await curtain.before(endless())
        curtain.raise_failure()

    asyncio.run(play())


@on_stage
async def test_a_needed_task_that_ends_brings_it_down(curtain: Curtain) -> None:
    asyncio.create_task(short()).add_done_callback(curtain.on_task_over)
    assert not await curtain.before(endless())
    curtain.raise_failure()


@on_stage
async def test_a_needed_task_that_fails_brings_it_down_and_is_not_forgotten(curtain: Curtain) -> None:
    asyncio.create_task(failing()).add_done_callback(curtain.on_task_over)
    assert not await curtain.before(endless())
    with pytest.raises(ZeroDivisionError):
        curtain.raise_failure()


@on_stage
async def test_a_task_that_is_called_off_means_nothing(curtain: Curtain) -> None:
    task = asyncio.create_task(endless())
    task.add_done_callback(curtain.on_task_over)
    task.cancel()
    assert await curtain.before(asyncio.sleep(0.01))


@on_stage
async def test_a_callback_that_fails_on_the_loop_is_not_swallowed(curtain: Curtain) -> None:
    curtain.watch_loop()
    asyncio.get_running_loop().call_soon(lambda: 1 / 0)
    assert not await curtain.before(endless())
    with pytest.raises(ZeroDivisionError):
        curtain.raise_failure()


@on_stage
async def test_of_several_failures_the_first_is_told(curtain: Curtain) -> None:
    curtain.fail(KeyError("first"))
    curtain.fail(ValueError("second"))
    with pytest.raises(KeyError):
        curtain.raise_failure()
