"""Texts to phones: login codes, and what a caller is told. Sent after the request that asks for one was answered; nobody waits for it.

A code that is for nobody is written and thrown away, at the time at which another one is sent: whoever measures learns nothing.
"""

import asyncio
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable
from random import SystemRandom
from typing import Any, Final, NamedTuple

from dispatch.config import LoginSettings
from dispatch.errors import SettingError
from dispatch.masking.phones import masked
from dispatch.providers.outgoing import Outgoing
from dispatch.text import say

LATER_S: Final = (0.01, 0.05)
"""A text leaves so long after it was asked for, so that sending it falls on nobody's answer in particular."""
PAUSES_S: Final = (1.0, 5.0)
"""Before the second and the third try."""
MOST_AT_ONCE: Final = 1000
"""Texts that may be under way; of one more it is said that it was not sent."""
_dice = SystemRandom()


class Text(NamedTuple):
    """What is sent. `phone`: digits of the canonical form. `code`: the login code in it, if any. `for_nobody`: it goes nowhere."""

    phone: str
    text: str
    code: str = ""
    for_nobody: bool = False


class Notifier(ABC):
    """Sends texts. To be made and used on the event loop."""

    def __init__(self, report: Callable[[str], None]) -> None:
        """`report` is called with each text that could not be sent, in words without code and number."""
        self._report = report
        self.counts: Counter[str] = Counter()
        """Texts that were `sent` and that `failed`. One for nobody is neither."""
        self.under_way = Outgoing(MOST_AT_ONCE)

    @abstractmethod
    async def deliver(self, text: Text) -> None:
        """Send it. Whatever this raises is a trouble, after which it is tried again."""

    def send(self, text: Text, sent: Callable[[], None] | None = None) -> None:
        """Send a text soon. Returns at once; what goes wrong is reported. `sent` is called once it has left."""
        if not self.under_way.begin(lambda: self._send(text, sent), _dice.uniform(*LATER_S)):
            self.counts["failed"] += 1
            self._report("too many texts are under way")

    async def stop(self) -> None:
        """Cancel what is under way."""
        await self.under_way.stop()

    async def _send(self, text: Text, sent: Callable[[], None] | None) -> None:
        if text.for_nobody:
            return
        trouble = ""
        for pause_s in (0.0, *PAUSES_S):
            if pause_s:
                await asyncio.sleep(pause_s)
            try:
                await self.deliver(text)
            except Exception as error:  # its text may hold the URL with a secret, or the number
                trouble = type(error).__name__
            else:
                self.counts["sent"] += 1
                if sent is not None:
                    sent()
                return
        self.counts["failed"] += 1
        self._report(trouble)


class ConsoleNotifier(Notifier):
    """Prints login codes on standard output, for whoever tries the server on their own machine."""

    async def deliver(self, text: Text) -> None:
        said = (
            f"login code {text.code} for +{masked(text.phone)}"
            if text.code
            else f"text for +{masked(text.phone)}: {text.text}"
        )
        say(said)


class WebhookNotifier(Notifier):
    """Posts each text as JSON: `to`, `text`, and `code` where it has one."""

    def __init__(self, url: str, key: str, timeout_s: float, report: Callable[[str], None]) -> None:
        """`url` where to post to; `key` is sent as a bearer token unless it is empty. Raises SettingError for a wrong URL."""
        import httpx2  # heavy

        from dispatch.providers.http import require_url

        require_url("notify_url", url)
        super().__init__(report)
        self._url = url
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._client = httpx2.AsyncClient(headers=headers, timeout=timeout_s, trust_env=False)

    async def deliver(self, text: Text) -> None:
        body = {"to": f"+{text.phone}", "text": text.text, **({"code": text.code} if text.code else {})}
        answer = await self._client.post(self._url, json=body)
        answer.raise_for_status()

    async def stop(self) -> None:
        await super().stop()
        await self._client.aclose()


class AppriseNotifier(Notifier):
    """Hands each text to apprise, which knows some 170 services. The extra `sms` installs it."""

    def __init__(self, url: str, report: Callable[[str], None]) -> None:
        """`url`: an address of apprise, in which `{phone}` stands for the number. Raises SettingError."""
        if "{phone}" not in url:
            raise SettingError(
                "notify_url", "notify_url must hold {phone} where the number goes, as apprise://…/{phone}"
            )
        try:
            import apprise
        except ImportError:
            raise SettingError(
                "notify", "notify = apprise needs the extra: pip install 'dispatch-ridehail[sms]'"
            ) from None
        if not apprise.Apprise().add(url.replace("{phone}", "+27820000000")):
            raise SettingError("notify_url", "notify_url is no address that apprise knows")
        super().__init__(report)
        self._apprise: Any = apprise
        self._url = url

    async def deliver(self, text: Text) -> None:
        sender = self._apprise.Apprise()
        sender.add(self._url.replace("{phone}", f"+{text.phone}"))
        if not await asyncio.to_thread(sender.notify, body=text.text):
            raise ConnectionError("apprise did not send it")


def notifier(settings: LoginSettings, report: Callable[[str], None], *, is_local: bool) -> Notifier | None:
    """Who sends texts by these settings; None: nobody. `is_local`: only this machine can reach the server. Raises SettingError."""
    how = settings.notify
    if how == "auto":
        how = "console" if is_local else "none"
    match how:
        case "console":
            return ConsoleNotifier(report)
        case "webhook":
            return WebhookNotifier(settings.notify_url, settings.notify_key, settings.notify_timeout_s, report)
        case "apprise":
            return AppriseNotifier(settings.notify_url, report)
        case _:
            return None
