"""Apps written from the seed document alone: unchanged against `auth = "off"`, and with a login before it against `auth = "on"`.

The two apps below know the paths, messages and fields of that document and nothing else. Who logs in puts the token into the handshake,
and changes nothing.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
from websockets.asyncio.client import ClientConnection, connect

from tests.watched import COMMAND

PASSENGER, DRIVER = "+27821234567", "+27821234568"
FIND_DRIVER = {
    "type": "find_driver",
    "pickup_latitude": -26.2041,
    "pickup_longitude": 28.0473,
    "dropoff_latitude": -26.1850,
    "dropoff_longitude": 28.0550,
    "pickup_address": "123 Main St",
    "dropoff_address": "456 Oak Ave",
    "distance_km": 5.2,
    "estimated_duration_minutes": 15,
    "fare_amount": 85.50,
}
RIDE_REQUEST: dict[str, type | tuple[type, ...]] = {
    "ride_id": str, "passenger_name": str, "passenger_phone": str, "pickup_address": str, "dropoff_address": str,
    "pickup_latitude": float, "pickup_longitude": float, "dropoff_latitude": float, "dropoff_longitude": float,
    "distance": float, "fare": float, "estimated_duration": (int, float),
}  # fmt: skip
DRIVER_ASSIGNED = {
    "ride_id": "123", "driver_id": "27821234568", "driver_name": "Michael Brown", "driver_phone": "27821234568",
    "driver_rating": 4.9, "vehicle_type": "sedan", "vehicle_registration": "CA 999 GP",
}  # fmt: skip


async def command(folder: Path, *arguments: str) -> None:
    """Run `dispatch …` to its end."""
    process = await asyncio.create_subprocess_exec(*COMMAND, *arguments, cwd=folder, stdout=asyncio.subprocess.DEVNULL)
    assert await process.wait() == 0


@asynccontextmanager
async def seeded(folder: Path, auth: str) -> AsyncIterator[tuple[str, asyncio.Queue[str]]]:
    """A server on the seed's people: its address, and the login codes that it prints."""
    db = str(folder / "rides.db")
    await command(folder, "db", "seed", "--db", db)
    process = await asyncio.create_subprocess_exec(
        *(*COMMAND, "serve", "--port", "0", "--db", db, "--auth", auth),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdout is not None
    address = re.search(r"http://(\S+)", (await process.stdout.readline()).decode())
    assert address is not None
    codes: asyncio.Queue[str] = asyncio.Queue()

    async def read(lines: asyncio.StreamReader) -> None:
        async for line in lines:
            found = re.fullmatch(r"login code (\d{6}) for \+2782•••\d{4}", line.decode().strip())
            if found is not None:
                codes.put_nowait(found[1])

    reading = asyncio.create_task(read(process.stdout))
    try:
        yield address[1], codes
    finally:
        process.terminate()
        assert await process.wait() == 0
        await reading


async def logged_in(host: str, phone: str, role: str, codes: asyncio.Queue[str]) -> dict[str, str]:
    """The headers of the handshake after a login by code, as the apps of the seed log in."""
    async with httpx2.AsyncClient(trust_env=False, base_url=f"http://{host}") as client:
        asked = await client.post("/api/auth/otp/request", json={"phone": phone, "role": role})
        assert asked.status_code == 202, asked.text
        async with asyncio.timeout(10):
            code = await codes.get()
        told = await client.post("/api/auth/otp/verify", json={"request_id": asked.json()["request_id"], "code": code})
    assert told.status_code == 200, told.text
    return {"Authorization": f"Bearer {told.json()['access_token']}"}


class SeedApp:
    """Sends and reads JSON. Pings every so often and hears a pong, as the seed's apps do."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def say(self, **frame: Any) -> None:
        await self._socket.send(json.dumps(frame))

    async def hear(self, kind: str) -> dict[str, Any]:
        """The next message of this type; the others are of no interest to this app."""
        async with asyncio.timeout(20):
            while True:
                frame: dict[str, Any] = json.loads(await self._socket.recv())
                if frame["type"] == kind:
                    return frame


async def a_ride(host: str, as_driver: Mapping[str, str], as_passenger: Mapping[str, str]) -> dict[str, Any]:
    """The complete flow of the document. Returns the `ride_request` that the driver's app was shown."""
    async with connect(f"ws://{host}/ws/driver/{DRIVER}/", additional_headers=as_driver) as socket:
        driver = SeedApp(socket)
        await driver.say(type="ping")
        await driver.hear("pong")
        await driver.say(type="location_update", latitude=-26.2000, longitude=28.0500)
        async with connect(f"ws://{host}/ws/ride/123/", additional_headers=as_passenger) as other:
            passenger = SeedApp(other)
            await passenger.say(**FIND_DRIVER)
            assert (await passenger.hear("searching"))["ride_id"] == "123"
            request = await driver.hear("ride_request")
            await driver.say(type="accept_ride", ride_id=request["ride_id"], driver_id="27821234568")
            assigned = await passenger.hear("driver_assigned")
            assert {name: assigned[name] for name in DRIVER_ASSIGNED} == DRIVER_ASSIGNED
            accepted = await driver.hear("ride_accepted")
            assert (accepted["passenger_name"], accepted["passenger_phone"]) == ("Sarah Johnson", "27821234567")
            await driver.say(type="complete_ride", ride_id="123")
            await passenger.hear("ride_completed")
    for name, wanted in RIDE_REQUEST.items():
        assert isinstance(request[name], wanted), f"{name} is {request[name]!r}"
    return request


def test_the_apps_of_the_seed_work_unchanged_where_nobody_logs_in(tmp_path: Path) -> None:
    async def story() -> dict[str, Any]:
        async with seeded(tmp_path, "off") as (host, _):
            return await a_ride(host, {}, {})

    request = asyncio.run(story())
    assert (request["passenger_name"], request["passenger_phone"]) == ("Sarah Johnson", "27821234567")
    assert (request["dropoff_address"], request["dropoff_latitude"]) == ("456 Oak Ave", -26.1850)
    assert (request["distance"], request["fare"], request["estimated_duration"]) == (5.2, 85.5, 15)


def test_the_apps_of_the_seed_log_in_first_and_need_nothing_else_where_people_log_in(tmp_path: Path) -> None:
    async def story() -> dict[str, Any]:
        async with seeded(tmp_path, "on") as (host, codes):
            as_driver = await logged_in(host, DRIVER, "driver", codes)
            as_passenger = await logged_in(host, PASSENGER, "passenger", codes)
            return await a_ride(host, as_driver, as_passenger)

    request = asyncio.run(story())
    assert (request["passenger_name"], request["passenger_phone"]) == ("Sarah", "2782•••4567")
    assert request["pickup_address"] == "123 Main St"
    assert (request["distance"], request["fare"], request["estimated_duration"]) == (5.2, 85.5, 15)
