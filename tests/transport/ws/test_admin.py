"""The admin port beside the other one, over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.types import ASGIApp

from dispatch.config import Settings
from dispatch.transport.http.access import public
from dispatch.transport.http.admission import Admission
from dispatch.transport.http.app import http_app
from dispatch.transport.http.routes.operator import operator_routes
from dispatch.transport.ws.admin import Admin
from dispatch.transport.ws.edge import EdgeCounters
from dispatch.transport.ws.listener import listening_socket
from dispatch.transport.ws.metrics import registry_of
from dispatch.transport.ws.server import run, serve_forever
from tests.transport.echo import UPGRADE, EchoGateway, plain_page

PATIENCE_S = 10.0


def pages() -> ASGIApp:
    """What the admin port answers to everybody."""
    return http_app(
        public(operator_routes(registry_of(), lambda: {"dispatch": "1.2.3"})), Admission(Settings(auth="on"))
    )


@asynccontextmanager
async def both(**settings: float) -> AsyncIterator[tuple[int, int, asyncio.Task[None]]]:
    """A server with both ports: the main one, the admin port, and its task, which is cancelled on leaving."""
    ready: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    options = Settings(**settings)  # type: ignore[arg-type]
    main, admin = (listening_socket("127.0.0.1", 0) for _ in range(2))
    port = admin.getsockname()[1]
    serving = serve_forever(
        EchoGateway(),
        plain_page,
        options,
        lambda host, port: ready.set_result(port),
        EdgeCounters(),
        main,
        admin=Admin(admin, pages()),
    )
    server = asyncio.ensure_future(serving)
    try:
        yield await asyncio.wait_for(ready, PATIENCE_S), port, server
    finally:
        server.cancel()
        await asyncio.wait({server})


async def answered(port: int, request: str) -> str:
    """All that comes back for these bytes, until the connection ends."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request.encode())
    whole = await asyncio.wait_for(reader.read(), PATIENCE_S)
    writer.close()
    return whole.decode()


def get(path: str, more: str = "") -> str:
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{more}\r\n"


def test_each_port_answers_its_own_pages_and_the_admin_port_also_what_a_proxy_hands_on() -> None:
    async def story() -> None:
        async with both() as (main, admin, _):
            assert "1.2.3" in await answered(admin, get("/-/versions"))
            assert "1.2.3" in await answered(admin, get("/-/versions", "X-Forwarded-For: 10.0.0.9\r\n"))
            assert "process_cpu_seconds_total" in await answered(admin, get("/metrics"))
            assert "1.2.3" not in await answered(main, get("/-/versions"))

    run(story())


def test_the_admin_port_opens_no_socket() -> None:
    async def story() -> None:
        async with both() as (_, admin, _server):
            asked = UPGRADE.format(path="/ws/ops/", more="Connection: close\r\n")
            assert " 101 " not in (await answered(admin, asked)).partition("\r\n")[0]

    run(story())


def test_a_connection_to_the_admin_port_that_sends_no_headers_is_cut_off() -> None:
    async def story() -> None:
        async with both(header_timeout_s=0.2) as (_, admin, _server):
            assert await answered(admin, "GET /met") == ""

    run(story())


def test_the_admin_port_is_closed_when_the_server_has_stopped() -> None:
    async def story() -> None:
        async with both() as (_, admin, server):
            server.cancel()
            await asyncio.wait({server}, timeout=PATIENCE_S)
            try:
                await asyncio.open_connection("127.0.0.1", admin)
            except ConnectionRefusedError:
                return
            raise AssertionError("somebody still listens")

    run(story())
