"""Texts to phones, through real HTTP servers on this machine."""

import asyncio
from dataclasses import replace

import pytest

from dispatch.config import Settings
from dispatch.errors import SettingError
from dispatch.providers import notify
from dispatch.providers.notify import AppriseNotifier, ConsoleNotifier, Notifier, Text, WebhookNotifier, notifier
from tests.providers.pricing_api import PricingApi, pricing_api

CODE = Text("27821234567", "123456 is your login code", "123456")


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notify, "LATER_S", (0.0, 0.0))
    monkeypatch.setattr(notify, "PAUSES_S", (0.0, 0.0))


async def sent(sender: Notifier, *texts: Text) -> None:
    """Send these and wait until nothing is under way."""
    for text in texts:
        sender.send(text)
    await sender.under_way.end()
    await sender.stop()


def test_texts_are_counted_as_sent_or_failed_and_one_for_nobody_as_neither() -> None:
    class Fails(ConsoleNotifier):
        async def deliver(self, text: Text) -> None:
            if not text.code:
                raise ConnectionError

    sender = Fails(lambda trouble: None)
    asyncio.run(sent(sender, CODE, CODE, Text("27821234567", "no code"), CODE._replace(for_nobody=True)))
    assert sender.counts == {"sent": 2, "failed": 1}


def through_webhook(api_does: object, *texts: Text, key: str = "") -> tuple[PricingApi, list[str]]:
    """What a webhook heard of these texts, and what was reported. `api_does`: the status with which it answers."""
    reports: list[str] = []

    async def play() -> PricingApi:
        async with pricing_api() as api:
            api.status = str(api_does)
            await sent(WebhookNotifier(api.url, key, 5.0, reports.append), *texts)
            return api

    return asyncio.run(play()), reports


def test_the_console_prints_the_code_and_masks_the_phone(capsys: pytest.CaptureFixture[str]) -> None:
    asyncio.run(sent(ConsoleNotifier(print), CODE, Text("27821234567", "your driver is near")))
    assert capsys.readouterr().out.splitlines() == [
        "login code 123456 for +2782•••4567",
        "text for +2782•••4567: your driver is near",
    ]


def test_a_webhook_gets_number_text_and_code_with_the_key() -> None:
    api, reports = through_webhook("200 OK", CODE, key="secret")
    assert api.heard == [{"to": "+27821234567", "text": CODE.text, "code": "123456"}]
    assert api.headers[0]["authorization"] == "Bearer secret"
    assert reports == []


def test_a_webhook_that_refuses_is_asked_three_times_and_then_reported_without_number_or_code() -> None:
    api, reports = through_webhook("503 Service Unavailable", CODE)
    assert len(api.heard) == 3
    assert len(reports) == 1 and "123456" not in reports[0] and "2782" not in reports[0]


def test_a_text_for_nobody_goes_nowhere(capsys: pytest.CaptureFixture[str]) -> None:
    api, reports = through_webhook("200 OK", CODE._replace(for_nobody=True))
    assert api.heard == [] and reports == []
    asyncio.run(sent(ConsoleNotifier(print), CODE._replace(for_nobody=True)))
    assert capsys.readouterr().out == ""


def test_apprise_sends_through_the_service_that_its_address_names() -> None:
    async def play() -> PricingApi:
        async with pricing_api() as api:
            url = f"json://127.0.0.1:{api.port}/sms?:to={{phone}}"
            await sent(AppriseNotifier(url, pytest.fail), CODE)
            return api

    heard = asyncio.run(play()).heard
    assert len(heard) == 1 and heard[0]["message"] == CODE.text and heard[0]["to"].strip("+ ") == CODE.phone


@pytest.mark.parametrize(
    ("url", "told"), [("json://127.0.0.1/", "{phone}"), ("nonsense {phone}", "no address that apprise knows")]
)
def test_an_address_that_apprise_cannot_use_is_refused(url: str, told: str) -> None:
    with pytest.raises(SettingError, match=told):
        AppriseNotifier(url, print)


def test_who_sends_follows_from_the_settings_and_who_can_reach_the_server() -> None:
    def made(is_local: bool, **settings: str) -> type | None:
        async def make() -> type | None:
            sender = notifier(replace(Settings(), **settings), print, is_local=is_local)  # type: ignore[arg-type]
            if sender is not None:
                await sender.stop()
            return type(sender) if sender is not None else None

        return asyncio.run(make())

    assert made(True) is ConsoleNotifier and made(False) is None
    assert made(False, notify="console") is ConsoleNotifier and made(True, notify="none") is None
    assert made(False, notify="webhook", notify_url="http://127.0.0.1:1/") is WebhookNotifier
    with pytest.raises(SettingError, match="notify_url"):
        made(False, notify="webhook")
