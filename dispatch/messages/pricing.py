"""What is said about prices: to whoever prices trips, to a quote, and what they answer. Times are runtime seconds."""

from __future__ import annotations

from dispatch.ids import PassengerId, QuoteId, RideId
from dispatch.messages.base import Message
from dispatch.values import Place, Price


class AskPrice(Message, frozen=True, gc=False):
    """Ride or quote -> the pricing provider: what does this trip cost, if it begins at `at`? The answer names the same `number`."""

    reply_to: str
    number: int
    pickup: Place
    dropoff: Place
    vehicle_type: str
    at: float


class Priced(Message, frozen=True, gc=False):
    """The provider's answer."""

    number: int
    price: Price


class NotPriced(Message, frozen=True, gc=False):
    """The provider has no answer: it is down, slow, or talks nonsense."""

    number: int
    reason: str


class MakeQuote(Message, frozen=True, gc=False):
    """Whoever asks -> quote: be made, at the rates of `at`, for a trip booked for `pickup_at` (None: now).

    `passenger_id` None: anybody may use it.
    """

    quote_id: QuoteId
    reply_to: str
    passenger_id: PassengerId | None
    pickup: Place
    dropoff: Place
    vehicle_type: str
    at: float
    pickup_at: float | None = None


class QuoteReady(Message, frozen=True, gc=False):
    """Quote -> whoever asked: it is on disk, and this price holds until then."""

    quote_id: QuoteId
    price: Price
    expires_at: float


class QuoteFailed(Message, frozen=True, gc=False):
    """Quote -> whoever asked: nothing was promised, and why."""

    quote_id: QuoteId
    reason: str


class UseQuote(Message, frozen=True, gc=False):
    """Ride -> quote: this passenger books this trip at your price."""

    quote_id: QuoteId
    ride_id: RideId
    number: int
    passenger_id: PassengerId
    pickup: Place
    dropoff: Place
    vehicle_type: str
    pickup_at: float | None = None


class QuoteGranted(Message, frozen=True, gc=False):
    """Quote -> ride: your price, and no other ride's any more."""

    ride_id: RideId
    number: int
    price: Price


class QuoteRefused(Message, frozen=True, gc=False):
    """Quote -> ride: not for this ride, or (`code` unavailable) not now."""

    ride_id: RideId
    number: int
    code: str
    text: str
