"""`POST /api/quotes`: what a trip would cost, promised for a while. The door between a request and the quote's actor.

Nothing is answered before the quote is on disk. Errors have the shape that frames have.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from hashlib import blake2b
from itertools import count
from math import ceil
from typing import Any, Final

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from dispatch import addresses
from dispatch.config import Settings
from dispatch.errors import BadMessage, FrameError, NoTariff, RateLimited, Unavailable
from dispatch.messages.pricing import MakeQuote, QuoteFailed, QuoteReady
from dispatch.transport import wire
from dispatch.transport.frames import as_sent
from dispatch.transport.limits import TokenBucket
from dispatch.transport.moments import bookable, rfc3339, unix_time
from dispatch.transport.passenger_session import passenger_id_of
from dispatch.transport.session import RuntimePort
from dispatch.types import Place, QuoteId

CREATED: Final = 201
BAD_REQUEST: Final = 400
TOO_SLOW, TOO_LARGE = 408, 413
STATUSES: Final[dict[type[FrameError], int]] = {NoTariff: 409, RateLimited: 429, Unavailable: 503}
"""Whatever is not here is the request's own fault."""
ADDRESSES_KEPT: Final = 10_000
"""Of so many the rate is known; the one that asked longest ago is forgotten first."""


class QuoteLimits(msgspec.Struct, frozen=True):
    """What one address may ask, how long a body and an answer may take, in seconds."""

    quotes_per_s: float
    burst: int
    body_bytes: int
    body_timeout_s: float
    patience_s: float
    schedule_ahead_s: float

    @classmethod
    def of(cls, settings: Settings) -> QuoteLimits:
        """The limits that these settings ask for."""
        return cls(
            quotes_per_s=settings.quotes_per_s,
            burst=settings.quote_burst,
            body_bytes=settings.frame_bytes,
            body_timeout_s=settings.header_timeout_s,
            patience_s=settings.price_patience_s,
            schedule_ahead_s=settings.schedule_ahead_s,
        )


class _Slip:
    """The sink of one request: whoever holds the future has the answer."""

    def __init__(self, answer: asyncio.Future[Any]) -> None:
        self._answer = answer

    def deliver(self, message: Any) -> None:
        if not self._answer.done():
            self._answer.set_result(message)


class QuoteDesk:
    """Takes requests. Made by the composition root, used on the event loop."""

    def __init__(
        self,
        runtime: RuntimePort,
        limits: QuoteLimits,
        *,
        secret: str,
        is_open: bool = True,
        vehicle_types: Sequence[str] = (),
        wall_zero: float = 0.0,
    ) -> None:
        """
        Args:
            runtime: the post and the clock.
            limits: what a request may take.
            secret: ids of quotes are derived from it, so that nobody can guess one. Differs for every process.
            is_open: whether the server sets fares at all.
            vehicle_types: those that have rates of their own.
            wall_zero: Unix time of runtime second 0.
        """
        self._runtime = runtime
        self._limits = limits
        self._secret = secret
        self._is_open = is_open
        self._vehicle_types = vehicle_types
        self._wall_zero = wall_zero
        self._numbers = count(1)
        self._buckets: OrderedDict[str, TokenBucket] = OrderedDict()

    async def answer(self, request: Request) -> Response:
        """A quote, or what is wrong."""
        try:
            async with asyncio.timeout(self._limits.body_timeout_s):
                body = await self._body(request)
        except TimeoutError:
            return _refusal(BadMessage("the body did not come in time"), TOO_SLOW)
        except ClientDisconnect:
            return Response(status_code=BAD_REQUEST)  # nobody reads it
        if body is None:
            return _refusal(BadMessage(f"a body has at most {self._limits.body_bytes} bytes"), TOO_LARGE)
        try:
            self._limit_rate(request.client.host if request.client is not None else "")
            quotes = await self._quotes(wire.read_body(body, wire.QuoteRequest))
        except FrameError as error:
            return _refusal(error, STATUSES.get(type(error), BAD_REQUEST))
        return Response(wire.encode(quotes), CREATED, media_type="application/json")

    # -- the request

    async def _body(self, request: Request) -> bytes | None:
        """None: it is too long."""
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > self._limits.body_bytes:
                return None
        return bytes(body)

    def _limit_rate(self, host: str) -> None:
        bucket = self._buckets.get(host)
        if bucket is None:
            bucket = self._buckets[host] = TokenBucket(self._limits.quotes_per_s, self._limits.burst)
            if len(self._buckets) > ADDRESSES_KEPT:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(host)
        now = self._runtime.now
        if not bucket.take(now):
            raise RateLimited(ceil(bucket.wait_s(now) * 1000.0))

    # -- the quotes

    async def _quotes(self, asked: wire.QuoteRequest) -> wire.Quotes:
        if not self._is_open:
            raise NoTariff
        if asked.vehicle_type is not None:
            return wire.Quotes(**await self._quote(asked, asked.vehicle_type))
        first, *others = await asyncio.gather(*(self._quote(asked, name) for name in ("", *self._vehicle_types)))
        return wire.Quotes(**first, quotes=tuple(wire.Quote(**other) for other in others))

    async def _quote(self, asked: wire.QuoteRequest, vehicle_type: str) -> dict[str, Any]:
        """The fields of one quote."""
        ready = await self._made(asked, vehicle_type)
        price = ready.price
        return {
            "quote_id": ready.quote_id,
            "vehicle_type": vehicle_type,
            "fare": price.fare.major,
            "currency": price.fare.currency,
            "breakdown": price.breakdown,
            "distance_km": price.distance_m / 1000,
            "duration_minutes": as_sent(round(price.duration_s / 60, 2)),
            "expires_at": rfc3339(self._wall_zero + ready.expires_at),
            "ttl_ms": max(0, round((ready.expires_at - self._runtime.now) * 1000.0)),
        }

    async def _made(self, asked: wire.QuoteRequest, vehicle_type: str) -> QuoteReady:
        """Raises Unavailable where nobody promises a price."""
        runtime, number, at = self._runtime, next(self._numbers), self._runtime.now
        pickup_at = self._pickup_at(asked.pickup_at)
        address, quote_id = addresses.request(number), self._id(number)
        passenger_id = passenger_id_of(asked.passenger_phone) if asked.passenger_phone else None
        pickup = Place(asked.pickup_latitude, asked.pickup_longitude)
        dropoff = Place(asked.dropoff_latitude, asked.dropoff_longitude)
        answer: asyncio.Future[QuoteReady | QuoteFailed] = asyncio.get_running_loop().create_future()
        runtime.sink(address, _Slip(answer))
        try:
            making = MakeQuote(
                quote_id, address, passenger_id, pickup, dropoff, vehicle_type, max(at, pickup_at or 0.0), pickup_at
            )
            if not runtime.tell(addresses.quote(quote_id), making):
                raise Unavailable
            async with asyncio.timeout(self._limits.patience_s):
                made = await answer
        except TimeoutError:
            raise Unavailable from None
        finally:
            runtime.remove_sink(address)
        if isinstance(made, QuoteFailed):
            raise Unavailable(f"nothing was promised, try again: {made.reason}")
        return made

    def _pickup_at(self, text: str | None) -> float | None:
        """The runtime second that is to be booked, by the rules of `find_driver`."""
        if text is None:
            return None
        at = unix_time("pickup_at", text) - self._wall_zero
        return bookable(at, self._runtime.now, self._limits.schedule_ahead_s, text)

    def _id(self, number: int) -> QuoteId:
        return QuoteId(blake2b(f"{self._secret}/{number}".encode(), digest_size=12).hexdigest())


def _refusal(error: FrameError, status: int) -> Response:
    """As a frame would be answered. A connection whose body was not read to its end cannot go on."""
    headers = {"Connection": "close"} if status in (TOO_SLOW, TOO_LARGE) else {}
    if error.retry_after_ms is not None:
        headers["Retry-After"] = str(ceil(error.retry_after_ms / 1000))
    return Response(wire.encode(wire.error_frame(error)), status, headers, "application/json")
