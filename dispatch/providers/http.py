"""A client for other companies' APIs: one POST of JSON for each question, a short answer within a time limit. Heavy to import.

Each question has a connection of its own, which ends with its answer. A kept connection may still hold a second answer to an earlier
question, and HTTP/1.1 would take that for the answer to the next one: another passenger's.
"""

import asyncio
import re
from collections.abc import Coroutine, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2

from dispatch.errors import SettingError

_WHO: Final = re.compile(r"//[^/]*@")
"""A user name and password in a URL, which are never shown."""
LARGEST_ANSWER_BYTES: Final = 65_536
MOST_AT_ONCE: Final = 100
"""Requests that may be under way; one more is not sent, so that a slow provider cannot fill the memory."""
_ONE_QUESTION: Final = httpx2.Limits(max_connections=MOST_AT_ONCE, max_keepalive_connections=0)
_HEADERS: Final = {"Connection": "close", "Accept-Encoding": "identity"}
"""No compression: a few bytes could expand to more than the memory holds, before anybody can count them."""


class ApiClient:
    """Requests to one API. To be made and used on the event loop."""

    def __init__(self, url: str, key: str, timeout_s: float) -> None:
        """`url`: where to POST. `key`: sent as a bearer token, unless it is empty. `timeout_s`: for each step of a request."""
        self._url = url
        headers = {**_HEADERS, "Authorization": f"Bearer {key}"} if key else _HEADERS
        # Environment proxies and .netrc are not asked: the request goes where the setting says.
        self._client = httpx2.AsyncClient(headers=headers, timeout=timeout_s, limits=_ONE_QUESTION, trust_env=False)
        self._under_way: set[asyncio.Task[None]] = set()

    @property
    def are_too_many(self) -> bool:
        """Whether as many requests are under way as may be."""
        return len(self._under_way) >= MOST_AT_ONCE

    def begin(self, asking: Coroutine[Any, Any, None]) -> None:
        """Run this coroutine as a task, until it is done or `stop` cancels it."""
        task = asyncio.get_running_loop().create_task(asking)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def post(self, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> tuple[int, bytes]:
        """POST this body as JSON and return the status and the bytes of the answer.

        Raises httpx2.HTTPError, and ValueError for an answer that is too long or compressed.
        """
        async with self._client.stream("POST", self._url, json=body, headers=headers) as response:
            answer = bytearray()
            if response.headers.get("Content-Encoding", "identity") != "identity":
                raise ValueError("its answer is compressed, which nobody asked for")
            async for part in response.aiter_raw():
                answer += part
                if len(answer) > LARGEST_ANSWER_BYTES:
                    raise ValueError(f"its answer has more than {LARGEST_ANSWER_BYTES} bytes")
            return response.status_code, bytes(answer)

    async def stop(self) -> None:
        """Cancel all requests under way and close the client."""
        for task in tuple(self._under_way):
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        await self._client.aclose()


def require_url(name: str, url: str) -> None:
    """Raise SettingError unless the `url` of setting `name` is an http or https address."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        httpx2.URL(url)
    except (ValueError, httpx2.InvalidURL):
        usable = False
    if not usable:
        shown = _WHO.sub("//…@", url)
        raise SettingError(name, f"{name} must be an http or https address, got {shown!r}")
