"""One POST to somebody else's API: JSON there, a small answer back, in time or not at all. Heavy to import."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2

from dispatch.errors import SettingError

LARGEST_ANSWER_BYTES: Final = 65_536
MOST_AT_ONCE: Final = 100
"""Questions under way; one more is not sent, so that a slow provider cannot fill the memory."""


def client(key: str, timeout_s: float) -> httpx2.AsyncClient:
    """To be made and closed on the event loop. `key` is sent as a bearer token; empty: nothing is."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    # Environment proxies and .netrc are not asked: the request goes where the setting says.
    return httpx2.AsyncClient(headers=headers, timeout=timeout_s, trust_env=False)


async def post(
    client: httpx2.AsyncClient, url: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> tuple[int, bytes]:
    """The status and the bytes of the answer. Raises httpx2.HTTPError, and ValueError for an answer that is too long."""
    async with client.stream("POST", url, json=body, headers=headers) as response:
        answer = bytearray()
        async for part in response.aiter_bytes():
            answer += part
            if len(answer) > LARGEST_ANSWER_BYTES:
                raise ValueError(f"its answer has more than {LARGEST_ANSWER_BYTES} bytes")
        return response.status_code, bytes(answer)


def require_url(name: str, url: str) -> None:
    """Raises SettingError unless setting `name` is an address that can be asked."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        httpx2.URL(url)
    except (ValueError, httpx2.InvalidURL):
        usable = False
    if not usable:
        raise SettingError(name, f"{name} must be an http or https address, got {url!r}")
