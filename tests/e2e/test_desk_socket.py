"""The operator's people end a ride over a socket of the real server: the passenger and the driver hear it, and the file keeps it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from websockets.asyncio.client import connect

from dispatch.storage.tools.show import rows
from dispatch.transport.wire import to_staff
from sim.people.desk import DeskPage
from tests.e2e.test_quotes import BOOKING, heard, served


def test_a_ride_ends_at_the_desk_whatever_its_passenger_and_its_driver_do(tmp_path: Path) -> None:
    async def story() -> None:
        async with (
            served(tmp_path, "") as (host, _),
            connect(f"ws://{host}/ws/driver/27821234568/") as driver,
            connect(f"ws://{host}/ws/ride/r1/") as passenger,
            connect(f"ws://{host}/ws/ops/") as desk,
        ):
            await driver.send(json.dumps({"type": "location_update", "latitude": -26.2, "longitude": 28.05}))
            await passenger.send(json.dumps(BOOKING))
            await heard(driver, "ride_request")
            accept = {"type": "accept_ride", "ride_id": "r1", "driver_id": "27821234568"}
            await driver.send(json.dumps(accept))
            await heard(passenger, "driver_assigned")
            cancel = {"type": "cancel_ride", "ride_id": "r1", "reason": "a flood", "id": "k1"}
            for _ in range(2):
                await desk.send(json.dumps(cancel))
                closed = await heard(desk, "ride_closed")
                assert (closed["status"], closed["by"], closed["reason"]) == ("cancelled", "ops", "a flood")
                assert (await heard(desk, "ack"))["id"] == "k1"
            for app in (driver, passenger):
                ended = await heard(app, "ride_cancelled")
                assert (ended["by"], ended["reason"], ended["fee"]) == ("ops", "a flood", 0)
            await desk.send(json.dumps({"type": "cancel_ride", "ride_id": "r2"}))
            assert (await heard(desk, "error"))["code"] == "no_such_ride"

    asyncio.run(story())
    assert [(row["ride_id"], row["status"]) for row in rows(tmp_path / "rides.db", "rides")] == [("r1", "cancelled")]


def test_desks_see_drivers_positions_and_rides_of_a_real_server(tmp_path: Path) -> None:
    async def story() -> None:
        async with (
            served(tmp_path, '[server]\ndesk_beat = "100ms"\n') as (host, _),
            connect(f"ws://{host}/ws/driver/27821234568/") as driver,
            connect(f"ws://{host}/ws/ops/") as desk,
        ):
            assert (await heard(desk, "board"))["beat_ms"] == 100
            here = {"type": "location_update", "latitude": -26.2, "longitude": 28.05, "id": "here"}
            await driver.send(json.dumps(here))
            await heard(driver, "ack")
            page = DeskPage()
            late = await connect(f"ws://{host}/ws/ops/")
            async with asyncio.timeout(10):
                while not page.drivers or page.drivers["27821234568"].lat is None:
                    page.on_frame(to_staff(await late.recv()))
            (drawn,) = page.drivers.values()
            assert (drawn.status, drawn.connected, drawn.fresh) == ("available", True, True)
            assert (drawn.lat, drawn.lon) == (-2_620_000, 2_805_000)
            async with connect(f"ws://{host}/ws/ride/r1/") as passenger:
                await passenger.send(json.dumps(BOOKING))
                async with asyncio.timeout(10):
                    while "r1" not in page.rides or not page.rides["r1"].asked:
                        page.on_frame(to_staff(await late.recv()))
            assert page.rides["r1"].status == "pending" and page.rides["r1"].asked == ("27821234568",)
            assert "27821234567" not in repr(page.rides), "a passenger's phone is not on the board"
            await late.close()
            await heard(desk, "board_moved")

    asyncio.run(story())
