"""`POST /api/quotes`: a price for a trip that holds for a while. The answer leaves once the quote is on disk."""

import asyncio
import secrets
from collections.abc import Sequence
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from dispatch import addresses
from dispatch.area import served_area
from dispatch.domain.places.zones import ONE_ZONE
from dispatch.errors import NoTariff, OutsideArea, RateLimited, Unavailable
from dispatch.ids import PassengerId, QuoteId
from dispatch.messages.matching import AskSoonest, SoonestTold
from dispatch.messages.providers import MakeQuote, QuoteFailed, QuoteReady
from dispatch.principals import Role
from dispatch.timestamps import rfc3339
from dispatch.transport import wire
from dispatch.transport.http.access import claims_of, for_people
from dispatch.transport.http.operation import Operation, described
from dispatch.transport.http.rates import AddressRates
from dispatch.transport.http.requests import Requests
from dispatch.transport.sessions.passenger import bookable, phone_of, require_trip
from dispatch.values import Place, as_said

CREATED: Final = 201
SOONEST_WITHIN_S: Final = 1.0
"""A price does not wait longer for how soon somebody could come."""


QUOTE: Final = Operation(
    does="Promise a price for a trip.",
    asks=wire.QuoteRequest,
    answers=wire.Quotes,
    status=CREATED,
    errors=(NoTariff, OutsideArea, RateLimited, Unavailable),
)


class QuoteRoutes:
    """Routes for prices, each address at its own rate. Made by the composition root, used on the event loop."""

    def __init__(self, requests: Requests, vehicle_types: Sequence[str] = ()) -> None:
        """`vehicle_types`: those that have rates of their own."""
        self._requests = requests
        self._runtime = requests.runtime
        self._settings = requests.settings
        self._area = served_area(requests.settings)
        self._vehicle_types = vehicle_types
        self._rates = AddressRates(requests.settings.quotes_per_s, requests.settings.quote_burst)
        self.routes = for_people([described(requests.post("/api/quotes", self._quote_for), QUOTE)])

    async def _quote_for(self, request: Request, body: bytes) -> Response:
        self._rates.take(request, self._runtime.now)
        quotes = await self._quotes(wire.read_body(body, wire.QuoteRequest), _rides(request))
        return Response(wire.encode(quotes), CREATED, media_type="application/json")

    # -- the quotes

    async def _quotes(self, asked: wire.QuoteRequest, who: PassengerId | None) -> wire.Quotes:
        """`who`: the passenger who has proved that it is they; None: whoever the body names."""
        if self._settings.pricing == "none":
            raise NoTariff
        pickup, dropoff = (
            (asked.pickup_latitude, asked.pickup_longitude),
            (asked.dropoff_latitude, asked.dropoff_longitude),
        )
        if self._area is not None:
            self._area.require(pickup, dropoff)
        if asked.vehicle_type is not None:
            return wire.Quotes(**await self._quote(asked, asked.vehicle_type, who))
        first, *others = await asyncio.gather(*(self._quote(asked, name, who) for name in ("", *self._vehicle_types)))
        return wire.Quotes(**first, quotes=tuple(wire.Quote(**other) for other in others))

    async def _quote(self, asked: wire.QuoteRequest, vehicle_type: str, who: PassengerId | None) -> dict[str, Any]:
        """The fields of one quote."""
        ready, eta_s = await asyncio.gather(self._made(asked, vehicle_type, who), self._soonest_s(asked, vehicle_type))
        price = ready.price
        return {
            "quote_id": ready.quote_id,
            "vehicle_type": vehicle_type,
            "fare": price.fare.major,
            "currency": price.fare.currency,
            "breakdown": price.breakdown,
            "distance_km": price.distance_m / 1000,
            "duration_minutes": as_said(round(price.duration_s / 60, 2)),
            "expires_at": rfc3339(ready.expires_at),
            "ttl_ms": max(0, round((ready.expires_at - self._runtime.now) * 1000.0)),
            "eta_s": eta_s,
        }

    async def _soonest_s(self, asked: wire.QuoteRequest, vehicle_type: str) -> int | None:
        """Seconds to the pickup for the nearest free driver; None: nobody is near, nobody says so in time, or the trip is for later."""
        if asked.pickup_at is not None:
            return None
        pickup = Place(asked.pickup_latitude, asked.pickup_longitude)
        zone = addresses.dispatcher(ONE_ZONE.zone_at(*pickup.point))
        try:
            told: SoonestTold = await self._requests.ask(
                zone, lambda reply_to: AskSoonest(pickup, vehicle_type, reply_to), SOONEST_WITHIN_S
            )
        except Unavailable:
            return None
        return round(told.eta_s) if told.eta_s is not None else None

    async def _made(self, asked: wire.QuoteRequest, vehicle_type: str, who: PassengerId | None) -> QuoteReady:
        """Raises Unavailable where nobody promises a price, BadField for what is no trip."""
        pickup = Place(asked.pickup_latitude, asked.pickup_longitude)
        dropoff = Place(asked.dropoff_latitude, asked.dropoff_longitude)
        require_trip(pickup, dropoff)
        settings, now, text = self._settings, self._runtime.now, asked.pickup_at
        pickup_at = bookable(text, now, settings.schedule_ahead_s) if text is not None else None
        quote_id = QuoteId(secrets.token_hex(12))  # nobody can guess it
        phone = phone_of(asked.passenger_phone, settings.phone_region) if who is None else ""
        made: QuoteReady | QuoteFailed = await self._requests.ask(
            addresses.quote(quote_id),
            lambda reply_to: MakeQuote(
                quote_id,
                reply_to,
                who or (PassengerId(phone) if phone else None),
                pickup,
                dropoff,
                vehicle_type,
                max(now, pickup_at or 0.0),
                pickup_at,
            ),
            settings.price_patience_s,
        )
        if isinstance(made, QuoteFailed):
            raise Unavailable(f"nothing was promised, try again: {made.reason}")
        return made


def _rides(request: Request) -> PassengerId | None:
    """The passenger who asks, if that was proved."""
    claims = claims_of(request)
    return PassengerId(claims.principal.id) if claims is not None and claims.principal.role is Role.PASSENGER else None
