"""People are taken out of the file of a running server: their apps are cut off, and no byte of theirs is left in any file."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2
import pytest
from websockets.asyncio.client import ClientConnection, connect

from dispatch import addresses
from dispatch.control import OrderRefused, have_done
from dispatch.identity.tokens import Claims, make_token
from dispatch.ids import RideId
from dispatch.messages.events import RideCancelled, RideRequested
from dispatch.principals import Principal, Role
from dispatch.storage.file.key_file import keys_of
from dispatch.storage.health.check import findings
from dispatch.storage.log.on_file import Writer
from dispatch.storage.people.removal import named, remove
from dispatch.storage.tools.privacy_orders import PurgeOld, RemovePerson
from dispatch.storage.tools.show import rows
from tests.e2e.test_quotes import BOOKING, heard, served
from tests.e2e.test_tokens import DRIVER, ON, PASSENGER, Town, close_code
from tests.storage.stories import SARAH, TRIP, append

WHO = {"passenger_name": "Sarah Kanarienvogel", "passenger_phone": f"+{PASSENGER}"}
NOTE = {"note": "the red door", "pickup_address": "7 Canary Close"}
AT = {"type": "location_update", "latitude": -26.2, "longitude": 28.05}


async def send(app: ClientConnection, kind: str, **fields: Any) -> None:
    await app.send(json.dumps({"type": kind, **fields}))


async def accepted(driver: ClientConnection, passenger: ClientConnection, ride_id: str) -> None:
    """The driver has the ride of this passenger."""
    await driver.send(json.dumps(AT))
    await passenger.send(json.dumps({**BOOKING, **NOTE, **WHO}))
    await heard(driver, "ride_request")
    await send(driver, "accept_ride", ride_id=ride_id, driver_id=DRIVER)
    await heard(passenger, "driver_assigned")


async def removed(db: Path, who: str) -> dict[str, Any]:
    """What the running server answers to the order."""
    return (await asyncio.to_thread(have_done, str(db), RemovePerson(who=who))).answer


def left_of(folder: Path, *words: str) -> list[tuple[str, str]]:
    """In which files of the folder which of these words stand."""
    return [(file.name, word) for file in folder.iterdir() if file.is_file() for word in words
            if word.encode() in file.read_bytes()]  # fmt: skip


def test_nothing_is_left_of_a_driver_and_a_passenger_whose_ride_is_over(tmp_path: Path) -> None:
    db = tmp_path / "rides.db"

    async def story() -> list[str]:
        async with served(tmp_path, "log_frames = true\n") as (host, logged):
            ride = f"ws://{host}/ws/ride/r1/"
            async with connect(f"ws://{host}/ws/driver/%2B{DRIVER}/") as driver, connect(ride) as passenger:
                await accepted(driver, passenger, "r1")
                for who in (DRIVER, PASSENGER):
                    with pytest.raises(OrderRefused, match="is not over"):
                        await removed(db, who)
                await send(driver, "complete_ride", ride_id="r1")
                await heard(passenger, "ride_completed")
                await send(driver, "rate_passenger", ride_id="r1", rating=5, comment="Sarah Kanarienvogel again")
                answer = await removed(db, f"+{DRIVER}")
                assert answer["unwiped"] == "" and answer["events"] > 5
                assert (await close_code(driver), await close_code(passenger)) == (4501, 1012)
            assert left_of(tmp_path, DRIVER) == []
            async with connect(ride) as passenger:
                assert (await heard(passenger, "snapshot"))["driver_id"] == answer["pseudonym"]
                await send(passenger, "rate_driver", rating=4, comment="thanks", id="a")
                await heard(passenger, "ack")
                assert (await removed(db, PASSENGER))["unwiped"] == ""
                assert await close_code(passenger) == 4501
            assert left_of(tmp_path, DRIVER, PASSENGER, "Kanarienvogel", "Canary", "red door") == []
            assert list(findings(db)) == []
            async with connect(f"ws://{host}/ws/ride/r2/") as passenger:
                await passenger.send(json.dumps(BOOKING))
                await heard(passenger, "searching")
        return logged

    logged = "".join(asyncio.run(story()))
    assert [word for word in (DRIVER, PASSENGER, "Kanarienvogel", "Canary") if word in logged] == []
    assert left_of(tmp_path, DRIVER, PASSENGER, "Kanarienvogel", "Canary", "red door") == []
    assert [(row["ride_id"], row["status"]) for row in rows(db, "rides")] == [("r1", "completed"), ("r2", "pending")]
    (by_driver, by_passenger) = sorted(rows(db, "ratings"), key=lambda row: row["by"])
    assert (by_driver["driver_id"], by_driver["comment"]) == (by_passenger["driver_id"], "")

    async def again() -> None:
        async with served(tmp_path, "") as (host, _), connect(f"ws://{host}/ws/ride/r1/") as passenger:
            assert (await heard(passenger, "snapshot"))["status"] == "completed"

    asyncio.run(again())


def test_what_others_say_of_rides_while_their_passenger_is_removed_is_kept_under_the_pseudonym(tmp_path: Path) -> None:
    db, ride_ids = tmp_path / "rides.db", [f"r{n}" for n in range(4)]

    async def story() -> None:
        async with served(tmp_path, "") as (host, _), connect(f"ws://{host}/ws/driver/%2B{DRIVER}/") as driver:
            for ride_id in ride_ids:
                async with connect(f"ws://{host}/ws/ride/{ride_id}/") as passenger:
                    await accepted(driver, passenger, ride_id)
                    await send(driver, "complete_ride", ride_id=ride_id)
                    await heard(passenger, "ride_completed")
            removal = asyncio.create_task(removed(db, PASSENGER))
            for ride_id in ride_ids:
                await send(driver, "rate_passenger", ride_id=ride_id, rating=4, id=ride_id)
            acknowledged = {(await heard(driver, "ack"))["id"] for _ in ride_ids}
            pseudonym = (await removal)["pseudonym"]
            assert acknowledged == set(ride_ids)
            assert {row["passenger_id"] for row in rows(db, "ratings")} == {pseudonym}
            assert left_of(tmp_path, PASSENGER, "Kanarienvogel") == [] and list(findings(db)) == []

    asyncio.run(story())


def test_a_manager_removes_a_person_over_http_and_a_dispatcher_does_not(tmp_path: Path) -> None:
    town = Town(tmp_path)

    async def story() -> None:
        async with served(tmp_path, ON) as (host, _), httpx2.AsyncClient(trust_env=False) as desk:
            path = f"http://{host}/api/people/"
            for is_manager, who, status, code in (
                (False, town.driver, 403, "forbidden"),
                (True, "nobody", 404, "no_such_person"),
                (True, "x" * 201, 404, "no_such_person"),
                (True, town.driver, 200, None),
                (True, town.driver, 404, "no_such_person"),
            ):
                staff = Principal(Role.STAFF, "s", is_manager)
                token = make_token(Claims(staff, "s2", int(time.time()), int(time.time()) + 60), keys_of(town.db, 0))
                answer = await desk.delete(path + who, headers={"Authorization": f"Bearer {token}"})
                assert (answer.status_code, answer.json().get("code")) == (status, code), answer.text
                if code is None:
                    assert answer.json()["unwiped"] == "" and answer.json()["pseudonym"].startswith("removed-")
            (removed,) = [row for row in rows(town.db, "events") if row["kind"] == "PersonRemoved"]
            assert removed["body"]["by"] == "s"

    asyncio.run(story())


def test_whoever_logged_in_is_logged_out_and_no_token_holds_after_a_restart(tmp_path: Path) -> None:
    town = Town(tmp_path)

    async def story() -> None:
        async with served(tmp_path, ON) as (host, _):
            path, as_driver = f"ws://{host}/ws/driver/{DRIVER}/", town.as_driver
            async with connect(path, **as_driver) as driver:
                await send(driver, "ping")
                await heard(driver, "pong")
                await removed(town.db, DRIVER)
                assert await close_code(driver) == 4501
            async with connect(path, **as_driver) as again:
                assert await close_code(again) == 4501
        assert left_of(tmp_path, DRIVER, town.driver, "Michael") == []

    asyncio.run(story())


def test_the_past_is_purged_beside_a_running_server(tmp_path: Path) -> None:
    db, ride_id = tmp_path / "rides.db", RideId("r1")
    with closing(Writer(db)) as writer:
        stream = addresses.ride(ride_id)
        writer.write(
            [append(stream, RideRequested(ride_id, 1, SARAH, TRIP, 5.0), RideCancelled(ride_id, "ops"), at=5.0)]
        )

    async def story() -> None:
        async with served(tmp_path, "") as (host, _), connect(f"ws://{host}/ws/ride/r1/") as passenger:
            assert (await heard(passenger, "snapshot"))["status"] == "cancelled"
            order = PurgeOld(keep_tracks_days=0, keep_quotes_days=0, keep_addresses_days=1)
            answer = (await asyncio.to_thread(have_done, str(db), order)).answer
            assert (answer["gone"]["addresses"]["count"], answer["unwiped"]) == (1, "")
            assert left_of(tmp_path, "Main St", "26.2041") == [] and list(findings(db)) == []
            await send(passenger, "rate_driver", rating=5, id="a")
            await heard(passenger, "error")

    asyncio.run(story())
    assert left_of(tmp_path, "Main St", "26.2041") == []


def test_a_removal_that_a_kill_cut_short_is_finished_by_the_next_start(tmp_path: Path) -> None:
    town = Town(tmp_path)
    with closing(Writer(town.db)) as writer:
        remove(writer, named(writer, DRIVER), 5.0)
    assert any("cut short" in finding for finding in findings(town.db))

    async def story() -> None:
        async with served(tmp_path, ""):
            assert left_of(tmp_path, "Michael Brown", DRIVER) == []

    asyncio.run(story())
    with closing(sqlite3.connect(town.db)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (0,)
    assert list(findings(town.db)) == []
