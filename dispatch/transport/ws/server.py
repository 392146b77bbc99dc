"""Runs the server: uvicorn on one port, sockets handed to the edge, an orderly stop on SIGTERM and SIGINT.

Heavy to import; the composition root does so only to serve.
"""

import asyncio
import logging
import signal
import socket
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from functools import partial
from types import FrameType
from typing import Any, TypeVar, cast

from starlette.types import ASGIApp

from dispatch.config import Settings
from dispatch.transport.http.admission import Admission
from dispatch.transport.sessions.gateway import Gateway
from dispatch.transport.ws.admin import Admin, admin_served, config
from dispatch.transport.ws.door import BehindDoor
from dispatch.transport.ws.edge import EdgeCounters, SocketEdge
from dispatch.transport.ws.front import FrontConnection
from dispatch.transport.ws.listener import forget_startup_garbage, prepare_process
from dispatch.transport.ws.tls import LOOK_EVERY_S, Certificate
from dispatch.transport.ws.websocket import DispatchConnection

T = TypeVar("T")
SPARE_FILES = 200
"""For the database, the log, and connections that are no sockets yet."""

log = logging.getLogger(__name__)


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run `main` to its end on the fastest event loop there is."""
    try:
        import uvloop
    except ImportError:  # none for Windows
        return asyncio.run(main)
    return uvloop.run(main)


async def serve_forever(
    gateway: Gateway,
    http_app: ASGIApp,
    settings: Settings,
    on_ready: Callable[[str, int], None],
    counters: EdgeCounters,
    listener: socket.socket,
    admission: Admission | None = None,
    admin: Admin | None = None,
    on_stop: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT, then close all sockets in batches and return. A second signal cuts them off.

    Cancelling it stops in the same orderly way. To be called in the main thread.

    `on_ready(host, port)` is called once connections are accepted. `listener`: a `listening_socket`, which is closed at the end.
    `admission`: finds out who connects; None: by the settings, where nobody can log in. `admin`: what is served on the admin port.
    `on_stop`: is waited for before sockets are closed, while nobody new is let in.

    Raises SettingError: the TLS certificate cannot be used.
    """
    room = _with_room(settings, prepare_process())
    edge = SocketEdge(gateway, room, counters, admission)
    ready = partial(on_ready, settings.host, listener.getsockname()[1])
    server = _Server(edge, http_app, listener, ready, Certificate.of(settings), on_stop)
    async with admin_served(edge, admin):
        serving = asyncio.create_task(server.serve())  # so that what looks around ends there
        try:
            await asyncio.shield(serving)
        except asyncio.CancelledError:
            server.stop()
            await serving
            raise


def _with_room(settings: Settings, files: int) -> Settings:
    """Reduce `max_connections` to what this many open files allow."""
    most = max(1, files - SPARE_FILES)
    if settings.max_connections <= most:
        return settings
    log.info("at most %d connections: the system allows %d open files (ulimit -n)", most, files)
    return replace(settings, max_connections=most)


class _Server(BehindDoor):
    """It has the edge's connections and orderly stop. It ends by returning, instead of raising the signal again."""

    def __init__(
        self,
        edge: SocketEdge,
        http_app: ASGIApp,
        listener: socket.socket,
        on_ready: Callable[[], None],
        certificate: Certificate | None,
        on_stop: Callable[[], Awaitable[None]] | None,
    ) -> None:
        sockets = cast(Any, lambda **_: DispatchConnection(edge))
        tls = certificate.context if certificate is not None else None
        super().__init__(config(http_app, ws=sockets), listener, edge, FrontConnection, tls)
        self._signal = ""
        self._on_ready = on_ready
        self._on_stop = on_stop
        self._certificate = certificate

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self.should_exit:
            self._loop.call_soon_threadsafe(self._edge.hurry)
        self.stop()
        self._signal = signal.Signals(sig).name

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        if self._certificate is not None:
            self._look_at(self._certificate)
        await super().startup(sockets)
        forget_startup_garbage()
        self._on_ready()

    def _look_at(self, certificate: Certificate) -> None:
        certificate.look()
        self._loop.call_later(LOOK_EVERY_S, self._look_at, certificate)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        log.info("stopping", extra={"because_of": self._signal, "sockets": len(self._edge.sockets)})
        await self.door.shut()
        if self._on_stop is not None:
            await self._on_stop()
        await self._edge.drain()
        await super().shutdown(sockets)
