"""Logins of the live server: what is sent, and what is not without a sender. The routes' tests play whole logins through it."""

import asyncio
from pathlib import Path

import pytest

from dispatch.config import Settings
from dispatch.errors import Unavailable
from dispatch.identity.login import AskCode, WrongCode
from dispatch.identity.tokens import BadToken
from dispatch.live.logins import LiveLogins
from tests.transport.http.auth_rig import NOW, AuthRig


def test_a_code_is_sent_in_a_text_that_says_what_it_is(tmp_path: Path) -> None:
    async def play() -> None:
        async with AuthRig(tmp_path) as rig:
            await rig.code("+27821234567")
            (text,) = rig.sender.texts
            assert text.text == f"{text.code} is your login code. Nobody from us will ever ask you for it."

    asyncio.run(play())


def test_logins_and_refusals_are_counted_by_how_and_why(tmp_path: Path) -> None:
    async def play() -> None:
        async with AuthRig(tmp_path) as rig:
            logins = LiveLogins(Settings(), rig.do, rig.keys, rig.sender, lambda: NOW, print)
            asked = await logins.ask_code(AskCode(phone="27821234567"))
            with pytest.raises(WrongCode):
                await logins.use_code(asked.request_id, "wrong")
            begun = await logins.use_code(asked.request_id, rig.sender.texts[-1].code)
            await logins.refresh(begun.refresh_token)
            with pytest.raises(BadToken):
                await logins.refresh("none")
            figures = logins.figures()
            assert figures["dispatch_logins"] == {"code": 1, "refresh": 1}
            assert figures["dispatch_logins_refused"] == {WrongCode.code: 1, BadToken.code: 1}

    asyncio.run(play())


def test_where_nobody_sends_codes_none_is_kept(tmp_path: Path) -> None:
    async def play() -> None:
        async with AuthRig(tmp_path) as rig:
            logins = LiveLogins(Settings(), rig.do, rig.keys, None, lambda: NOW, print)
            with pytest.raises(Unavailable, match="sends no login codes"):
                await logins.ask_code(AskCode(phone="27821234567"))
            assert rig.writer.db.execute("SELECT count(*) FROM login_codes").fetchone() == (0,)

    asyncio.run(play())
