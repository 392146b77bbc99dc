"""The plain HTTP pages beside the sockets: is it alive, is it ready, what does it count. Made by the composition root.

What they show comes in through `Reads`; `admission` says who may ask, and errors have the one shape of `problems`.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Protocol

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dispatch.errors import did_you_mean
from dispatch.transport.http.admission import EXEMPT, Admission
from dispatch.transport.http.paths import SHOWN_CHARACTERS, Refused, endpoint, shown
from dispatch.transport.http.problem import problem
from dispatch.transport.wire import frame_log

log = logging.getLogger(__name__)
CLOSE = MappingProxyType({"Connection": "close"})
"""Whoever scrapes comes back much later than a connection is kept."""
ANY_METHOD = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
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


def http_app(reads: Reads, desks: Mapping[str, Answers] = NO_DESKS, admission: Admission | None = None) -> Starlette:
    """The application that answers everything which is no WebSocket.

    `desks`: what answers a POST to each of these paths. `admission`: who may ask; None: as the default settings say.
    """

    async def healthz(request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(request: Request) -> Response:
        missing = reads.why_not_ready()
        return PlainTextResponse(f"{missing or 'ready'}\n", 503 if missing else 200)

    figures = _Figures(reads)

    async def metrics(request: Request) -> Response:
        return Response(figures.now(), headers=CLOSE, media_type=CONTENT_TYPE_LATEST)

    async def versions(request: Request) -> Response:
        return JSONResponse(dict(reads.versions))

    pages = {"/healthz": healthz, "/readyz": readyz, "/metrics": metrics, "/-/versions": versions}
    routes = [Route(path, page) for path, page in pages.items()]
    routes += [Route(path, answers, methods=["POST"]) for path, answers in desks.items()]
    routes.append(Route("/ws/{rest:path}", _no_socket, methods=ANY_METHOD))

    known = [*pages, *desks]

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        path, headers = request.url.path, dict(error.headers or {})
        told = error.detail
        if error.status_code == 404:
            told = f"no such page {shown(path)}{did_you_mean(path, known)}"
        elif error.status_code == 405:
            headers["Allow"] = ", ".join(sorted(headers.get("Allow", "GET").split(", ")))  # a set has no order
            told = f"{shown(request.method)} is not possible on {shown(path)}; use {headers['Allow']}"
        return problem(error.status_code, told, headers=headers)

    async def failed(request: Request, error: Exception) -> Response:
        return problem(500, "something went wrong inside; the log says more")

    admission = admission or Admission()
    return Starlette(
        routes=routes,
        exception_handlers={HTTPException: refused, Exception: failed},
        middleware=[Middleware(_Gate, admission), Middleware(_Sharing, admission)],
    )


class _Figures:
    """The metrics, made once for all who ask in the same turn of the event loop: they cost milliseconds."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads
        self._made: bytes | None = None

    def now(self) -> bytes:
        """As they are in this turn."""
        if self._made is None:
            self._made = generate_latest(self._reads.registry)
            asyncio.get_running_loop().call_soon(self._forget)
        return self._made

    def _forget(self) -> None:
        self._made = None


class _Gate:
    """Answers for the application where a request names another server or comes from a foreign page."""

    def __init__(self, app: ASGIApp, admission: Admission) -> None:
        self._app = app
        self._admission = admission

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        if scope["path"] not in EXEMPT:
            send = _noting_refusals(scope, send)
        try:
            if scope["path"] not in EXEMPT:
                old = scope["http_version"] == "1.0"
                self._admission.require(headers.getlist("host"), headers.getlist("origin"), host_wanted=not old)
        except Refused as refusal:
            await problem(refusal.status, str(refusal), refusal.code)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _noting_refusals(scope: Scope, send: Send) -> Send:
    """`send`, which also logs what is no success."""
    status = 0

    async def noting(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
        elif status >= 400:
            asked = {"method": scope["method"], "path": scope["path"][:SHOWN_CHARACTERS], "status": status}
            client = ":".join(map(str, scope["client"] or ("?",)))
            log.info(
                "a request was refused", extra={**asked, **frame_log.shown(message.get("body", b"")), "client": client}
            )
        await send(message)

    return noting


class _Sharing(CORSMiddleware):
    """Tells browsers that pages of the setting `origins` may read the answers."""

    def __init__(self, app: ASGIApp, admission: Admission) -> None:
        methods = ("GET", "HEAD", "POST")
        super().__init__(
            app,
            allow_methods=methods,
            allow_headers=("*",),
            allow_private_network=True,
            expose_headers=("Retry-After",),
        )
        self._admission = admission

    def is_allowed_origin(self, origin: str) -> bool:
        return self._admission.is_friend(origin)

    def preflight_response(self, request_headers: Headers) -> Response:
        answer = super().preflight_response(request_headers)
        if answer.status_code == 200:
            return answer
        return problem(400, f"{bytes(answer.body).decode()}; methods are {', '.join(self.allow_methods)}")


async def _no_socket(request: Request) -> Response:
    """A page was asked for where sockets are: what is wrong with the path comes first, as for a handshake."""
    try:
        endpoint(request.scope["path"])
    except Refused as refused:
        return problem(refused.status, str(refused))
    return problem(426, SOCKET_WANTED, headers={"Upgrade": "websocket"})
