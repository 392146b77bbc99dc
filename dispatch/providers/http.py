"""A client for other companies' APIs: one POST of JSON for each question, a short answer within a time limit. Heavy to import.

Each question has a connection of its own, which ends with its answer. A kept connection may still hold a second answer to an earlier
question, and HTTP/1.1 would take that for the answer to the next one: another passenger's.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, Final, Generic, Protocol, TypeVar
from urllib.parse import urlsplit

import httpx2

from dispatch.errors import SettingError
from dispatch.messages.base import Message
from dispatch.ports import Tells
from dispatch.providers.outgoing import Outgoing

LARGEST_ANSWER_BYTES: Final = 65_536
MOST_AT_ONCE: Final = 100
"""Requests that may be under way; one more is not sent, so that a slow provider cannot fill the memory."""
_ONE_QUESTION: Final = httpx2.Limits(max_connections=MOST_AT_ONCE, max_keepalive_connections=0)
_HEADERS: Final = {"Connection": "close", "Accept-Encoding": "identity"}
"""No compression: a few bytes could expand to more than the memory holds, before anybody can count them."""


class Question(Protocol):
    """What a provider is asked."""

    @property
    def reply_to(self) -> str:
        """Who wants the answer."""


Asked = TypeVar("Asked", bound=Question)


class HttpProvider(ABC, Generic[Asked]):
    """The sink of an address in the live server: each question is one request to one API, and is answered by one message.

    To be made and used on the event loop.
    """

    def __init__(self, runtime: Tells, url: str, key: str, timeout_s: float, report: Callable[[str], None]) -> None:
        """
        Args:
            runtime: who brings the answers.
            url: where to POST to.
            key: sent as a bearer token; empty: nothing is sent.
            timeout_s: from the question to the last byte of the answer.
            report: called with each new trouble, in words that hold no secret.
        """
        self._runtime = runtime
        self._url = url
        self._timeout_s = timeout_s
        self._report = report
        self._trouble = ""
        headers = {**_HEADERS, "Authorization": f"Bearer {key}"} if key else _HEADERS
        # Environment proxies and .netrc are not asked: the request goes where the setting says.
        self._client = httpx2.AsyncClient(headers=headers, timeout=timeout_s, limits=_ONE_QUESTION, trust_env=False)
        self._under_way = Outgoing(MOST_AT_ONCE)

    @abstractmethod
    async def ask(self, question: Asked) -> Message:
        """Send the request and return what its answer means. Any error that this raises is a trouble of the provider."""

    @abstractmethod
    def without(self, question: Asked, trouble: str) -> Message:
        """The answer while the provider has none, because of this trouble."""

    def deliver(self, question: Asked) -> None:
        """Send the request. The answer goes to the asker by message; after a timeout or failure it is the one of `without`."""
        if not self._under_way.begin(lambda: self._answer(question)):
            self._answer_without(question, "too many questions are under way")

    async def stop(self) -> None:
        """Cancel all requests under way and close the client. Nobody is answered any more."""
        await self._under_way.stop()
        await self._client.aclose()

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

    async def _answer(self, question: Asked) -> None:
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await self.ask(question)
        except TimeoutError:
            self._answer_without(question, f"no answer within {self._timeout_s:g} s")
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:  # its text may hold the URL with a secret
            self._answer_without(question, type(error).__name__)
        except Exception as error:  # of any kind: without an answer the asker would wait for ever
            self._answer_without(question, str(error))
        else:
            self._trouble = ""
            self._runtime.tell(question.reply_to, answer)

    def _answer_without(self, question: Asked, trouble: str) -> None:
        if trouble != self._trouble:  # told once, however many questions meet it
            self._report(trouble)
        self._trouble = trouble
        self._runtime.tell(question.reply_to, self.without(question, trouble))


def require_url(name: str, url: str) -> None:
    """Raise SettingError unless the `url` of setting `name` is an http or https address. The error does not show it."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        httpx2.URL(url)
    except (ValueError, httpx2.InvalidURL):
        usable = False
    if not usable:
        must = "must be an http or https address, such as https://example.com/path"
        raise SettingError(name, f"{name} {must}; its value is not shown, because it may hold a key")
