"""The seeded passenger keeps its name whatever an app leaves out, on the real server, before and after a restart."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from websockets.asyncio.client import ClientConnection, connect

from dispatch.storage.tools.seed import seed
from dispatch.storage.tools.show import rows
from tests.e2e.test_quotes import BOOKING, heard, served

SEEDED = "27821234567"


def test_a_seeded_passenger_is_not_renamed_by_a_booking_without_a_name(tmp_path: Path) -> None:
    seed(tmp_path / "rides.db", fleet=0)

    async def books(host: str, driver: ClientConnection, ride: str, said: dict[str, str]) -> None:
        async with connect(f"ws://{host}/ws/ride/{ride}/") as passenger:
            await passenger.send(json.dumps({**BOOKING, **said}))
            assert (await heard(driver, "ride_request"))["passenger_name"] == "Sarah Johnson"
            await passenger.send(json.dumps({"type": "cancel_ride"}))
            await heard(passenger, "ride_cancelled")
            await heard(driver, "offer_closed")

    async def story() -> None:
        for life in ("before", "after"):
            async with (
                served(tmp_path, "") as (host, _),
                connect(f"ws://{host}/ws/driver/27821234568/") as driver,
            ):
                await driver.send(json.dumps({"type": "location_update", "latitude": -26.2, "longitude": 28.05}))
                await books(host, driver, f"{life}-1", {"passenger_phone": SEEDED})
                await books(host, driver, f"{life}-2", {})

    asyncio.run(story())
    assert [row["name"] for row in rows(tmp_path / "rides.db", "passengers")] == ["Sarah Johnson"]
    assert [row["name"] for row in rows(tmp_path / "rides.db", "drivers")] == ["Michael Brown"]
