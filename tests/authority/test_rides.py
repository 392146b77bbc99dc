"""The table of who may ask what about a ride over HTTP, in each of its states (rides.txt): every cell, on a real server.

Each cell has a ride of its own, which was brought into its state on file before the server started.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Final, NamedTuple
from zlib import crc32

import httpx2
import pytest
from websockets.asyncio.client import ClientConnection, connect

from dispatch import addresses
from dispatch.identity.tokens import Claims, make_token
from dispatch.ids import DriverId, OfferId, PassengerId, RideId
from dispatch.messages.events import (
    DriverRegistered,
    DriverReleased,
    DriverReserved,
    OfferPlaced,
    OffersClosed,
    OffersMade,
    PassengerNoShow,
    RideArrived,
    RideAssigned,
    RideCancelled,
    RideCompleted,
    RideRequested,
    RideScheduled,
    RideStarted,
    SearchFailed,
)
from dispatch.messages.journal import Append, by_nobody
from dispatch.principals import Principal, Role
from dispatch.storage.file.key_file import keys_of
from dispatch.storage.log.on_file import Writer
from dispatch.transport.ws.server import run
from dispatch.values import DriverCard, Passenger, Place, Trip
from dispatch.words import OfferOutcome, ReleaseReason, RideStatus, SearchEnd
from tests.authority.test_messages import ALWAYS
from tests.authority.town import WAYS, WHO
from tests.e2e.test_quotes import heard, served
from tests.e2e.test_tokens import ON

STATES: Final = tuple(WAYS)
ASSIGNED: Final = ("accepted", "arrived", "in_progress", "completed", "cancelled", "no_show")
"""States of a ride that has its driver, or had one at its end."""
ASKED: Final = DriverId(WHO["asked"].id)
TRIP: Final = Trip(Place(-26.2041, 28.0473, "123 Main St"), Place(-26.185, 28.055, "456 Oak Ave"), 5.2, 15.0, 85.5)
OWNER: Final = Passenger(PassengerId(WHO["owner"].id), "Olga Owner", "27820000001")
FAR: Final = {"latitude": -26.31, "longitude": 28.0473}
UNKNOWN: Final = "nobody-booked-this"


class Asked(NamedTuple):
    """A request about a ride: the path behind the ride's id."""

    method: str
    path: str
    body: dict[str, Any] | None = None


REQUESTS: Final[Mapping[str, Asked]] = {
    "read": Asked("GET", ""),
    "why": Asked("GET", "/why"),
    "drivers": Asked("GET", "/drivers"),
    "note": Asked("PATCH", "", {"note": "the blue gate"}),
    "move": Asked("PATCH", "", {"pickup_latitude": -26.2051, "pickup_longitude": 28.0463}),
    "assign": Asked("POST", "/assign", {}),
    "bind": Asked("POST", "/assign", {"bind": True}),
    "reassign": Asked("POST", "/reassign", {}),
    "cancel": Asked("POST", "/cancel", {}),
    "fare": Asked("POST", "/fare", {"fare": 80.0, "reason": "agreed"}),
    "rate": Asked("POST", "/rating", {"rating": 5}),
}


def table() -> dict[tuple[str, str], dict[str, str]]:
    """By request and role, what comes in each state."""
    lines = (Path(__file__).parent / "rides.txt").read_text(encoding="utf-8").splitlines()
    rows = [line.split() for line in lines if line.strip() and not line.startswith("#")]
    assert tuple(rows[0][2:]) == STATES
    told: dict[tuple[str, str], dict[str, str]] = {}
    for name, role, *cells in rows[1:]:
        assert (name, role) not in told, "one row each"
        each = cells[:1] * len(STATES) if cells[1:] == [ALWAYS] else cells
        told[name, role] = dict(zip(STATES, each, strict=True))
    return told


TABLE: Final = table()


def ride_of(name: str, role: str, state: str) -> RideId:
    """The ride of one cell."""
    return RideId(f"{name}-{role}-{state}")


def driver_of(ride_id: RideId) -> DriverId:
    """The driver who has this ride, or was asked for it."""
    return DriverId(f"driver-of-{ride_id}")


def who(role: str, ride_id: RideId) -> Principal:
    """Who asks, of the ride of a cell."""
    return Principal(Role.DRIVER, driver_of(ride_id)) if role == "assigned" else WHO[role]


def history(ride_id: RideId, state: str, now: float) -> Iterator[Append]:
    """All that happened to a ride in this state."""
    if state == "unbooked":
        return
    stream, zone, driver_id = addresses.ride(ride_id), addresses.dispatcher("0"), driver_of(ride_id)
    if state == "scheduled":
        yield by_nobody(stream, now, RideScheduled(ride_id, OWNER, TRIP, now + 86_400.0, now))
        return
    card = DriverCard(driver_id, "Dan", f"2783{crc32(ride_id.encode()) % 10**7:07d}")
    own, other = OfferId(f"{ride_id}.1.1"), OfferId(f"{ride_id}.1.2")
    offers = OfferPlaced(own, driver_id, 900.0), OfferPlaced(other, ASKED, 990.0)
    yield by_nobody(addresses.driver(driver_id), now, DriverRegistered(card))
    yield by_nobody(stream, now, RideRequested(ride_id, 1, OWNER, TRIP, now))
    yield by_nobody(zone, now, OffersMade(ride_id, 1, 1, offers, now + 30.0))
    if state in ASSIGNED:
        yield by_nobody(addresses.driver(driver_id), now, DriverReserved(ride_id, driver_id, own, 1, 1))
        yield by_nobody(stream, now, *steps(ride_id, card, own, state, now))
        if state in ("completed", "cancelled", "no_show"):
            reason = ReleaseReason.COMPLETED if state == "completed" else ReleaseReason.CANCELLED
            yield by_nobody(addresses.driver(driver_id), now, DriverReleased(ride_id, driver_id, own, reason))
        closed = OffersClosed(ride_id, (other,), (ASKED,), OfferOutcome.EXPIRED)
    else:
        closed = OffersClosed(ride_id, (own, other), (driver_id, ASKED), OfferOutcome.EXPIRED)
    if state != "pending":
        yield by_nobody(zone, now, closed)
    if state == "no_drivers":
        yield by_nobody(stream, now, SearchFailed(ride_id, SearchEnd.NOBODY_ACCEPTED, 4, 2))


def steps(ride_id: RideId, card: DriverCard, offer_id: OfferId, state: str, now: float) -> Iterator[Any]:
    """From the assignment into this state."""
    driver_id = card.driver_id
    yield RideAssigned(ride_id, card, offer_id, 1, now)
    if state == "cancelled":
        yield RideCancelled(ride_id, "passenger", "", driver_id)
    if state in ("arrived", "in_progress", "completed", "no_show"):
        yield RideArrived(ride_id, driver_id, now, free_wait_ends_at=now, no_show_at=now)
    if state in ("in_progress", "completed"):
        yield RideStarted(ride_id, driver_id, now)
    if state == "completed":
        yield RideCompleted(ride_id, driver_id, 85.5)
    if state == "no_show":
        yield PassengerNoShow(ride_id, driver_id)


class Answers(NamedTuple):
    """What a server answered: for each cell the status, the body, and whether events of the ride were written meanwhile."""

    cells: dict[tuple[str, str, str], tuple[int, bytes, bool]]
    unknown: dict[tuple[str, str], bytes]


def events_of(db: sqlite3.Connection, ride_id: RideId) -> int:
    found: tuple[int] = db.execute(
        "SELECT count(*) FROM events WHERE ride_no = (SELECT ride_no FROM rides WHERE ride_id = ?)", (ride_id,)
    ).fetchone()
    return found[0]


async def free_driver(host: str, headers: Mapping[str, str], driver_id: str) -> ClientConnection:
    """A driver whom staff may have asked."""
    driver = await connect(f"ws://{host}/ws/driver/{driver_id}/", additional_headers=headers)
    await driver.send(json.dumps({"type": "location_update", **FAR, "id": "here"}))
    await heard(driver, "ack")
    return driver


async def asked(host: str, db: Path) -> Answers:
    """Ask for every cell."""
    keys, cells, unknown = keys_of(db, int(time.time())), {}, {}

    def headers(principal: Principal) -> dict[str, str]:
        now = int(time.time())
        return {"Authorization": f"Bearer {make_token(Claims(principal, 's1', now, now + 600), keys)}"}

    async with httpx2.AsyncClient(base_url=f"http://{host}", trust_env=False) as client:
        with closing(sqlite3.connect(db)) as rows:
            for (name, role), states in TABLE.items():
                method, path, body = REQUESTS[name]
                for state in (*states, ""):
                    ride_id = ride_of(name, role, state) if state else RideId(UNKNOWN)
                    told, driver = body, None
                    if path == "/assign":
                        free = f"free-for-{ride_id}"
                        told = {**(body or {}), "driver_id": free}
                        if states.get(state) == "202":
                            driver = await free_driver(host, headers(Principal(Role.DRIVER, free)), free)
                    before = events_of(rows, ride_id)
                    answer = await client.request(
                        method, f"/api/rides/{ride_id}{path}", json=told, headers=headers(who(role, ride_id))
                    )
                    if answer.status_code >= 400:
                        assert answer.headers["content-type"] == "application/problem+json", (name, role, state)
                    if state:
                        is_changed = events_of(rows, ride_id) != before
                        cells[name, role, state] = answer.status_code, answer.content, is_changed
                    else:
                        unknown[name, role] = answer.content
                    if driver is not None:
                        await driver.close()
    return Answers(cells, unknown)


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    """One server with a ride for each cell, asked everything."""
    folder = tmp_path_factory.mktemp("rides")
    db, now, told = folder / "rides.db", time.time() - 5.0, []
    writer = Writer(db, "off")
    for name, role in TABLE:
        for state in STATES:
            writer.write(list(history(ride_of(name, role, state), state, now)))
    writer.close()

    async def story() -> None:
        async with served(folder, f'search_cap = "1h"\n{ON}') as (host, _):
            told.append(await asked(host, db))

    run(story())
    return told[0]


def test_the_table_names_every_request_for_everybody_in_every_state() -> None:
    assert set(TABLE) == {(name, role) for name in REQUESTS for role in WHO}
    assert set(STATES) == set(RideStatus)


def test_every_route_of_a_ride_is_asked() -> None:
    from tests.authority.test_routes import TABLE as ROUTES

    known = {route for route in ROUTES if route[1].startswith("/api/rides/{ride_id}")}
    assert {(each.method, f"/api/rides/{{ride_id}}{each.path}") for each in REQUESTS.values()} == known


@pytest.mark.parametrize(("name", "role"), TABLE, ids="-".join)
def test_everybody_gets_the_answers_of_the_table(answers: Answers, name: str, role: str) -> None:
    got = {state: str(answers.cells[name, role, state][0]) for state in STATES}
    assert got == TABLE[name, role]


@pytest.mark.parametrize(("name", "role"), TABLE, ids="-".join)
def test_what_is_refused_or_only_read_changes_nothing(answers: Answers, name: str, role: str) -> None:
    for state in STATES:
        status, _, is_changed = answers.cells[name, role, state]
        if status >= 400 or REQUESTS[name].method == "GET":
            assert not is_changed, state


@pytest.mark.parametrize(("name", "role"), TABLE, ids="-".join)
def test_a_ride_of_others_is_byte_for_byte_one_that_nobody_booked(answers: Answers, name: str, role: str) -> None:
    for state in STATES:
        status, told, _ = answers.cells[name, role, state]
        if status == 404:
            assert told == answers.unknown[name, role], state
