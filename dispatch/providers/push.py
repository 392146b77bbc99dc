"""Pushes to phones whose apps sleep: what wakes one for an offer. Nothing personal is in a push: ids, a time, and a fixed sentence.

Hosts come from the settings alone. A push is tried again while its offer lasts, and never later.
"""

import asyncio
import json
import os
import stat
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Mapping
from http import HTTPStatus
from math import ceil
from typing import Any, Final, NamedTuple
from urllib.parse import quote

import httpx2

from dispatch.config import PushSettings
from dispatch.errors import SettingError
from dispatch.files import regular
from dispatch.ids import OfferId, RideId
from dispatch.providers.http import require_url
from dispatch.providers.outgoing import Outgoing
from dispatch.timestamps import rfc3339

PAUSES_S: Final = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Before each try, as long as the offer lasts."""
MOST_AT_ONCE: Final = 1000
"""Pushes that may be under way; one more fails at once."""
FCM_URL: Final = "https://fcm.googleapis.com"
FCM_SCOPE: Final = "https://www.googleapis.com/auth/firebase.messaging"
FCM_GONE: Final = ("UNREGISTERED", "SENDER_ID_MISMATCH")
"""What Firebase calls a token that will never work again."""
TOKEN_LASTS_S: Final = 3_600
RENEW_BEFORE_S: Final = 120.0
OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
FATES: Final = ("sent", "failed", "dead", "late")


class Push(NamedTuple):
    """What wakes a device for an offer, which can be answered until `expires_at` (Unix seconds). `token`: what the push service calls
    the device.
    """

    token: str
    platform: str
    ride_id: RideId
    offer_id: OfferId
    expires_at: float


class DeviceGone(Exception):
    """The push service does not know this device any more."""


class Pusher(ABC):
    """Sends pushes. To be made and used on the event loop. `counts`: how many were `sent`, `failed`, were for a device that is gone
    (`dead`), or could not leave while their offer lasted (`late`).
    """

    def __init__(self, settings: PushSettings, now: Callable[[], float], report: Callable[[str], None]) -> None:
        """`now`: Unix seconds. `report` is called with each push that failed, in words without token and URL."""
        self.counts: Counter[str] = Counter(dict.fromkeys(FATES, 0))
        self._text = settings.push_text
        self._timeout_s = settings.push_timeout_s
        self._now = now
        self._report = report
        self.under_way = Outgoing(MOST_AT_ONCE)

    @abstractmethod
    async def deliver(self, push: Push, left_s: float) -> None:
        """Send it; the offer lasts so long. Raises DeviceGone. Whatever else it raises is a trouble, after which it is tried again."""

    def send(self, push: Push, gone: Callable[[], None]) -> None:
        """Send a push. Returns at once; `gone` is called if its device is known no more."""
        if not self.under_way.begin(lambda: self._send(push, gone)):
            self._fail("too many pushes are under way")

    async def stop(self) -> None:
        """Cancel what is under way."""
        await self.under_way.stop()

    async def _send(self, push: Push, gone: Callable[[], None]) -> None:
        trouble = ""
        for pause_s in PAUSES_S:
            if pause_s >= push.expires_at - self._now():
                break
            await asyncio.sleep(pause_s)
            left_s = push.expires_at - self._now()
            try:
                async with asyncio.timeout(min(left_s, self._timeout_s)):
                    await self.deliver(push, left_s)
            except DeviceGone:
                self.counts["dead"] += 1
                gone()
                return
            except Exception as error:  # its text may hold a URL with a secret, or the token
                trouble = type(error).__name__
            else:
                self.counts["sent"] += 1
                return
        if trouble:
            self._fail(trouble)
        else:
            self.counts["late"] += 1

    def _fail(self, trouble: str) -> None:
        self.counts["failed"] += 1
        self._report(trouble)

    def _data(self, push: Push) -> dict[str, str]:
        """What the app reads of it."""
        ends = rfc3339(push.expires_at)
        return {"type": "offer", "ride_id": push.ride_id, "offer_id": push.offer_id, "expires_at": ends}


class WebhookPusher(Pusher):
    """Posts each push as JSON. An answer 404 or 410 says that the device is gone."""

    def __init__(self, settings: PushSettings, now: Callable[[], float], report: Callable[[str], None]) -> None:
        """Raises SettingError for a wrong URL."""
        require_url("push_url", settings.push_url)
        super().__init__(settings, now, report)
        self._url = settings.push_url
        headers = {"Authorization": f"Bearer {settings.push_key}"} if settings.push_key else {}
        self._client = httpx2.AsyncClient(headers=headers, timeout=settings.push_timeout_s, trust_env=False)

    async def deliver(self, push: Push, left_s: float) -> None:
        to = {"token": push.token, "platform": push.platform, "text": self._text}
        answer = await self._client.post(self._url, json={**to, **self._data(push), "ttl_s": _whole(left_s)})
        if answer.status_code in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
            raise DeviceGone
        answer.raise_for_status()

    async def stop(self) -> None:
        await super().stop()
        await self._client.aclose()


class FcmPusher(Pusher):
    """Firebase Cloud Messaging, HTTP v1. The key file of a service account buys an access token, an hour at a time."""

    def __init__(self, settings: PushSettings, now: Callable[[], float], report: Callable[[str], None]) -> None:
        """Raises SettingError for a key file that others may read or that is none, and for wrong URLs."""
        key = _service_account(settings.push_key_file)
        base, token_url = settings.push_url or FCM_URL, settings.push_token_url or key["token_uri"]
        require_url("push_url", base)
        require_url("push_token_url", token_url)
        super().__init__(settings, now, report)
        self._key, self._token_url = key, token_url
        self._url = f"{base.rstrip('/')}/v1/projects/{quote(key['project_id'], safe='')}/messages:send"
        self._client = httpx2.AsyncClient(timeout=settings.push_timeout_s, trust_env=False)
        self._token, self._renew_at = "", 0.0
        self._renewing = asyncio.Lock()

    async def deliver(self, push: Push, left_s: float) -> None:
        headers = {"Authorization": f"Bearer {await self._access_token()}"}
        answer = await self._client.post(self._url, json={"message": self._message(push, left_s)}, headers=headers)
        if answer.status_code == HTTPStatus.UNAUTHORIZED:
            self._renew_at = 0.0
        if answer.status_code != HTTPStatus.OK and any(code in answer.text for code in FCM_GONE):
            raise DeviceGone
        answer.raise_for_status()

    def _message(self, push: Push, left_s: float) -> dict[str, Any]:
        ttl_s, ends = _whole(left_s), str(int(push.expires_at))
        return {
            "token": push.token,
            "data": self._data(push),
            "notification": {"body": self._text},
            "android": {"priority": "HIGH", "ttl": f"{ttl_s}s"},
            "apns": {
                "headers": {"apns-priority": "10", "apns-expiration": ends},
                "payload": {"aps": {"sound": "default"}},
            },
            "webpush": {"headers": {"TTL": str(ttl_s), "Urgency": "high"}},
        }

    async def _access_token(self) -> str:
        async with self._renewing:  # one asks for all who wait
            if time.time() >= self._renew_at:
                import jwt

                issued = int(time.time())
                claims = {
                    "iss": self._key["client_email"],
                    "scope": FCM_SCOPE,
                    "aud": self._token_url,
                    "iat": issued,
                    "exp": issued + TOKEN_LASTS_S,
                }
                grant = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer"}
                grant["assertion"] = jwt.encode(claims, self._key["private_key"], algorithm="RS256")
                answer = await self._client.post(self._token_url, data=grant)
                answer.raise_for_status()
                told = answer.json()
                self._token = told["access_token"]
                self._renew_at = issued + float(told.get("expires_in", TOKEN_LASTS_S)) - RENEW_BEFORE_S
            return self._token

    async def stop(self) -> None:
        await super().stop()
        await self._client.aclose()


class ApprisePusher(Pusher):
    """Hands each push to apprise, which knows ntfy, Gotify, OneSignal and more, and no time to live. The extra `sms` installs it."""

    def __init__(self, settings: PushSettings, now: Callable[[], float], report: Callable[[str], None]) -> None:
        """`push_url`: an address of apprise, in which `{token}` stands for the device. Raises SettingError."""
        url = settings.push_url
        if "{token}" not in url.partition("://")[2].partition("/")[2]:
            raise SettingError("push_url", "push_url must hold {token} behind its host, as ntfys://ntfy.sh/{token}")
        try:
            import apprise
        except ImportError:
            raise SettingError("push", "push = apprise needs the extra: pip install 'dispatch-ridehail[sms]'") from None
        if not apprise.Apprise().add(url.replace("{token}", "a-device")):
            raise SettingError("push_url", "push_url is no address that apprise knows")
        super().__init__(settings, now, report)
        self._apprise: Any = apprise
        self._url = url

    async def deliver(self, push: Push, left_s: float) -> None:
        sender = self._apprise.Apprise()
        sender.add(self._url.replace("{token}", quote(push.token, safe="")))
        if not await asyncio.to_thread(sender.notify, body=self._text):
            raise ConnectionError("apprise did not send it")


def _whole(left_s: float) -> int:
    """Whole seconds, one at least: 0 means to some push services that nothing is kept for a phone that is away."""
    return max(1, ceil(left_s))


def _service_account(path: str | None) -> Mapping[str, str]:
    """What a key file says. Raises SettingError."""
    if not path:
        raise SettingError("push_key_file", "push = fcm needs push_key_file, the key of a service account (JSON)")
    try:
        import jwt.algorithms

        with regular(path).open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            key = json.loads(file.read())
        wanted = {name: key[name] for name in ("project_id", "client_email", "private_key", "token_uri")}
        jwt.algorithms.RSAAlgorithm(jwt.algorithms.RSAAlgorithm.SHA256).prepare_key(wanted["private_key"])
    except (ImportError, AttributeError):
        raise SettingError("push", "push = fcm needs the extra: pip install 'dispatch-ridehail[push]'") from None
    except OSError as error:
        raise SettingError("push_key_file", f"push_key_file cannot be read: {error.strerror}") from None
    except Exception:  # its text may hold what stands in the file
        raise SettingError("push_key_file", "push_key_file is no key of a service account (JSON)") from None
    if mode & OTHERS:
        raise SettingError("push_key_file", f"push_key_file may be read by others (mode {mode:04o}): chmod 600 it")
    return wanted


def pusher(settings: PushSettings, now: Callable[[], float], report: Callable[[str], None]) -> Pusher | None:
    """Who sends pushes by these settings; None: nobody. Raises SettingError."""
    match settings.push:
        case "fcm":
            return FcmPusher(settings, now, report)
        case "webhook":
            return WebhookPusher(settings, now, report)
        case "apprise":
            return ApprisePusher(settings, now, report)
        case _:
            return None
