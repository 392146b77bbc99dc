"""The socket edge with the real sessions behind it: what one app can do to itself, and what none can do to the others.

The actors are left out: their addresses are sinks that keep what sessions tell them.
"""

import asyncio
import functools
import json
import struct
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode

from dispatch import addresses
from dispatch.config import Settings
from dispatch.ids import DriverId, PassengerId, RideId
from dispatch.messages.commands import Attach, Detach
from dispatch.messages.notices import Replaced
from dispatch.runtime.realtime import RealtimeRuntime
from dispatch.transport.sessions.gateway import Gateway
from dispatch.transport.ws.server import run
from dispatch.values import Passenger
from tests.transport.echo import Served, serving, until

DRIVER = addresses.driver(DriverId("27821234568"))
RIDE = addresses.ride(RideId("ride-1"))
PASSENGER = Passenger(PassengerId("p1"), "Sarah Johnson", "27821234567")


class Told(list[Any]):
    """An actor's place that keeps its mail."""

    def deliver(self, message: Any) -> None:
        self.append(message)


class House:
    """Gateway, runtime and two places for actors."""

    def __init__(self, **settings: Any) -> None:
        self.runtime = RealtimeRuntime(seed=1)
        self.gateway = Gateway(
            self.runtime,
            Settings(**settings),
            default_passenger=PASSENGER,
        )
        self.driver, self.ride = Told(), Told()
        self.runtime.sink(DRIVER, self.driver)
        self.runtime.sink(RIDE, self.ride)


def in_house(**settings: Any) -> Callable[[Callable[[House, Served], Awaitable[None]]], Callable[[], None]]:
    """Make a test of `async def test(house, served)`."""

    def decorate(test: Callable[[House, Served], Awaitable[None]]) -> Callable[[], None]:
        async def meet() -> None:
            house = House(**settings)
            async with asyncio.timeout(20), serving(house.gateway, **settings) as served:
                await test(house, served)

        @functools.wraps(test)
        def sync_test() -> None:
            run(meet())

        del sync_test.__wrapped__
        return sync_test

    return decorate


async def answer(app: ClientConnection, **message: Any) -> dict[str, Any]:
    """What comes back for this message."""
    await app.send(json.dumps(message))
    answered: dict[str, Any] = json.loads(await app.recv())
    return answered


async def close_code(app: ClientConnection) -> int:
    with pytest.raises(ConnectionClosed) as closed:
        while True:
            await app.recv()
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code


@in_house()
async def test_an_app_is_attached_answered_and_detached(house: House, served: Served) -> None:
    async with served.app("/ws/driver/%2B27821234568") as driver, served.app("/ws/ride/ride-1/") as passenger:
        assert await answer(driver, type="ping") == {"type": "pong"}
        assert await answer(passenger, type="ping") == {"type": "pong"}
        assert isinstance(house.driver[0], Attach)
        assert isinstance(house.ride[0], Attach)
    for told in (house.driver, house.ride):
        await until(functools.partial(told.__contains__, Detach(told[0].principal, told[0].number, "closed")))


@in_house()
async def test_bad_frames_are_answered_and_the_twentieth_in_a_minute_closes_with_4508(
    house: House, served: Served
) -> None:
    async with served.app() as app:
        await app.send(b"\xff\xfe", text=False)
        assert json.loads(await app.recv())["code"] == "bad_json"
        for _ in range(19):
            await app.send("[" * 5000)
        assert await close_code(app) == 4508


@in_house()
async def test_a_replaced_app_is_closed_with_4504_and_its_newer_socket_lives_on(house: House, served: Served) -> None:
    async with served.app() as old, served.app() as new:
        await until(lambda: len(house.driver) == 2)
        house.runtime.tell(house.driver[0].session, Replaced())
        assert await close_code(old) == 4504
        assert await answer(new, type="ping") == {"type": "pong"}


@in_house(ping_after_s=0.2, dead_after_s=1.0)
async def test_an_app_that_answers_no_ping_is_silent_and_closed_with_4008(house: House, served: Served) -> None:
    async with served.app("/ws/ride/ride-1/") as answers:
        reader, writer = await served.raw("/ws/driver/27821234568/")
        await reader.readuntil(b"\r\n\r\n")
        assert await reader.readexactly(2) == b"\x89\x00", "a WebSocket ping comes first"
        assert (await reader.readexactly(4))[2:] == struct.pack("!H", 4008)
        await until(lambda: len(house.driver) == 2)
        assert house.driver[1].reason == "silent"
        assert await answer(answers, type="ping") == {"type": "pong"}, (
            "who answers pings without a word of its own is not silent"
        )
        writer.close()


@in_house(stall_limit_s=0.5, messages_per_s=100_000, bytes_per_s=1_000_000_000)
async def test_an_app_that_never_reads_is_gone_soon_and_nobody_else_notices(house: House, served: Served) -> None:
    ping = Frame(Opcode.PING, b"x" * 125).serialize(mask=True)
    _, greedy = await served.raw("/ws/driver/27821234568/", receive_buffer=4096)
    cast(asyncio.Transport, greedy.transport).pause_reading()
    loop = asyncio.get_running_loop()
    async with served.app("/ws/ride/ride-1/") as other:
        flood = asyncio.create_task(_flood(greedy, ping * 100))
        slowest_s = 0.0
        began = loop.time()
        while not served.counters.closes[4009]:
            asked = loop.time()
            assert await answer(other, type="ping") == {"type": "pong"}
            slowest_s = max(slowest_s, loop.time() - asked)
            await asyncio.sleep(0.06)
        assert loop.time() - began < 6.0
        assert slowest_s < 1.0
        assert isinstance(house.driver[-1], Detach)
        flood.cancel()
    greedy.close()


async def _flood(writer: asyncio.StreamWriter, data: bytes) -> None:
    while not writer.is_closing():
        writer.write(data)
        await writer.drain()


@in_house()
async def test_five_hundred_apps_at_once_are_all_answered(house: House, served: Served) -> None:
    async def one(number: int) -> None:
        house.runtime.sink(addresses.driver(DriverId(str(number))), Told())
        async with served.app(f"/ws/driver/{number}/") as app:
            assert await answer(app, type="ping") == {"type": "pong"}

    await asyncio.gather(*(one(number) for number in range(500)))
    await until(lambda: served.counters.closes == {1000: 500})
    assert served.counters.handshakes == {101: 500}
