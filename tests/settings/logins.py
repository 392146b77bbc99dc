"""Rows of how people log in: played on a file of the row's own, with a clock and codes of its own."""

from __future__ import annotations

import asyncio
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from dispatch.config.options import options_of
from dispatch.errors import FrameError
from dispatch.identity.keys import Key, KeyRing
from dispatch.identity.login import AskCode, CodeSent, LoggedIn, LoginRules
from dispatch.identity.tokens import read_token
from dispatch.live.logins import LiveLogins
from dispatch.providers import notify
from dispatch.providers.notify import Text, notifier
from dispatch.storage.file.key_file import KeyFile
from dispatch.storage.log.on_file import Writer
from dispatch.storage.people import logins
from dispatch.storage.people.codes import NewCodes
from tests.providers.pricing_api import pricing_api
from tests.settings.table import Given, changes

NOW = 1_800_000_000.0
RING = KeyRing((Key("k1", b"1" * 32, 0.0),))
PHONE = "27821234567"


class Server:
    """Logins of a server with these settings."""

    def __init__(self, given: Given, writer: Writer) -> None:
        self.rules, self.writer, self.now = options_of(LoginRules, given.settings), writer, NOW
        self.new = NewCodes(writer.db, writer.path, NOW)

    def ask(self, phone: str = PHONE, address: str = "192.0.2.1") -> CodeSent:
        return self.new.ask(AskCode(phone=phone, address=address), RING, self.rules, self.now)

    def use(self, sent: CodeSent, code: str = "") -> LoggedIn:
        new = self.new.take()
        return logins.use_code(self.writer, sent.request_id, code or sent.code, RING, self.rules, self.now, new)

    def refresh(self, token: str) -> LoggedIn:
        return logins.refresh(self.writer, token, RING, self.rules, self.now)

    def done(self, do: Any, *args: Any) -> bool:
        """Whether it was done."""
        try:
            do(*args)
        except FrameError:
            return False
        return True

    def codes(self, most: int, every_s: float = 0.0, **whose: str) -> int:
        """How many of so many codes are sent, one every so often."""
        count = 0
        for _ in range(most):
            count += self.done(lambda: self.ask(**whose))
            self.now += every_s
        return count


def played(given: Given, play: Any) -> object:
    with closing(Writer(given.folder / "rides.db", "off")) as writer:
        return play(Server(given, writer))


@changes("code_ttl", {"5m": True, "1m": False})
def is_a_code_of_two_minutes_taken(given: Given) -> object:
    def play(server: Server) -> bool:
        sent = server.ask()
        server.now += 120.0
        return server.done(server.use, sent)

    return played(given, play)


@changes("code_tries", {"5": True, "2": False})
def is_the_right_code_taken_after_two_wrong_ones(given: Given) -> object:
    def play(server: Server) -> bool:
        sent = server.ask()
        wrong = f"{(int(sent.code) + 1) % 1_000_000:06d}"
        assert not any(server.done(server.use, sent, wrong) for _ in range(2))
        return server.done(server.use, sent)

    return played(given, play)


@changes("codes_per_phone_hour", {"5": 5, "2": 2})
def how_many_codes_one_phone_gets_at_once(given: Given) -> object:
    return played(given, lambda server: server.codes(8))


@changes("codes_per_phone_day", {"10": 10, "3": 3})
def how_many_codes_one_phone_gets_in_a_day(given: Given) -> object:
    return played(given, lambda server: server.codes(20, every_s=3600.0))


@changes("codes_per_address_hour", {"300": 6, "4": 4})
def how_many_codes_one_address_has_sent_to_six_phones(given: Given) -> object:
    return played(given, lambda server: sum(server.codes(1, phone=f"2782123456{n}") for n in range(6)))


@changes("code_failures_hour", {"1000": True, "2": False})
def is_anybody_let_in_after_two_wrong_codes(given: Given) -> object:
    def play(server: Server) -> bool:
        guessed = server.ask()
        for _ in range(2):
            server.done(server.use, guessed, "x" * 6)
        return server.done(server.use, server.ask("27821234568"))

    return played(given, play)


@changes("login_ttl", {"720h": True, "24h": False})
def does_a_login_last_two_days(given: Given) -> object:
    def play(server: Server) -> bool:
        token = server.use(server.ask()).refresh_token
        server.now += 2 * 86_400.0
        return server.done(server.refresh, token)

    return played(given, play)


@changes("refresh_again", {"10s": True, "1s": False})
def may_a_refresh_token_be_used_again_after_five_seconds(given: Given) -> object:
    def play(server: Server) -> bool:
        token = server.use(server.ask()).refresh_token
        server.refresh(token)
        server.now += 5.0
        return server.done(server.refresh, token)

    return played(given, play)


@changes("new_passengers", {"on": False, "off": True})
def does_the_code_of_a_stranger_go_nowhere(given: Given) -> object:
    return played(given, lambda server: server.ask().for_nobody)


@changes("token_ttl", {"15m": 900, "1m": 60})
def how_long_a_token_holds(given: Given) -> object:
    keys = KeyFile(given.folder / "rides.db", NOW)

    def play(server: Server) -> int:
        none: Any = None  # nothing of it is asked
        live = LiveLogins(given.settings, none, none, keys, None, lambda: NOW, none, none)
        token = live.access_token(server.use(server.ask()))
        claims = read_token(token, keys.ring(), NOW, given.settings.token_ttl_s)
        return claims.ends_at - claims.issued_at

    return played(given, play)


@changes("code_resend", {"30s": 30, "1m": 60})
def what_an_app_is_told_of_another_code(given: Given) -> object:
    return asyncio.run(_answered(given))


async def _answered(given: Given) -> int:
    from tests.transport.http.auth_rig import AuthRig

    async with AuthRig(given.folder, given.settings) as rig:
        answer = await rig.post("/api/auth/otp/request", {"phone": PHONE})
        return int(answer.json()["resend_in"])


def text_sent(given: Given, look: Any, *, silent: bool = False) -> object:
    """What an HTTP server on a free port hears of one text, or what is reported."""

    async def play() -> object:
        async with pricing_api() as api:
            api.silent = silent
            reports: list[str] = []
            url = given.settings.notify_url.replace(":1/", f":{api.port}/")
            sender = notifier(replace(given.settings, notify_url=url), reports.append, is_local=False)
            if sender is None:
                return None
            sender.send(Text(PHONE, "hello"))
            await sender.under_way.end()
            await sender.stop()
            return look(api, reports)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(notify, "PAUSES_S", ())
        return asyncio.run(play())


WEBHOOK = {"notify": "webhook", "notify_url": "http://127.0.0.1:1/sms"}


@changes("notify", {"none": None, "webhook": 1}, notify_url="http://127.0.0.1:1/sms")
def how_many_texts_a_webhook_hears(given: Given) -> object:
    return text_sent(given, lambda api, reports: len(api.heard))


@changes("notify_url", {"http://127.0.0.1:1/a": "POST /a", "http://127.0.0.1:1/b": "POST /b"}, notify="webhook")
def where_a_text_is_posted(given: Given) -> object:
    return text_sent(given, lambda api, reports: api.headers[0]["request"].rpartition(" ")[0])


@changes("notify_key", {"one": "Bearer one", "other": "Bearer other"}, **WEBHOOK)
def which_key_the_webhook_is_shown(given: Given) -> object:
    return text_sent(given, lambda api, reports: api.headers[0]["authorization"])


@changes("notify_timeout", {"50ms": ["ReadTimeout"], "1m": []}, **WEBHOOK)
def what_is_soon_said_of_a_webhook_that_is_silent(given: Given) -> object:
    is_quick = given.settings.notify_timeout_s < 1.0
    return text_sent(given, lambda api, reports: reports, silent=is_quick)
