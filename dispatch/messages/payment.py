"""Between a ride and whoever collects the money. Asked again, a provider collects nothing twice: the ride's id is the charge's."""

from __future__ import annotations

from dispatch.ids import PassengerId, RideId
from dispatch.messages.base import Message
from dispatch.values import Money


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
