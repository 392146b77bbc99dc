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
from dispatch.transport.http.routes.web import Content, answer, content_of


def document_routes(routes: Sequence[Route], version: str, login: bool = True) -> list[Route]:
    """Routes for the documents of `routes` and of the sockets, made at the first request. `login`: whether people have to log in."""
    made: dict[str, Content] = {}

    async def show_openapi(request: Request) -> Response:
        if "http" not in made:
            made["http"] = _packed(openapi([*routes, *own], version, STATUSES, login=login))
        return answer(request, (made["http"], JSON))

    async def show_asyncapi(request: Request) -> Response:
        if "sockets" not in made:
            made["sockets"] = _packed(asyncapi(version))
        return answer(request, (made["sockets"], JSON))

    own: list[Route] = [
        described(Route("/openapi.json", show_openapi), Operation(does="Show this document.", answers=dict[str, Any])),
        described(
            Route("/asyncapi.json", show_asyncapi),
            Operation(does="Show the document of the sockets.", answers=dict[str, Any]),
        ),
    ]
    return own


def _packed(document: Any) -> Content:
    """Ready to be sent: a document of 100 KB is a tenth of that packed."""
    return content_of(msgspec.json.encode(document), ".json", 0)
