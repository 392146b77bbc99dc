"""Logging in over HTTP: apps with tokens in bodies, pages of this server with cookies."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from dispatch.identity.tokens import read_token
from dispatch.principals import Principal, Role
from tests.transport.http.auth_rig import NOW, PORT, AuthRig

PHONE = "+27 82 123 4568"
OWN = {"Origin": f"http://localhost:{PORT}"}


def play(folder: Path, what: Callable[[AuthRig], Awaitable[None]]) -> None:
    async def run() -> None:
        async with AuthRig(folder) as rig:
            await what(rig)

    asyncio.run(run())


def test_a_driver_logs_in_and_the_token_says_who_they_are(tmp_path: Path) -> None:
    async def what(rig: AuthRig) -> None:
        person_id = rig.driver("27821234568")
        asked = await rig.post("/api/auth/otp/request", {"phone": PHONE, "role": "driver"})
        assert asked.status_code == 202
        assert asked.json() == {"request_id": asked.json()["request_id"], "expires_in": 300, "resend_in": 30}
        text = rig.sender.texts[0]
        assert text.phone == "27821234568" and text.code in text.text and not text.for_nobody
        told = await rig.post("/api/auth/otp/verify", {"request_id": asked.json()["request_id"], "code": text.code})
        assert told.status_code == 200 and told.headers["cache-control"] == "no-store"
        tokens = told.json()
        assert tokens["person"] == {"id": person_id, "role": "driver", "name": "Thabo Zulu"}
        assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 900)
        claims = read_token(tokens["access_token"], rig.keys.ring(), NOW, 900.0)
        assert claims.principal == Principal(Role.DRIVER, person_id)

    play(tmp_path, what)


def test_known_and_unknown_numbers_get_the_same_answer(tmp_path: Path) -> None:
    async def what(rig: AuthRig) -> None:
        rig.driver("27821234568")
        known = await rig.post("/api/auth/otp/request", {"phone": PHONE, "role": "driver"})
        unknown = await rig.post("/api/auth/otp/request", {"phone": "+27829999999", "role": "driver"})
        assert known.status_code == unknown.status_code == 202
        assert {**known.json(), "request_id": ""} == {**unknown.json(), "request_id": ""}
        assert [text.for_nobody for text in rig.sender.texts] == [False, True]

    play(tmp_path, what)


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        ({"phone": "hello"}, 400, "bad_field", "phone"),
        ({"phone": "1"}, 400, "bad_field", "phone"),
        ({}, 400, "bad_field", "phone"),
        ({"phone": PHONE, "role": "king"}, 400, "bad_field", "role"),
        ([], 400, "bad_message", None),
    ],
)
def test_a_bad_request_for_a_code_names_its_field(
    tmp_path: Path, body: object, status: int, code: str, field: str | None
) -> None:
    async def what(rig: AuthRig) -> None:
        told = await rig.post("/api/auth/otp/request", body)
        assert (told.status_code, told.json()["code"], told.json().get("field")) == (status, code, field)
        assert told.headers["content-type"] == "application/problem+json"
        assert rig.sender.texts == []

    play(tmp_path, what)


def test_a_wrong_code_and_an_unknown_request_are_refused(tmp_path: Path) -> None:
    async def what(rig: AuthRig) -> None:
        typed = await rig.code(PHONE)
        wrong = "000000" if typed["code"] != "000000" else "000001"
        told = await rig.post("/api/auth/otp/verify", {**typed, "code": wrong})
        assert (told.status_code, told.json()["code"], told.json()["field"]) == (400, "wrong_code", "code")
        told = await rig.post("/api/auth/otp/verify", {**typed, "request_id": "0" * 32})
        assert (told.status_code, told.json()["code"]) == (400, "code_expired")
        told = await rig.post("/api/auth/otp/verify", {**typed, "code": "12345"})
        assert (told.json()["code"], told.json()["field"]) == ("bad_field", "code")

    play(tmp_path, what)


def test_two_hundred_guesses_at_once_use_five_tries_at_most(tmp_path: Path) -> None:
    async def what(rig: AuthRig) -> None:
        typed = await rig.code(PHONE)
        guesses = [f"{(int(typed['code']) + n) % 1_000_000:06d}" for n in range(1, 201)]
        answers = await asyncio.gather(*(rig.post("/api/auth/otp/verify", {**typed, "code": code}) for code in guesses))
        assert [answer.json()["code"] for answer in answers].count("wrong_code") == 5
        assert {answer.status_code for answer in answers} == {400}
        assert (await rig.post("/api/auth/otp/verify", typed)).json()["code"] == "code_expired"

    play(tmp_path, what)


def test_too_many_codes_are_refused_with_when_to_come_back(tmp_path: Path) -> None:
    async def what(rig: AuthRig) -> None:
        for _ in range(5):
            await rig.code(PHONE)
        told = await rig.post("/api/auth/otp/request", {"phone": "082 123 4568", "role": "passenger"})
        assert told.status_code == 202, "that is another number while the file has no region"
        told = await rig.post("/api/auth/otp/request", {"phone": "0027821234568"})
        assert (told.status_code, told.json()["code"], told.headers["retry-after"]) == (429, "rate_limited", "3600")

    play(tmp_path, what)


def test_an_app_refreshes_and_logs_out(tmp_path: Path) -> None:
    async def what(rig: AuthRig) -> None:
        first = (await rig.post("/api/auth/otp/verify", await rig.code(PHONE))).json()
        second = await rig.post("/api/auth/refresh", {"refresh_token": first["refresh_token"]})
        assert second.status_code == 200 and second.json()["person"] == first["person"]
        assert second.json()["refresh_token"] != first["refresh_token"]
        again = await rig.post("/api/auth/refresh", {"refresh_token": first["refresh_token"]})
        assert again.json()["refresh_token"] == second.json()["refresh_token"]
        out = await rig.post("/api/auth/logout", {"refresh_token": second.json()["refresh_token"]})
        assert out.status_code == 204 and len(rig.ended) == 1
        over = await rig.post("/api/auth/refresh", {"refresh_token": second.json()["refresh_token"]})
        assert (over.status_code, over.json()["code"]) == (401, "not_authenticated")

    play(tmp_path, what)


def test_a_stolen_refresh_token_ends_the_session_which_is_told(tmp_path: Path) -> None:
    async def what(rig: AuthRig) -> None:
        first = (await rig.post("/api/auth/otp/verify", await rig.code(PHONE))).json()["refresh_token"]
        await rig.post("/api/auth/refresh", {"refresh_token": first})
        rig.now += 11.0
        assert (await rig.post("/api/auth/refresh", {"refresh_token": first})).status_code == 401
        assert len(rig.ended) == 1

    play(tmp_path, what)


def test_three_pages_in_one_browser_are_three_people(tmp_path: Path) -> None:
    async def what(rig: AuthRig) -> None:
        rig.driver("27821234568")
        people = {}
        for page, phone in (("passenger", "+27821234567"), ("driver", PHONE)):
            typed = await rig.code(phone, at=f"/api/auth/{page}/otp")
            told = await rig.post(f"/api/auth/{page}/otp/verify", typed, OWN)
            assert told.status_code == 200 and "refresh_token" not in told.json()
            cookie = told.headers["set-cookie"]
            assert cookie.startswith(f"dispatch_{page}_{PORT}=")
            assert {"HttpOnly", "SameSite=strict", f"Path=/api/auth/{page}"} <= set(cookie.split("; "))
            assert "Secure" not in cookie
            people[page] = told.json()["person"]["id"]
        for page, person_id in people.items():
            told = await rig.post(f"/api/auth/{page}/refresh", {}, OWN)
            assert told.json()["person"]["id"] == person_id and told.json()["person"]["role"] == page
        assert len(set(people.values())) == 2

    play(tmp_path, what)


@pytest.mark.parametrize("origin", [None, "null", "http://evil.example", f"http://localhost:{PORT + 1}"])
def test_what_is_believed_by_its_cookie_must_come_from_our_own_page(tmp_path: Path, origin: str | None) -> None:
    async def what(rig: AuthRig) -> None:
        typed = await rig.code(PHONE, at="/api/auth/passenger/otp")
        await rig.post("/api/auth/passenger/otp/verify", typed, OWN)
        foreign = {"Origin": origin} if origin is not None else {}
        for path in ("refresh", "logout", "otp/verify"):
            told = await rig.post(f"/api/auth/passenger/{path}", typed, foreign)
            assert told.status_code == 403, path
        assert (await rig.post("/api/auth/passenger/refresh", {}, OWN)).status_code == 200, "nothing was ended"

    play(tmp_path, what)


def test_a_page_that_logs_out_loses_its_cookie_and_the_session(tmp_path: Path) -> None:
    async def what(rig: AuthRig) -> None:
        typed = await rig.code(PHONE, at="/api/auth/passenger/otp")
        cookie = (await rig.post("/api/auth/passenger/otp/verify", typed, OWN)).headers["set-cookie"]
        assert (await rig.post("/api/auth/passenger/logout", {}, OWN)).status_code == 204
        assert len(rig.ended) == 1
        assert (await rig.post("/api/auth/passenger/refresh", {}, OWN)).status_code == 204, "nobody is logged in"
        stale = {**OWN, "Cookie": cookie.partition(";")[0]}
        assert (await rig.post("/api/auth/passenger/refresh", {}, stale)).status_code == 401, "the session has ended"

    play(tmp_path, what)


def test_a_body_of_another_media_type_is_refused(tmp_path: Path) -> None:
    async def what(rig: AuthRig) -> None:
        told = await rig.client.post(
            "/api/auth/otp/request", content=b'{"phone": "+27821234567"}', headers={"Content-Type": "text/plain"}
        )
        assert (told.status_code, told.json()["code"]) == (415, "bad_message")

    play(tmp_path, what)
