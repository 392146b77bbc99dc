"""The HTTP application beside the sockets: joins the routes, admits every request, shapes every error. Made by the composition root.

A new route is a file, or a line of one, in `routes/`; its list of `Route`s is given to `http_app`.
"""

import logging
import time
from collections import Counter
from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
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


def http_app(routes: Sequence[Route], admission: Admission, refused_by_code: Counter[str] | None = None) -> Starlette:
    """Build the application for all requests that are no WebSocket handshakes. A path under `/ws/` answers 426.

    A route of which nobody has said who may ask it (`access`) is for staff. `refused_by_code`: counts the errors that are answered.
    """
    counts = refused_by_code if refused_by_code is not None else Counter[str]()
    for route in routes:
        guarded(route)
    known = [route.path for route in routes]

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        path, headers = request.url.path, dict(error.headers or {})
        told = error.detail
        if error.status_code == 404:
            told = f"no such page {shown(path)}{did_you_mean(path, known)}"
        elif error.status_code == 405:
            headers["Allow"] = ", ".join(_methods_at(routes, path))  # the library knows those of the first route alone
            told = f"{shown(request.method)} is not possible on {shown(path)}; use {headers['Allow']}"
        return problem(error.status_code, told, headers=headers)

    async def failed(request: Request, error: Exception) -> Response:
        told = {REQUEST_ID: request_id.get()}  # sent past the gate, which has failed
        return problem(500, "something went wrong inside; the log says more", headers=told)

    # Without friends there is nobody to share with: the gate turns every foreign page away.
    sharing = [Middleware(_Sharing, admission, routes)] if admission.has_friends else []
    return Starlette(
        routes=[*routes, *public([Route("/ws/{rest:path}", _upgrade_wanted, methods=ANY_METHOD)])],
        exception_handlers={HTTPException: refused, Exception: failed},
        middleware=[Middleware(_Gate, admission, counts), *sharing],
    )


def _methods_at(routes: Sequence[Route], path: str) -> list[str]:
    """All methods of all routes that a path leads to."""
    return sorted({method for route in routes if route.path_regex.match(path) for method in route.methods or ()})


async def _upgrade_wanted(request: Request) -> Response:
    """A plain request where a socket is. One with a wrong path was not admitted."""
    return problem(
        426, "this is a WebSocket endpoint; connect with a WebSocket client", headers={"Upgrade": "websocket"}
    )


class _Gate:
    """Middleware: passes an admitted request on, with what is known of its asker in `request.state.caller`, and answers any other."""

    def __init__(self, app: ASGIApp, admission: Admission, refused: Counter[str]) -> None:
        self._app = app
        self._admission = admission
        self._refused = refused
        self._names = Numbers("r", time.time())

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
        send = _answering(scope, send, name, self._refused if path not in EXEMPT else None)
        if isinstance(admitted, RequestRefusal):
            told = problem(admitted.status, str(admitted), admitted.code, admitted.headers)
            await told(scope, receive, send)
        else:
            scope.setdefault("state", {})["caller"] = admitted
            await self._app(scope, receive, send)


def _answering(scope: Scope, send: Send, name: str, refused: Counter[str] | None) -> Send:
    """Wrap `send`: every answer says under which id the log has it. Of 400 or more it is counted in `refused`, and logged."""
    header = (REQUEST_ID.lower().encode(), name.encode())
    status = 0

    async def answering(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
            message = {**message, "headers": [*message.get("headers", ()), header]}
        elif status >= 400 and refused is not None:
            _note(scope, message, status, refused)
        await send(message)

    return answering


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
