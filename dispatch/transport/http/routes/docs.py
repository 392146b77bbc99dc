"""`GET /openapi.json` and `GET /asyncapi.json`: what this server takes and gives, for programs."""

from collections.abc import Sequence
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dispatch.transport.http.asyncapi import asyncapi
from dispatch.transport.http.openapi import openapi
from dispatch.transport.http.operation import JSON, Operation, described
from dispatch.transport.http.requests import STATUSES


def document_routes(routes: Sequence[Route], version: str, login: bool = True) -> list[Route]:
    """Routes for the documents of `routes` and of the sockets, made at the first request. `login`: whether people have to log in."""
    made: dict[str, bytes] = {}

    async def show_openapi(request: Request) -> Response:
        if not made.get("http"):
            made["http"] = msgspec.json.encode(openapi([*routes, *own], version, STATUSES, login=login))
        return Response(made["http"], media_type=JSON)

    async def show_asyncapi(request: Request) -> Response:
        if not made.get("sockets"):
            made["sockets"] = msgspec.json.encode(asyncapi(version))
        return Response(made["sockets"], media_type=JSON)

    own: list[Route] = [
        described(Route("/openapi.json", show_openapi), Operation(does="Show this document.", answers=dict[str, Any])),
        described(
            Route("/asyncapi.json", show_asyncapi),
            Operation(does="Show the document of the sockets.", answers=dict[str, Any]),
        ),
    ]
    return own
