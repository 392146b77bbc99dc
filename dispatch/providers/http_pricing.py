"""Prices from another company's HTTP API: one POST for each trip; after a timeout the fallback. Heavy to import.

What it sends and wants back is in docs/FARES.md. The key goes into the request's header and nowhere else.
"""

import hashlib
from collections.abc import Callable
from typing import Annotated

import httpx2
import msgspec
from msgspec import Meta

from dispatch.domain.pricing.money import in_minor, rounded
from dispatch.domain.pricing.pricer import Pricer
from dispatch.domain.pricing.tariff import Tariff
from dispatch.messages.providers import AskPrice, NotPriced, Priced
from dispatch.ports import Tells
from dispatch.providers.http import HttpProvider
from dispatch.providers.pricing import without_provider
from dispatch.values import FareLine, Money, Price

Amount = Annotated[float, Meta(ge=0, le=1_000_000_000)]


class Quoted(msgspec.Struct, frozen=True):
    """The provider's answer: the fare in major units, and the way if it has one of its own. `request_id`: the request that it answers,
    if it says so.
    """

    fare: Amount
    currency: str | None = None
    distance_km: Amount | None = None
    duration_minutes: Amount | None = None
    breakdown: dict[str, float] | None = None
    request_id: str | None = None


_decode = msgspec.json.Decoder(Quoted).decode


class HttpPricing(HttpProvider[AskPrice]):
    """The sink of the address `pricing` in the live server."""

    def __init__(
        self,
        runtime: Tells,
        url: str,
        key: str,
        timeout_s: float,
        report: Callable[[str], None],
        *,
        pricer: Pricer,
        fallback: Pricer | None,
        moment: Callable[[float], str],
    ) -> None:
        """As every `HttpProvider`, and

        Args:
            pricer: estimates the way, and says which currency fares are in.
            fallback: prices trips while the provider has no answer; None: such trips have no price.
            moment: Unix seconds as a time that the provider reads.
        """
        super().__init__(runtime, url, key, timeout_s, report)
        self._pricer = pricer
        self._fallback = fallback
        self._moment = moment

    async def ask(self, question: AskPrice) -> Priced:
        """Send the request. Raises ValueError, MsgspecError and httpx2.HTTPError: there is no price."""
        distance_m, duration_s = self._pricer.way(question.pickup, question.dropoff, question.at)
        request_id = request_id_of(question)
        body = {
            "request_id": request_id,
            "pickup_latitude": question.pickup.lat,
            "pickup_longitude": question.pickup.lon,
            "dropoff_latitude": question.dropoff.lat,
            "dropoff_longitude": question.dropoff.lon,
            "distance_km": distance_m / 1000,
            "duration_minutes": round(duration_s / 60, 2),
            "vehicle_type": question.vehicle_type,
            "pickup_at": self._moment(question.at),
            "currency": self._pricer.tariff.currency,
        }
        status, answer = await self.post(body)
        if status != httpx2.codes.OK:
            raise ValueError(f"it answers with status {status}")
        quoted = _decode(answer)
        if quoted.request_id not in (None, request_id):
            raise ValueError("it answers another question")
        price = price_of(quoted, self._pricer.tariff, question.vehicle_type, distance_m, duration_s)
        return Priced(question.number, price)

    def without(self, question: AskPrice, trouble: str) -> Priced | NotPriced:
        """The price of the fallback, or none."""
        return without_provider(question, self._fallback, f"the pricing provider: {trouble}")


def request_id_of(question: AskPrice) -> str:
    """The id of the request for the provider. A digest, because whoever knows a quote's id can read its price."""
    return hashlib.sha256(f"{question.reply_to}/{question.number}/{question.at}".encode()).hexdigest()[:32]


def price_of(quoted: Quoted, tariff: Tariff, vehicle_type: str, distance_m: int, duration_s: int) -> Price:
    """The provider's answer as a price. Its lines are kept where they add up to its fare; else there is one.

    Raises ValueError for another currency than ours.
    """
    if quoted.currency not in (None, tariff.currency):
        raise ValueError(f"its fare is in {quoted.currency[:16]!r}, ours are in {tariff.currency!r}")
    digits = tariff.digits
    minor = rounded(in_minor(quoted.fare, digits))
    told = [FareLine(name[:40], rounded(in_minor(amount, digits))) for name, amount in (quoted.breakdown or {}).items()]
    lines = told if sum(line.minor for line in told) == minor else [FareLine("fare", minor)]
    if quoted.distance_km is not None:
        distance_m = round(quoted.distance_km * 1000)
    if quoted.duration_minutes is not None:
        duration_s = round(quoted.duration_minutes * 60)
    fare = Money(minor, tariff.currency, digits)
    return Price(fare, tuple(line for line in lines if line.minor), distance_m, duration_s, vehicle_type)
