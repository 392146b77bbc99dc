"""`POST /api/quotes`, asked over a real server with the real quote actors behind it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from dispatch.actors.quote import QuoteActor
from dispatch.addresses import JOURNAL, QUOTE, dispatcher
from dispatch.config import Settings
from dispatch.domain.places.geo import TravelModel
from dispatch.messages.matching import AskSoonest, SoonestTold
from dispatch.prices import pricer, quote_options
from dispatch.runtime.realtime import RealtimeRuntime
from dispatch.storage.log.memory import MemoryJournal
from dispatch.timestamps import unix_time
from dispatch.transport.http.admission import Admission
from dispatch.transport.http.app import http_app
from dispatch.transport.http.requests import Requests
from dispatch.transport.http.routes.quotes import QuoteRoutes
from dispatch.transport.ws.server import run
from tests.transport.echo import EchoGateway, Served, serving

TRIP: dict[str, Any] = {
    "pickup_latitude": -26.2041,
    "pickup_longitude": 28.0473,
    "dropoff_latitude": -26.1850,
    "dropoff_longitude": 28.0550,
}
TARIFF: dict[str, Any] = {
    "pricing": "tariff",
    "currency": "ZAR",
    "base_fare": 12.5,
    "per_km": 9.8,
    "per_minute": 1.25,
    "night_multiplier": 2.0,
    "night_from": "22:00",
    "night_to": "06:00",
}
TOMORROW = datetime.now(UTC).date() + timedelta(days=1)
NOON, NIGHT = f"{TOMORROW}T12:00:00Z", f"{TOMORROW}T22:00:00Z"


class Counter:
    """A desk with all that is behind it, and a client before it."""

    def __init__(self, served: Served, client: httpx2.AsyncClient, journal: MemoryJournal, desk: QuoteRoutes) -> None:
        self.served = served
        self.client = client
        self.journal = journal
        self.desk = desk

    async def post(self, body: Any = None, **changes: Any) -> httpx2.Response:
        if isinstance(body, bytes):
            return await self.client.post("/api/quotes", content=body)
        return await self.client.post("/api/quotes", json={**TRIP, **changes} if body is None else body)


def at_the_desk(story: Callable[[Counter], Awaitable[None]], **settings: Any) -> None:
    """Play it against a server with these settings."""

    async def play() -> None:
        held = Settings(**{**TARIFF, **settings})
        runtime = RealtimeRuntime("seed")
        journal = MemoryJournal(runtime)
        runtime.sink(JOURNAL, journal)
        priced_by = pricer(held, TravelModel())
        options = quote_options(held, priced_by)
        runtime.factory(QUOTE, lambda address, _: QuoteActor(runtime, address, journal, options))
        desk = QuoteRoutes(Requests(runtime, held), priced_by.tariff.vehicle_types)
        async with (
            asyncio.timeout(20),
            serving(EchoGateway(), http_app(desk.routes, Admission(Settings()))) as served,
            httpx2.AsyncClient(base_url=f"http://127.0.0.1:{served.port}", trust_env=False) as client,
        ):
            await story(Counter(served, client, journal, desk))

    run(play())


def test_a_quote_says_what_a_trip_costs_why_and_for_how_long_and_is_stored_by_then() -> None:
    async def story(counter: Counter) -> None:
        answer = await counter.post(pickup_at=NOON, passenger_phone="+27 82 123 4567")
        quote = answer.json()
        assert (answer.status_code, answer.headers["content-type"]) == (201, "application/json")
        assert (quote["fare"], quote["currency"]) == (50.09, "ZAR")
        assert quote["breakdown"] == {"base": 12.5, "distance": 28.77, "time": 8.82}
        assert (quote["distance_km"], quote["duration_minutes"]) == (2.936, 7.05)
        assert 299_000 < quote["ttl_ms"] <= 300_000
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", quote["expires_at"])
        assert "quotes" not in quote
        (made,) = counter.journal.events_of(f"quote/{quote['quote_id']}")
        assert (made.price.fare.minor, made.passenger_id) == (5009, "27821234567")
        assert abs(made.expires_at - unix_time("expires_at", quote["expires_at"])) < 0.002

    at_the_desk(story)


def test_a_quote_for_now_says_how_soon_a_driver_could_come_if_somebody_knows() -> None:
    asked: list[AskSoonest] = []

    class Dispatcher:
        def __init__(self, runtime: RealtimeRuntime, eta_s: float | None) -> None:
            self.runtime, self.eta_s = runtime, eta_s

        def deliver(self, message: AskSoonest) -> None:
            asked.append(message)
            self.runtime.tell(message.reply_to, SoonestTold(self.eta_s))

    async def story(counter: Counter) -> None:
        assert "eta_s" not in (await counter.post()).json(), "there is no dispatcher"
        runtime = counter.desk._runtime
        runtime.sink(dispatcher("0"), Dispatcher(runtime, 239.6))
        every = (await counter.post()).json()
        assert (every["eta_s"], [quote["eta_s"] for quote in every["quotes"]]) == (240, [240])
        assert {(ask.place.point, ask.vehicle_type) for ask in asked} == {
            ((-26.2041, 28.0473), ""),
            ((-26.2041, 28.0473), "suv"),
        }
        assert "eta_s" not in (await counter.post(pickup_at=NOON)).json()
        runtime.remove_sink(dispatcher("0"))
        runtime.sink(dispatcher("0"), Dispatcher(runtime, None))
        assert "eta_s" not in (await counter.post()).json()

    at_the_desk(story, vehicle_tariffs={"suv": {"base_fare": 100.0}})


def test_a_trip_of_the_night_costs_what_the_night_does_and_is_a_promise_for_that_time() -> None:
    async def story(counter: Counter) -> None:
        quote = (await counter.post(pickup_at=NIGHT)).json()
        assert quote["breakdown"]["night"] == 50.08
        (made,) = counter.journal.events_of(f"quote/{quote['quote_id']}")
        assert made.pickup_at == unix_time("pickup_at", NIGHT)

    at_the_desk(story)


def test_without_a_type_of_vehicle_every_type_with_rates_of_its_own_is_quoted_too() -> None:
    async def story(counter: Counter) -> None:
        every = (await counter.post(pickup_at=NOON)).json()
        suv = (await counter.post(pickup_at=NOON, vehicle_type="suv")).json()
        assert (every["fare"], "vehicle_type" in every) == (50.09, False)
        assert [(quote["vehicle_type"], quote["fare"]) for quote in every["quotes"]] == [("suv", 137.59)]
        assert (suv["vehicle_type"], suv["fare"], "quotes" in suv) == ("suv", 137.59, False)
        ids = {every["quote_id"], every["quotes"][0]["quote_id"], suv["quote_id"]}
        assert len(ids) == 3

    at_the_desk(story, vehicle_tariffs={"suv": {"base_fare": 100.0}})


@pytest.mark.parametrize(
    ("body", "code", "field", "sentence"),
    [
        ({**TRIP, "pickup_latitude": 91}, "bad_field", "pickup_latitude", "must be from -90 to 90, got 91"),
        ({**TRIP, "pickup_at": "tomorrow"}, "bad_field", "pickup_at", "must be an RFC 3339 time"),
        ({**TRIP, "pickup_at": "2026-07-01T12:00:00"}, "bad_field", "pickup_at", "must be an RFC 3339 time"),
        ({**TRIP, "pickup_at": "2001-01-01T00:00:00+02:00"}, "bad_field", "pickup_at", "must not be in the past"),
        ({**TRIP, "pickup_at": "2126-07-01T12:00:00Z"}, "bad_field", "pickup_at", "must be within 30 days"),
        ({**TRIP, "passenger_phone": "none"}, "bad_field", "passenger_phone", "must be a phone number"),
        ({**TRIP, "vehicle_type": 7}, "bad_field", "vehicle_type", "must be a word of at most 40 characters"),
        ({"pickup_lat": 1}, "bad_field", "pickup_latitude", "is missing; you sent pickup_lat"),
        ([TRIP], "bad_message", None, "the body must be a JSON object, got an array"),
        (b"{", "bad_json", None, "the body is not JSON"),
        (b'{"pickup_latitude": NaN}', "bad_json", None, "the body is not JSON"),
        (b"\xff", "bad_json", None, "the body is not UTF-8 text"),
        (b"", "bad_json", None, "the body is not JSON"),
    ],
)
def test_what_is_wrong_with_a_request_is_said_as_it_is_on_a_socket(
    body: Any, code: str, field: str | None, sentence: str
) -> None:
    async def story(counter: Counter) -> None:
        answer = await counter.post(body)
        told = answer.json()
        assert (answer.status_code, told["type"], told["code"], told.get("field")) == (400, "error", code, field)
        assert sentence in told["message"]

    at_the_desk(story)


def test_a_body_that_is_too_long_is_not_read_to_its_end() -> None:
    async def story(counter: Counter) -> None:
        answer = await counter.post(b" " * 20_000)
        assert (answer.status_code, answer.json()["code"]) == (413, "bad_message")
        assert answer.headers["connection"] == "close"

    at_the_desk(story)


def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    async def story(counter: Counter) -> None:
        reader, writer = await counter.served.raw()
        writer.write(b"POST /api/quotes HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{")
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 408 ")
        writer.close()

    at_the_desk(story, header_timeout_s=0.1)


def test_whoever_asks_too_fast_is_told_when_to_come_back() -> None:
    async def story(counter: Counter) -> None:
        answers = [await counter.post() for _ in range(4)]
        assert [answer.status_code for answer in answers] == [201, 201, 201, 429]
        told = answers[-1].json()
        assert (told["code"], answers[-1].headers["retry-after"]) == ("rate_limited", "1")
        assert 0 < told["retry_after_ms"] <= 1000

    at_the_desk(story, quotes_per_s=1, quote_burst=3)


def test_an_address_that_a_client_writes_itself_changes_nothing_about_its_rate() -> None:
    async def story(counter: Counter) -> None:
        written = (
            {"X-Client-IP": f"10.0.0.{n}", "True-Client-IP": f"10.0.0.{n}", "Client-IP": f"10.0.0.{n}"}
            for n in range(4)
        )
        answers = [await counter.client.post("/api/quotes", json=TRIP, headers=headers) for headers in written]
        assert [answer.status_code for answer in answers] == [201, 201, 201, 429]

    at_the_desk(story, quotes_per_s=1, quote_burst=3)


def test_while_nothing_can_be_stored_nothing_is_promised() -> None:
    async def story(counter: Counter) -> None:
        counter.journal._failure_rate = 1.0
        answer = await counter.post()
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        counter.journal._failure_rate = 0.0
        assert (await counter.post()).status_code == 201

    at_the_desk(story)


def test_a_price_that_does_not_come_is_not_waited_for() -> None:
    async def story(counter: Counter) -> None:
        answer = await counter.post()
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")

    at_the_desk(story, pricing="http", price_patience_s=0.1)


def test_a_server_that_sets_no_fares_says_so() -> None:
    async def story(counter: Counter) -> None:
        answer = await counter.post()
        assert (answer.status_code, answer.json()["code"]) == (409, "no_tariff")

    at_the_desk(story, pricing="none")


def test_a_trip_that_leaves_the_town_has_no_price_where_none_may() -> None:
    async def story(counter: Counter) -> None:
        answer = await counter.post()
        told = answer.json()
        assert (answer.status_code, told["code"], told["field"]) == (409, "outside_area", "dropoff_latitude")
        assert (await counter.post(dropoff_latitude=-26.2)).status_code == 201

    at_the_desk(story, serve_within="trips", town_bounds="-26.21, 28, -26.19, 28.1")


def test_quotes_are_asked_for_by_post_alone() -> None:
    async def story(counter: Counter) -> None:
        assert (await counter.client.get("/api/quotes")).status_code == 405

    at_the_desk(story)
