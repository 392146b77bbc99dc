"""A driver whose socket is lost is woken by a push of a real server, finds the offer, and takes it; the desk sees them asleep."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx2
from websockets.asyncio.client import connect

from dispatch.principals import Role
from dispatch.storage.tools.people_orders import SetStatus
from dispatch.transport.wire import own
from dispatch.words import PersonStatus
from tests.e2e.test_desk_http import CALL, at, is_near
from tests.e2e.test_drivers_on_file import order
from tests.e2e.test_own_http import fits
from tests.e2e.test_quotes import heard, served
from tests.e2e.test_tokens import Town
from tests.providers.test_push import Api, push_api

OFF = """
[server]
auth = "off"
[push]
push = "webhook"
push_url = "{url}"
push_key = "the-secret-key"
"""
TOKEN = "the-secret-token"


async def pushed(api: Api, count: int) -> dict[str, Any]:
    """The last of so many pushes, once it came."""
    async with asyncio.timeout(10):
        while len(api.heard) < count:
            await asyncio.sleep(0.02)
    told: dict[str, Any] = json.loads(api.heard[count - 1][2])
    return told


async def status_of(desk: httpx2.AsyncClient, driver_id: str, wanted: str) -> None:
    """Return once everybody hears of the driver so."""
    async with asyncio.timeout(10):
        while True:
            rows = (await desk.get("/api/drivers?state=all")).json()["drivers"]
            if next(row["status"] for row in rows if row["driver_id"] == driver_id) == wanted:
                return
            await asyncio.sleep(0.02)


def test_a_driver_who_sleeps_is_woken_by_a_push_and_has_the_ride_once_they_accept(tmp_path: Path) -> None:
    town = Town(tmp_path)

    async def story() -> None:
        async with push_api() as api:
            headers = {"Authorization": f"Bearer {town.token(Role.DRIVER, town.driver)}"}
            async with (
                served(tmp_path, OFF.format(url=api.url("/push"))) as (host, logged),
                at(host) as desk,
                httpx2.AsyncClient(base_url=f"http://{host}", headers=headers, trust_env=False) as phone,
            ):
                path = f"ws://{host}/ws/driver/{town.driver}/"
                kept = await phone.post("/api/me/devices", json={"token": TOKEN, "platform": "android"})
                device = fits(kept, own.DeviceKept, 201)
                assert device["pushes"] is True
                (listed,) = fits(await phone.get("/api/me/devices"), own.Devices)["devices"]
                assert listed["device_id"] == device["device_id"] and TOKEN not in kept.text
                async with connect(path) as app:
                    await is_near(app)
                    app.transport.abort()
                await status_of(desk, town.driver, "asleep")
                ride = (await desk.post("/api/rides", json=CALL)).json()
                told = await pushed(api, 1)
                assert (told["token"], told["ride_id"], told["text"]) == (TOKEN, ride["ride_id"], "New ride request")
                assert 0 < told["ttl_s"] <= 30
                async with connect(path) as app:
                    snapshot = await heard(app, "snapshot")
                    assert (snapshot["offer"]["offer_id"], snapshot["ride"]) == (told["offer_id"], None)
                    state = (await desk.get(f"/api/rides/{ride['ride_id']}")).json()
                    assert state["status"] == "pending", "waking accepts nothing"
                    yes = {"ride_id": ride["ride_id"], "driver_id": town.driver, "offer_id": told["offer_id"]}
                    await app.send(json.dumps({"type": "accept_ride", **yes}))
                    assert (await heard(app, "ride_accepted"))["ride_id"] == ride["ride_id"]
                why = (await desk.get(f"/api/rides/{ride['ride_id']}/why")).json()
                assert [row["rule"] for row in why["rounds"][0]["considered"]] == ["pushed"]
                metrics = (await desk.get("/metrics")).text
                assert 'dispatch_pushes_total{fate="sent"} 1.0' in metrics
            assert not any(secret in "".join(logged) for secret in (TOKEN, "the-secret-key"))

    asyncio.run(story())


def test_what_ends_a_device_ends_the_sleep(tmp_path: Path) -> None:
    """A dead token gives the place back at once; a driver who is suspended has no device any more."""
    town = Town(tmp_path)

    async def story() -> None:
        async with push_api() as api:
            api.answers["/push"] = [("410 Gone", {})]
            headers = {"Authorization": f"Bearer {town.token(Role.DRIVER, town.driver)}"}
            async with (
                served(tmp_path, OFF.format(url=api.url("/push"))) as (host, _),
                at(host) as desk,
                httpx2.AsyncClient(base_url=f"http://{host}", headers=headers, trust_env=False) as phone,
            ):
                path = f"ws://{host}/ws/driver/{town.driver}/"
                await phone.post("/api/me/devices", json={"token": TOKEN})
                async with connect(path) as app:
                    await is_near(app)
                await status_of(desk, town.driver, "asleep")
                await desk.post("/api/rides", json=CALL)
                await pushed(api, 1)
                await status_of(desk, town.driver, "offline")
                assert (await phone.get("/api/me/devices")).json()["devices"] == []

                device = (await phone.post("/api/me/devices", json={"token": TOKEN})).json()
                assert (await phone.delete(f"/api/me/devices/{device['device_id']}")).status_code == 204
                assert (await phone.get("/api/me/devices")).json()["devices"] == []

                await phone.post("/api/me/devices", json={"token": TOKEN})
                await order(tmp_path, SetStatus(who=town.driver, status=PersonStatus.SUSPENDED))
                async with connect(path) as app:
                    await is_near(app)
                await status_of(desk, town.driver, "offline")

    asyncio.run(story())
