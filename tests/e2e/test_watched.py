"""The canaries sing in a server of its own process, too: a leak that is planted there is told, and ends it with a status of its own."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from pathlib import Path

from websockets.asyncio.client import connect

from dispatch.principals import Role
from tests.e2e.test_quotes import BOOKING, heard
from tests.e2e.test_tokens import ON, PASSENGER, Town
from tests.watched import ROOT, STATUS, leaks_in

WITH_A_LEAK = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from dispatch.masking.rides import RideMask
from tests import watched
RideMask.shown = lambda mask, card: card
watched._main()
"""


def test_a_leak_of_a_server_is_told_and_ends_its_process_with_a_status_of_its_own(tmp_path: Path) -> None:
    town = Town(tmp_path)
    (tmp_path / "dispatch.toml").write_text(ON)

    async def story() -> tuple[int | None, str]:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", WITH_A_LEAK, "serve", "--port", "0", "--db", str(town.db)),
            cwd=tmp_path,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None
        address = re.search(r"http://(\S+)", (await process.stdout.readline()).decode())
        assert address is not None
        as_passenger = {"Authorization": f"Bearer {town.token(Role.PASSENGER, town.passenger)}"}
        async with (
            connect(f"ws://{address[1]}/ws/driver/{town.driver}/", **town.as_driver) as driver,
            connect(f"ws://{address[1]}/ws/ride/r1/", additional_headers=as_passenger) as passenger,
        ):
            await driver.send(json.dumps({"type": "location_update", "latitude": -26.2, "longitude": 28.05}))
            await passenger.send(json.dumps(BOOKING))
            await heard(driver, "ride_request")
        process.terminate()
        _, told = await process.communicate()
        return process.returncode, told.decode()

    status, told = asyncio.run(story())
    assert status == STATUS
    assert any(PASSENGER in leak and "RideRequest to driver" in leak for leak in leaks_in(told)), told
