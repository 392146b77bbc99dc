"""A phone's link over real sockets: when it comes back, and what it carries. The server behind it is the socket edge with echoes."""

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

import pytest
from websockets.frames import CloseCode

from dispatch.transport import wire
from dispatch.transport.ws.server import run
from sim.network.socket_link import COME_BACK, LONGEST_PAUSE_S, Ending, SocketLink, comeback_s
from tests.transport.echo import EchoGateway, Served, serving, until

PATH = "/ws/driver/27821234568/"


class Told:
    """An app that keeps what it hears; `events` names what happened to its link."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.frames: list[Any] = []

    def on_open(self) -> None:
        self.events.append("open")

    def on_frame(self, frame: Any) -> None:
        self.frames.append(frame)

    def on_lost(self) -> None:
        self.events.append("lost")


def link_to(served: Served, path: str = PATH) -> SocketLink:
    return SocketLink(f"ws://127.0.0.1:{served.port}{path}", wire.to_driver, Random(1), asyncio.Semaphore(2))


Scene = Callable[[Served, SocketLink, Told, "asyncio.Task[Ending | None]"], Awaitable[None]]


def over_a_link(scene: Scene, path: str = PATH) -> None:
    """Play a scene of an app whose link is open, or being opened."""

    async def meet() -> None:
        async with asyncio.timeout(20), serving(EchoGateway()) as served:
            link, app = link_to(served, path), Told()
            await scene(served, link, app, asyncio.create_task(link.run(app)))

    run(meet())


class TestComingBack:
    @pytest.mark.parametrize("code", [1006, 1012, 1013, 4001, 4008, 4009, 429, 503])
    def test_after_these_codes_the_app_tries_again(self, code: int) -> None:
        assert comeback_s(Ending(code), 0, Random(1)) is not None

    @pytest.mark.parametrize("code", [1000, 1002, 1007, 1009, 4501, 4503, 4504, 4508, 401, 403, 404])
    def test_after_these_codes_it_stays_away(self, code: int) -> None:
        assert comeback_s(Ending(code), 0, Random(1)) is None

    def test_the_first_attempt_is_spread_over_the_time_that_the_server_advises(self) -> None:
        ending = Ending(1012, "restarting; come back within 8000 ms, spread at random")
        rng = Random(1)
        pauses = [comeback_s(ending, 0, rng) or 0.0 for _ in range(1_000)]
        assert 0.0 <= min(pauses) < 0.1
        assert 7.9 < max(pauses) <= 8.0
        assert sum(pauses) / 1_000 == pytest.approx(4.0, abs=0.3)

    def test_each_attempt_may_wait_twice_as_long_up_to_a_limit(self) -> None:
        rng = Random(1)
        longest = [max(comeback_s(Ending(1006), attempt, rng) or 0.0 for _ in range(500)) for attempt in range(12)]
        assert longest[0] == pytest.approx(0.5, rel=0.05)
        assert longest[3] == pytest.approx(4.0, rel=0.05)
        assert longest[11] == pytest.approx(LONGEST_PAUSE_S, rel=0.05)
        assert max(longest) <= LONGEST_PAUSE_S

    def test_no_code_of_a_normal_or_final_close_is_among_those_that_invite_back(self) -> None:
        assert not COME_BACK & {int(CloseCode.NORMAL_CLOSURE), int(CloseCode.POLICY_VIOLATION), 4503, 4504}


class TestOverSockets:
    def test_what_is_sent_arrives_in_order_and_is_answered(self) -> None:
        async def scene(served: Served, link: SocketLink, app: Told, line: "asyncio.Task[Ending | None]") -> None:
            await until(lambda: app.events == ["open"])
            for number in range(20):
                link.send(wire.Ping(id=str(number)))
            await until(lambda: len(app.frames) == 20)
            assert [frame.result for frame in app.frames] == [
                f'{{"type":"ping","id":"{number}"}}' for number in range(20)
            ]
            link.close()
            assert await line is None

        over_a_link(scene)

    def test_an_app_that_hangs_up_says_so_after_its_last_words(self) -> None:
        async def scene(served: Served, link: SocketLink, app: Told, line: "asyncio.Task[Ending | None]") -> None:
            await until(lambda: app.events == ["open"])
            link.send(wire.Ping())
            link.close()
            assert await line is None
            session = served.gateway.sessions["27821234568"]
            await until(lambda: session.ended == ["closed"])
            assert session.received == ['{"type":"ping"}']
            assert dict(served.counters.closes) == {1000: 1}

        over_a_link(scene)

    def test_an_app_told_to_come_back_does_so_by_itself(self) -> None:
        async def scene(served: Served, link: SocketLink, app: Told, line: "asyncio.Task[Ending | None]") -> None:
            await until(lambda: app.events == ["open"])
            served.gateway.sessions["27821234568"].link.close(1012, "restarting; come back within 20 ms")
            await until(lambda: app.events == ["open", "lost", "open"])
            assert link.came_back == 1
            link.send(wire.Ping())
            await until(lambda: len(app.frames) == 1)
            link.close()
            assert await line is None

        over_a_link(scene)

    def test_an_app_told_to_stay_away_stays_away_and_says_why(self) -> None:
        async def scene(served: Served, link: SocketLink, app: Told, line: "asyncio.Task[Ending | None]") -> None:
            await until(lambda: app.events == ["open"])
            served.gateway.sessions["27821234568"].link.close(4504, "replaced by a newer connection")
            assert await line == Ending(4504, "replaced by a newer connection")
            assert app.events == ["open", "lost"]
            assert link.came_back == 0

        over_a_link(scene)

    def test_a_refused_handshake_ends_with_its_status(self) -> None:
        async def scene(served: Served, link: SocketLink, app: Told, line: "asyncio.Task[Ending | None]") -> None:
            ending = await line
            assert ending is not None
            assert ending.code == 404
            assert app.events == []

        over_a_link(scene, path="/ws/nobody/")

    def test_an_app_without_a_server_keeps_trying_until_it_hangs_up(self) -> None:
        async def alone() -> None:
            async with serving(EchoGateway()) as served:
                link = link_to(served)
            app = Told()
            line = asyncio.create_task(link.run(app))
            await asyncio.sleep(0.05)
            assert not line.done()
            link.close()
            assert await line is None
            assert app.events == []

        run(alone())

    def test_a_failure_of_the_app_is_not_swallowed(self) -> None:
        async def scene(served: Served, link: SocketLink, app: Told, line: "asyncio.Task[Ending | None]") -> None:
            app.on_frame = lambda frame: 1 / 0  # type: ignore[method-assign, assignment, return-value]
            await until(lambda: app.events == ["open"])
            link.send(wire.Ping())
            with pytest.raises(ZeroDivisionError):
                await line

        over_a_link(scene)
