"""`GET /metrics` and `GET /-/versions`: what the operator's programs read."""

import asyncio
from collections.abc import Callable, Mapping
from types import MappingProxyType

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

CLOSE = MappingProxyType({"Connection": "close"})
"""Whoever scrapes comes back much later than a connection is kept."""


def operator_routes(registry: CollectorRegistry, versions: Callable[[], Mapping[str, str]]) -> list[Route]:
    """The metrics of this registry, and the versions of what runs."""
    metrics = _Metrics(registry)

    async def show_metrics(request: Request) -> Response:
        return Response(metrics.now(), headers=CLOSE, media_type=CONTENT_TYPE_LATEST)

    async def show_versions(request: Request) -> Response:
        return JSONResponse(dict(versions()))

    return [Route("/metrics", show_metrics), Route("/-/versions", show_versions)]


class _Metrics:
    """Makes the page once for all requests of one turn of the event loop, because it costs milliseconds."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._made: bytes | None = None

    def now(self) -> bytes:
        """As they are in this turn."""
        if self._made is None:
            self._made = generate_latest(self._registry)
            asyncio.get_running_loop().call_soon(self._forget)
        return self._made

    def _forget(self) -> None:
        self._made = None
