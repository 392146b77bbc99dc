"""A provider that says too much, too late, about somebody else or without end: an answer belongs to its own question."""

from __future__ import annotations

import asyncio
import gzip
from asyncio import StreamWriter
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from dispatch.ids import PassengerId, RideId
from dispatch.messages.providers import (
    AskPrice,
    CollectFare,
    FareCollected,
    FareDeclined,
    FareUnknown,
    NotPriced,
    Priced,
)
from dispatch.providers.http_payment import HttpPayments
from dispatch.providers.http_pricing import HttpPricing
from dispatch.transport.ws.server import run
from dispatch.values import Money
from tests.providers.pricing_api import Talk, answer_bytes, rude_api
from tests.providers.test_http_pricing import MAIN_ST, OAK_AVE, PRICER

Question = dict[str, Any]


class Post:
    """Takes the answers, by whom they are for."""

    def __init__(self) -> None:
        self._answers: dict[str, asyncio.Future[Any]] = {}

    def tell(self, address: str, message: Any) -> None:
        self.of(address).set_result(message)

    def of(self, address: str) -> asyncio.Future[Any]:
        return self._answers.setdefault(address, asyncio.get_running_loop().create_future())


Ask = Callable[[str], Awaitable[Any]]
"""Has the fare of this ride collected, or its price asked for; the answer that the ride gets."""


def collects(talk: Talk, story: Callable[[Ask], Awaitable[None]], timeout_s: float = 10.0) -> None:
    """Play it with a provider of payments that talks so."""

    async def play() -> None:
        async with rude_api(talk) as url:
            post = Post()
            provider = HttpPayments(post, url, "", timeout_s, lambda trouble: None)

            async def ask(ride: str) -> Any:
                charge = CollectFare(f"ride/{ride}", 1, RideId(ride), PassengerId("p1"), Money(8550, "ZAR"))
                provider.deliver(charge)
                return await asyncio.wait_for(post.of(charge.reply_to), 10)

            try:
                await story(ask)
            finally:
                await provider.stop()

    run(play())


def prices(talk: Talk, story: Callable[[Ask], Awaitable[None]], timeout_s: float = 2.0) -> None:
    """Play it with a provider of prices that talks so."""

    async def play() -> None:
        async with rude_api(talk) as url:
            post = Post()
            provider = HttpPricing(
                post, url, "", timeout_s, lambda trouble: None, pricer=PRICER, fallback=None, moment=str
            )

            async def ask(ride: str) -> Any:
                provider.deliver(AskPrice(f"ride/{ride}", 1, MAIN_ST, OAK_AVE, "", 0.0))
                return await asyncio.wait_for(post.of(f"ride/{ride}"), 10)

            try:
                await story(ask)
            finally:
                await provider.stop()

    run(play())


def paid(ride: str, *headers: str) -> bytes:
    return answer_bytes({"status": "paid", "reference": f"ch_{ride}"}, "200 OK", *headers)


DECLINED = answer_bytes({"status": "declined", "reason": "no funds"})


@pytest.mark.parametrize("cut", [0, 40, None], ids=["whole", "in two parts", "a moment later"])
def test_a_second_answer_settles_nobody_elses_ride(cut: int | None) -> None:
    """r1 is paid, and told so twice; r2 and r3 are declined."""

    async def talk(question: Question, writer: StreamWriter) -> None:
        ride = question["ride_id"]
        if ride != "r1":
            writer.write(DECLINED)
        elif cut is None:
            writer.write(paid(ride))
            asyncio.get_running_loop().call_soon(writer.write, paid(ride))
        else:
            twice = paid(ride) * 2
            first = len(paid(ride)) + cut
            writer.write(twice[:first])
            await writer.drain()
            writer.write(twice[first:])

    async def story(ask: Ask) -> None:
        assert await ask("r1") == FareCollected(1, "ch_r1")
        assert await ask("r2") == FareDeclined(1, "no funds")
        assert await ask("r3") == FareDeclined(1, "no funds")

    collects(talk, story)


def test_many_at_once_are_each_answered_for_themselves_by_one_that_says_everything_twice() -> None:
    async def talk(question: Question, writer: StreamWriter) -> None:
        writer.write(paid(question["ride_id"]) * 2)

    async def story(ask: Ask) -> None:
        for round_no in range(3):
            rides = [f"r{round_no}-{number}" for number in range(20)]
            answers = await asyncio.gather(*map(ask, rides))
            assert [answer.reference for answer in answers] == [f"ch_{ride}" for ride in rides]

    collects(talk, story)


def test_an_answer_that_comes_after_its_time_reaches_nobody() -> None:
    late: list[StreamWriter] = []

    async def talk(question: Question, writer: StreamWriter) -> None:
        if question["ride_id"] == "r1":
            late.append(writer)
            return
        if not late[0].is_closing():
            late[0].write(paid("r1"))
        writer.write(DECLINED)

    async def story(ask: Ask) -> None:
        assert await ask("r1") == FareUnknown(1, "no answer within 0.2 s")
        assert await ask("r2") == FareDeclined(1, "no funds")

    collects(talk, story, timeout_s=0.2)


@pytest.mark.parametrize(
    ("status", "answer", "means"),
    [
        ("200 OK", {"status": "paid", "ride_id": "r1"}, FareCollected(1, "")),
        ("200 OK", {"status": "paid", "ride_id": None}, FareCollected(1, "")),
        ("200 OK", {"status": "paid", "ride_id": "r2"}, FareUnknown),
        ("200 OK", {"status": "paid", "ride_id": ""}, FareUnknown),
        ("200 OK", {"status": "paid", "ride_id": 1}, FareUnknown),
        ("200 OK", {"status": "declined", "ride_id": "R1"}, FareUnknown),
        ("402 Payment Required", {"reason": "no funds", "ride_id": "r1"}, FareDeclined(1, "no funds")),
        ("402 Payment Required", {"reason": "no funds", "ride_id": "r2"}, FareUnknown),
        ("402 Payment Required", {"reason": 5, "ride_id": ["r1"]}, FareUnknown),
        ("402 Payment Required", {"status": "paid"}, FareUnknown),
        ("409 Conflict", {"status": "paid", "ride_id": "r2"}, FareUnknown),
        ("200 OK", {"status": "PAID"}, FareUnknown),
        ("200 OK", {"status": "pending"}, FareUnknown),
        ("200 OK", {"status": True}, FareUnknown),
    ],
)
def test_an_answer_about_another_ride_or_of_no_clear_meaning_settles_nothing(
    status: str, answer: Any, means: Any
) -> None:
    async def talk(question: Question, writer: StreamWriter) -> None:
        writer.write(answer_bytes(answer, status))

    async def story(ask: Ask) -> None:
        heard = await ask("r1")
        assert heard == means if not isinstance(means, type) else type(heard) is means

    collects(talk, story)


def test_a_ride_whose_id_is_a_number_may_be_named_by_it() -> None:
    async def talk(question: Question, writer: StreamWriter) -> None:
        writer.write(answer_bytes({"status": "paid", "ride_id": 42}))

    async def story(ask: Ask) -> None:
        assert await ask("42") == FareCollected(1, "")

    collects(talk, story)


ENDLESS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


async def garbage(question: Question, writer: StreamWriter) -> None:
    writer.write(b"\x16\x03\x01 paid paid paid\r\n\r\n" * 50)


async def huge(question: Question, writer: StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 90000000\r\n\r\n" + b"x" * 200_000)


async def huge_head(question: Question, writer: StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 500_000)


BLOWN_UP = answer_bytes(gzip.compress(b" " * 5_000_000), "200 OK", "Content-Encoding: gzip")


async def blown_up(question: Question, writer: StreamWriter) -> None:
    writer.write(BLOWN_UP)


async def drip(question: Question, writer: StreamWriter) -> None:
    writer.write(ENDLESS)
    while not writer.is_closing():
        writer.write(b"1\r\n \r\n")
        await writer.drain()
        await asyncio.sleep(0.01)


async def never_ready(question: Question, writer: StreamWriter) -> None:
    while not writer.is_closing():
        writer.write(b"HTTP/1.1 102 Processing\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(0.01)


async def half(question: Question, writer: StreamWriter) -> None:
    writer.write(paid("r1")[:-1])
    writer.write_eof()


RUDE = [garbage, huge, huge_head, blown_up, drip, never_ready, half]


@pytest.mark.parametrize("talk", RUDE, ids=lambda talk: talk.__name__)
def test_whatever_it_says_a_charge_stays_open_and_the_next_one_is_asked_about(talk: Talk) -> None:
    async def first_rude(question: Question, writer: StreamWriter) -> None:
        if question["ride_id"] == "r1":
            await talk(question, writer)
        else:
            writer.write(paid("r2"))

    async def story(ask: Ask) -> None:
        answer = await ask("r1")
        assert type(answer) is FareUnknown and answer.reason
        assert await ask("r2") == FareCollected(1, "ch_r2")

    collects(first_rude, story, timeout_s=0.5)


@pytest.mark.parametrize("talk", RUDE, ids=lambda talk: talk.__name__)
def test_whatever_it_says_there_is_no_price_in_it(talk: Talk) -> None:
    async def story(ask: Ask) -> None:
        answer = await ask("r1")
        assert type(answer) is NotPriced and answer.reason

    prices(talk, story, timeout_s=0.5)


def test_a_second_price_is_nobody_elses() -> None:
    fares = iter((10.0, 99.0))

    async def talk(question: Question, writer: StreamWriter) -> None:
        writer.write(answer_bytes({"fare": next(fares)}) + answer_bytes({"fare": 0.5}))

    async def story(ask: Ask) -> None:
        told = [(await ask(ride)).price.fare.minor for ride in ("r1", "r2")]
        assert told == [1000, 9900]

    prices(talk, story)


def test_a_price_that_names_another_question_is_none() -> None:
    asked: list[str] = []

    async def talk(question: Question, writer: StreamWriter) -> None:
        asked.append(question["request_id"])
        writer.write(answer_bytes({"fare": 10, "request_id": asked[0]}))

    async def story(ask: Ask) -> None:
        assert type(await ask("r1")) is Priced
        assert await ask("r2") == NotPriced(1, "the pricing provider: it answers another question")
        assert len(set(asked)) == 2

    prices(talk, story)
