"""The admin port: pages for the operator's own network, beside the port that everybody reaches. Plain HTTP alone. Run by `server`."""

import asyncio
import socket
from collections.abc import AsyncIterator, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final, NamedTuple, cast

import uvicorn
from starlette.types import ASGIApp

from dispatch.transport.ws.door import BehindDoor
from dispatch.transport.ws.edge import SocketEdge
from dispatch.transport.ws.front import FrontConnection

HTTP_STOP_S: Final = 2


class Admin(NamedTuple):
    """What is served on the admin port. `listener` is closed at the end."""

    listener: socket.socket
    http_app: ASGIApp


def config(http_app: ASGIApp, **more: Any) -> uvicorn.Config:
    """How uvicorn serves any port of ours."""
    return uvicorn.Config(
        cast(Any, http_app),
        lifespan="off",
        log_config=None,
        log_level="error",  # what a client sends wrong is answered, not logged
        access_log=False,
        proxy_headers=False,  # anybody can write X-Forwarded-For
        server_header=False,
        timeout_graceful_shutdown=HTTP_STOP_S,
        **more,
    )


@asynccontextmanager
async def admin_served(edge: SocketEdge, admin: Admin | None) -> AsyncIterator[None]:
    """Serve the admin port while the block runs, also while the other port stops. None: there is none."""
    if admin is None:
        yield
        return
    server = _Server(config(admin.http_app, ws="none"), admin.listener, edge, _Connection)
    serving = asyncio.create_task(server.serve())
    try:
        yield
    finally:
        server.stop()
        await serving


class _Connection(FrontConnection):
    """A connection that stays HTTP, whatever it asks for."""

    def _should_upgrade(self) -> bool:
        return False


class _Server(BehindDoor):
    """It ends with the block that it serves beside, not by signals."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield
