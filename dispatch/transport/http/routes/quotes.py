"""`POST /api/quotes`: a price for a trip that holds for a while. The answer leaves once the quote is on disk."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from hashlib import blake2b
from ipaddress import ip_address, ip_network
from math import ceil
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dispatch import addresses
from dispatch.config import Settings
from dispatch.errors import NoTariff, RateLimited, Unavailable
from dispatch.ids import PassengerId, QuoteId
from dispatch.messages.providers import MakeQuote, QuoteFailed, QuoteReady
from dispatch.runtime import Runtime
from dispatch.timestamps import rfc3339, unix_time
from dispatch.transport import wire
from dispatch.transport.http.requests import Requests, answered, ask
from dispatch.transport.sessions.frames import as_sent
from dispatch.transport.sessions.limits import TokenBucket
from dispatch.transport.sessions.passenger import bookable, phone_of
from dispatch.values import Place

CREATED: Final = 201
ADDRESSES_KEPT: Final = 10_000
"""Of so many the rate is known; the one that asked longest ago is forgotten first."""


NETWORK_BITS: Final = 64
"""Of an IPv6 address, those that a client cannot choose."""


def whose(host: str) -> str:
    """Whose rate limit a request from this address counts against: an IPv6 client may have a whole network of addresses."""
    try:
        address = ip_address(host.removeprefix("::ffff:"))
    except ValueError:
        return host
    if address.is_loopback:
        return "loopback"
    return str(ip_network((address, NETWORK_BITS), strict=False)) if address.version == 6 else host


class QuoteRoutes:
    """Routes for prices. Made by the composition root, used on the event loop."""

    def __init__(
        self,
        runtime: Runtime,
        settings: Settings,
        requests: Requests,
        *,
        secret: str,
        vehicle_types: Sequence[str] = (),
    ) -> None:
        """
        Args:
            runtime: the post and the clock.
            settings: the limits of a request.
            requests: numbers them.
            secret: ids of quotes are derived from it, so that nobody can guess one. Differs for every process.
            vehicle_types: those that have rates of their own.
        """
        self._runtime = runtime
        self._settings = settings
        self._secret = secret
        self._vehicle_types = vehicle_types
        self._requests = requests
        self._buckets: OrderedDict[str, TokenBucket] = OrderedDict()
        self.routes = [Route("/api/quotes", self.answer, methods=["POST"])]

    async def answer(self, request: Request) -> Response:
        """A quote, or what is wrong."""
        return await answered(request, self._settings.frame_bytes, self._settings.header_timeout_s, self._quote_for)

    async def _quote_for(self, request: Request, body: bytes) -> Response:
        self._runtime.read_clock()
        self._limit_rate(whose(request.client.host if request.client is not None else ""))
        quotes = await self._quotes(wire.read_body(body, wire.QuoteRequest))
        return Response(wire.encode(quotes), CREATED, media_type="application/json")

    def _limit_rate(self, host: str) -> None:
        bucket = self._buckets.get(host)
        if bucket is None:
            bucket = self._buckets[host] = TokenBucket(self._settings.quotes_per_s, self._settings.quote_burst)
            if len(self._buckets) > ADDRESSES_KEPT:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(host)
        now = self._runtime.now
        if not bucket.take(now):
            raise RateLimited(ceil(bucket.wait_s(now) * 1000.0))

    # -- the quotes

    async def _quotes(self, asked: wire.QuoteRequest) -> wire.Quotes:
        if self._settings.pricing == "none":
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
            "expires_at": rfc3339(ready.expires_at),
            "ttl_ms": max(0, round((ready.expires_at - self._runtime.now) * 1000.0)),
        }

    async def _made(self, asked: wire.QuoteRequest, vehicle_type: str) -> QuoteReady:
        """Raises Unavailable where nobody promises a price."""
        runtime, number, at = self._runtime, self._requests.next_number(), self._runtime.now
        pickup_at = self._pickup_at(asked.pickup_at)
        address = addresses.request(number)
        quote_id = QuoteId(blake2b(f"{self._secret}/{number}".encode(), digest_size=12).hexdigest())
        phone = phone_of(asked.passenger_phone, self._settings.phone_region)
        pickup = Place(asked.pickup_latitude, asked.pickup_longitude)
        dropoff = Place(asked.dropoff_latitude, asked.dropoff_longitude)
        passenger_id = PassengerId(phone) if phone else None
        making = MakeQuote(
            quote_id, address, passenger_id, pickup, dropoff, vehicle_type, max(at, pickup_at or 0.0), pickup_at
        )
        made: QuoteReady | QuoteFailed = await ask(
            runtime, address, addresses.quote(quote_id), making, self._settings.price_patience_s
        )
        if isinstance(made, QuoteFailed):
            raise Unavailable(f"nothing was promised, try again: {made.reason}")
        return made

    def _pickup_at(self, text: str | None) -> float | None:
        """The Unix second that is to be booked, by the rules of `find_driver`."""
        if text is None:
            return None
        at = unix_time("pickup_at", text)
        return bookable(at, self._runtime.now, self._settings.schedule_ahead_s, text)
