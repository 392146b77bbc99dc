"""Pushes to phones, through real HTTP servers on this machine: what is sent, how long it is tried, and what a dead token does."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import jwt
import pytest

from dispatch.config import Settings
from dispatch.errors import SettingError
from dispatch.ids import OfferId, RideId
from dispatch.providers import push
from dispatch.providers.push import FATES, FCM_SCOPE, Push, Pusher, pusher
from tests.providers.accounts import KEY, service_account

RIDE, OFFER, TOKEN = RideId("r1"), OfferId("r1.1.1"), "device-token-secret"
Answer = tuple[str, Any]


class Api:
    """A push service on a free port. `answers`: by path, what it says to the first request, to the second, …; the last again."""

    def __init__(self) -> None:
        self.port = 0
        self.answers: dict[str, list[Answer]] = {}
        self.heard: list[tuple[str, Mapping[str, str], str]] = []
        self.silent = False

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def at(self, path: str) -> list[tuple[Mapping[str, str], str]]:
        return [(headers, body) for asked, headers, body in self.heard if asked == path]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                line, *rest = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
                headers = {name.lower(): value for name, _, value in (each.partition(": ") for each in rest)}
                body = (await reader.readexactly(int(headers.get("content-length", "0")))).decode()
                path = line.split(" ")[1]
                self.heard.append((path, headers, body))
                if self.silent:
                    await reader.read()
                    return
                left = self.answers.get(path, [("200 OK", {})])
                status, told = left.pop(0) if len(left) > 1 else left[0]
                said = json.dumps(told).encode()
                writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(said)}\r\n\r\n".encode() + said)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def push_api() -> AsyncIterator[Api]:
    api = Api()
    server = await asyncio.start_server(api.serve, "127.0.0.1", 0)
    api.port = server.sockets[0].getsockname()[1]
    try:
        yield api
    finally:
        server.close()


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(push, "PAUSES_S", (0.0, 0.01, 0.01))


class Told:
    """What came of it: which devices are gone, what was reported, and the sender's counts."""

    def __init__(self) -> None:
        self.gone: list[str] = []
        self.reports: list[str] = []
        self.counts: dict[str, int] = {}
        self.heard: Api


def sent(prepare: Callable[[Api], Settings], *, left_s: float = 20.0, pushes: int = 1) -> Told:
    """Send pushes by the settings that `prepare` makes for a push service, one after the other."""
    told = Told()

    async def play() -> None:
        async with push_api() as api:
            sender = pusher(prepare(api), time.time, told.reports.append)
            assert isinstance(sender, Pusher)
            for _ in range(pushes):
                sender.send(Push(TOKEN, "android", RIDE, OFFER, time.time() + left_s), lambda: told.gone.append(TOKEN))
                await sender.under_way.end()
            await sender.stop()
            told.heard, told.counts = api, {fate: count for fate, count in sender.counts.items() if count}
            assert tuple(sender.counts) == FATES

    asyncio.run(play())
    assert not any(TOKEN in report or "127.0.0.1" in report for report in told.reports)
    return told


def webhook(*statuses: str, silent: bool = False, **more: Any) -> Callable[[Api], Settings]:
    def prepare(api: Api) -> Settings:
        api.silent = silent
        if statuses:
            api.answers["/push"] = [(status, {}) for status in statuses]
        return Settings(push="webhook", push_url=api.url("/push"), **more)

    return prepare


def key_file(folder: Path, api: Api, mode: int = 0o600) -> str:
    path = service_account(folder / "fcm.json", api.url("/token"))
    path.chmod(mode)
    return str(path)


SEND = "/v1/projects/our-town/messages:send"
GRANTED = ("200 OK", {"access_token": "bought", "expires_in": 3600})


def fcm(folder: Path, *answers: Answer, **more: Any) -> Callable[[Api], Settings]:
    def prepare(api: Api) -> Settings:
        api.answers["/token"] = [GRANTED]
        if answers:
            api.answers[SEND] = list(answers)
        return Settings(push="fcm", push_url=api.url(""), push_key_file=key_file(folder, api), **more)

    return prepare


def test_a_webhook_gets_ids_a_time_and_a_fixed_sentence_and_nothing_of_a_person() -> None:
    told = sent(webhook(push_key="key"))
    ((headers, body),) = told.heard.at("/push")
    said = json.loads(body)
    assert headers["authorization"] == "Bearer key"
    assert 19 <= said.pop("ttl_s") <= 20
    assert said.pop("expires_at").endswith("Z")
    assert said == {
        "type": "offer",
        "token": TOKEN,
        "platform": "android",
        "ride_id": RIDE,
        "offer_id": OFFER,
        "text": "New ride request",
    }
    assert (told.counts, told.reports, told.gone) == ({"sent": 1}, [], [])


def test_a_push_is_tried_again_and_counted_once() -> None:
    told = sent(webhook("500 Sorry", "503 Later", "200 OK"))
    assert (len(told.heard.heard), told.counts, told.reports) == (3, {"sent": 1}, [])


def test_a_push_that_never_left_failed_and_is_reported_by_its_kind() -> None:
    told = sent(webhook("500 Sorry"))
    assert (len(told.heard.heard), told.counts, told.reports) == (3, {"failed": 1}, ["HTTPStatusError"])


@pytest.mark.parametrize("status", ["404 Not Found", "410 Gone"])
def test_a_webhook_that_knows_no_such_device_is_not_asked_again(status: str) -> None:
    told = sent(webhook(status))
    assert (len(told.heard.heard), told.counts, told.gone, told.reports) == (1, {"dead": 1}, [TOKEN], [])


def test_nothing_is_sent_once_the_offer_is_over() -> None:
    told = sent(webhook(), left_s=0.0)
    assert (told.heard.heard, told.counts, told.reports) == ([], {"late": 1}, [])


def test_a_service_that_is_silent_is_waited_for_no_longer_than_the_offer_lasts() -> None:
    began = time.monotonic()
    told = sent(webhook(silent=True, push_timeout_s=30.0), left_s=0.3)
    assert time.monotonic() - began < 5.0
    assert (told.counts, told.reports) == ({"failed": 1}, ["TimeoutError"])


def test_more_than_may_be_under_way_fail_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(push, "MOST_AT_ONCE", 0)
    told = sent(webhook())
    assert (told.heard.heard, told.counts) == ([], {"failed": 1})


def test_firebase_gets_the_token_what_is_left_and_the_words_of_the_settings(tmp_path: Path) -> None:
    told = sent(fcm(tmp_path, push_text="Nouvelle course"), left_s=20.0)
    ((headers, body),) = told.heard.at(SEND)
    message = json.loads(body)["message"]
    assert headers["authorization"] == "Bearer bought"
    assert (message["token"], message["notification"]) == (TOKEN, {"body": "Nouvelle course"})
    assert (message["data"]["type"], message["data"]["ride_id"], message["data"]["offer_id"]) == ("offer", RIDE, OFFER)
    assert message["android"] == {"priority": "HIGH", "ttl": "20s"}
    assert abs(int(message["apns"]["headers"]["apns-expiration"]) - time.time() - 20.0) < 10.0
    assert message["webpush"]["headers"]["TTL"] == "20"
    assert told.counts == {"sent": 1}


def test_an_access_token_is_bought_with_the_key_and_used_again(tmp_path: Path) -> None:
    told = sent(fcm(tmp_path), pushes=3)
    ((_, form),) = told.heard.at("/token")
    fields = parse_qs(form)
    assert fields["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
    claims = jwt.decode(
        fields["assertion"][0], KEY.public_key(), algorithms=["RS256"], audience=told.heard.url("/token")
    )
    assert (claims["iss"], claims["scope"]) == ("push@our-town.example", FCM_SCOPE)
    assert len(told.heard.at(SEND)) == 3


def test_an_access_token_that_is_refused_is_bought_anew(tmp_path: Path) -> None:
    told = sent(fcm(tmp_path, ("401 Unauthorized", {}), ("200 OK", {})))
    assert (len(told.heard.at("/token")), told.counts) == (2, {"sent": 1})


@pytest.mark.parametrize("code", ["UNREGISTERED", "SENDER_ID_MISMATCH"])
def test_a_device_that_firebase_does_not_know_is_gone(tmp_path: Path, code: str) -> None:
    error = {"error": {"code": 404, "details": [{"errorCode": code}]}}
    told = sent(fcm(tmp_path, ("404 Not Found", error)))
    assert (len(told.heard.at(SEND)), told.counts, told.gone) == (1, {"dead": 1}, [TOKEN])


def test_a_404_without_that_word_is_a_wrong_address_and_no_dead_device(tmp_path: Path) -> None:
    told = sent(fcm(tmp_path, ("404 Not Found", {})))
    assert (told.counts, told.gone) == ({"failed": 1}, [])


def test_tokens_come_from_where_the_settings_say(tmp_path: Path) -> None:
    def prepare(api: Api) -> Settings:
        api.answers["/elsewhere"] = [GRANTED]
        return replace(fcm(tmp_path)(api), push_token_url=api.url("/elsewhere"))

    told = sent(prepare)
    assert (len(told.heard.at("/elsewhere")), told.heard.at("/token"), told.counts) == (1, [], {"sent": 1})


def test_apprise_gets_the_token_where_the_address_says_and_it_cannot_name_another_host() -> None:
    def prepare(api: Api) -> Settings:
        return Settings(push="apprise", push_url=f"json://127.0.0.1:{api.port}/{{token}}")

    told = sent(prepare)
    assert [path for path, _, _ in told.heard.heard] == [f"/{TOKEN}"]
    assert told.counts == {"sent": 1}


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"push": "webhook"}, "push_url"),
        ({"push": "webhook", "push_url": "ftp://x"}, "push_url"),
        ({"push": "fcm"}, "push_key_file"),
        ({"push": "fcm", "push_key_file": "/nowhere/key.json"}, "push_key_file"),
        ({"push": "apprise", "push_url": "json://{token}/x"}, "push_url"),
        ({"push": "apprise", "push_url": "nonsense://a/{token}"}, "push_url"),
    ],
)
def test_settings_that_cannot_send_are_refused_at_the_start(settings: dict[str, Any], field: str) -> None:
    with pytest.raises(SettingError, match=field):
        pusher(Settings(**settings), time.time, print)


@pytest.mark.parametrize("how", ["readable by others", "no key in it"])
def test_a_key_file_that_others_may_read_or_that_is_none_is_refused_and_not_quoted(tmp_path: Path, how: str) -> None:
    path = key_file(tmp_path, Api(), 0o640 if how == "readable by others" else 0o600)
    if how == "no key in it":
        Path(path).write_text(json.dumps({"private_key": "very secret"}))
    with pytest.raises(SettingError, match="push_key_file") as refused:
        pusher(Settings(push="fcm", push_key_file=path), time.time, print)
    assert "secret" not in str(refused.value) and "PRIVATE" not in str(refused.value)


def test_without_a_service_nobody_sends() -> None:
    assert pusher(Settings(), time.time, print) is None
