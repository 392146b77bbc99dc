"""What people read of their own on the real server: a passenger and a driver see their ride, and nobody else does."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx2
import msgspec
from websockets.asyncio.client import connect

from dispatch.principals import Role
from dispatch.transport.wire import own
from tests.e2e.test_quotes import BOOKING, TARIFF, heard, served
from tests.e2e.test_tokens import Town


def fits(answer: httpx2.Response, kind: Any, status: int = 200) -> dict[str, Any]:
    """The answer, which has no field that the document does not know."""
    assert answer.status_code == status, answer.text
    msgspec.json.decode(answer.content, type=msgspec.defstruct("Strict", [], bases=(kind,), forbid_unknown_fields=True))
    told: dict[str, Any] = answer.json()
    return told


async def both_see_it(sarah: httpx2.AsyncClient, michael: httpx2.AsyncClient, fare: Any) -> None:
    """The ride that is over, each side with what it may know of the other."""
    mine = fits(await sarah.get("/api/rides/r1"), own.OwnRide)
    assert [entry["what"] for entry in mine["timeline"]] == [
        "requested", "asked", "assigned", "arrived", "started", "completed",
    ]  # fmt: skip
    assert mine["timeline"][1]["drivers_asked"] == 1 and mine["driver_phone"] == "27821234568"
    assert mine["fare"] == fare and mine["note"] == "blue gate"
    seen = fits(await michael.get("/api/rides/r1"), own.OwnRide)
    assert [entry["what"] for entry in seen["timeline"]] == ["assigned", "arrived", "started", "completed"]
    assert (seen["passenger_name"], "driver_phone" in seen) == ("Sarah Johnson", False)


async def a_stranger_sees_nothing(stranger: httpx2.AsyncClient) -> None:
    """The ride of others is one that does not exist."""
    unknown, foreign = await stranger.get("/api/rides/r9"), await stranger.get("/api/rides/r1")
    assert (foreign.status_code, foreign.content) == (404, unknown.content)
    assert foreign.json()["code"] == "no_such_ride"
    rated = [await who.post(f"/api/rides/{ride}/rating", json={"rating": 1}) for who, ride in (
        (stranger, "r1"), (stranger, "r9"))]  # fmt: skip
    assert rated[0].status_code == 404 and rated[0].content == rated[1].content
    assert fits(await stranger.get("/api/me/rides"), own.OwnRides) == {"rides": [], "next": None}


async def each_rates_the_other_once(sarah: httpx2.AsyncClient, michael: httpx2.AsyncClient) -> None:
    """What the driver writes, the passenger does not read."""
    assert fits(await sarah.post("/api/rides/r1/rating", json={"rating": 4}), own.Rated, 201)["rating"] == 4
    assert (await sarah.post("/api/rides/r1/rating", json={"rating": 1})).status_code == 409
    words = {"rating": 5, "comment": "kind"}
    assert (await michael.post("/api/rides/r1/rating", json=words)).status_code == 201
    assert [entry.get("rating") for entry in (await sarah.get("/api/rides/r1")).json()["timeline"]][-1] == 4
    assert "kind" not in (await sarah.get("/api/rides/r1")).text


async def takings_are_those_of_the_day(sarah: httpx2.AsyncClient, michael: httpx2.AsyncClient, fare: Any) -> None:
    """The driver's own, and nobody else's."""
    day = fits(await michael.get("/api/me/takings"), own.Takings)
    assert (day["rides"], day["fares"], day["cash"], day["card"]) == (
        1,
        fare,
        fare,
        0,
    )
    old = fits(await michael.get("/api/me/takings?day=2020-02-29"), own.Takings)
    assert (old["rides"], old["online_s"], day["online_s"] >= 0) == (0, 0, True)
    bad = await michael.get("/api/me/takings?day=2021-02-29")
    assert (bad.status_code, bad.json()["field"]) == (400, "day")
    assert (await sarah.get("/api/me/takings")).status_code == 403


def test_passenger_and_driver_read_their_ride_and_rate_each_other(tmp_path: Path) -> None:
    town = Town(tmp_path)

    async def story() -> None:
        settings = f'{TARIFF}\n[server]\nauth = "on"\n'
        async with served(tmp_path, settings) as (host, _):

            def at(role: Role, person: str) -> httpx2.AsyncClient:
                headers = {"Authorization": f"Bearer {town.token(role, person)}"}
                return httpx2.AsyncClient(base_url=f"http://{host}", headers=headers, trust_env=False)

            async with (
                at(Role.PASSENGER, town.passenger) as sarah,
                at(Role.DRIVER, town.driver) as michael,
                at(Role.PASSENGER, "pstranger") as stranger,
                connect(f"ws://{host}/ws/driver/{town.driver}/", **town.as_driver) as driver,
                connect(
                    f"ws://{host}/ws/ride/r1/",
                    additional_headers={"Authorization": f"Bearer {town.token(Role.PASSENGER, town.passenger)}"},
                ) as passenger,
            ):
                assert (await sarah.post("/api/rides/r1/rating", json={"rating": 5})).json()["code"] == "no_such_ride"
                await driver.send(json.dumps({"type": "location_update", "latitude": -26.2, "longitude": 28.05}))
                await passenger.send(json.dumps({**BOOKING, "note": "blue gate"}))
                await heard(driver, "ride_request")
                assert fits(await sarah.get("/api/me"), own.Me)["open_ride_id"] == "r1"
                await driver.send(json.dumps({"type": "accept_ride", "ride_id": "r1", "driver_id": town.driver}))
                await heard(driver, "ride_accepted")
                me = fits(await michael.get("/api/me"), own.Me)
                assert (me["role"], me["open_ride_id"], me["vehicle_registration"]) == ("driver", "r1", "CA 999 GP")
                (listed,) = fits(await sarah.get("/api/me/rides?open=1"), own.OwnRides)["rides"]
                assert (listed["status"], listed["driver_name"]) == ("accepted", "Michael Brown")
                too_early = await sarah.post("/api/rides/r1/rating", json={"rating": 5})
                assert (too_early.status_code, too_early.json()["code"]) == (409, "illegal_now")
                for step in ("arrived", "start_ride", "complete_ride"):
                    await driver.send(json.dumps({"type": step, "ride_id": "r1"}))
                receipt = await heard(driver, "ride_completed")

                await both_see_it(sarah, michael, receipt["fare"])
                await a_stranger_sees_nothing(stranger)
                await each_rates_the_other_once(sarah, michael)
                await takings_are_those_of_the_day(sarah, michael, receipt["fare"])

    asyncio.run(story())


def test_where_nobody_logs_in_ones_own_needs_a_token_all_the_same(tmp_path: Path) -> None:
    town = Town(tmp_path)

    async def story() -> None:
        async with (
            served(tmp_path, "") as (host, _),
            httpx2.AsyncClient(base_url=f"http://{host}", trust_env=False) as client,
        ):
            for path in ("/api/me", "/api/me/rides", "/api/me/takings"):
                refused = await client.get(path)
                assert (refused.status_code, refused.json()["code"]) == (401, "not_authenticated"), path
                assert refused.headers["www-authenticate"].startswith("Bearer")
            assert (await client.get("/api/rides/r9")).status_code == 404
            headers = {"Authorization": f"Bearer {town.token(Role.PASSENGER, town.passenger)}"}
            assert (await client.get("/api/me", headers=headers)).json()["name"] == "Sarah Johnson"
            pages = await client.get("/api/me/rides?cursor=41", headers=headers)
            assert (pages.status_code, pages.json()["field"]) == (400, "cursor")

    asyncio.run(story())
