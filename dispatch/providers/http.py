"""One POST to somebody else's API: JSON there, a small answer back, in time or not at all. Heavy to import.

Each question has a connection of its own, which ends with its answer. A kept connection may still hold a second answer to an earlier
question, and HTTP/1.1 would take that for the answer to the next one: another passenger's.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine, Mapping
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

import httpx2

from dispatch.errors import SettingError

_WHO: Final = re.compile(r"//[^/]*@")
"""A name and a password in an address are not for the screen."""
LARGEST_ANSWER_BYTES: Final = 65_536
MOST_AT_ONCE: Final = 100
"""Questions under way; one more is not sent, so that a slow provider cannot fill the memory."""
_ONE_QUESTION: Final = httpx2.Limits(max_connections=MOST_AT_ONCE, max_keepalive_connections=0)
_HEADERS: Final = {"Connection": "close", "Accept-Encoding": "identity"}
"""Not compressed: a few bytes could be blown up to more than the memory holds, before anybody can count them."""


class Tells(Protocol):
    """What takes a provider's answers."""

    def tell(self, address: str, message: Any) -> object: ...


class Questions:
    """The questions to one API that are under way. To be made and used on the event loop."""

    def __init__(self, url: str, key: str, timeout_s: float) -> None:
        """`url`: where to POST to. `key`: sent as a bearer token; empty: nothing is."""
        self._url = url
        headers = {**_HEADERS, "Authorization": f"Bearer {key}"} if key else _HEADERS
        # Environment proxies and .netrc are not asked: the request goes where the setting says.
        self._client = httpx2.AsyncClient(headers=headers, timeout=timeout_s, limits=_ONE_QUESTION, trust_env=False)
        self._under_way: set[asyncio.Task[None]] = set()

    @property
    def are_too_many(self) -> bool:
        """Whether one more is not to be asked."""
        return len(self._under_way) >= MOST_AT_ONCE

    def begin(self, asking: Coroutine[Any, Any, None]) -> None:
        """Let this go on beside everything else, until it is done or `stop` ends it."""
        task = asyncio.get_running_loop().create_task(asking)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def post(self, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> tuple[int, bytes]:
        """The status and the bytes of the answer to this question.

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
        """No more of them; those under way have no answer."""
        for task in tuple(self._under_way):
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        await self._client.aclose()


def require_url(name: str, url: str) -> None:
    """Raises SettingError unless setting `name` is an address that can be asked."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        httpx2.URL(url)
    except (ValueError, httpx2.InvalidURL):
        usable = False
    if not usable:
        shown = _WHO.sub("//…@", url)
        raise SettingError(name, f"{name} must be an http or https address, got {shown!r}")
