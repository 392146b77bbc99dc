"""Who gets another phone keeps rating and history, and who gets the old number has nothing of them: by socket, HTTP and commands."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

import cli
from dispatch.identity.people import NoSuchPerson
from dispatch.storage.tools.people_orders import MovePhone
from dispatch.storage.tools.people_show import shown
from dispatch.storage.tools.show import rows
from tests.e2e.test_desk_http import CALL, at, is_near, say
from tests.e2e.test_drivers_on_file import OFF, order
from tests.e2e.test_quotes import BOOKING, heard, served

DRIVER, NEW_DRIVER = "27821230001", "27821230002"
PASSENGER, NEW_PASSENGER = "27821230003", "27821230004"
WEEK_S = 604_800.0


async def driven(host: str, ride: str, driver: ClientConnection, phone: str, says_phone: str) -> dict[str, Any]:
    """A ride from the booking to a bad rating by both sides. Returns who came, as the passenger's app was told."""
    async with connect(f"ws://{host}/ws/ride/{ride}/") as passenger:
        await passenger.send(json.dumps({**BOOKING, "passenger_phone": phone, "passenger_name": "Sarah"}))
        await heard(driver, "ride_request")
        await say(driver, "accept_ride", ride_id=ride, driver_id=says_phone)
        assigned = await heard(passenger, "driver_assigned")
        await say(driver, "complete_ride", ride_id=ride)
        await heard(passenger, "ride_completed")
        await say(passenger, "rate_driver", rating=1)
        await heard(passenger, "ack")
        await say(driver, "rate_passenger", ride_id=ride, rating=2)
        await heard(driver, "ack")
    return assigned


@asynccontextmanager
async def on_the_road(host: str, phone: str) -> AsyncIterator[ClientConnection]:
    async with connect(f"ws://{host}/ws/driver/%2B{phone}/") as driver:
        await is_near(driver)
        yield driver


def test_rating_and_history_go_with_the_person_and_a_stranger_gets_nothing_of_them(tmp_path: Path) -> None:
    file = tmp_path / "rides.db"

    async def story() -> None:
        async with served(tmp_path, OFF) as (host, _), at(host) as desk:
            async with on_the_road(host, DRIVER) as driver:
                first = await driven(host, "r1", driver, PASSENGER, DRIVER)
            await order(tmp_path, MovePhone(who=DRIVER, phone=f"+{NEW_DRIVER}"))
            await order(tmp_path, MovePhone(who=PASSENGER, phone=f"+{NEW_PASSENGER}"))

            async with on_the_road(host, NEW_DRIVER) as driver:
                again = await driven(host, "r2", driver, NEW_PASSENGER, "+27 82 123 0002")
                called = await desk.post("/api/rides", json={**CALL, "passenger_phone": f"+{NEW_PASSENGER}"})
                offer = await heard(driver, "ride_request")
                assert offer["ride_id"] == called.json()["ride_id"]
            assert again["driver_id"] == first["driver_id"] and again["driver_phone"] == NEW_DRIVER
            assert (first["driver_rating"], again["driver_rating"]) == (5.0, 3.0)
            await desk.post(f"/api/rides/{offer['ride_id']}/cancel", json={})

            async with on_the_road(host, DRIVER) as driver:
                strange = await driven(host, "r3", driver, PASSENGER, DRIVER)
                await desk.post("/api/rides", json={**CALL, "passenger_phone": f"+{PASSENGER}"})
                assert (await heard(driver, "ride_request"))["passenger_phone"] == PASSENGER
            assert strange["driver_id"] != first["driver_id"] and strange["driver_phone"] == DRIVER
            assert strange["driver_rating"] == 5.0

    asyncio.run(story())
    booked = {row["ride_id"]: row for row in rows(file, "rides", full_phones=True)}
    by = [next(row["passenger_id"] for row in booked.values() if row["ride_id"] == ride) for ride in ("r1", "r2", "r3")]
    assert by[0] == by[1] != by[2]
    by_phone = [row["passenger_id"] for ride, row in booked.items() if ride not in ("r1", "r2", "r3")]
    assert sorted(by_phone) == sorted([by[1], by[2]])
    phones = {row["passenger_id"]: (row["phone"], row["rating"]) for row in rows(file, "passengers", full_phones=True)}
    assert phones[by[0]] == (NEW_PASSENGER, 3.0) and phones[by[2]] == (PASSENGER, 3.5)


def test_on_the_command_line_the_new_number_is_the_person_and_the_old_one_is_nobody(tmp_path: Path) -> None:
    file = tmp_path / "rides.db"

    def dispatch(*words: str) -> str:
        command = [sys.executable, cli.__file__, *words, "--db", str(file)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    dispatch("db", "seed")
    dispatch("people", "move-phone", "+27821234568", f"+{NEW_DRIVER}")
    dispatch("db", "block", "+27821234567", f"+{NEW_DRIVER}")
    (pair,) = rows(file, "blocked_pairs", full_phones=True)
    assert pair["driver_id"] == "27821234568"
    row = shown(file, f"+{NEW_DRIVER}", 0.0, "UTC", WEEK_S, full_phones=True)
    assert (row["id"], row["name"]) == ("27821234568", "Michael Brown")
    with pytest.raises(NoSuchPerson):
        shown(file, "+27821234568", 0.0, "UTC", WEEK_S)
    assert dispatch("token", "--as", f"driver:+{NEW_DRIVER}").count(".") == 2
    with pytest.raises(subprocess.CalledProcessError):
        dispatch("token", "--as", "driver:+27821234568")
    with pytest.raises(subprocess.CalledProcessError):
        dispatch("db", "block", "+27821234567", "+27821234568")
