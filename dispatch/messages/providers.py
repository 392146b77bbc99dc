"""What is asked of whoever prices trips, of quotes, and of whoever collects the money, and what they answer. Times are Unix seconds."""

from dispatch.ids import DriverId, Number, OfferId, PassengerId, QuoteId, RideId
from dispatch.messages.base import Message
from dispatch.values import DriverCard, Money, Place, Price
from dispatch.words import RefusalCode

# -- prices and quotes


class AskPrice(Message, frozen=True, gc=False):
    """Ride or quote -> the pricing provider: what does this trip cost, if it begins at `at`? The answer names the same `number`."""

    reply_to: str
    number: Number
    pickup: Place
    dropoff: Place
    vehicle_type: str
    at: float


class Priced(Message, frozen=True, gc=False):
    """The provider's answer."""

    number: Number
    price: Price


class NotPriced(Message, frozen=True, gc=False):
    """The provider has no answer: it is down, slow, or talks nonsense."""

    number: Number
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
    number: Number
    passenger_id: PassengerId
    pickup: Place
    dropoff: Place
    vehicle_type: str
    pickup_at: float | None = None


class QuoteGranted(Message, frozen=True, gc=False):
    """Quote -> ride: your price, and no other ride's any more."""

    ride_id: RideId
    number: Number
    price: Price


class QuoteRefused(Message, frozen=True, gc=False):
    """Quote -> ride: not for this ride, or (`code` unavailable) not now."""

    ride_id: RideId
    number: Number
    code: RefusalCode
    text: str


# -- payments: asked again, a provider collects nothing twice, since the ride's id is the charge's


class CollectFare(Message, frozen=True, gc=False):
    """Ride -> provider: collect this from the passenger. `number` counts the ride's questions, and the answer names it."""

    reply_to: str
    number: int
    ride_id: RideId
    passenger_id: PassengerId
    amount: Money


class FareCollected(Message, frozen=True, gc=False):
    """Provider -> ride: it was collected, now or when it was asked before. `reference`: the provider's own name of it."""

    number: int
    reference: str


class FareDeclined(Message, frozen=True, gc=False):
    """Provider -> ride: it never will be collected, and why."""

    number: int
    reason: str


class FareUnknown(Message, frozen=True, gc=False):
    """Provider -> ride: nobody knows whether it was collected. It is to be asked again."""

    number: int
    reason: str


# -- texts


class TextCaller(Message, frozen=True, gc=False):
    """Ride -> whoever sends texts: tell the caller who comes, or without a `driver` that nobody does. `TextSent` with the same `number`
    comes back once the text has left; nothing does if it could not be sent.

    `eta_s`: how long the driver takes to the pickup, where that is known.
    """

    ride_id: RideId
    phone: str
    driver: DriverCard | None = None
    eta_s: float | None = None
    number: int = 0


class TextSent(Message, frozen=True, gc=False):
    """Whoever sends texts -> ride: that text has left."""

    number: int


# -- pushes


class PushOffer(Message, frozen=True, gc=False):
    """Driver -> whoever sends pushes: wake the driver's devices, on which nobody is connected, for this offer. It can be answered until
    `expires_at` (Unix seconds). Nobody waits for an answer; `DevicesChanged` comes back when a device turned out to be gone.
    """

    driver_id: DriverId
    ride_id: RideId
    offer_id: OfferId
    expires_at: float
