"""Prices from a real HTTP server: what it is asked, what of its answers is believed, and what holds while it has none."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from dispatch.config import Settings
from dispatch.domain.places.geo import TravelModel
from dispatch.messages.providers import AskPrice, NotPriced, Priced
from dispatch.prices import pricer
from dispatch.providers.http import MOST_AT_ONCE
from dispatch.providers.http_pricing import HttpPricing
from dispatch.timestamps import rfc3339
from dispatch.transport.ws.server import run
from dispatch.values import FareLine, Money, Place, Price
from tests.providers.pricing_api import PricingApi, pricing_api

MAIN_ST, OAK_AVE = Place(-26.2041, 28.0473), Place(-26.1850, 28.0550)
QUESTION = AskPrice("ride/r1", 7, MAIN_ST, OAK_AVE, "suv", 1_763_985_600.0)
PRICER = pricer(Settings(base_fare=50.0, currency="ZAR"), TravelModel())
KEY = "k3y-that-nobody-may-read"


class Post:
    """Takes the answers."""

    def __init__(self) -> None:
        self.answers: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()

    def tell(self, address: str, message: Any) -> None:
        self.answers.put_nowait((address, message))

    async def answer(self) -> Any:
        async with asyncio.timeout(5):
            address, message = await self.answers.get()
        assert address == "ride/r1"
        return message


class Meeting:
    """A provider and the API that it asks."""

    def __init__(self, api: PricingApi, **options: Any) -> None:
        self.api = api
        self.post = Post()
        self.reports: list[str] = []
        of_http = {"url": api.url, "key": KEY, "timeout_s": 2.0, "report": self.reports.append}
        of_prices = {"pricer": PRICER, "fallback": None, "moment": rfc3339}
        self.provider = HttpPricing(self.post, **{**of_http, **of_prices, **options})

    async def ask(self) -> Any:
        self.provider.deliver(QUESTION)
        return await self.post.answer()


def meets(story: Callable[[Meeting], Awaitable[None]], **options: Any) -> None:
    """Play it against a running API."""

    async def play() -> None:
        async with pricing_api() as api:
            meeting = Meeting(api, **options)
            try:
                await story(meeting)
            finally:
                await meeting.provider.stop()

    run(play())


def test_it_is_asked_with_the_trip_and_the_servers_own_estimate_and_its_price_is_the_answer() -> None:
    async def story(meeting: Meeting) -> None:
        answer = await meeting.ask()
        assert answer == Priced(7, Price(Money(9310, "ZAR"), (FareLine("fare", 9310),), 2936, 423, "suv"))
        assert re.fullmatch("[0-9a-f]{32}", meeting.api.heard[0].pop("request_id"))
        assert meeting.api.heard == [
            {
                "pickup_latitude": -26.2041,
                "pickup_longitude": 28.0473,
                "dropoff_latitude": -26.1850,
                "dropoff_longitude": 28.0550,
                "distance_km": 2.936,
                "duration_minutes": 7.05,
                "vehicle_type": "suv",
                "pickup_at": "2025-11-24T12:00:00.000Z",
                "currency": "ZAR",
            }
        ]
        headers = meeting.api.headers[0]
        assert (headers["request"], headers["authorization"]) == ("POST /price?city=jnb HTTP/1.1", f"Bearer {KEY}")

    meets(story)


def test_without_a_key_nothing_is_sent_in_its_place() -> None:
    async def story(meeting: Meeting) -> None:
        await meeting.ask()
        assert "authorization" not in meeting.api.headers[0]

    meets(story, key="")


def test_its_way_and_its_lines_are_kept_where_they_add_up_to_its_fare() -> None:
    async def story(meeting: Meeting) -> None:
        meeting.api.answer = {
            "fare": 93.1,
            "distance_km": 3.2,
            "duration_minutes": 9.5,
            "breakdown": {"flag": 12.5, "trip": 80.6, "tax": 0},
        }
        answer = await meeting.ask()
        assert answer.price.lines == (FareLine("flag", 1250), FareLine("trip", 8060))
        assert (answer.price.distance_m, answer.price.duration_s) == (3200, 570)
        meeting.api.answer = {"fare": 93.1, "breakdown": {"flag": 12.5, "trip": 80.5}}
        assert (await meeting.ask()).price.lines == (FareLine("fare", 9310),)

    meets(story)


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        ("500 Internal Server Error", {"fare": 1}, "it answers with status 500"),
        ("302 Found", {"fare": 1}, "it answers with status 302"),
        ("200 OK", {"price": 1}, "missing required field `fare`"),
        ("200 OK", {"fare": -1}, "Expected `float` >= 0"),
        ("200 OK", {"fare": "93.10"}, "Expected `float`, got `str`"),
        ("200 OK", {"fare": 1, "currency": "USD"}, "its fare is in 'USD', ours are in 'ZAR'"),
        ("200 OK", b"<html>", "malformed"),
        ("200 OK", b" " * 70_000, "its answer has more than 65536 bytes"),
    ],
)
def test_an_answer_that_is_no_price_is_none_and_the_reason_is_told(status: str, body: Any, reason: str) -> None:
    async def story(meeting: Meeting) -> None:
        meeting.api.status, meeting.api.answer = status, body
        answer = await meeting.ask()
        assert (type(answer), answer.number) == (NotPriced, 7)
        assert reason in answer.reason
        assert len(meeting.reports) == 1
        assert KEY not in "".join((answer.reason, *meeting.reports))

    meets(story)


def test_an_answer_that_takes_too_long_is_none() -> None:
    async def story(meeting: Meeting) -> None:
        meeting.api.silent = True
        assert await meeting.ask() == NotPriced(7, "the pricing provider: no answer within 0.05 s")

    meets(story, timeout_s=0.05)


def test_while_nobody_listens_there_the_tariffs_price_holds_if_it_is_to() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        dead_url = f"http://127.0.0.1:{free.getsockname()[1]}/"

        async def story(meeting: Meeting) -> None:
            answer = await meeting.ask()
            assert answer == Priced(7, PRICER.price(MAIN_ST, OAK_AVE, "suv", QUESTION.at))
            assert meeting.reports == ["ConnectError"]

        meets(story, url=dead_url, fallback=PRICER)


def test_a_slow_provider_is_not_asked_more_than_so_much_at_once() -> None:
    async def story(meeting: Meeting) -> None:
        meeting.api.silent = True
        for _ in range(MOST_AT_ONCE + 1):
            meeting.provider.deliver(QUESTION)
        assert await meeting.post.answer() == NotPriced(7, "the pricing provider: too many questions are under way")
        assert meeting.post.answers.empty()

    meets(story, timeout_s=30.0)


def test_stopping_does_not_wait_for_an_answer() -> None:
    async def story(meeting: Meeting) -> None:
        meeting.api.silent = True
        meeting.provider.deliver(QUESTION)
        async with asyncio.timeout(5):
            await meeting.api.asked.wait()
            await meeting.provider.stop()
        assert meeting.post.answers.empty()

    meets(story, timeout_s=30.0)
