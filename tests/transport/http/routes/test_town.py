"""What everybody may know, asked over a real server, and whether the served document says the same."""

import asyncio
from typing import Any

import httpx2

from dispatch.config import Settings
from dispatch.config.bounds import Bounds
from dispatch.transport.http.access import public
from dispatch.transport.http.admission import Admission
from dispatch.transport.http.app import http_app
from dispatch.transport.http.routes.docs import document_routes
from dispatch.transport.http.routes.town import town_of, town_routes
from dispatch.transport.ws.server import run
from tests.transport.echo import EchoGateway, serving


def asked(path: str, priced_types: tuple[str, ...] = (), **settings: Any) -> Any:
    async def ask() -> Any:
        held = Settings(**settings)
        routes = public(town_routes(held, priced_types))
        pages = http_app([*routes, *document_routes(routes, "1.2.3")], Admission(held))
        async with (
            asyncio.timeout(20),
            serving(EchoGateway(), pages) as served,
            httpx2.AsyncClient(base_url=f"http://127.0.0.1:{served.port}", trust_env=False) as client,
        ):
            answer = await client.get(path)
            assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
            is_document = not path.startswith("/api/")
            assert (answer.headers.get("content-encoding") == "gzip") is is_document, (
                "a document is long, an answer short"
            )
            return answer.json()

    return run(ask())


def test_a_town_of_which_nothing_is_set_tells_what_is_always_there() -> None:
    assert asked("/api/town") == {
        "auth": "off",
        "vehicle_types": [],
        "has_tariff": False,
        "alarm_unasked_s": 60.0,
        "alarm_waiting_s": 120.0,
        "schedule_lead_s": 900.0,
        "schedule_ahead_s": 2592000.0,
    }


def test_a_town_tells_its_name_its_money_its_cars_and_whom_to_call() -> None:
    told = asked(
        "/api/town",
        ("suv", "limo"),
        town_name="Town cars",
        desk_phone="+27 21 555 0100",
        emergency_phone="112",
        time_zone="Africa/Johannesburg",
        auth="on",
        town_bounds="-34.4, 18.2, -33.4, 19.1",
        currency="ZAR",
        vehicle_types="sedan: suv, suv",
        pricing="tariff",
        payment="http",
        payment_url="http://127.0.0.1:1/collect",
        cancellation_fee=20.0,
    )
    assert told == {
        "name": "Town cars",
        "desk_phone": "+27 21 555 0100",
        "emergency_phone": "112",
        "time_zone": "Africa/Johannesburg",
        "auth": "on",
        "currency": "ZAR",
        "bounds": {"south": -34.4, "west": 18.2, "north": -33.4, "east": 19.1},
        "vehicle_types": ["sedan", "suv", "limo"],
        "has_tariff": True,
        "takes_cards": True,
        "cancelling": {"fee": 20.0, "free_s": 120, "late_s": 300},
        "alarm_unasked_s": 60.0,
        "alarm_waiting_s": 120.0,
        "schedule_lead_s": 900.0,
        "schedule_ahead_s": 2592000.0,
    }


def test_a_town_says_whether_free_cars_are_shown() -> None:
    assert asked("/api/town", show_free_cars=True)["free_cars"] is True
    assert "free_cars" not in asked("/api/town")


def test_a_sandbox_says_so() -> None:
    assert town_of(Settings(), sandbox=True).sandbox
    assert not town_of(Settings()).sandbox


def test_a_town_tells_where_its_map_is() -> None:
    told = asked("/api/town", map_streets="town.json.gz", map_style_url="https://tiles.example/style.json")
    assert told["map"] == {"streets": "/map/streets.json", "style_url": "https://tiles.example/style.json"}


def test_the_box_around_the_streets_is_the_town_unless_another_is_set() -> None:
    around = Bounds(60.1, 24.9, 60.2, 25.0)
    drawn = town_of(Settings(), (), around).bounds
    assert drawn is not None
    assert (drawn.south, drawn.east) == (60.1, 25.0)
    named = town_of(Settings(town_bounds="-34.4, 18.2, -33.4, 19.1"), (), around).bounds
    assert named is not None
    assert named.south == -34.4


def test_the_document_describes_the_answer() -> None:
    document = asked("/openapi.json")
    (good,) = [answer for at, answer in document["paths"]["/api/town"]["get"]["responses"].items() if at == "200"]
    schema = {**good["content"]["application/json"]["schema"], "components": document["components"]}
    from jsonschema import Draft202012Validator  # heavy

    validator = Draft202012Validator(schema)
    assert validator.is_valid(asked("/api/town", town_name="Town cars"))
    assert not validator.is_valid({"has_tariff": "yes"})


def test_the_sockets_are_described_beside_it() -> None:
    assert set(asked("/asyncapi.json")["channels"]) == {"ride", "driver", "ops"}
