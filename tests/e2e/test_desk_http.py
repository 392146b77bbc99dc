"""The desk over HTTP, on the real server: a caller's ride is booked, driven, looked up and explained."""

from __future__ import annotations

import asyncio
import json
import signal
from pathlib import Path
from typing import Any

import httpx2
from websockets.asyncio.client import ClientConnection, connect

from dispatch.live.callers import NOBODY
from tests.e2e.test_quotes import TARIFF, heard, served
from tests.providers.pricing_api import pricing_api

CALL: dict[str, Any] = {
    "passenger_phone": "+27 82 000 0001",
    "passenger_name": "Ann",
    "pickup_latitude": -26.2041,
    "pickup_longitude": 28.0473,
    "dropoff_latitude": -26.1850,
    "dropoff_longitude": 28.0550,
    "pickup_address": "123 Main St",
    "dropoff_address": "456 Oak Ave",
}


def at(host: str) -> httpx2.AsyncClient:
    """A client of this server."""
    return httpx2.AsyncClient(base_url=f"http://{host}", trust_env=False)


async def say(app: ClientConnection, kind: str, **fields: Any) -> None:
    """Send a frame."""
    await app.send(json.dumps({"type": kind, **fields}))


async def is_near(driver: ClientConnection) -> None:
    """The driver is connected, near the caller."""
    await say(driver, "location_update", latitude=-26.2, longitude=28.05)


def test_a_ride_booked_by_phone_finds_its_driver_without_any_app_of_the_caller(tmp_path: Path) -> None:
    async def story() -> None:
        settings = "link_grace = 0.2\n"
        async with served(tmp_path, settings) as (host, _), at(host) as desk:
            booked = await desk.post("/api/rides", json=CALL, headers={"Idempotency-Key": "call-1"})
            assert booked.status_code == 201, booked.text
            ride = booked.json()
            assert (ride["status"], ride["passenger_name"], ride["fare"]) == ("pending", "Ann", 0.0)
            assert ride["fare_by_agreement"] and ride["distance_km"] > 2 and ride["estimated_duration_minutes"] > 2
            again = await desk.post("/api/rides", json=CALL, headers={"Idempotency-Key": "call-1"})
            assert (again.status_code, again.json()["ride_id"]) == (200, ride["ride_id"])
            other = await desk.post("/api/rides", json={**CALL, "note": "gate"}, headers={"Idempotency-Key": "call-1"})
            assert (other.status_code, other.json()["code"]) == (422, "id_reused")
            second = await desk.post("/api/rides", json={**CALL, "pickup_address": "school"})
            assert second.status_code == 201
            assert [each["ride_id"] for each in (await desk.get("/api/rides")).json()["rides"]] == [
                second.json()["ride_id"],
                ride["ride_id"],
            ]
            await desk.post(f"/api/rides/{second.json()['ride_id']}/cancel", json={})
            async with connect(f"ws://{host}/ws/driver/27821234568/") as driver:
                await is_near(driver)
                offer = await heard(driver, "ride_request")
                assert (offer["fare"], offer["fare_by_agreement"]) == (0.0, True)
                await say(driver, "accept_ride", ride_id=ride["ride_id"], driver_id="27821234568")
                assert (await heard(driver, "ride_accepted"))["passenger_phone"] == "27820000001"
            shown = (await desk.get(f"/api/rides/{ride['ride_id']}")).json()
            assert (shown["status"], shown["driver_id"], shown["booked_by"]) == ("accepted", "27821234568", "ops")
            assert [(entry["what"], entry["by"]) for entry in shown["timeline"]] == [
                ("requested", "ops"),
                ("staff_acted", "ops"),
                ("asked", "system"),
                ("asked", "system"),
                ("assigned", "driver"),
            ]
            why = (await desk.get(f"/api/rides/{ride['ride_id']}/why")).json()
            asked = [row for each in why["rounds"] for row in each["considered"] if row["rule"] == "asked"]
            assert [(row["driver_name"], row["outcome"]) for row in asked] == [("Driver 4568", "accepted")]
            page = (await desk.get("/api/rides?state=all&limit=1")).json()
            assert [each["ride_id"] for each in page["rides"]] == [second.json()["ride_id"]]
            rest = (await desk.get(f"/api/rides?state=all&limit=1&cursor={page['next']}")).json()
            assert ([each["ride_id"] for each in rest["rides"]], rest["next"]) == ([ride["ride_id"]], None)

    asyncio.run(story())


def test_where_there_is_a_tariff_a_caller_is_told_its_fare(tmp_path: Path) -> None:
    async def story() -> None:
        async with served(tmp_path, TARIFF) as (host, _), at(host) as desk:
            ride = (await desk.post("/api/rides", json=CALL)).json()
            assert ride["fare"] > 12.5 and ride["currency"] == "ZAR" and not ride["fare_by_agreement"]

    asyncio.run(story())


def test_what_is_wrong_with_a_call_is_said_and_nothing_is_booked(tmp_path: Path) -> None:
    async def story() -> None:
        async with served(tmp_path, "") as (host, _), at(host) as desk:
            for wrong, field in (
                ({**CALL, "passenger_phone": ""}, "passenger_phone"),
                ({**CALL, "pickup_latitude": 91}, "pickup_latitude"),
                ({**CALL, "payment_method": "card"}, "payment_method"),
            ):
                answer = await desk.post("/api/rides", json=wrong)
                assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (400, "bad_field", field)
            key = await desk.post("/api/rides", json=CALL, headers={"Idempotency-Key": "a b"})
            assert (key.status_code, key.json()["field"]) == (400, "Idempotency-Key")
            quoted = await desk.post("/api/rides", json={**CALL, "quote_id": "q1"})
            assert (quoted.status_code, quoted.json()["code"], quoted.json()["field"]) == (
                400,
                "quote_expired",
                "quote_id",
            )
            for path, field in (("?limit=0", "limit"), ("?cursor=x", "cursor"), ("?state=odd", "state")):
                answer = await desk.get(f"/api/rides{path}")
                assert (answer.status_code, answer.json()["field"]) == (400, field)
            for path in ("/api/rides/r9", "/api/rides/r9/why", "/api/rides/a%20b"):
                answer = await desk.get(path)
                assert (answer.status_code, answer.json()["code"]) == (404, "no_such_ride")
            assert (await desk.get("/api/rides?state=all")).json() == {"rides": [], "next": None}

    asyncio.run(story())


async def wrong_edits_are_refused(desk: httpx2.AsyncClient, path: str) -> None:
    """Half a place, an address without one, a place that is nowhere, and nothing at all."""
    for wrong, field in (
        ({"pickup_latitude": -26.21}, "pickup_longitude"),
        ({"dropoff_longitude": 28.1}, "dropoff_latitude"),
        ({"pickup_address": "9 Elm St"}, "pickup_latitude"),
        ({"pickup_latitude": 91, "pickup_longitude": 28.1}, "pickup_latitude"),
    ):
        answer = await desk.patch(path, json=wrong)
        assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (400, "bad_field", field)
    assert (await desk.patch(path, json={})).json()["code"] == "bad_message"


async def all_views_tell_of_the_ride(desk: httpx2.AsyncClient, ride_id: str) -> None:
    """Drivers, figures, callers, the search, who is near, takings and the audit, after the one ride of the day."""
    (now,) = (await desk.get("/api/drivers")).json()["drivers"]
    assert (now["driver_id"], now["status"], now["latitude"]) == ("27821234568", "available", -26.2)
    assert now["position_age_s"] < 30 and "why_not_offered" not in now
    day = (await desk.get("/api/figures")).json()
    assert (day["requests"], day["assigned"], day["completed"], day["without_fare"]) == (1, 1, 1, 1)
    assert sum(hour["completed"] for hour in day["hours"]) == 1 and len(day["hours"]) >= 23
    (caller,) = (await desk.get("/api/callers?phone=%2B2782000")).json()["callers"]
    assert (caller["name"], caller["rides"], caller["pickup"]["address"]) == ("Ann", 1, "9 Elm St")
    (found,) = (await desk.get("/api/rides?state=all&find=OAK")).json()["rides"]
    assert found["ride_id"] == ride_id
    assert (await desk.get("/api/rides?state=all&find=nowhere")).json()["rides"] == []
    near = (await desk.get(f"/api/rides/{ride_id}/drivers")).json()
    assert (near["askable"], near["drivers"][0]["driver_id"]) == (1, "27821234568")
    assert near["drivers"][0]["eta_s"] > 0
    taken = (await desk.get("/api/takings")).json()
    assert [(each["driver_id"], each["rides"], each["fares"]) for each in taken["drivers"]] == [("27821234568", 1, 0.0)]
    table = await desk.get(f"/api/takings?format=csv&day={taken['day']}")
    assert table.headers["content-type"].startswith("text/csv")
    assert table.text.splitlines()[1].startswith("27821234568,Driver 4568,1,0.0,")
    for query, field in (
        ("figures?day=x", "day"),
        ("takings?format=pdf", "format"),
        ("drivers?state=x", "state"),
        ("callers?phone=082", "phone"),
    ):
        assert (await desk.get(f"/api/{query}")).json()["field"] == field
    acts = (await desk.get("/api/audit?staff=ops")).json()["acts"]
    assert [act["action"] for act in acts] == ["edit", "edit", "book"]
    assert (await desk.get("/api/audit?day=2020-01-01")).json() == {"acts": [], "next": None}
    assert (await desk.get("/api/audit?day=tomorrow")).json()["field"] == "day"


def test_staff_move_a_pickup_until_somebody_drives_there_and_write_a_note_after(tmp_path: Path) -> None:
    async def story() -> None:
        async with (
            served(tmp_path, "") as (host, _),
            at(host) as desk,
            connect(f"ws://{host}/ws/driver/27821234568/") as driver,
        ):
            path = f"/api/rides/{(await desk.post('/api/rides', json=CALL)).json()['ride_id']}"
            await wrong_edits_are_refused(desk, path)
            elm_st = {"pickup_latitude": -26.21, "pickup_longitude": 28.04, "pickup_address": "9 Elm St"}
            moved = await desk.patch(path, json={**elm_st, "note": "ring twice"})
            assert moved.status_code == 200, moved.text
            ride = moved.json()
            assert (ride["status"], ride["pickup_address"], ride["note"]) == ("pending", "9 Elm St", "ring twice")
            assert (ride["pickup_latitude"], ride["fare"], ride["fare_by_agreement"]) == (-26.21, 0.0, True)
            await is_near(driver)
            offer = await heard(driver, "ride_request")
            assert (offer["pickup_address"], offer["pickup_latitude"]) == ("9 Elm St", -26.21)
            await say(driver, "accept_ride", ride_id=offer["ride_id"], driver_id="27821234568")
            await heard(driver, "ride_accepted")
            late = await desk.patch(path, json=elm_st)
            assert (late.status_code, late.json()["code"]) == (409, "illegal_now")
            noted = await desk.patch(path, json={"note": "the blue gate"})
            assert (noted.status_code, noted.json()["note"]) == (200, "the blue gate")
            assert (await heard(driver, "note_changed"))["note"] == "the blue gate"
            await say(driver, "complete_ride", ride_id=offer["ride_id"], driver_id="27821234568")
            completed = await heard(driver, "ride_completed")
            assert (completed["fare"], completed["fare_by_agreement"]) == (0.0, True)
            await all_views_tell_of_the_ride(desk, offer["ride_id"])
            over = await desk.patch(path, json={"note": "thanks"})
            assert (over.status_code, over.json()["code"]) == (409, "illegal_now")

    asyncio.run(story())


def test_a_caller_is_texted_through_the_webhook_who_comes_and_that_nobody_does(tmp_path: Path) -> None:
    async def story() -> list[dict[str, Any]]:
        async with pricing_api() as sms:
            settings = f'notify = "webhook"\nnotify_url = "{sms.url}"\nsearch_cap = "2s"\nrounds = 1\n'
            async with (
                served(tmp_path, settings) as (host, _),
                at(host) as desk,
                connect(f"ws://{host}/ws/driver/27821234568/") as driver,
            ):
                await is_near(driver)
                await desk.post("/api/rides", json=CALL)
                offer = await heard(driver, "ride_request")
                await say(driver, "accept_ride", ride_id=offer["ride_id"], driver_id="27821234568")
                await heard(driver, "ride_accepted")
                await desk.post("/api/rides", json={**CALL, "passenger_phone": "+27 82 000 0002"})
                async with asyncio.timeout(20):
                    while len(sms.heard) < 2:
                        sms.asked.clear()
                        await sms.asked.wait()
            return sms.heard

    who_comes, nobody = asyncio.run(story())
    assert who_comes["to"] == "+27820000001"
    assert who_comes["text"].startswith("Your ride: Driver 4568 (sedan) comes in about ")
    assert (nobody["to"], nobody["text"]) == ("+27820000002", NOBODY)


def test_the_desk_has_a_driver_asked_takes_the_ride_back_binds_another_and_changes_the_fare(tmp_path: Path) -> None:
    async def story() -> None:
        async with (
            served(tmp_path, "radius_km = 1\n") as (host, _),
            at(host) as desk,
            connect(f"ws://{host}/ws/driver/27821234568/") as far,
            connect(f"ws://{host}/ws/driver/27821234569/") as other,
        ):
            for driver in (far, other):  # nobody would be asked: they are eight kilometres from the caller
                await say(driver, "location_update", latitude=-26.13, longitude=28.05, id="k1")
                await heard(driver, "ack")
            path = f"/api/rides/{(await desk.post('/api/rides', json=CALL)).json()['ride_id']}"
            unknown = await desk.post(f"{path}/assign", json={"driver_id": "27829999999"})
            assert (unknown.status_code, unknown.json()["code"]) == (409, "illegal_now")
            early = await desk.post(f"{path}/fare", json={"fare": 50, "reason": "agreed"})
            assert (early.status_code, early.json()["code"]) == (409, "illegal_now")
            asked = await desk.post(f"{path}/assign", json={"driver_id": "+27 82 123 4568"})
            assert asked.status_code == 202, asked.text
            offer = await heard(far, "ride_request")
            await say(far, "accept_ride", ride_id=offer["ride_id"], driver_id="27821234568")
            await heard(far, "ride_accepted")
            taken = await desk.post(f"{path}/assign", json={"driver_id": "27821234569"})
            assert taken.status_code == 409
            again = await desk.post(f"{path}/reassign", json={"reason": "a flat tyre"})
            assert (again.status_code, again.json()["status"]) == (200, "pending")
            ended = await heard(far, "ride_cancelled")
            assert (ended["by"], ended["reason"]) == ("ops", "a flat tyre")
            bound = await desk.post(f"{path}/assign", json={"driver_id": "27821234569", "bind": True})
            assert bound.status_code == 202, bound.text
            await heard(other, "ride_accepted")
            changed = await desk.post(f"{path}/fare", json={"fare": 80, "reason": "agreed"})
            assert (changed.status_code, changed.json()["fare"], changed.json()["fare_by_agreement"]) == (
                200,
                80.0,
                False,
            )
            news = await heard(other, "fare_changed")
            assert (news["fare"], news["reason"]) == (80.0, "agreed")
            await say(other, "complete_ride", ride_id=offer["ride_id"], driver_id="27821234569")
            assert (await heard(other, "ride_completed"))["fare"] == 80.0

    asyncio.run(story())


def test_a_text_that_a_killed_server_could_not_send_is_sent_by_the_next(tmp_path: Path) -> None:
    """The first server reaches nobody who sends texts; and says twice what it found for whom."""

    async def story() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        settings = 'notify = "webhook"\nnotify_url = "{}"\nsearch_cap = "2s"\nrounds = 1\n'
        async with (
            served(tmp_path, settings.format("http://127.0.0.1:9/"), signal.SIGKILL) as (host, _),
            at(host) as desk,
            connect(f"ws://{host}/ws/driver/27821234568/") as driver,
            connect(f"ws://{host}/ws/ops/") as board,
        ):
            await is_near(driver)
            await desk.post("/api/rides", json=CALL)
            offer = await heard(driver, "ride_request")
            await say(driver, "accept_ride", ride_id=offer["ride_id"], driver_id="27821234568")
            await heard(driver, "ride_accepted")
            await desk.post("/api/rides", json={**CALL, "passenger_phone": "+27 82 000 0002"})
            while "no_drivers" not in str(await heard(board, "board_changed")):
                pass
        async with pricing_api() as sms:
            async with served(tmp_path, settings.format(sms.url)), asyncio.timeout(20):
                while len(sms.heard) < 2:
                    sms.asked.clear()
                    await sms.asked.wait()
            first = list(sms.heard)
            async with served(tmp_path, settings.format(sms.url)) as (host, _), at(host) as desk:
                assert (await desk.get("/readyz")).status_code == 200
            return first, sms.heard[2:]

    first, later = asyncio.run(story())
    texts = {text["to"]: text["text"] for text in first}
    assert set(texts) == {"+27820000001", "+27820000002"} and texts["+27820000002"] == NOBODY
    assert texts["+27820000001"].startswith("Your ride: Driver 4568")
    assert later == [], "what has left is not sent again"
