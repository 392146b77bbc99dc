"""`GET /api/cars`, asked over a real server: how little it says of where drivers are."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from math import cos, radians
from random import Random
from typing import Any

import httpx2

from dispatch.addresses import dispatcher
from dispatch.config import Settings
from dispatch.messages.matching import AskFree, FreeTold
from dispatch.runtime.realtime import RealtimeRuntime
from dispatch.transport.http.admission import Admission
from dispatch.transport.http.app import http_app
from dispatch.transport.http.requests import Requests
from dispatch.transport.http.routes.cars import CELL_DEGREES, MOST, CarRoutes, cell_of, coarse, middle_of
from dispatch.transport.ws.server import run
from dispatch.values import Point
from tests.transport.echo import EchoGateway, serving

HERE = {"latitude": 60.17, "longitude": 24.94}
CARS: tuple[Point, ...] = ((60.1712, 24.9431), (60.1712, 24.9432), (60.1650, 24.9300))


class Dispatcher:
    """Tells these cars, and remembers who asked."""

    def __init__(self, runtime: RealtimeRuntime) -> None:
        self._runtime, self.asked = runtime, list[AskFree]()

    def deliver(self, message: AskFree) -> None:
        self.asked.append(message)
        self._runtime.tell(message.reply_to, FreeTold(CARS))


def asked(story: Callable[[httpx2.AsyncClient, Dispatcher], Awaitable[None]], **settings: Any) -> None:
    async def play() -> None:
        runtime = RealtimeRuntime("seed")
        zone = Dispatcher(runtime)
        runtime.sink(dispatcher("0"), zone)
        routes = CarRoutes(Requests(runtime, Settings(**settings))).routes
        async with (
            asyncio.timeout(20),
            serving(EchoGateway(), http_app(routes, Admission(Settings()))) as served,
            httpx2.AsyncClient(base_url=f"http://127.0.0.1:{served.port}", trust_env=False) as client,
        ):
            await story(client, zone)

    run(play())


def test_cars_are_told_by_cell_without_ids_and_a_cell_is_asked_for_once_in_a_while() -> None:
    async def story(client: httpx2.AsyncClient, zone: Dispatcher) -> None:
        told = (await client.get("/api/cars", params=HERE)).json()
        lat, lon = middle_of(cell_of(CARS[0]))
        assert told["cars"][1] == {"latitude": lat, "longitude": lon}
        assert len(told["cars"]) == 2, "two cars in one cell are one"
        again = await client.get("/api/cars", params={**HERE, "latitude": HERE["latitude"] + 0.0001})
        assert (again.json(), len(zone.asked)) == (told, 1)
        assert again.headers["cache-control"] == "no-store"
        assert (await client.get("/api/cars")).json()["field"] == "latitude"

    asked(story, show_free_cars=True)


def test_a_town_that_does_not_show_cars_tells_none() -> None:
    async def story(client: httpx2.AsyncClient, zone: Dispatcher) -> None:
        assert (await client.get("/api/cars", params=HERE)).json() == {"cars": []}
        assert zone.asked == []

    asked(story)


def test_who_asks_too_fast_waits() -> None:
    async def story(client: httpx2.AsyncClient, zone: Dispatcher) -> None:
        statuses = [(await client.get("/api/cars", params=HERE)).status_code for _ in range(4)]
        assert statuses == [200, 200, 200, 429]

    asked(story, show_free_cars=True, quotes_per_s=1, quote_burst=3)


def test_a_cell_is_as_wide_as_high_and_says_nothing_of_where_in_it_a_car_is() -> None:
    dice = Random(1)
    for _ in range(200):
        point = (dice.uniform(-70.0, 70.0), dice.uniform(-180.0, 180.0))
        lat, lon = middle_of(cell_of(point))
        assert abs(lat - point[0]) <= CELL_DEGREES / 2 + 1e-5
        assert abs(lon - point[1]) * cos(radians(point[0])) <= CELL_DEGREES / 2 * 1.02
        assert middle_of(cell_of((lat, lon))) == (lat, lon)


def test_of_many_cars_the_nearest_cells_are_told_in_an_order_that_says_nothing() -> None:
    points = [(60.0 + number * CELL_DEGREES, 24.0) for number in range(20)]
    told = coarse(reversed(points))
    assert len(told) == MOST
    assert [car.latitude for car in told] == sorted(car.latitude for car in told)
    assert told[0].latitude > points[10][0]
