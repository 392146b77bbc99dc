"""People on file over HTTP, on the real server: what staff may do, what is a manager's, and what it does to those who are connected."""

from __future__ import annotations

import asyncio
import signal
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest
from websockets.asyncio.client import connect

from dispatch.identity.people import NewPerson
from dispatch.identity.tokens import Claims, make_token
from dispatch.principals import Principal, Role
from dispatch.storage.file.key_file import keys_of
from dispatch.storage.log.on_file import Writer
from dispatch.storage.people import people
from dispatch.storage.tools.show import rows
from dispatch.words import PersonRole
from tests.e2e.test_desk_http import is_near
from tests.e2e.test_quotes import heard, served
from tests.e2e.test_tokens import close_code

ON = 'phone_region = "ZA"\ntime_zone = "Africa/Johannesburg"\n[server]\nauth = "on"\n'
THABO = {"role": "driver", "phone": "082 123 4570", "name": "Thabo Zulu", "vehicle_type": "van", "registration": "CA 1"}


class Office:
    """A file with a manager and a dispatcher, and clients that speak for them."""

    def __init__(self, folder: Path) -> None:
        self.db = folder / "rides.db"
        writer = Writer(self.db, "full")
        self.ids = {
            name: people.add(
                writer,
                NewPerson(role=PersonRole.STAFF, name=name, phone=phone, is_manager=name == "Grace"),
                time.time(),
            )[0].person_id
            for name, phone in (("Grace", "27821234500"), ("Jabu", "27821234501"))
        }
        writer.close()

    def token(self, role: Role, ident: str, *, is_manager: bool = False) -> dict[str, str]:
        now = int(time.time())
        claims = Claims(Principal(role, ident, is_manager), "s1", now, now + 600)
        return {"Authorization": f"Bearer {make_token(claims, keys_of(self.db, now))}"}

    def client(self, host: str, name: str) -> httpx2.AsyncClient:
        headers = self.token(Role.STAFF, self.ids[name], is_manager=name == "Grace")
        return httpx2.AsyncClient(base_url=f"http://{host}", trust_env=False, headers=headers)


def test_a_dispatcher_keeps_drivers_and_passengers(tmp_path: Path) -> None:
    office = Office(tmp_path)

    async def story() -> None:
        async with served(tmp_path, ON) as (host, _), office.client(host, "Jabu") as desk:
            added = await desk.post("/api/people", json=THABO)
            assert added.status_code == 201, added.text
            person = added.json()
            assert (person["phone"], person["vehicle_type"], person["roles"]) == (
                *("27821234570", "van"),
                [{"role": "driver", "status": "invited"}],
            )
            assert (await desk.post("/api/people", json=THABO)).status_code == 200
            path = f"/api/people/{person['id']}"
            changed = await desk.patch(path, json={"name": "Thabo M. Zulu", "registration": "CA 2"})
            assert (changed.json()["name"], changed.json()["registration"]) == ("Thabo M. Zulu", "CA 2")
            assert changed.json()["vehicle_type"] == "van"
            moved = await desk.post("/api/people/0821234570/phone", json={"phone": "082 123 4571"})
            assert (moved.json()["id"], moved.json()["phone"]) == (person["id"], "27821234571")
            assert (await desk.get("/api/people/0821234570")).status_code == 404
            kept = await desk.post(f"{path}/documents", json={"kind": "licence", "expires": "2026-01-31"})
            assert kept.json()["documents"][0]["expires_at"] == "2026-01-31T22:00:00.000Z"
            assert kept.json()["held_back"] == "document_ended"
            off = await desk.post(f"{path}/suspend", json={"role": "driver", "reason": "no winter tyres"})
            assert off.json()["held_back"] == "suspended"
            assert (await desk.post(f"{path}/activate")).json()["roles"][0]["status"] == "active"
            shown = (await desk.get("/api/people/+27821234571")).json()
            assert shown == (await desk.get(path)).json()

    asyncio.run(story())
    staff = {row["body"]["by"] for row in rows(tmp_path / "rides.db", "events", limit=100) if "by" in row["body"]}
    assert staff == {office.ids["Jabu"]}


def test_what_concerns_staff_is_for_managers(tmp_path: Path) -> None:
    office = Office(tmp_path)
    new = {"role": "staff", "phone": "0821234502", "name": "Neo"}
    asked: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", "/api/people", new),
        ("POST", "/api/people", {**THABO, "phone": "0821234500"}),
        ("POST", "/api/import/people", {"role": "staff", "csv": "phone,name\n0821234503,Zoe\n"}),
        ("POST", f"/api/people/{office.ids['Grace']}/phone", {"phone": "0821234509"}),
        ("POST", f"/api/people/{office.ids['Grace']}/suspend", {}),
        ("PATCH", f"/api/people/{office.ids['Jabu']}", {"name": "Jabu Cele"}),
    ]

    async def story() -> None:
        async with (
            served(tmp_path, ON) as (host, _),
            office.client(host, "Jabu") as dispatcher,
            office.client(host, "Grace") as manager,
        ):
            for method, path, body in asked:
                refused = await dispatcher.request(method, path, json=body)
                assert (refused.status_code, refused.json()["code"]) == (403, "forbidden"), (path, refused.text)
            assert len((await manager.get("/api/people?role=staff")).json()["people"]) == 2
            assert (await manager.post("/api/people", json={**new, "manager": True})).json()["roles"][0]["manager"]
            assert (
                await manager.patch(f"/api/people/{office.ids['Jabu']}", json={"name": "J. Cele"})
            ).status_code == 200
            driver = {"headers": office.token(Role.DRIVER, "p1")}
            assert (await manager.get("/api/people", **driver)).status_code == 403
            assert (await manager.get("/api/people", headers={"Authorization": ""})).status_code == 401

    asyncio.run(story())


def test_sixty_drivers_come_by_a_list_and_are_read_in_pages(tmp_path: Path) -> None:
    office = Office(tmp_path)
    lines = [f"08212350{number:02},Driver {number:02},sedan,CA {number}" for number in range(60)]
    csv = "\n".join(["phone,name,vehicle_type,registration", *lines])

    async def story() -> None:
        async with served(tmp_path, ON) as (host, _), office.client(host, "Jabu") as desk:
            bad = await desk.post("/api/import/people", json={"role": "driver", "csv": f"{csv}\n12,Jo,,"})
            assert (bad.status_code, bad.json()["field"]) == (400, "phone") and "row 62" in bad.json()["detail"]
            told = await desk.post("/api/import/people", json={"role": "driver", "csv": csv})
            assert told.json() == {"added": 60, "changed": 0, "same": 0, "mistakes": []}
            ids, names, cursor, pages = [], [], "", 0
            while pages == 0 or cursor:
                page = (await desk.get(f"/api/people?role=driver&limit=25{cursor}")).json()
                ids += [person["id"] for person in page["people"]]
                names += [person["name"] for person in page["people"]]
                cursor, pages = f"&cursor={page['next']}" if page["next"] else "", pages + 1
                last = {
                    "name": f"A {pages}"
                }  # who comes first by name now is neither told again, nor does anybody move
                assert (await desk.patch(f"/api/people/{ids[-1]}", json=last)).status_code == 200
            assert (ids, pages) == (sorted(set(ids)), 3)
            assert sorted(names) == [f"Driver {number:02}" for number in range(60)]
            assert (await desk.get("/api/people?cursor=abc")).status_code == 400
            big = {"role": "driver", "csv": csv + "\n" * 500_000}
            assert (await desk.post("/api/import/people", json=big)).status_code == 200

    asyncio.run(story())


def test_a_connected_driver_hears_of_the_file_and_is_cut_off_when_suspended(tmp_path: Path) -> None:
    office = Office(tmp_path)

    async def story() -> None:
        async with served(tmp_path, ON) as (host, _), office.client(host, "Jabu") as desk:
            driver_id = (await desk.post("/api/people", json=THABO)).json()["id"]
            headers = office.token(Role.DRIVER, driver_id)
            async with connect(f"ws://{host}/ws/driver/{driver_id}/", additional_headers=headers) as driver:
                await is_near(driver)
                await desk.post(f"/api/people/{driver_id}/documents", json={"kind": "permit", "expires": "2026-01-31"})
                assert (await heard(driver, "no_offers"))["document"] == "permit"
                await desk.post(f"/api/people/{driver_id}/suspend", json={"role": "driver"})
                assert await close_code(driver) == 4501

    asyncio.run(story())


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "field"),
    [
        ("POST", "", {**THABO, "phone": "12"}, 400, "phone"),
        ("POST", "", {**THABO, "role": "boss"}, 400, "role"),
        ("POST", "", {**THABO, "name": " "}, 400, "name"),
        ("POST", "", {**THABO, "manager": True}, 400, "is_manager"),
        ("PATCH", "/0821234500", {}, 400, None),
        ("POST", "/0821234500/phone", {"phone": "082 123 4501"}, 409, "phone"),
        ("POST", "/0821234509/suspend", {}, 404, None),
        ("POST", "/0821234500/documents", {"kind": "licence", "expires": "soon"}, 400, "expires"),
    ],
)
def test_what_cannot_be_done_says_which_field_is_wrong(
    tmp_path: Path, method: str, path: str, body: dict[str, Any], status: int, field: str | None
) -> None:
    office = Office(tmp_path)

    async def story() -> None:
        async with served(tmp_path, ON) as (host, _), office.client(host, "Grace") as desk:
            refused = await desk.request(method, f"/api/people{path}", json=body)
            assert (refused.status_code, refused.json().get("field")) == (status, field), refused.text

    asyncio.run(story())


def test_what_is_asked_again_under_its_key_is_done_once_also_after_a_kill(tmp_path: Path) -> None:
    office = Office(tmp_path)
    steps: tuple[tuple[str, str, dict[str, Any], int], ...] = (
        ("POST", "/api/people", THABO, 201),
        ("PATCH", "/api/people/0821234570", {"name": "Thabo M. Zulu"}, 200),
        ("POST", "/api/people/0821234570/phone", {"phone": "082 123 4571"}, 200),
        ("POST", "/api/people/0821234571/documents", {"kind": "licence", "expires": "2031-01-31"}, 200),
        ("POST", "/api/people/0821234571/suspend", {}, 200),
        ("POST", "/api/people/0821234571/activate", {}, 200),
        ("POST", "/api/import/people", {"role": "driver", "csv": "phone,name\n0821234579,Zoe\n"}, 200),
    )

    async def ask(desk: httpx2.AsyncClient, number: int, **other: Any) -> httpx2.Response:
        method, path, body, _ = steps[number]
        return await desk.request(method, path, json={**body, **other}, headers={"Idempotency-Key": f"key-{number}"})

    async def acts(host: str) -> list[str]:
        async with office.client(host, "Grace") as manager:
            return [act["action"] for act in (await manager.get("/api/audit")).json()["acts"]]

    async def before() -> list[Any]:
        async with served(tmp_path, ON, signal.SIGKILL) as (host, _), office.client(host, "Jabu") as desk:
            told = []
            for number, (*_, status) in enumerate(steps):
                first = await ask(desk, number)
                assert first.status_code == status, first.text
                again = await ask(desk, number)
                assert (again.status_code, again.json()) == (status, first.json())
                told.append(first.json())
            done = await acts(host)
            assert done[:1] == ["add_person"] and done.count("set_status") == 2
            return [told, done]

    async def after(told: list[Any], done: list[str]) -> None:
        async with served(tmp_path, ON) as (host, _), office.client(host, "Jabu") as desk:
            for number, (*_, status) in enumerate(steps):
                again = await ask(desk, number)
                assert again.status_code == status, again.text
                if number < 6:
                    assert again.json()["id"] == told[0]["id"]
                    assert again.json()["phone"] == "27821234571" and again.json()["roles"] == told[5]["roles"]
                else:
                    assert again.json() == told[6]
            other = await ask(desk, 1, name="Somebody else")
            assert (other.status_code, other.json()["code"]) == (422, "id_reused")
            assert await acts(host) == done

    asyncio.run(after(*asyncio.run(before())))
