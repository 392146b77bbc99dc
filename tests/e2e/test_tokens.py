"""People with access tokens on the sockets of a real server: three ways to show one, whose path is whose, who rides."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from dispatch.control import have_done
from dispatch.identity.tokens import Claims, make_token
from dispatch.principals import Principal, Role
from dispatch.storage.file.key_file import keys_of
from dispatch.storage.log.on_file import Writer
from dispatch.storage.people import people
from dispatch.storage.tools.people_orders import SetStatus
from dispatch.storage.tools.show import rows
from dispatch.words import PersonRole, PersonStatus
from tests.e2e.test_quotes import BOOKING, heard, served

ON = '[server]\nauth = "on"\n'
DRIVER, PASSENGER, STRANGER = "27821234568", "27821234567", "27825550001"


class Town:
    """A file with a driver and a passenger, and tokens for them."""

    def __init__(self, folder: Path) -> None:
        self.db = folder / "rides.db"
        writer = Writer(self.db, "full")
        now = time.time()
        self.driver = people.add(
            writer,
            people.NewPerson(
                role=PersonRole.DRIVER,
                name="Michael Brown",
                phone=DRIVER,
                vehicle_type="sedan",
                registration="CA 999 GP",
            ),
            now,
        )[0].person_id
        self.passenger = people.add(
            writer, people.NewPerson(role=PersonRole.PASSENGER, name="Sarah Johnson", phone=PASSENGER), now
        )[0].person_id
        writer.close()

    def token(self, role: Role, person: str, lasts_s: int = 600) -> str:
        now = int(time.time())
        return make_token(Claims(Principal(role, person), "s1", now, now + lasts_s), keys_of(self.db, now))

    @property
    def as_driver(self) -> dict[str, Any]:
        return {"additional_headers": {"Authorization": f"Bearer {self.token(Role.DRIVER, self.driver)}"}}


async def close_code(app: ClientConnection) -> int:
    """With which code the server ends this connection."""
    with pytest.raises(ConnectionClosed):
        while True:
            await app.recv()
    assert app.close_code is not None
    return app.close_code


def test_a_ride_from_three_ways_to_show_a_token_belongs_to_the_person_of_the_token(tmp_path: Path) -> None:
    town = Town(tmp_path)

    async def story() -> None:
        passenger_token = town.token(Role.PASSENGER, town.passenger)
        async with (
            served(tmp_path, ON) as (host, _),
            connect(f"ws://{host}/ws/driver/%2B{DRIVER}/", **town.as_driver) as driver,
            connect(f"ws://{host}/ws/ride/r1/", subprotocols=["dispatch.v1", f"bearer.{passenger_token}"]) as page,
            connect(f"ws://{host}/ws/ride/r2/") as app,
        ):
            assert page.subprotocol == "dispatch.v1"
            await app.send(json.dumps({"type": "authenticate", "token": passenger_token, "id": "a"}))
            assert (await heard(app, "ack"))["id"] == "a"
            await app.send(json.dumps({"type": "ping"}))
            await heard(app, "pong")
            here = {"type": "location_update", "latitude": -26.2, "longitude": 28.05, "id": "here"}
            await driver.send(json.dumps(here))
            await heard(driver, "ack")
            await page.send(json.dumps({**BOOKING, "passenger_name": "Eve", "passenger_phone": STRANGER}))
            assert (await heard(driver, "ride_request"))["ride_id"] == "r1"
            await driver.send(json.dumps({"type": "accept_ride", "ride_id": "r1", "driver_id": f"+{DRIVER}"}))
            accepted = await heard(driver, "ride_accepted")
            assert (accepted["passenger_name"], accepted["passenger_phone"]) == ("Sarah Johnson", PASSENGER)
            told = await heard(page, "driver_assigned")
            assert (told["driver_name"], told["vehicle_registration"]) == ("Michael Brown", "CA 999 GP")
            await driver.send(json.dumps({"type": "accept_ride", "ride_id": "r1", "driver_id": STRANGER}))
            assert (await heard(driver, "error"))["code"] == "forbidden"
            newer = town.token(Role.PASSENGER, town.passenger, 700)
            await page.send(json.dumps({"type": "authenticate", "token": newer, "id": "b"}))
            assert (await heard(page, "ack"))["id"] == "b"
            other = town.token(Role.DRIVER, town.driver)
            await page.send(json.dumps({"type": "authenticate", "token": other, "id": "c"}))
            assert (await heard(page, "error"))["code"] == "forbidden"

    asyncio.run(story())
    assert [row["passenger_id"] for row in rows(town.db, "rides")] == [town.passenger]


def test_a_socket_without_a_right_to_it_is_closed_with_the_code_that_says_why(tmp_path: Path) -> None:
    town = Town(tmp_path)

    async def story() -> None:
        async with served(tmp_path, ON) as (host, _):
            ended = town.token(Role.DRIVER, town.driver, 1)
            cases = [
                ("/ws/driver/p1/", "x", 4501),
                (f"/ws/driver/{STRANGER}/", town.token(Role.DRIVER, town.driver), 4503),
                ("/ws/ride/r1/", town.token(Role.DRIVER, town.driver), 4503),
                ("/ws/ops/", town.token(Role.DRIVER, town.driver), 4503),
            ]
            for path, token, code in cases:
                async with connect(
                    f"ws://{host}{path}", additional_headers={"Authorization": f"Bearer {token}"}
                ) as app:
                    assert await close_code(app) == code
            async with connect(f"ws://{host}/ws/driver/{DRIVER}/") as app:
                await app.send(json.dumps({"type": "ping"}))
                assert await close_code(app) == 4501
            async with connect(f"ws://{host}/ws/driver/{DRIVER}/") as silent:
                assert await close_code(silent) == 4501
            async with connect(
                f"ws://{host}/ws/driver/{DRIVER}/", additional_headers={"Authorization": f"Bearer {ended}"}
            ) as late:
                assert await close_code(late) == 4001
            with pytest.raises(InvalidStatus) as refused:
                await connect(f"ws://{host}/ws/driver/{DRIVER}/?token={ended}")
            assert refused.value.response.status_code == 400

    asyncio.run(story())


def test_no_token_stands_in_the_log(tmp_path: Path) -> None:
    town = Town(tmp_path)
    token = town.token(Role.DRIVER, town.driver)

    async def story() -> list[str]:
        async with served(tmp_path, ON + "log_frames = true\n") as (host, logged):
            async with connect(f"ws://{host}/ws/driver/{DRIVER}/") as app:
                await app.send(json.dumps({"type": "authenticate", "token": token}))
                await heard(app, "ack")
                await app.send(json.dumps({"type": "authenticate", "token": token + "x", "id": "a"}))
                await heard(app, "error")
            async with connect(f"ws://{host}/ws/driver/{DRIVER}/") as app:
                await app.send(json.dumps({"type": "authenticate", "token": token + "x"}))
                assert await close_code(app) == 4501
            with pytest.raises(InvalidStatus):
                await connect(f"ws://{host}/ws/driver/{DRIVER}/?token={token}")
        return logged

    text = "".join(asyncio.run(story()))
    assert "connected" in text
    assert not [part for part in token.split(".") if part in text]


def test_who_is_suspended_is_cut_off_at_once_and_cannot_come_back_with_the_token(tmp_path: Path) -> None:
    town = Town(tmp_path)
    suspend = SetStatus(who=DRIVER, status=PersonStatus.SUSPENDED)

    async def story() -> None:
        async with served(tmp_path, ON) as (host, _):
            path, as_driver = f"ws://{host}/ws/driver/{DRIVER}/", town.as_driver
            async with connect(path, **as_driver) as driver:
                await driver.send(json.dumps({"type": "ping"}))
                await heard(driver, "pong")
                await asyncio.to_thread(have_done, str(town.db), suspend)
                async with asyncio.timeout(1.0):
                    assert await close_code(driver) == 4501
            async with connect(path, **as_driver) as again:
                assert await close_code(again) == 4501

    asyncio.run(story())
