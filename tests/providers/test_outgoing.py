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


def test_what_begins_later_counts_as_under_way_and_a_stop_takes_it_back() -> None:
    done: list[str] = []

    async def work(name: str) -> None:
        done.append(name)

    async def play() -> None:
        outgoing = Outgoing(2)
        assert outgoing.begin(lambda: work("soon"), 0.001)
        assert outgoing.begin(lambda: work("never"), 3600.0)
        assert not outgoing.begin(lambda: work("one too many"))
        async with asyncio.timeout(10.0):
            while not done:
                await asyncio.sleep(0.001)
        await outgoing.stop()
        assert outgoing.begin(lambda: work("at the end"), 3600.0)
        await outgoing.end()

    asyncio.run(play())
    assert done == ["soon", "at the end"]
