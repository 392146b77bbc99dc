"""Rows of the settings by which drivers' phones are woken: each meets a real push service on this machine."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import replace
from typing import Any

import pytest

from dispatch.ids import OfferId, RideId
from dispatch.providers import push
from dispatch.providers.push import Push, pusher
from tests.providers.test_push import GRANTED, SEND, Api, key_file, push_api
from tests.settings.table import Given, changes

WEBHOOK = {"push": "webhook", "push_url": "http://127.0.0.1:1/push"}


def pushed(given: Given, look: Any, *, silent: bool = False) -> object:
    """What a push service hears of one push, or what is reported. Addresses of the settings get its port."""

    async def play() -> object:
        async with push_api() as api:
            api.silent, reports = silent, []
            api.answers["/token"] = api.answers["/other"] = [GRANTED]
            settings = given.settings
            here = {
                name: value.replace(":1/", f":{api.port}/")
                for name, value in (("push_url", settings.push_url), ("push_token_url", settings.push_token_url))
            }
            if settings.push == "fcm":
                here["push_key_file"] = key_file(given.folder, api)
                if settings.push_key_file and "other" in settings.push_key_file:
                    here["push_key_file"] = _of_another_town(here["push_key_file"])
            sender = pusher(replace(settings, **here), time.time, reports.append)
            if sender is None:
                return None
            device = Push("token", "android", RideId("r1"), OfferId("r1.1.1"), time.time() + 20.0)
            sender.send(device, lambda: None)
            await sender.under_way.end()
            await sender.stop()
            return look(api, reports)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(push, "PAUSES_S", (0.0,))
        return asyncio.run(play())


def _of_another_town(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        key = json.load(file)
    with open(path, "w", encoding="utf-8") as file:
        json.dump({**key, "project_id": "another-town"}, file)
    return path


def paths(api: Api) -> list[str]:
    return [path for path, _, _ in api.heard]


@changes("push", {"none": None, "webhook": ["/push"]}, push_url="http://127.0.0.1:1/push")
def where_one_push_is_sent(given: Given) -> object:
    return pushed(given, lambda api, reports: paths(api))


@changes("push_url", {"http://127.0.0.1:1/a": ["/a"], "http://127.0.0.1:1/b": ["/b"]}, push="webhook")
def where_a_webhook_is(given: Given) -> object:
    return pushed(given, lambda api, reports: paths(api))


@changes("push_key", {"one": "Bearer one", "other": "Bearer other"}, **WEBHOOK)
def which_key_the_webhook_is_shown(given: Given) -> object:
    return pushed(given, lambda api, reports: api.heard[0][1]["authorization"])


@changes(
    "push_key_file",
    {"one.json": SEND, "other.json": SEND.replace("our-town", "another-town")},
    push="fcm",
    push_url="http://127.0.0.1:1/",
)
def in_whose_name_firebase_is_asked(given: Given) -> object:
    return pushed(given, lambda api, reports: paths(api)[-1])


@changes(
    "push_token_url",
    {"http://127.0.0.1:1/token": "/token", "http://127.0.0.1:1/other": "/other"},
    push="fcm",
    push_url="http://127.0.0.1:1/",
)
def who_gives_the_access_token(given: Given) -> object:
    return pushed(given, lambda api, reports: paths(api)[0])


@changes("push_timeout", {"50ms": ["TimeoutError"], "1m": []}, **WEBHOOK)
def what_is_soon_said_of_a_service_that_is_silent(given: Given) -> object:
    return pushed(given, lambda api, reports: reports, silent=given.settings.push_timeout_s < 1.0)


@changes("push_text", {"New ride request": "New ride request", "Nouvelle course": "Nouvelle course"}, **WEBHOOK)
def what_a_locked_phone_shows(given: Given) -> object:
    return pushed(given, lambda api, reports: json.loads(api.heard[0][2])["text"])
