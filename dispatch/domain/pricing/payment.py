"""What a ride that is over owes by card, and when to ask again about it. Pure."""

from __future__ import annotations

from typing import Final

from dispatch.domain.pricing.money import in_minor, rounded
from dispatch.domain.ride.record import COMPLETED, RideRecord
from dispatch.values import Money

CASH: Final = "cash"
CARD: Final = "card"


def amount_due(ride: RideRecord, currency: str, digits: int) -> Money | None:
    """What the provider must collect for this ride, which is over: its fare or its fee. None: nothing.

    `currency` and `digits` are the server's; a price that has its own keeps it.
    """
    if ride.trip is None or ride.trip.payment_method != CARD:
        return None
    if ride.price is not None and ride.price.fare.currency:
        currency, digits = ride.price.fare.currency, ride.price.fare.digits
    if ride.status != COMPLETED:
        minor = ride.fee
    else:
        minor = ride.price.fare.minor if ride.price is not None else rounded(in_minor(ride.trip.fare, digits))
    return Money(minor, currency, digits) if minor > 0 else None


def pause_s(asked: int, first_s: float, most_s: float) -> float:
    """Seconds until a charge that was asked for `asked` times (from 1) is asked for again: doubled each time, up to `most_s`."""
    return min(first_s * float(2 ** min(asked - 1, 30)), most_s)
