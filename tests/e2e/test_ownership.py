"""Two passengers with tokens on the sockets of a real server: a ride is its passenger's, and for the other one it does not exist."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx2
from websockets.asyncio.client import ClientConnection, connect

from dispatch.principals import Role
from tests.e2e.test_quotes import BOOKING, TARIFF, TRIP, heard, served
from tests.e2e.test_tokens import ON, Town
from tests.providers.pricing_api import pricing_api

FRAMES: tuple[dict[str, Any], ...] = (
    {"type": "resume", "epoch": "", "last_seq": 0, "id": "k1"},
    {"type": "cancel_ride", "id": "k2"},
    {"type": "rate_driver", "rating": 1, "id": "k3"},
    {"type": "cancel_ride", "id": "k2"},
    {"type": "ping"},
)


async def answers(app: ClientConnection) -> list[str]:
    """What comes of all frames, byte for byte, but for the id of the ride."""
    for frame in FRAMES:
        await app.send(json.dumps(frame))
    return [str(await app.recv()).replace("r1", "r?").replace("r9", "r?") for _ in FRAMES]


def test_a_ride_of_somebody_else_is_one_that_does_not_exist_and_its_passenger_notices_nothing(tmp_path: Path) -> None:
    town = Town(tmp_path)

    def as_passenger(person: str) -> dict[str, Any]:
        return {"additional_headers": {"Authorization": f"Bearer {town.token(Role.PASSENGER, person)}"}}

    async def story() -> None:
        async with (
            served(tmp_path, ON) as (host, _),
            connect(f"ws://{host}/ws/ride/r1/", **as_passenger(town.passenger)) as ann,
            connect(f"ws://{host}/ws/ride/r1/", **as_passenger("pstranger")) as early,
        ):
            await ann.send(json.dumps(BOOKING))
            await heard(ann, "searching")
            await early.send(json.dumps({**BOOKING, "id": "mine"}))
            refused = await heard(early, "error")
            assert (refused["code"], refused["id"]) == ("no_such_ride", "mine")
            async with (
                connect(f"ws://{host}/ws/ride/r1/", **as_passenger("pstranger")) as foreign,
                connect(f"ws://{host}/ws/ride/r9/", **as_passenger("pstranger")) as unknown,
            ):
                told = await answers(foreign)
                assert told == await answers(unknown)
                assert [json.loads(frame).get("code") for frame in told] == ["no_such_ride"] * 4 + [None]
            await ann.send(json.dumps({"type": "ping"}))
            assert json.loads(await ann.recv())["type"] == "pong", "nobody replaced the passenger, who heard of nothing"
            async with connect(f"ws://{host}/ws/ride/r1/", **as_passenger(town.passenger)) as again:
                assert (await heard(again, "snapshot"))["status"] == "pending"

    asyncio.run(story())


def test_anothers_quote_is_as_unknown_as_one_that_nobody_made(tmp_path: Path) -> None:
    town = Town(tmp_path)

    def shows(role: Role, person: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {town.token(role, person)}"}

    async def story() -> None:
        async with (
            served(tmp_path, f"{TARIFF}{ON}") as (host, _),
            httpx2.AsyncClient(base_url=f"http://{host}", trust_env=False) as http,
            connect(f"ws://{host}/ws/ride/r2/", additional_headers=shows(Role.PASSENGER, "pstranger")) as stranger,
        ):
            made = await http.post("/api/quotes", json=TRIP, headers=shows(Role.PASSENGER, town.passenger))
            assert made.status_code == 201, made.text
            quotes = {"theirs": made.json()["quote_id"], "unknown": "q-that-nobody-made"}
            told = {}
            for which, quote_id in quotes.items():
                await stranger.send(json.dumps({**BOOKING, "quote_id": quote_id}))
                told[which] = await heard(stranger, "error")
            assert told["theirs"] == told["unknown"] and told["theirs"]["code"] == "quote_expired"
            call = {**BOOKING, "passenger_phone": "+27825550009"}
            call.pop("type")
            by_staff = [
                await http.post("/api/rides", json={**call, "quote_id": quote_id}, headers=shows(Role.STAFF, "s1"))
                for quote_id in quotes.values()
            ]
            assert by_staff[0].content == by_staff[1].content and by_staff[0].json()["code"] == "quote_expired"
            async with connect(
                f"ws://{host}/ws/ride/r1/", additional_headers=shows(Role.PASSENGER, town.passenger)
            ) as owner:
                await owner.send(json.dumps({**BOOKING, "quote_id": quotes["theirs"]}))
                assert (await heard(owner, "searching"))["ride_id"] == "r1", "its own passenger can have it still"

    asyncio.run(story())


def test_how_another_passenger_pays_is_told_to_nobody_else(tmp_path: Path) -> None:
    town = Town(tmp_path)

    async def story() -> None:
        async with pricing_api() as provider:
            provider.answer = {"status": "declined", "reason": "no funds"}
            toml = f'currency = "ZAR"\n[payment]\npayment = "http"\npayment_url = "{provider.url}"\n{ON}'
            stranger = {"Authorization": f"Bearer {town.token(Role.PASSENGER, 'pstranger')}"}
            owner = {"Authorization": f"Bearer {town.token(Role.PASSENGER, town.passenger)}"}
            async with (
                served(tmp_path, toml) as (host, _),
                httpx2.AsyncClient(base_url=f"http://{host}", trust_env=False, headers=stranger) as http,
                connect(f"ws://{host}/ws/driver/{town.driver}/", **town.as_driver) as driver,
                connect(f"ws://{host}/ws/ride/r1/", additional_headers=owner) as passenger,
            ):
                await driver.send(json.dumps({"type": "location_update", "latitude": -26.2, "longitude": 28.05}))
                await passenger.send(json.dumps({**BOOKING, "payment_method": "card"}))
                await heard(driver, "ride_request")
                async with connect(f"ws://{host}/ws/ride/r1/", additional_headers=stranger) as foreign:
                    for step in ("accept_ride", "complete_ride"):
                        await driver.send(json.dumps({"type": step, "ride_id": "r1", "driver_id": town.driver}))
                    assert (await heard(passenger, "payment"))["status"] == "declined"
                    await foreign.send(json.dumps({"type": "ping"}))
                    assert json.loads(await foreign.recv())["type"] == "pong", "nothing came before it"
                theirs, unknown = [await http.get(f"/api/rides/{ride}") for ride in ("r1", "r9")]
                assert (theirs.status_code, theirs.content) == (404, unknown.content)
                assert (await http.get("/api/me/rides")).json()["rides"] == []

    asyncio.run(story())
