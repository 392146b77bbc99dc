"""The OpenAPI document, held to the specification and to the types."""

import json
from typing import Any

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dispatch.errors import NoSuchRide, NoTariff, QuoteExpired
from dispatch.transport.http.access import for_oneself, for_staff, public
from dispatch.transport.http.openapi import openapi, portable
from dispatch.transport.http.operation import Operation, described
from dispatch.transport.http.requests import STATUSES
from dispatch.transport.wire import QuoteRequest, Quotes
from dispatch.transport.wire.fields import RideIdText
from dispatch.words import RefusalCode


class Filter(Struct):
    ride: RideIdText
    limit: int = 50


async def page(request: Request) -> Response:
    return Response()


TRADE = Operation(
    does="Promise a price.", asks=QuoteRequest, answers=Quotes, status=201, errors=(NoTariff, NoSuchRide), once=True
)


def document(*routes: Route) -> Any:
    """As a program reads it."""
    return json.loads(json.dumps(openapi(routes, "1.2.3", STATUSES)))


ROUTES = (
    described(Route("/api/rides/{ride_id}/quotes", page, methods=["POST"]), TRADE),
    described(Route("/api/rides", page), Operation(does="List.", query=Filter, answers=dict[str, int])),
    Route("/api/plain/{name:path}", page),
)


def validated(told: Any) -> None:
    """Raises what is wrong with this document."""
    from openapi_spec_validator import validate  # heavy

    validate(told)


def test_the_document_is_valid_openapi() -> None:
    validated(document(*ROUTES))


def test_a_body_is_described_by_the_struct_that_reads_it() -> None:
    told = document(*ROUTES)
    asked = told["paths"]["/api/rides/{ride_id}/quotes"]["post"]["requestBody"]
    assert asked["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/QuoteRequest"}
    schema = told["components"]["schemas"]["QuoteRequest"]
    assert set(schema["properties"]) == set(QuoteRequest.__struct_fields__)
    assert schema["properties"]["pickup_latitude"]["maximum"] == 90


def test_errors_stand_under_the_status_that_they_come_with() -> None:
    responses = document(*ROUTES)["paths"]["/api/rides/{ride_id}/quotes"]["post"]["responses"]
    assert [*responses] == ["201", "404", "409", "default"]
    assert (responses["404"]["description"], responses["409"]["description"]) == ("`no_such_ride`", "`no_tariff`")


def test_a_problem_names_every_code_of_the_wire() -> None:
    codes = document(*ROUTES)["components"]["schemas"]["Problem"]["properties"]["code"]["enum"]
    assert {*RefusalCode, "wrong_host", "not_found"} <= set(codes)
    assert QuoteExpired.code in codes


def test_parameters_are_those_of_the_path_the_query_and_the_key() -> None:
    paths = document(*ROUTES)["paths"]

    def places(operation: Any) -> list[tuple[str, str, bool]]:
        return [(each["name"], each["in"], each["required"]) for each in operation["parameters"]]

    assert places(paths["/api/rides/{ride_id}/quotes"]["post"]) == [
        ("ride_id", "path", True),
        ("Idempotency-Key", "header", False),
    ]
    assert places(paths["/api/rides"]["get"]) == [("ride", "query", True), ("limit", "query", False)]
    assert places(paths["/api/plain/{name}"]["get"]) == [("name", "path", True)]


def test_what_only_python_reads_is_not_in_it() -> None:
    assert portable({"pattern": r"^a\Z", "words": ["one\n    two"]}) == {"pattern": "^a$", "words": ["one two"]}
    assert r"\Z" not in json.dumps(document(*ROUTES))


def test_each_route_says_who_may_ask_it_and_whether_that_takes_a_token() -> None:
    def route(path: str) -> Route:
        return described(Route(path, page), Operation(does="List."))

    routes = (
        *public([route("/a")]),
        *for_oneself([route("/b")]),
        *for_staff([route("/c")]),
        described(Route("/d", page), Operation(does="Go on.", cookie="dispatch_desk")),
    )
    for login, of_staff in ((True, [{"token": []}]), (False, [{}, {"token": []}])):
        told = json.loads(json.dumps(openapi(routes, "1.2.3", STATUSES, login=login)))
        validated(told)
        of = {path: each["get"] for path, each in told["paths"].items()}
        assert [of[path]["security"] for path in ("/a", "/b", "/c")] == [[], [{"token": []}], of_staff]
        assert of["/d"]["security"] == [{"dispatch_desk": []}]
        assert of["/c"]["description"] == "For the operator's people."
        assert told["components"]["securitySchemes"]["dispatch_desk"]["in"] == "cookie"
