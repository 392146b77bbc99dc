"""`GET /metrics` and `GET /-/versions`: what the operator's programs read."""

import asyncio
from collections.abc import Callable, Mapping
from types import MappingProxyType

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dispatch.transport.http.operation import Operation, described

CLOSE = MappingProxyType({"Connection": "close"})
"""Whoever scrapes comes back much later than a connection is kept."""


def operator_routes(registry: CollectorRegistry, versions: Callable[[], Mapping[str, str]]) -> list[Route]:
    """The metrics of this registry, and the versions of what runs. The caller says who may ask."""
    made: list[bytes] = []  # in this turn of the event loop, for all who ask in it: it costs milliseconds

    async def show_metrics(request: Request) -> Response:
        if not made:
            made.append(generate_latest(registry))
            asyncio.get_running_loop().call_soon(made.clear)
        return Response(made[0], headers=CLOSE, media_type=CONTENT_TYPE_LATEST)

    async def show_versions(request: Request) -> Response:
        return JSONResponse(dict(versions()))

    return [
        described(
            Route("/metrics", show_metrics),
            Operation(does="Metrics for Prometheus.", answers=str, media_type="text/plain"),
        ),
        described(
            Route("/-/versions", show_versions), Operation(does="Versions of what runs.", answers=dict[str, str])
        ),
    ]
