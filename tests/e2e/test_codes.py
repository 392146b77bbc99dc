"""Login codes of a real server that ends: what a stop, a kill and a removal leave of them."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2

from tests.e2e.test_quotes import served
from tests.e2e.test_recovery import Server
from tests.e2e.test_removals import left_of, removed
from tests.e2e.test_tokens import DRIVER, ON, STRANGER, Town
from tests.providers.pricing_api import PricingApi, pricing_api


def settings(texts: PricingApi) -> str:
    return f'{ON}[login]\nnotify = "webhook"\nnotify_url = "http://127.0.0.1:{texts.port}/sms"\n'


class Phone:
    """Somebody with a phone, at a server whose texts are heard."""

    def __init__(self, host: str, texts: PricingApi, number: str = DRIVER) -> None:
        self.host, self.texts, self.number = host, texts, number
        self.client = httpx2.AsyncClient(trust_env=False, base_url=f"http://{host}/api/auth/otp")

    async def ask(self) -> httpx2.Response:
        return await self.client.post("/request", json={"phone": f"+{self.number}"})

    async def code(self) -> dict[str, str]:
        """What a code is used with, once it has come."""
        self.texts.asked.clear()
        asked = await self.ask()
        assert asked.status_code == 202, asked.text
        await asyncio.wait_for(self.texts.asked.wait(), 10.0)
        return {"request_id": asked.json()["request_id"], "code": self.texts.heard[-1]["code"]}

    async def use(self, code: dict[str, str]) -> Any:
        """The code of an error, or 200."""
        answer = await self.client.post("/verify", json=code)
        return answer.json()["code"] if answer.status_code != 200 else 200


def phones_of_codes(db: Path) -> list[str]:
    with closing(sqlite3.connect(db)) as file:
        return [phone for (phone,) in file.execute("SELECT phone FROM login_codes").fetchall()]


def test_a_stop_keeps_the_codes_that_were_sent_just_before_and_limits_go_on(tmp_path: Path) -> None:
    Town(tmp_path)

    async def story() -> None:
        async with pricing_api() as texts:
            async with served(tmp_path, settings(texts)) as (host, _):
                codes = [await Phone(host, texts).code() for _ in range(4)]
            async with served(tmp_path, settings(texts)) as (host, _):
                phone = Phone(host, texts)
                assert (await phone.ask()).status_code == 202
                assert (await phone.ask()).status_code == 429, "five an hour, whichever process counted them"
                assert [await phone.use(code) for code in (codes[0], codes[0], codes[3])] == [200, "code_expired", 200]

    asyncio.run(story())


def test_a_kill_right_after_a_request_loses_that_code_and_nothing_else(tmp_path: Path) -> None:
    town, server = Town(tmp_path), Server(tmp_path)
    (tmp_path / "dispatch.toml").write_text(f'{ON}[login]\nnotify = "console"\n')

    def asked() -> dict[str, str]:
        """What a code is used with, once it is printed."""
        answer = httpx2.post(f"{at()}/request", json={"phone": f"+{DRIVER}"})
        assert answer.status_code == 202, answer.text  # or nothing is ever printed
        assert server.process is not None and server.process.stdout is not None
        printed = re.search(r"login code (\d+)", server.process.stdout.readline())
        assert printed is not None
        return {"request_id": answer.json()["request_id"], "code": printed[1]}

    def used(proof: dict[str, str]) -> Any:
        answer = httpx2.post(f"{at()}/verify", json=proof)
        return answer.json()["code"] if answer.status_code != 200 else 200

    def at() -> str:
        return f"{server.url.replace('ws', 'http', 1)}/api/auth/otp"

    server.start()
    try:
        first = asked()
        wrong = {**first, "code": f"{(int(first['code']) + 1) % 1_000_000:06d}"}
        assert [used(wrong) for _ in range(2)] == ["wrong_code"] * 2
        lost = asked()
        server.kill()
        assert phones_of_codes(town.db) == [DRIVER], "the first alone"
        server.start()
        assert used(lost) == "code_expired"
        assert [used(wrong) for _ in range(2)] == ["wrong_code"] * 2
        assert used(first) == 200, "the fifth try"
        assert used(asked()) == 200
    finally:
        server.kill()


def test_a_removal_takes_out_a_code_that_is_not_on_file_yet(tmp_path: Path) -> None:
    town = Town(tmp_path)

    async def story() -> None:
        async with pricing_api() as texts, served(tmp_path, settings(texts)) as (host, _):
            phone, other = Phone(host, texts), Phone(host, texts, STRANGER)
            codes = [await phone.code() for _ in range(4)]
            kept = await other.code()
            assert [(await phone.ask()).status_code for _ in range(2)] == [202, 429]
            await removed(town.db, f"+{DRIVER}")
            assert set(phones_of_codes(town.db)) == {STRANGER} and left_of(tmp_path, DRIVER) == []
            assert await phone.use(codes[-1]) == "code_expired" and await other.use(kept) == 200
            assert (await phone.ask()).status_code == 202, "nobody remembers the number"

    asyncio.run(story())
