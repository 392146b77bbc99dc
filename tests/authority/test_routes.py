"""The table of who may ask which route (routes.txt): every cell, on a real server with real tokens, and nobody at any socket."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn

import httpx2
import pytest
from starlette.routing import Route
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from dispatch.app import serve
from dispatch.config import Settings
from dispatch.identity.people import NewPerson
from dispatch.identity.tokens import Claims, make_token
from dispatch.principals import Principal, Role
from dispatch.storage.file.key_file import keys_of
from dispatch.storage.file.owner import owned
from dispatch.storage.log.on_file import Writer
from dispatch.storage.people import people
from dispatch.transport.control import control_socket
from dispatch.transport.http.admission import Admission
from dispatch.transport.http.app import http_app
from dispatch.transport.http.operation import methods_of
from dispatch.transport.ws.server import run
from dispatch.travel.streets import SHIPPED
from dispatch.words import PersonRole
from tests.authority.test_messages import FIELDS
from tests.e2e.test_quotes import BOOKING, heard, served
from tests.e2e.test_tokens import ON, close_code

ROLES: Final = ("nobody", "owner", "other", "assigned", "asked", "driver", "dispatcher", "manager")
KINDS: Final = {
    "owner": Role.PASSENGER, "other": Role.PASSENGER, "assigned": Role.DRIVER, "asked": Role.DRIVER, "driver": Role.DRIVER,
    "dispatcher": Role.STAFF, "manager": Role.STAFF,
}  # fmt: skip
BODIES: Final[Mapping[str, dict[str, Any]]] = {"/api/rides/{ride_id}/rating": {"rating": 5}}
"""Of routes whose ownership is looked at behind the body. An empty body elsewhere: who may ask is told what is missing in it (400)."""

FILES: Final = {
    "/client/{file:path}": "/client/dispatch-client.js",
    "/web/texts/{language}/{page}.json": "/web/texts/en/passenger.json",
    "/web/{file:path}": "/web/style/tokens.css",
}
"""A file of each folder that is served."""
SOCKETS: Final = "/ws/{rest:path}"
"""What is at a socket's path without a handshake is told to make one; who may is what the tables of messages say."""


def table() -> dict[tuple[str, str], dict[str, str]]:
    """By method and path, what comes back to each role."""
    lines = (Path(__file__).parent / "routes.txt").read_text(encoding="utf-8").splitlines()
    rows = [line.split() for line in lines if line.strip() and not line.startswith("#")]
    assert tuple(rows[0][2:]) == ROLES
    told = {(method, path): dict(zip(ROLES, cells, strict=True)) for method, path, *cells in rows[1:]}
    assert len(told) == len(rows) - 1, "one row each"
    return told


TABLE: Final = table()


class Server:
    """Who is on file, and their tokens."""

    def __init__(self, folder: Path) -> None:
        self.db = folder / "rides.db"
        writer = Writer(self.db, "full")
        now = time.time()
        self.ids: dict[str, str] = {}
        for number, (role, kind) in enumerate(KINDS.items()):
            new = NewPerson(
                role=PersonRole(kind),
                name=f"Name {role}",
                phone=f"2782000000{number}",
                is_manager=role == "manager",
                **({"vehicle_type": "sedan", "registration": f"CA {number}"} if kind is Role.DRIVER else {}),
            )
            self.ids[role] = people.add(writer, new, now)[0].person_id
        writer.close()

    def headers(self, role: str) -> dict[str, str]:
        """What this role shows."""
        if role == "nobody":
            return {}
        now = int(time.time())
        principal = Principal(KINDS[role], self.ids[role], is_manager=role == "manager")
        token = make_token(Claims(principal, "s1", now, now + 600), keys_of(self.db, now))
        return {"Authorization": f"Bearer {token}"}

    def named(self, path: str) -> str:
        """The path with ids, or a file, in it."""
        for pattern, file in FILES.items():
            if path == pattern:
                return file
        return path.format(ride_id="r1", person_id="p0", quote_id="q1", driver_id="d0", page="desk", device_id="x1")


async def socket(host: str, server: Server, role: str, path: str) -> ClientConnection:
    return await connect(f"ws://{host}{path}", additional_headers=server.headers(role))


async def a_ride(host: str, server: Server) -> list[ClientConnection]:
    """The ride r1 of `owner`, which `assigned` has and for which `asked` was asked."""
    sockets = []
    for role, lat in (("assigned", -26.2), ("asked", -26.19)):
        driver = await socket(host, server, role, f"/ws/driver/{server.ids[role]}/")
        await driver.send(json.dumps({"type": "location_update", "latitude": lat, "longitude": 28.05, "id": "h"}))
        await heard(driver, "ack")
        sockets.append(driver)
    owner = await socket(host, server, "owner", "/ws/ride/r1/")
    await owner.send(json.dumps(BOOKING))
    for driver in sockets:
        await heard(driver, "ride_request")
    accept = {"type": "accept_ride", "ride_id": "r1", "driver_id": server.ids["assigned"]}
    await sockets[0].send(json.dumps(accept))
    await heard(owner, "driver_assigned")
    return [*sockets, owner]


async def asked_http(host: str, server: Server) -> tuple[dict[tuple[str, str], dict[str, str]], set[tuple[str, str]]]:
    """What came back to everybody from every route of the table; and the routes that the server says it has."""
    got: dict[tuple[str, str], dict[str, str]] = {}
    async with httpx2.AsyncClient(base_url=f"http://{host}", trust_env=False) as client:
        described = (await client.get("/openapi.json")).json()["paths"]
        known = {(method.upper(), path) for path, methods in described.items() for method in methods}
        for method, path in sorted(TABLE):
            cells = got[method, path] = {}
            for role in ROLES:
                body: dict[str, Any] = {} if method == "GET" else {"json": BODIES.get(path, {})}
                answer = await client.request(method, server.named(path), headers=server.headers(role), **body)
                cells[role] = str(answer.status_code)
                if answer.status_code >= 400:
                    assert answer.headers["content-type"] == "application/problem+json", (method, path, role)
    return got, known


async def closes(host: str, server: Server) -> Mapping[tuple[str, str], int | None]:
    """The code with which each kind of socket closes for each role; None: it stays open."""
    paths = {"ride": "/ws/ride/r1/", "driver": f"/ws/driver/{server.ids['assigned']}/", "ops": "/ws/ops/"}
    found: dict[tuple[str, str], int | None] = {}
    for kind, path in paths.items():
        for role in KINDS:
            app = await socket(host, server, role, path)
            try:
                await app.send(json.dumps({"type": "ping"}))
                await heard(app, "pong")
                found[kind, role] = None
            except ConnectionClosed:
                found[kind, role] = app.close_code
            await app.close()
    return found


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """One server, asked everything."""
    folder = tmp_path_factory.mktemp("town")
    server, seen = Server(folder), {}

    async def story() -> None:
        async with served(folder, f'map_streets = "{SHIPPED}"\n{ON}') as (host, _):
            sockets = await a_ride(host, server)
            seen["routes"], seen["known"] = await asked_http(host, server)
            seen["nobody"] = {}
            for path in ("/ws/ride/r1/", "/ws/driver/27820000002/", "/ws/ops/"):
                for message in FIELDS:
                    if message != "authenticate":
                        app = await connect(f"ws://{host}{path}")
                        await app.send(json.dumps({"type": message, **FIELDS[message]}))
                        seen["nobody"][path, message] = await close_code(app)
            for each in sockets:
                await each.close()
            seen["sockets"] = await closes(host, server)

    run(story())
    return seen


class Enough(Exception):
    """The server has its routes."""


def served_routes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> set[tuple[str, str]]:
    """Every route of a server as it starts, whether it is described or not."""
    found: list[Route] = []

    def noting(routes: Sequence[Route], admission: Admission, *_: object) -> NoReturn:
        found.extend(http_app(routes, admission).routes)
        raise Enough

    monkeypatch.setattr("dispatch.transport.http.app.http_app", noting)
    settings = Settings(db=str(folder / "rides.db"), port=0, auth="on")
    with pytest.raises(Enough), owned(settings.db, make=True) as ownership, control_socket(ownership.path) as orders:
        serve(settings, ownership, orders)
    return {(method, route.path) for route in found for method in methods_of(route)}


def test_the_table_names_every_route_that_there_is(
    seen: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = {route for route in served_routes(tmp_path, monkeypatch) if route[1] != SOCKETS}
    assert there == set(TABLE)
    assert seen["known"] <= there, "what is described is served"


@pytest.mark.parametrize("route", TABLE, ids=" ".join)
def test_every_route_answers_everybody_as_the_table_says(seen: dict[str, Any], route: tuple[str, str]) -> None:
    assert seen["routes"][route] == TABLE[route]


def test_who_has_proved_nothing_is_closed_out_with_the_first_frame_whatever_it_is(seen: dict[str, Any]) -> None:
    assert set(seen["nobody"].values()) == {4501}
    assert len(seen["nobody"]) == 3 * (len(FIELDS) - 1)


def test_a_socket_is_for_its_role_alone_and_that_of_a_driver_for_the_driver(seen: dict[str, Any]) -> None:
    mine = {("ride", "owner"), ("ride", "other"), ("driver", "assigned"), ("ops", "dispatcher"), ("ops", "manager")}
    assert seen["sockets"] == {cell: None if cell in mine else 4503 for cell in seen["sockets"]}
    assert len(seen["sockets"]) == 3 * len(KINDS)
