"""The HTTP application beside the sockets: joins the routes, admits every request, shapes every error. Made by the composition root.

A new route is a file, or a line of one, in `routes/`; its list of `Route`s is given to `http_app`.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dispatch.errors import did_you_mean
from dispatch.trail import REQUEST_ID, TRAIL, Numbers, request_id
from dispatch.transport.http.access import guarded, public
from dispatch.transport.http.admission import EXEMPT, Admission, HttpRequest
from dispatch.transport.http.paths import SHOWN_CHARACTERS, RequestRefusal, shown
from dispatch.transport.http.problem import problem
from dispatch.transport.wire import frame_log

log = logging.getLogger(__name__)
ANY_METHOD = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def http_app(routes: Sequence[Route], admission: Admission, refused_by_code: Counter[str] | None = None) -> HttpApp:
    """Build the application for all requests that are no WebSocket handshakes. A path under `/ws/` answers 426.

    A route of which nobody has said who may ask it (`access`) is for staff. `refused_by_code`: counts the errors that are answered.
    """
    for route in routes:
        guarded(route)
    return HttpApp(routes, admission, refused_by_code if refused_by_code is not None else Counter())


class _Routed:
    """Leads a request to its route, or says why there is none."""

    def __init__(self, routes: Sequence[Route]) -> None:
        sockets = public([Route("/ws/{rest:path}", _upgrade_wanted, methods=ANY_METHOD)])
        self._routes = routes
        self._router = Router([*routes, *sockets])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["app"] = self  # or the library would answer by itself what it raises now
        try:
            await self._router(scope, receive, send)
        except HTTPException as error:
            await self._refusal(Request(scope), error)(scope, receive, send)

    def _refusal(self, request: Request, error: HTTPException) -> Response:
        path, headers = request.url.path, dict(error.headers or {})
        told = error.detail
        if error.status_code == 404:
            told = f"no such page {shown(path)}{did_you_mean(path, [route.path for route in self._routes])}"
        elif error.status_code == 405:
            headers["Allow"] = ", ".join(_methods_at(self._routes, path))  # the library knows those of one route alone
            told = f"{shown(request.method)} is not possible on {shown(path)}; use {headers['Allow']}"
        return problem(error.status_code, told, headers=headers)


def _methods_at(routes: Sequence[Route], path: str) -> list[str]:
    """All methods of all routes that a path leads to."""
    return sorted({method for route in routes if route.path_regex.match(path) for method in route.methods or ()})


async def _upgrade_wanted(request: Request) -> Response:
    """A plain request where a socket is. One with a wrong path was not admitted."""
    return problem(
        426, "this is a WebSocket endpoint; connect with a WebSocket client", headers={"Upgrade": "websocket"}
    )


class HttpApp:
    """Passes an admitted request on, with what is known of its asker in `request.state.caller`, and answers any other. It takes no
    more layers than that: each is passed by every request and by every part of its answer.
    """

    def __init__(self, routes: Sequence[Route], admission: Admission, refused: Counter[str]) -> None:
        self.routes = routes
        self._admission = admission
        self._refused = refused
        self._names = Numbers("r", time.time())
        routed = _Routed(routes)
        # Without friends there is nobody to share with: every foreign page is turned away here.
        self._app = _Sharing(routed, admission, routes) if admission.has_friends else routed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, client, headers = scope["path"], scope["client"], Headers(scope=scope)
        name = self._names.next()
        request_id.set(name)  # in the task of this request alone
        asked = HttpRequest(
            path,
            scope["query_string"].decode("latin-1"),
            headers.getlist,
            client[0] if client else "?",
            knows_host=scope["http_version"] != "1.0",
            names=headers.keys,
        )
        admitted = self._admission.admit(asked)
        address, scheme = self._admission.client(asked)
        if client and address != client[0]:
            scope["client"] = address, 0
        if scheme:
            scope["scheme"] = scheme
        answer = _Answer(scope, send, name, self._refused if path not in EXEMPT else None)
        if isinstance(admitted, RequestRefusal):
            told = problem(admitted.status, str(admitted), admitted.code, admitted.headers)
            await told(scope, receive, answer)
            return
        scope.setdefault("state", {})["caller"] = admitted
        try:
            await self._app(scope, receive, answer)
        except Exception:
            if not answer.status:
                told = problem(500, "something went wrong inside; the log says more", headers={REQUEST_ID: name})
                await told(scope, receive, send)
            raise  # uvicorn logs it


class _Answer:
    """The way out for an answer, which says under which id the log has it. One of 400 or more is counted in `refused`, and logged."""

    __slots__ = ("_header", "_refused", "_scope", "_send", "status")

    def __init__(self, scope: Scope, send: Send, name: str, refused: Counter[str] | None) -> None:
        self._scope = scope
        self._send = send
        self._header = (REQUEST_ID.lower().encode(), name.encode())
        self._refused = refused
        self.status = 0
        """0: nothing of it was sent."""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message = {**message, "headers": [*message.get("headers", ()), self._header]}
        elif self.status >= 400 and self._refused is not None:
            _note(self._scope, message, self.status, self._refused)
        await self._send(message)


def _note(scope: Scope, message: Message, status: int, refused: Counter[str]) -> None:
    asked = {"method": scope["method"], "path": scope["path"][:SHOWN_CHARACTERS], "status": status}
    client = ":".join(map(str, scope["client"] or ("?",)))
    why = frame_log.shown(message.get("body", b""))
    refused[str(why.get("code", "other"))] += 1
    ids = {name: value for name, value in scope.get("path_params", {}).items() if name in TRAIL}
    log.info("a request was refused", extra={**ids, **asked, **why, "client": client})


class _Sharing(CORSMiddleware):
    """Middleware: CORS for the pages of the setting `origins`."""

    def __init__(self, app: ASGIApp, admission: Admission, routes: Sequence[Route]) -> None:
        super().__init__(
            app,
            allow_methods=sorted(
                {"GET", "HEAD", "POST", *(method for route in routes for method in route.methods or ())}
            ),
            allow_headers=("*",),
            allow_private_network=True,
            expose_headers=("Retry-After", REQUEST_ID),
        )
        self._admission = admission

    def is_allowed_origin(self, origin: str) -> bool:
        return self._admission.is_friend(origin)

    def preflight_response(self, request_headers: Headers) -> Response:
        answer = super().preflight_response(request_headers)
        if answer.status_code == 200:
            return answer
        return problem(400, f"{bytes(answer.body).decode()}; methods are {', '.join(self.allow_methods)}")
