"""Connections of apps: what is heard of the end of one."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any, cast

import pytest

from sim.demo.apps import DemoApp
from sim.demo.connections import Connections
from sim.network.socket_link import Ending


class Link:
    """A link whose end is in the hands of a test."""

    def __init__(self) -> None:
        self.came_back = 2
        self.is_closed = asyncio.Event()
        self.end: Callable[[], Ending | None] = lambda: None

    async def run(self, app: Any) -> Ending | None:
        await self.is_closed.wait()
        return self.end()

    def close(self) -> None:
        self.is_closed.set()


class App:
    """An app with such a link."""

    def __init__(self) -> None:
        self.link, self.opened = Link(), asyncio.Event()


class Heard:
    """What connections told."""

    def __init__(self) -> None:
        self.errors, self.failures, self.over = Counter[str](), list[BaseException](), list[tuple[Any, bool]]()
        self.connections = Connections(
            self.errors, self.failures.append, lambda app, is_refused: self.over.append((app, is_refused))
        )

    def keep(self) -> App:
        app = App()
        self.connections.keep(cast("DemoApp", app))
        return app


def test_an_app_that_the_server_sends_away_is_counted_and_its_crowd_hears_of_it() -> None:
    async def play() -> None:
        heard = Heard()
        app = heard.keep()
        assert heard.connections.came_back == 2
        app.link.end = lambda: Ending(4503, "logged out")
        app.link.close()
        await app.opened.wait()
        assert (heard.errors, heard.over) == ({"4503 logged out": 1}, [(app, True)])
        assert heard.connections.came_back == 2, "a line that is over still counts"

    asyncio.run(play())


def test_a_bug_of_an_app_is_told_and_the_others_go_on() -> None:
    async def play() -> None:
        heard = Heard()
        broken, sound = heard.keep(), heard.keep()

        def fail() -> None:
            raise ValueError("a bug")

        broken.link.end = fail
        broken.link.close()
        await broken.opened.wait()
        assert [str(failure) for failure in heard.failures] == ["a bug"]
        assert not sound.opened.is_set()
        await heard.connections.hang_up()

    asyncio.run(play())


@pytest.mark.parametrize("count", [1, 250])
def test_all_hang_up_and_none_of_them_was_refused(count: int) -> None:
    async def play() -> None:
        heard = Heard()
        for _ in range(count):
            heard.keep()
        await heard.connections.hang_up()
        await asyncio.sleep(0)
        assert [is_refused for _, is_refused in heard.over] == [False] * count
        assert not heard.errors

    asyncio.run(play())
