"""What staff ask again under the same key, on the real server and after it was killed: done once, answered as then."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from typing import Any

import httpx2
from websockets.asyncio.client import connect

from tests.e2e.test_desk_http import CALL, at, say
from tests.e2e.test_quotes import heard, served

DRIVER = "27821234568"
ELM_ST = {"pickup_latitude": -26.21, "pickup_longitude": 28.04, "pickup_address": "9 Elm St"}
ASKED: tuple[tuple[str, str, dict[str, Any], int], ...] = (
    ("PATCH", "", ELM_ST, 200),
    ("POST", "/assign", {"driver_id": DRIVER, "bind": True}, 202),
    ("POST", "/fare", {"fare": 80.0, "reason": "agreed"}, 200),
    ("POST", "/reassign", {"reason": "late"}, 200),
    ("POST", "/cancel", {"reason": "a complaint"}, 200),
)
"""In this order; each once with a key of its own."""


async def ask(desk: httpx2.AsyncClient, ride: str, number: int, **other: Any) -> httpx2.Response:
    method, path, body, _ = ASKED[number]
    headers = {"Idempotency-Key": f"key-{number}"}
    return await desk.request(method, f"/api/rides/{ride}{path}", json={**body, **other}, headers=headers)


async def acts(desk: httpx2.AsyncClient) -> list[str]:
    return [act["action"] for act in (await desk.get("/api/audit")).json()["acts"]]


def test_all_that_staff_ask_of_a_ride_is_done_once_also_after_a_kill(tmp_path: Path) -> None:
    async def before() -> str:
        async with (
            served(tmp_path, "", signal.SIGKILL) as (host, _),
            at(host) as desk,
            connect(f"ws://{host}/ws/driver/{DRIVER}/") as driver,
        ):
            # Too far away to be asked by a round.
            await say(driver, "location_update", latitude=-26.31, longitude=28.05)
            ride: str = (await desk.post("/api/rides", json=CALL)).json()["ride_id"]
            for number, (_, path, _, status) in enumerate(ASKED):
                answer = await ask(desk, ride, number)
                assert answer.status_code == status, answer.text
                if path == "/assign":
                    await heard(driver, "ride_accepted")
                again = await asyncio.gather(*(ask(desk, ride, number) for _ in range(3)))
                assert [each.status_code for each in again] == [status] * 3
            assert await acts(desk) == ["close", "reassign", "fare", "bind", "edit", "book"]
            return ride

    async def after(ride: str) -> None:
        async with served(tmp_path, "") as (host, _), at(host) as desk:
            for number, (_, path, body, status) in enumerate(ASKED):
                again = await ask(desk, ride, number)
                assert again.status_code == status, again.text
                if path == "/assign":
                    assert again.json() == {"ride_id": ride, **body}
                else:
                    assert (again.json()["ride_id"], again.json()["status"]) == (ride, "cancelled")
                if "reason" in body:
                    other = await ask(desk, ride, number, reason="another one")
                    assert (other.status_code, other.json()["code"]) == (422, "id_reused")
            assert await acts(desk) == ["close", "reassign", "fare", "bind", "edit", "book"]

    asyncio.run(after(asyncio.run(before())))
