"""Fares collected over HTTP from a real server: what it is asked, and what of its answers settles a charge."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from dispatch.ids import PassengerId, RideId
from dispatch.messages.providers import CollectFare, FareCollected, FareDeclined, FareUnknown
from dispatch.providers.http import MOST_AT_ONCE
from dispatch.providers.http_payment import HttpPayments
from dispatch.transport.ws.server import run
from dispatch.values import Money
from tests.providers.pricing_api import PricingApi, pricing_api
from tests.providers.test_http_pricing import Post

QUESTION = CollectFare("ride/r1", 3, RideId("r1"), PassengerId("p1"), Money(8550, "ZAR"))
KEY = "k3y-that-nobody-may-read"
PAID = {"status": "paid", "reference": "ch_1"}


def asked(story: Callable[[HttpPayments, PricingApi, Post, list[str]], Awaitable[None]], **options: Any) -> None:
    """Play it with a provider and the API that it asks, which says that it was paid."""

    async def play() -> None:
        async with pricing_api() as api:
            api.answer = PAID
            post, reports = Post(), list[str]()
            provider = HttpPayments(
                post, **{"url": api.url, "key": KEY, "timeout_s": 10.0, "report": reports.append, **options}
            )
            try:
                await story(provider, api, post, reports)
            finally:
                await provider.stop()

    run(play())


def test_it_is_asked_with_the_ride_as_the_key_by_which_it_collects_once() -> None:
    async def story(provider: HttpPayments, api: PricingApi, post: Post, reports: list[str]) -> None:
        provider.deliver(QUESTION)
        assert await post.answer() == FareCollected(3, "ch_1")
        assert api.heard == [
            {"ride_id": "r1", "passenger_id": "p1", "amount_minor": 8550, "currency": "ZAR", "currency_digits": 2}
        ]
        assert api.headers[0]["idempotency-key"] == "ride-r1"
        assert api.headers[0]["authorization"] == f"Bearer {KEY}"
        assert reports == []

    asked(story)


@pytest.mark.parametrize(
    ("status", "answer", "means"),
    [
        ("201 Created", PAID, FareCollected(3, "ch_1")),
        ("200 OK", {"status": "paid"}, FareCollected(3, "")),
        ("200 OK", {"status": "declined", "reason": "no funds"}, FareDeclined(3, "no funds")),
        ("402 Payment Required", {"reason": "no funds"}, FareDeclined(3, "no funds")),
        ("402 Payment Required", b"<html>", FareDeclined(3, "refused")),
        ("200 OK", {"status": "later"}, FareUnknown(3, "it answers with payment status 'later'")),
        ("401 Unauthorized", {}, FareUnknown(3, "it answers with status 401: look at payment_key")),
        ("403 Forbidden", {}, FareUnknown(3, "it answers with status 403: look at payment_key")),
        ("409 Conflict", PAID, FareCollected(3, "ch_1")),
        ("409 Conflict", {}, FareUnknown(3, "it answers with payment status ''")),
        ("500 Internal Server Error", b"", FareUnknown(3, "it answers with status 500")),
        ("302 Found", {}, FareUnknown(3, "it answers with status 302")),
    ],
)
def test_only_a_clear_yes_and_a_clear_no_settle_a_charge(status: str, answer: Any, means: Any) -> None:
    async def story(provider: HttpPayments, api: PricingApi, post: Post, reports: list[str]) -> None:
        api.status, api.answer = status, answer
        provider.deliver(QUESTION)
        assert await post.answer() == means
        assert reports == ([means.reason] if type(means) is FareUnknown else [])

    asked(story)


def test_the_same_trouble_is_reported_once_until_something_else_comes() -> None:
    async def story(provider: HttpPayments, api: PricingApi, post: Post, reports: list[str]) -> None:
        for status in (
            "401 Unauthorized",
            "401 Unauthorized",
            "500 Internal Server Error",
            "200 OK",
            "500 Internal Server Error",
        ):
            api.status = status
            provider.deliver(QUESTION)
            await post.answer()
        assert [report[:26] for report in reports] == [
            "it answers with status 401", "it answers with status 500", "it answers with status 500",
        ]  # fmt: skip

    asked(story)


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"status": 1}', b"x" * 70_000])
def test_an_answer_that_nobody_can_read_settles_nothing(body: bytes) -> None:
    async def story(provider: HttpPayments, api: PricingApi, post: Post, reports: list[str]) -> None:
        api.answer = body
        provider.deliver(QUESTION)
        answer = await post.answer()
        assert type(answer) is FareUnknown and answer.reason and reports == [answer.reason]

    asked(story)


def test_silence_ends_after_the_time_that_was_set() -> None:
    async def story(provider: HttpPayments, api: PricingApi, post: Post, reports: list[str]) -> None:
        api.silent = True
        provider.deliver(QUESTION)
        assert await post.answer() == FareUnknown(3, "no answer within 0.05 s")

    asked(story, timeout_s=0.05)


@pytest.mark.parametrize("url", ["http://127.0.0.1:x/", "http://127.0.0.1:{free}/", "nowhere"])
def test_whatever_goes_wrong_there_is_an_answer_and_no_secret_in_it(url: str) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        wrong = url.format(free=unused.getsockname()[1])

        async def story(provider: HttpPayments, api: PricingApi, post: Post, reports: list[str]) -> None:
            provider.deliver(QUESTION)
            answer = await post.answer()
            assert type(answer) is FareUnknown and answer.reason
            assert KEY not in answer.reason and reports == [answer.reason]

        asked(story, url=wrong)


def test_one_question_too_many_is_not_sent_and_answered_at_once() -> None:
    async def story(provider: HttpPayments, api: PricingApi, post: Post, reports: list[str]) -> None:
        api.silent = True
        for _ in range(MOST_AT_ONCE + 1):
            provider.deliver(QUESTION)
        assert await post.answer() == FareUnknown(3, "too many questions are under way")
        await asyncio.wait_for(api.asked.wait(), 5)

    asked(story)
