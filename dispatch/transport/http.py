"""The plain HTTP pages beside the sockets: is it alive, is it ready, what does it count. Made by the composition root.

What they show comes in through `Reads`; errors are JSON, `{"error": code, "message": sentence}`.
"""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Protocol

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from dispatch.errors import did_you_mean

SOCKET_WANTED = "this is a WebSocket endpoint; connect with a WebSocket client"


class Reads(Protocol):
    """What the pages may ask. All answer at once."""

    @property
    def registry(self) -> CollectorRegistry: ...
    @property
    def versions(self) -> Mapping[str, str]: ...
    def why_not_ready(self) -> str:
        """Empty while rides can be dispatched, else what is missing."""
        ...


Answers = Callable[[Request], Awaitable[Response]]
"""What answers the requests of one address."""
NO_DESKS: Mapping[str, Answers] = MappingProxyType({})


def http_app(reads: Reads, desks: Mapping[str, Answers] = NO_DESKS) -> Starlette:
    """The application that answers everything which is no WebSocket. `desks`: what answers a POST to each of these paths."""

    async def healthz(request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(request: Request) -> Response:
        missing = reads.why_not_ready()
        return PlainTextResponse(f"{missing or 'ready'}\n", 503 if missing else 200)

    async def metrics(request: Request) -> Response:
        return Response(generate_latest(reads.registry), media_type=CONTENT_TYPE_LATEST)

    async def versions(request: Request) -> Response:
        return JSONResponse(dict(reads.versions))

    pages = {"/healthz": healthz, "/readyz": readyz, "/metrics": metrics, "/-/versions": versions}
    routes = [Route(path, page) for path, page in pages.items()]
    routes += [Route(path, answers, methods=["POST"]) for path, answers in desks.items()]
    routes.append(Route("/ws/{rest:path}", _no_socket, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]))

    known = [*pages, *desks]

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if error.status_code == 404:
            path = request.url.path
            return _error(404, "not_found", f"no such page {path[:64]}{did_you_mean(path, known)}")
        return _error(error.status_code, "refused", error.detail, error.headers)

    async def failed(request: Request, error: Exception) -> Response:
        return _error(500, "internal", "something went wrong inside; the log says more")

    return Starlette(routes=routes, exception_handlers={HTTPException: refused, Exception: failed})


async def _no_socket(request: Request) -> Response:
    return _error(426, "upgrade_required", SOCKET_WANTED, {"Upgrade": "websocket"})


def _error(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> Response:
    return JSONResponse({"error": code, "message": message}, status, dict(headers or {}))
