"""What is under way: no more than may be, and nothing after the stop."""

from __future__ import annotations

import asyncio

from dispatch.providers.outgoing import Outgoing


def test_one_too_many_is_not_begun_and_there_is_room_once_one_is_done() -> None:
    done: list[str] = []

    async def play() -> None:
        outgoing, gate = Outgoing(2), asyncio.Event()

        async def work(name: str) -> None:
            await gate.wait()
            done.append(name)

        assert [outgoing.begin(lambda name=name: work(name)) for name in "abc"] == [True, True, False]  # type: ignore[misc]
        gate.set()
        await outgoing.end()
        assert outgoing.begin(lambda: work("d"))
        await outgoing.end()

    asyncio.run(play())
    assert done == ["a", "b", "d"]


def test_a_stop_cancels_what_is_under_way() -> None:
    ends: list[type[BaseException]] = []

    async def play() -> None:
        outgoing, begun = Outgoing(1), asyncio.Event()

        async def work() -> None:
            begun.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError as error:
                ends.append(type(error))
                raise

        assert outgoing.begin(work)
        await begun.wait()
        await outgoing.stop()

    asyncio.run(play())
    assert ends == [asyncio.CancelledError]
