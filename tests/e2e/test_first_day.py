"""From an empty file to a booking by phone that a driver's app accepts: by the steps of docs/PEOPLE.md and nothing else."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import httpx2
from websockets.asyncio.client import connect

from tests.e2e.test_quotes import ROOT, heard, served

DRIVERS, FIRST = 6, 4570
CALL = {
    "passenger_phone": "082 555 0101",
    "passenger_name": "Nomsa Cele",
    "pickup_latitude": -26.2041,
    "pickup_longitude": 28.0473,
    "dropoff_latitude": -26.1850,
    "dropoff_longitude": 28.0550,
    "pickup_address": "123 Main St",
    "dropoff_address": "456 Oak Ave",
}


async def dispatch(folder: Path, *arguments: str) -> str:
    """What `dispatch …` prints. It must succeed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(ROOT / "cli.py"), *arguments, "--db", "rides.db"),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()
    assert process.returncode == 0
    return said.decode().strip()


def test_a_call_to_the_office_becomes_a_ride_of_a_driver_who_was_imported_that_morning(tmp_path: Path) -> None:
    rows = [f"082 123 {FIRST + n},Driver {n},sedan,CA {n} GP" for n in range(DRIVERS)]
    (tmp_path / "drivers.csv").write_text("\n".join(["phone,name,vehicle_type,registration", *rows]))

    async def story() -> None:
        imported = ("people", "import", "drivers.csv", "--role", "driver", "--phone-region", "ZA")
        assert f"{DRIVERS} added" in await dispatch(tmp_path, *imported)
        office = ("people", "add", "--role", "staff", "--phone", "082 123 4501", "--name", "Jabu Cele")
        await dispatch(tmp_path, *office)
        async with served(tmp_path, '[server]\nauth = "on"\n') as (host, _):
            staff = await dispatch(tmp_path, "token", "--as", "staff:082 123 4501")
            driver = await dispatch(tmp_path, "token", "--as", f"driver:082 123 {FIRST}")
            async with (
                httpx2.AsyncClient(trust_env=False, base_url=f"http://{host}") as desk,
                connect(f"ws://{host}/ws/driver/082123{FIRST}/") as app,
            ):
                await app.send(json.dumps({"type": "authenticate", "token": driver}))
                await app.send(
                    json.dumps({"type": "location_update", "latitude": -26.2, "longitude": 28.05, "id": "1"})
                )
                assert (await heard(app, "ack"))["result"] == "ok"
                assert (await desk.post("/api/rides", json=CALL)).status_code == 401
                desk.headers["Authorization"] = f"Bearer {staff}"
                booked = await desk.post("/api/rides", json=CALL)
                assert booked.status_code == 201, booked.text
                ride = booked.json()["ride_id"]
                offer = await heard(app, "ride_request")
                assert (offer["ride_id"], offer["passenger_name"]) == (ride, "Nomsa")
                await app.send(json.dumps({"type": "accept_ride", "ride_id": ride, "driver_id": f"082123{FIRST}"}))
                assert (await heard(app, "ride_accepted"))["passenger_phone"] == "27825550101"
                shown = (await desk.get(f"/api/rides/{ride}")).json()
                assert (shown["status"], shown["driver_name"]) == ("accepted", "Driver 0")

    asyncio.run(story())
