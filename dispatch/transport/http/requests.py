"""For routes that ask an actor: read a body within limits, wait for one reply, answer every error as a problem."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from dispatch import addresses
from dispatch.config import Settings
from dispatch.errors import (
    BadMessage,
    Forbidden,
    FrameError,
    IdReused,
    IllegalTransition,
    NoSuchRide,
    NoTariff,
    OutsideArea,
    RateLimited,
    Unavailable,
)
from dispatch.identity.login import ReusedToken
from dispatch.identity.people import NeedsManager, NoSuchPerson, PhoneTaken, RideIsOpen, StillConnected
from dispatch.identity.tokens import BadToken, TokenExpired
from dispatch.messages.base import Undelivered
from dispatch.principals import Principal
from dispatch.runtime import Runtime
from dispatch.transport.http.operation import JSON
from dispatch.transport.http.problem import problem_of
from dispatch.words import RefusalCode


class ForeignPage(FrameError, code=RefusalCode.FORBIDDEN, says="only a page of this server may use its cookie"):
    """A browser sends a cookie with requests of any page of this host."""


class NotJson(FrameError, code=RefusalCode.BAD_MESSAGE, says="the Content-Type must be application/json"):
    """A page of another site cannot send JSON unasked; it could send any other type."""


class Packed(FrameError, code=RefusalCode.BAD_MESSAGE, says="a body must not be packed: leave Content-Encoding out"):
    """What a few kilobytes unpack to has no limit."""


class NotForYou(FrameError, code=RefusalCode.FORBIDDEN, says="this is for people in another role"):
    """Somebody in this role has nothing to ask here."""


BAD_REQUEST: Final = 400
TOO_SLOW, TOO_LARGE = 408, 413
STATUSES: Final[dict[type[FrameError], int]] = {
    NoSuchRide: 404,
    Forbidden: 403,
    IdReused: 422,
    IllegalTransition: 409,
    NoTariff: 409,
    OutsideArea: 409,
    ForeignPage: 403,
    NotForYou: 403,
    NotJson: 415,
    Packed: 415,
    NoSuchPerson: 404,
    NeedsManager: 403,
    PhoneTaken: 409,
    RideIsOpen: 409,
    StillConnected: 409,
    BadToken: 401,
    TokenExpired: 401,
    ReusedToken: 401,
    RateLimited: 429,
    Unavailable: 503,
    FrameError: 500,
}
"""Whatever is not here is the request's own fault."""
AS_IT_IS: Final = ("", "identity")
CLOSE: Final = {"Connection": "close"}
"""A connection whose body was not read to its end cannot go on."""
Handle = Callable[[Request, bytes], Awaitable[Response]]
"""What answers a request whose body was read; a FrameError that it raises becomes the answer."""


def require_json(request: Request) -> None:
    """Raise NotJson for a body of another type."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
        raise NotJson


def principal_of(request: Request) -> Principal:
    """The principal of an admitted request."""
    principal: Principal = request.state.principal
    return principal


class PendingReply:
    """The sink at the address of one question. Puts the reply into a future."""

    def __init__(self, answer: asyncio.Future[Any]) -> None:
        self._answer = answer

    def deliver(self, message: Any) -> None:
        if not self._answer.done():
            self._answer.set_result(message)


class Answering:
    """The application of a route: what answers each of its requests."""

    def __init__(self, answer: Callable[[Request], Awaitable[Response]]) -> None:
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._answer(Request(scope, receive, send))
        await response(scope, receive, send)


class Requests:
    """What routes that ask an actor share: the limits of a body, and an address for each question.

    Made by the composition root, used on the event loop.
    """

    def __init__(self, runtime: Runtime, settings: Settings) -> None:
        """
        Args:
            runtime: the post and the clock.
            settings: the limits of a request.
        """
        self.runtime = runtime
        self.settings = settings

    def get(self, path: str, handle: Callable[[Request], Awaitable[Response]]) -> Route:
        """Make a route for GET."""

        async def answered(request: Request) -> Response:
            self.runtime.read_clock()
            try:
                return await handle(request)
            except FrameError as error:
                return problem_of(error, STATUSES.get(type(error), BAD_REQUEST))

        return Route(path, Answering(answered), methods=["GET"])

    def post(self, path: str, handle: Handle, method: str = "POST", *, most_bytes: int = 0) -> Route:
        """Make a route for POST. `handle` is given the body once it is read within `header_timeout_s`: at most `most_bytes`; 0: as many
        as a frame has.
        """
        most_bytes = most_bytes or self.settings.frame_bytes

        async def answered(request: Request) -> Response:
            if request.headers.get("content-encoding", "").strip().lower() not in AS_IT_IS:
                return problem_of(Packed(), STATUSES[Packed], CLOSE)
            try:
                async with asyncio.timeout(self.settings.header_timeout_s):
                    body = await _body(request, most_bytes)
            except TimeoutError:
                return problem_of(BadMessage("the body did not come in time"), TOO_SLOW, CLOSE)
            except ClientDisconnect:
                return Response(status_code=BAD_REQUEST)  # nobody reads it
            if body is None:
                return problem_of(BadMessage(f"a body has at most {most_bytes} bytes"), TOO_LARGE, CLOSE)
            self.runtime.read_clock()
            try:
                return await handle(request, body)
            except FrameError as error:
                return problem_of(error, STATUSES.get(type(error), BAD_REQUEST))

        return Route(path, Answering(answered), methods=[method])

    async def ask(
        self,
        receiver: str,
        question: Callable[[str], Any],
        patience_s: float,
        nobody: type[FrameError] = Unavailable,
    ) -> Any:
        """Tell `receiver` a question, and wait up to `patience_s` seconds for the reply. `question` makes it, given the address that
        hears the reply.

        Raises Unavailable if none comes in time or the receiver is too busy, and `nobody` if there is no such receiver.
        """
        address = addresses.request(self.runtime.next_number())
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.runtime.sink(address, PendingReply(answer))
        try:
            self.runtime.tell(receiver, question(address), address)
            async with asyncio.timeout(patience_s):
                reply = await answer
        except TimeoutError:
            raise Unavailable from None
        finally:
            self.runtime.remove_sink(address)
        if isinstance(reply, Undelivered):
            raise nobody if reply.is_gone else Unavailable
        return reply


async def _body(request: Request, most_bytes: int) -> bytes | None:
    """None: it is too long. Raises ClientDisconnect."""
    body, is_whole = bytearray(), False
    while not is_whole:  # and no `stream`, which costs more than all else here
        part = await request.receive()
        if part["type"] == "http.disconnect":
            raise ClientDisconnect
        body += part.get("body", b"")
        is_whole = not part.get("more_body", False)
        if len(body) > most_bytes:
            return None
    return bytes(body)
