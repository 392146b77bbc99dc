"""Logins of the live server: what is sent, and what is not without a sender. The routes' tests play whole logins through it."""

import asyncio
from pathlib import Path

import pytest

from dispatch.errors import Unavailable
from dispatch.identity.login import AskCode, CodeExpired, WrongCode
from dispatch.identity.tokens import BadToken
from dispatch.live.logins import KEPT_AFTER_S, MOST_WAITING
from tests.transport.http.auth_rig import AuthRig


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
            logins = rig.live_logins(rig.sender)
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
            logins = rig.live_logins(None)
            with pytest.raises(Unavailable, match="sends no login codes"):
                await logins.ask_code(AskCode(phone="27821234567"))
            assert rig.writer.db.execute("SELECT count(*) FROM login_codes").fetchone() == (0,)

    asyncio.run(play())


def statements(rig: AuthRig) -> list[str]:
    """What the writer is told from now on."""
    heard: list[str] = []
    rig.writer.db.conn.set_trace_callback(heard.append)
    return heard


def on_file(rig: AuthRig) -> list[str]:
    return [phone for (phone,) in rig.writer.db.execute("SELECT phone FROM login_codes ORDER BY phone").fetchall()]


def test_a_request_commits_nothing_and_a_login_once(tmp_path: Path) -> None:
    async def play() -> None:
        async with AuthRig(tmp_path) as rig:
            heard = statements(rig)
            asked = await rig.logins.ask_code(AskCode(phone="27821234567"))
            assert not any(text.startswith(("BEGIN", "INSERT")) for text in heard) and on_file(rig) == []
            begun = await rig.logins.use_code(asked.request_id, rig.sender.texts[-1].code)
            assert begun.person.phone == "27821234567", "a passenger who is new to the file"
            assert heard.count("COMMIT") == 1 and on_file(rig) == ["27821234567"]

    asyncio.run(play())


def test_a_code_that_nobody_uses_is_on_file_within_a_second(tmp_path: Path) -> None:
    async def play() -> None:
        async with AuthRig(tmp_path) as rig:
            for n in range(3):
                await rig.logins.ask_code(AskCode(phone=f"2782123456{n}"))
            (due,) = rig.due
            assert rig.delays == [KEPT_AFTER_S] and on_file(rig) == []
            due()
            await rig.logins.stop()
            assert len(on_file(rig)) == 3
            await rig.logins.ask_code(AskCode(phone="27821234569"))
            assert len(rig.due) == 2, "it is asked again"

    asyncio.run(play())


def test_a_stop_and_whatever_is_done_with_the_file_find_every_code_there(tmp_path: Path) -> None:
    async def play() -> None:
        async with AuthRig(tmp_path) as rig:
            assert rig.logins.hand_over() is None
            await rig.logins.ask_code(AskCode(phone="27821234567"))
            kept = rig.logins.hand_over()
            assert kept is not None and await kept and on_file(rig) == ["27821234567"]
            await rig.logins.ask_code(AskCode(phone="27821234568"))
            await rig.logins.stop()
            assert on_file(rig) == ["27821234567", "27821234568"]

    asyncio.run(play())


def test_of_very_many_codes_none_waits(tmp_path: Path) -> None:
    async def play() -> None:
        async with AuthRig(tmp_path) as rig:
            for n in range(MOST_WAITING + 1):
                await rig.logins.ask_code(AskCode(phone=str(27_821_234_000 + n)))
            assert len(on_file(rig)) == MOST_WAITING + 1

    asyncio.run(play())


def test_while_the_file_cannot_be_written_nobody_gets_a_code_but_in_the_first_second(tmp_path: Path) -> None:
    async def play() -> None:
        async with AuthRig(tmp_path) as rig:
            lost = await rig.logins.ask_code(AskCode(phone="27821234567"))
            code = rig.sender.texts[-1].code
            rig.ails = True
            rig.due.pop()()
            await rig.logins.stop()
            for _ in range(2):
                with pytest.raises(Unavailable):
                    await rig.logins.ask_code(AskCode(phone="27821234568"))
            assert len(rig.sender.texts) == 1 and on_file(rig) == []
            rig.ails = False
            await rig.logins.ask_code(AskCode(phone="27821234568"))
            assert on_file(rig) == ["27821234568"], "it is on file before it is sent"
            with pytest.raises(CodeExpired):
                await rig.logins.use_code(lost.request_id, code)

    asyncio.run(play())
