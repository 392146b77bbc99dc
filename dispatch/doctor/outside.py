"""Whether texts and pushes can be sent. Nothing is sent but one text, and that only if a phone number is given for it."""

import asyncio
import socket
import time
from contextlib import suppress
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from dispatch.config import Settings, must_log_in
from dispatch.config.exposure import Reach, reach
from dispatch.doctor.findings import OK, PROBLEM, WARNING, Found, Level
from dispatch.errors import SettingError
from dispatch.masking.phones import masked
from dispatch.phones import canonical
from dispatch.providers.notify import Text, notifier

REACHED_WITHIN_S: Final = 5.0
A_TEST: Final = "This is a test of dispatch doctor."
PORTS: Final = {"http": 80, "https": 443}


def texts(settings: Settings, send_to: str) -> Found:
    """Who sends login codes. `send_to`: the phone number that a text is sent to; empty: none is."""
    is_local = reach(settings.host) is Reach.LOOPBACK and not settings.behind_proxy
    how = settings.notify if settings.notify != "auto" else ("console" if is_local else "none")
    if how == "none":
        level = WARNING if must_log_in(settings) else OK
        yield level, "nobody sends login codes: set notify, or give people tokens by `dispatch token`"
        if send_to:
            yield PROBLEM, "nothing was sent: set notify"
        return
    if how == "console":
        level = OK if is_local else WARNING
        yield level, "login codes are printed on standard output: whoever reads that can log in as anybody"
    if how == "webhook":
        yield _reached("notify_url", settings.notify_url, "; `--send-to PHONE` tries it")
    try:
        asyncio.run(_tried(settings, send_to, is_local=is_local))
    except SettingError as error:
        yield PROBLEM, str(error)
    except Exception as error:  # its text may hold the URL with a secret, or the number
        yield (
            PROBLEM,
            f"the text was not sent ({type(error).__name__}): look at what {how} logged, at notify_url and notify_key",
        )
    else:
        if send_to:
            yield OK, f"a text was handed to {how} for +{masked(_digits(settings, send_to))}: look whether it arrived"
        elif how == "apprise":
            yield OK, "apprise knows the address of notify_url; `--send-to PHONE` tries it"


async def _tried(settings: Settings, send_to: str, *, is_local: bool) -> None:
    """Make the notifier, and send a text if a phone is named. Raises what goes wrong."""
    sender = notifier(settings, lambda trouble: None, is_local=is_local)
    assert sender is not None
    try:
        if send_to:
            await sender.deliver(Text(_digits(settings, send_to), A_TEST))
    finally:
        await sender.stop()


def _digits(settings: Settings, phone: str) -> str:
    digits = canonical(phone, settings.phone_region)
    if digits is None:
        raise SettingError("send_to", f"--send-to must be a phone number, as +27821234567, got {phone!r}")
    return digits


def _reached(setting: str, url: str, tries: str = "") -> tuple[Level, str]:
    """Whether somebody listens at the URL of this setting. Nothing is asked of them. `tries`: what would ask them."""
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS[parts.scheme]
        host = parts.hostname or ""
        socket.create_connection((host, port), REACHED_WITHIN_S).close()
    except (KeyError, ValueError):
        return PROBLEM, f"{setting} must be an http or https address"
    except OSError as error:
        return (
            PROBLEM,
            f"{setting} cannot be reached ({error.strerror or error}): look at its host and port, and at the network",
        )
    return OK, f"somebody listens at {_bracketed(host)}:{port}, where {setting} is{tries}"


def _bracketed(host: str) -> str:
    with suppress(ValueError):
        return f"[{host}]" if ip_address(host).version == 6 else host
    return host


def pushes(settings: Settings) -> Found:
    """Who wakes the phones of drivers who are asleep."""
    how = settings.push
    if how == "none":
        yield OK, "nobody sends pushes, so a driver whose connection is lost is offline"
        return
    from dispatch.providers.push import FCM_URL  # heavy

    try:
        asyncio.run(_pusher_made(settings))
    except SettingError as error:
        yield PROBLEM, str(error)
        return
    if how != "apprise":
        level, text = _reached("push_url", settings.push_url or FCM_URL)
        yield (
            level,
            text if level is PROBLEM or how == "webhook" else f"push_key_file is a key for this user alone; {text}",
        )
    else:
        yield OK, "apprise knows the address of push_url"
    if not settings.sleep_max_s:
        yield WARNING, "sleep_max is 0, so nobody sleeps and no push is sent: set it, or push = none"


async def _pusher_made(settings: Settings) -> None:
    """As a start does. Raises SettingError."""
    from dispatch.providers.push import pusher

    sender = pusher(settings, time.time, lambda trouble: None)
    assert sender is not None
    await sender.stop()
