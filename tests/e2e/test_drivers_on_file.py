"""What `dispatch people …` does to drivers of a running server, seen from their apps."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

from websockets.asyncio.client import connect

from dispatch.control import have_done
from dispatch.storage.tools.orders import Answer, Order
from dispatch.storage.tools.people_orders import AddPerson, ImportPeople, KeepDocument, SetStatus
from dispatch.words import PersonRole, PersonStatus
from tests.e2e.test_desk_http import CALL, at, is_near
from tests.e2e.test_quotes import heard, served

OFF = '[server]\nauth = "off"\n'
PHONE, OTHER_PHONE = "27821234570", "27821234571"


async def order(folder: Path, what: Order) -> Answer:
    """What the command line does, beside the server."""
    done = await asyncio.to_thread(have_done, str(folder / "rides.db"), what)
    return done.answer


def test_a_driver_whose_document_ends_is_asked_no_more_and_again_with_a_newer_one(tmp_path: Path) -> None:
    async def story() -> None:
        async with served(tmp_path, OFF) as (host, _), at(host) as desk:
            added = await order(tmp_path, AddPerson(role=PersonRole.DRIVER, phone=f"+{PHONE}", name="Thabo Zulu"))
            driver_id = added["person"]["id"]
            async with connect(f"ws://{host}/ws/driver/%2B{PHONE}/") as driver:
                await is_near(driver)
                await order(tmp_path, KeepDocument(who=driver_id, kind="licence", expires="2026-01-31"))
                reason = await heard(driver, "no_offers")
                assert (reason["reason"], reason["document"]) == ("document_ended", "licence")
                ride = (await desk.post("/api/rides", json=CALL)).json()
                refused = await desk.post(f"/api/rides/{ride['ride_id']}/assign", json={"driver_id": driver_id})
                assert refused.status_code == 409, refused.text
                tomorrow = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 86_400))
                await order(tmp_path, KeepDocument(who=driver_id, kind="licence", expires=tomorrow))
                assert (await heard(driver, "snapshot"))["status"] == "available"
                assert (await heard(driver, "document_expiring"))["document"] == "licence"
                assert (await heard(driver, "ride_request"))["ride_id"] == ride["ride_id"]
                why = (await desk.get(f"/api/rides/{ride['ride_id']}/why")).json()
                (first, *_), last = why["rounds"], why["rounds"][-1]
                assert [row["rule"] for row in first["considered"]] == ["document_ended"]
                assert [row["rule"] for row in last["considered"]] == ["asked"]

    asyncio.run(story())


def test_a_list_and_a_suspension_reach_the_drivers_who_are_connected(tmp_path: Path) -> None:
    rows = f"phone,name,permit_expires\n+{PHONE},Thabo Zulu,2026-01-31\n+{OTHER_PHONE},Ann Dube,\n"

    async def story() -> None:
        async with (
            served(tmp_path, OFF) as (host, _),
            connect(f"ws://{host}/ws/driver/{PHONE}/") as first,
            connect(f"ws://{host}/ws/driver/{OTHER_PHONE}/") as second,
        ):
            for driver in (first, second):
                await driver.send(json.dumps({"type": "ping"}))
                await heard(driver, "pong")
            answer = await order(tmp_path, ImportPeople(role=PersonRole.DRIVER, text=rows))
            assert sorted(answer["touched"]) == [PHONE, OTHER_PHONE], "they keep the ids that they have"
            assert (await heard(first, "no_offers"))["document"] == "permit"
            await order(tmp_path, SetStatus(who=OTHER_PHONE, status=PersonStatus.SUSPENDED))
            assert (await heard(second, "no_offers"))["reason"] == "suspended"

    asyncio.run(story())
