"""For routes that ask an actor: read a body within limits, wait for one reply, answer every error as a problem."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any, Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from dispatch.errors import BadMessage, FrameError, IllegalTransition, NoSuchRide, NoTariff, RateLimited, Unavailable
from dispatch.principals import Principal
from dispatch.runtime import Runtime
from dispatch.transport.http.problem import problem_of

BAD_REQUEST: Final = 400
TOO_SLOW, TOO_LARGE = 408, 413
STATUSES: Final[dict[type[FrameError], int]] = {
    NoSuchRide: 404,
    IllegalTransition: 409,
    NoTariff: 409,
    RateLimited: 429,
    Unavailable: 503,
}
"""Whatever is not here is the request's own fault."""
CLOSE: Final = {"Connection": "close"}
"""A connection whose body was not read to its end cannot go on."""
Handle = Callable[[Request, bytes], Awaitable[Response]]
"""What answers a request whose body was read; a FrameError that it raises becomes the answer."""


def principal_of(request: Request) -> Principal:
    """The principal of an admitted request."""
    principal: Principal = request.state.principal
    return principal


class Requests:
    """Numbers the questions of all routes, so that each has an address of its own."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def next_number(self) -> int:
        """A number that no question had before."""
        return next(self._numbers)


class PendingReply:
    """The sink at the address of one question. Puts the reply into a future."""

    def __init__(self, answer: asyncio.Future[Any]) -> None:
        self._answer = answer

    def deliver(self, message: Any) -> None:
        if not self._answer.done():
            self._answer.set_result(message)


async def ask(
    runtime: Runtime,
    address: str,
    receiver: str,
    question: Any,
    patience_s: float,
    nobody: type[FrameError] = Unavailable,
) -> Any:
    """Tell `receiver` the question, and wait up to `patience_s` seconds for a reply at `address`.

    Raises Unavailable if none comes in time, and `nobody` if there is no such receiver.
    """
    answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    runtime.sink(address, PendingReply(answer))
    try:
        if not runtime.tell(receiver, question):
            raise nobody
        async with asyncio.timeout(patience_s):
            return await answer
    except TimeoutError:
        raise Unavailable from None
    finally:
        runtime.remove_sink(address)


async def answered(request: Request, most_bytes: int, within_s: float, handle: Handle) -> Response:
    """Read the body, at most `most_bytes` within `within_s` seconds, and return the answer of `handle` or the problem."""
    try:
        async with asyncio.timeout(within_s):
            body = await _body(request, most_bytes)
    except TimeoutError:
        return problem_of(BadMessage("the body did not come in time"), TOO_SLOW, CLOSE)
    except ClientDisconnect:
        return Response(status_code=BAD_REQUEST)  # nobody reads it
    if body is None:
        return problem_of(BadMessage(f"a body has at most {most_bytes} bytes"), TOO_LARGE, CLOSE)
    try:
        return await handle(request, body)
    except FrameError as error:
        return problem_of(error, STATUSES.get(type(error), BAD_REQUEST))


async def _body(request: Request, most_bytes: int) -> bytes | None:
    """None: it is too long."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > most_bytes:
            return None
    return bytes(body)
