"""Rows of the settings of money: who sets fares, what the tariff charges, who collects."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import chdir
from dataclasses import replace
from typing import Any

from dispatch.addresses import PAYMENTS, PRICING
from dispatch.domain.places.geo import TravelModel
from dispatch.ids import PassengerId, RideId
from dispatch.live.ground import ground_of
from dispatch.messages.providers import AskPrice, CollectFare, FareUnknown
from dispatch.payments import payment_provider
from dispatch.prices import pricer, pricing_provider
from dispatch.runtime.realtime import RealtimeRuntime
from dispatch.transport.http.routes.town import town_of
from dispatch.transport.ws.server import run
from dispatch.travel.streets import SHIPPED
from dispatch.values import Money, Place
from sim.stories.stage import DROPOFF, PICKUP, StagePassenger
from tests.providers.pricing_api import PricingApi, pricing_api
from tests.scenarios.test_fares import Desk
from tests.settings.sockets import soon
from tests.settings.table import Given, changes
from tests.transport.http.routes.test_quotes import Counter, at_the_desk

TARIFF = {"pricing": "tariff", "currency": "ZAR"}
CARDS = {"payment": "http", "payment_url": "http://127.0.0.1:1/collect", "currency": "ZAR"}


def passenger_of(given: Given, *, until: float = 1, **fields: Any) -> StagePassenger:
    """Whoever booked r1 at second 1, that much later."""
    stage = given.booked(**fields)
    stage.run(until=until)
    return stage.passengers["r1"]


@changes("pricing", {"none": 85.5, "tariff": 20.0}, base_fare="20")
@changes("base_fare", {"20": 20.0, "30": 30.0}, **TARIFF)
@changes("per_km", {"1": 2.94, "10": 29.36}, **TARIFF)
@changes("per_minute", {"1": 7.05, "10": 70.5}, **TARIFF)
@changes("minimum_fare", {"20": 20.0, "30": 30.0}, base_fare="1", **TARIFF)
@changes("demand_multiplier", {"1": 20.0, "2": 40.0}, base_fare="20", **TARIFF)
@changes("currency_digits", {"auto": 20.25, "0": 20.0}, base_fare="20.25", **TARIFF)
@changes("night_multiplier", {"1.5": 30.0, "2": 40.0}, base_fare="20", **TARIFF)
@changes("night_from", {"22:00": 40.0, "00:30": 20.0}, base_fare="20", night_multiplier="2", **TARIFF)
@changes("night_to", {"00:00": 20.0, "06:00": 40.0}, base_fare="20", night_multiplier="2", **TARIFF)
@changes("time_zone", {"UTC": 40.0, "Asia/Tokyo": 20.0}, base_fare="20", night_multiplier="2", **TARIFF)
def what_a_ride_at_midnight_costs(given: Given) -> object:
    return passenger_of(given).last("searching")["fare"]


@changes("currency", {"": None, "ZAR": "ZAR"})
def which_currency_a_passenger_reads(given: Given) -> object:
    return passenger_of(given).last("searching").get("currency")


@changes("town_name", {"": None, "Town cars": "Town cars"})
def what_the_town_is_called(given: Given) -> object:
    return town_of(given.settings).name


@changes("town_bounds", {"": None, "-34.4, 18.2, -33.4, 19.1": (-34.4, 19.1)})
def which_rectangle_pages_show_first(given: Given) -> object:
    bounds = town_of(given.settings).bounds
    return (bounds.south, bounds.east) if bounds is not None else None


@changes(
    "serve_within",
    {"anywhere": "searching", "pickups": "searching", "trips": "error"},
    town_bounds="-26.21, 28, -26.19, 28.1",
)
def what_a_passenger_hears_whose_trip_leaves_the_town(given: Given) -> object:
    return passenger_of(given).last()["type"]


@changes("show_free_cars", {"off": False, "on": True})
def whether_people_may_ask_where_free_cars_are(given: Given) -> object:
    return town_of(given.settings).free_cars


@changes("map_streets", {"": (None, None), "town.json.gz": ("/map/streets.json", 60.16416)})
def which_streets_pages_draw_and_where_they_begin(given: Given) -> object:
    (given.folder / "town.json.gz").write_bytes(SHIPPED.read_bytes())
    with chdir(given.folder):
        town = town_of(given.settings, (), ground_of(given.settings).bounds)
    return (town.map and town.map.streets), (town.bounds and town.bounds.south)


@changes("map_style_url", {"": None, "https://tiles.example/style.json": "https://tiles.example/style.json"})
def which_style_pages_draw_instead(given: Given) -> object:
    told = town_of(given.settings).map
    return told and told.style_url


@changes("map_pmtiles", {"": None, "town.pmtiles": "/map/town.pmtiles", "https://b.example/x": "https://b.example/x"})
def which_tiles_pages_draw_instead(given: Given) -> object:
    told = town_of(given.settings).map
    return told and told.pmtiles_url


@changes("desk_phone", {"": None, "+27 21 555 0100": "+27 21 555 0100"})
def whom_people_can_call(given: Given) -> object:
    return town_of(given.settings).desk_phone


@changes("emergency_phone", {"": None, "112": "112"})
def whom_people_can_call_in_an_emergency(given: Given) -> object:
    return town_of(given.settings).emergency_phone


@changes("alarm_unasked", {"30s": 30.0, "1m": 60.0})
def from_when_a_search_without_an_offer_is_unserved(given: Given) -> object:
    return town_of(given.settings).alarm_unasked_s


@changes("alarm_waiting", {"2m": 120.0, "5m": 300.0})
def from_when_any_search_is_unserved(given: Given) -> object:
    return town_of(given.settings).alarm_waiting_s


@changes("waiting_per_minute", {"1": 3.0, "2": 6.0}, base_fare="20", **TARIFF)
def what_five_minutes_at_the_pickup_cost(given: Given) -> object:
    stage = given.driven(arrived=100, start=400, complete=500)
    return stage.passengers["r1"].last("ride_completed")["breakdown"]["waiting"]


@changes("cancellation_fee", {"10": 10, "20": 20})
def what_a_late_cancel_costs(given: Given) -> object:
    stage = given.booked()
    stage.drivers["d1"].accepts("r1", at=5)
    stage.passengers["r1"].cancels(at=200)
    stage.run(until=201)
    return stage.passengers["r1"].last("ride_cancelled")["fee"]


@changes("no_show_fee", {"10": 10, "20": 20})
def what_it_costs_not_to_come(given: Given) -> object:
    stage = given.booked()
    driver = stage.drivers["d1"]
    driver.accepts("r1", at=5)
    driver.says("arrived", at=100, ride_id="r1")
    driver.says("no_show", at=400, ride_id="r1")
    stage.run(until=401)
    return driver.last("ride_cancelled")["fee"]


# -- quotes


@changes("quote_ttl", {"30s": "error", "5m": "searching"}, base_fare="20", **TARIFF)
def what_who_books_a_minute_after_the_quote_hears(given: Given) -> object:
    return booked_by_quote(given, at=60)


@changes("quote_tolerance_m", {"10": "error", "100": "searching"}, base_fare="20", **TARIFF)
def what_who_books_forty_metres_from_the_quoted_pickup_hears(given: Given) -> object:
    return booked_by_quote(given, at=1, pickup_latitude=PICKUP[0] + 0.0004)


def booked_by_quote(given: Given, *, at: float, **fields: float) -> object:
    stage = given.stage()
    stage.driver("d1")
    Desk(stage).quote("q1")
    stage.passenger("r1").books(at=at, quote_id="q1", **fields)
    stage.run(until=at)
    return stage.passengers["r1"].last()["type"]


@changes("quote_burst", {"2": 2, "4": 4}, quotes_per_s="1", base_fare="20", **TARIFF)
@changes("quotes_per_s", {"1": 1, "100000": 6}, quote_burst="1", base_fare="20", **TARIFF)
def how_many_of_six_quotes_at_once_are_given(given: Given) -> object:
    statuses: list[int] = []

    async def story(desk: Counter) -> None:
        for _ in range(6):
            statuses.append((await desk.post()).status_code)

    at_the_desk(story, **vars(given.settings))
    return statuses.count(201)


# -- providers


@changes("price_patience", {"1s": [2.0], "5s": [6.0]}, pricing="http", pricing_url="http://127.0.0.1:1/")
def when_who_books_is_told_that_there_is_no_price(given: Given) -> object:
    stage = given.booked()
    stage.world.pricing.delay_s = (60.0, 60.0)
    stage.run(until=30)
    return [error.at for error in stage.passengers["r1"].heard("error")]


@changes("pricing_fallback", {"error": "error", "tariff": "searching"}, pricing="http", base_fare="20")
def what_who_books_hears_while_the_provider_is_down(given: Given) -> object:
    stage = given.booked()
    stage.world.pricing.failure_rate = 1.0
    stage.run(until=10)
    return stage.passengers["r1"].last()["type"]


@changes("payment", {"none": "error", "http": "searching"}, currency="ZAR", payment_url="http://127.0.0.1:1/")
def what_who_books_by_card_hears(given: Given) -> object:
    return passenger_of(given, payment_method="card").last()["type"]


@changes("payment_retry", {"5s": [0.0, 5.0, 15.0, 35.0], "20s": [0.0, 20.0]}, **CARDS)
@changes(
    "payment_retry_most", {"10s": [0.0, 5.0, 15.0, 25.0, 35.0], "5s": [float(n) for n in range(0, 40, 5)]}, **CARDS
)
def when_a_provider_who_never_knows_is_asked_for_a_fare(given: Given) -> object:
    stage = given.booked(payment_method="card")
    asked: list[float] = []
    stage.world.runtime.remove_sink(PAYMENTS)
    stage.world.runtime.sink(PAYMENTS, Unknowing(stage.world.runtime, asked))
    driver = stage.drivers["d1"]
    driver.accepts("r1", at=5)
    driver.says("complete_ride", at=100, ride_id="r1")
    stage.run(until=139)
    return [at - stage.world.started_at - 100.0 for at in asked]


class Unknowing:
    """A provider of payments of whom nobody knows whether the money came."""

    def __init__(self, runtime: Any, asked: list[float]) -> None:
        self._runtime = runtime
        self._asked = asked

    def deliver(self, question: CollectFare) -> None:
        self._asked.append(self._runtime.now)
        self._runtime.tell(question.reply_to, FareUnknown(question.number, "who knows"))


FOUND = Place(*PICKUP), Place(*DROPOFF)


@changes("pricing_url", {"http://127.0.0.1:1/a": "POST /a", "http://127.0.0.1:1/b": "POST /b"}, pricing="http")
@changes("payment_url", {"http://127.0.0.1:1/a": "POST /a", "http://127.0.0.1:1/b": "POST /b"}, payment="http")
def which_address_is_asked(given: Given) -> object:
    return asked_of(given, lambda api, answers: api.headers[0]["request"].rpartition(" ")[0])


@changes("pricing_key", {"one": "Bearer one", "other": "Bearer other"}, pricing="http")
@changes("payment_key", {"one": "Bearer one", "other": "Bearer other"}, payment="http")
def which_key_is_shown(given: Given) -> object:
    return asked_of(given, lambda api, answers: api.headers[0]["authorization"])


@changes("pricing_timeout", {"50ms": ["NotPriced"], "1m": []}, pricing="http")
@changes("payment_timeout", {"50ms": ["FareUnknown"], "1m": []}, payment="http")
def what_is_soon_said_of_a_provider_who_is_silent(given: Given) -> object:
    return asked_of(given, lambda api, answers: [type(answer).__name__ for answer in answers], silent=True)


def asked_of(given: Given, look: Callable[[PricingApi, list[Any]], object], *, silent: bool = False) -> object:
    """What is seen when the provider of these settings, on a free port, was asked once."""

    async def play() -> object:
        async with pricing_api() as api:
            api.silent = silent
            answers: list[Any] = []
            provider = provider_of(given, api, answers)
            await soon(lambda: answers if silent else api.heard)
            await provider.stop()
            return look(api, answers)

    return run(play())


def provider_of(given: Given, api: PricingApi, answers: list[Any]) -> Any:
    """The provider that these settings make, asked one question."""

    class Asker:
        def deliver(self, answer: Any) -> None:
            answers.append(answer)

    settings, port = given.settings, f"127.0.0.1:{api.port}/"
    runtime = RealtimeRuntime(seed=1)
    runtime.sink("request/1", Asker())
    if settings.pricing == "http":
        url = (settings.pricing_url or "http://127.0.0.1:1/").replace("127.0.0.1:1/", port)
        held = replace(settings, pricing_url=url)
        provider: Any = pricing_provider(held, runtime, pricer(held, TravelModel()))
        runtime.tell(PRICING, AskPrice("request/1", 1, *FOUND, "", 0.0))
        return provider
    url = (settings.payment_url or "http://127.0.0.1:1/").replace("127.0.0.1:1/", port)
    provider = payment_provider(replace(settings, payment_url=url), runtime)
    runtime.tell(PAYMENTS, CollectFare("request/1", 1, RideId("r1"), PassengerId("p1"), Money(100, "ZAR")))
    return provider
