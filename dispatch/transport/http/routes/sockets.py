"""`/ws/…` without an upgrade: a page was asked for where a socket is."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dispatch.transport.http.problem import problem

ANY_METHOD: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
SOCKET_WANTED: Final = "this is a WebSocket endpoint; connect with a WebSocket client"


async def _upgrade_wanted(request: Request) -> Response:
    """What is wrong with the path was said when the request was not admitted."""
    return problem(426, SOCKET_WANTED, headers={"Upgrade": "websocket"})


SOCKET_ROUTES: Final = (Route("/ws/{rest:path}", _upgrade_wanted, methods=ANY_METHOD),)
