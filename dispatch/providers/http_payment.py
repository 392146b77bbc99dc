"""Fares collected by another company's HTTP API: one POST for each request, with the ride's id as the idempotency key.

What it sends and wants back is in docs/PAYMENTS.md. The key goes into the request's header and nowhere else.
"""

from typing import Any, Final

import msgspec

from dispatch.ids import RideId
from dispatch.messages.providers import CollectFare, FareCollected, FareDeclined, FareUnknown
from dispatch.providers.http import HttpProvider

LONGEST_TEXT: Final = 200
"""Characters kept of what a provider says in words."""
IDEMPOTENCY_KEY: Final = "Idempotency-Key"
ANSWERED: Final = frozenset((200, 201, 409))
"""Statuses with a receipt. 409: the provider knows this charge already."""
REFUSED: Final = 402
NOT_US: Final = frozenset((401, 403))


class Receipt(msgspec.Struct, frozen=True):
    """The provider's answer: `paid` or `declined`, its reference for the charge, and the reason of a decline."""

    status: str = ""
    reference: str = ""
    reason: str = ""


class Echo(msgspec.Struct, frozen=True):
    """The ride that an answer names, if it names one. A number is as good as its digits."""

    ride_id: Any = None


_echo = msgspec.json.Decoder(Echo).decode
_decode = msgspec.json.Decoder(Receipt).decode


class HttpPayments(HttpProvider[CollectFare]):
    """The sink of the address `payments` in the live server. After `stop` rides ask again, at the next start."""

    async def ask(self, question: CollectFare) -> FareCollected | FareDeclined:
        """Send the request. Raises ValueError, MsgspecError and httpx2.HTTPError: nobody knows what became of the charge."""
        amount, ride_id = question.amount, question.ride_id
        body = {
            "ride_id": ride_id,
            "passenger_id": question.passenger_id,
            "amount_minor": amount.minor,
            "currency": amount.currency,
            "currency_digits": amount.digits,
        }
        status, answer = await self.post(body, {IDEMPOTENCY_KEY: f"ride-{ride_id}"})
        return answer_of(status, answer, question)

    def without(self, question: CollectFare, trouble: str) -> FareUnknown:
        """The ride asks again."""
        return FareUnknown(question.number, trouble)


def answer_of(status: int, answer: bytes, question: CollectFare) -> FareCollected | FareDeclined:
    """What an answer means. Only a clear yes or a clear no settles a charge.

    Raises ValueError or MsgspecError, in words for the log, for anything else.
    """
    number = question.number
    if status not in ANSWERED and status != REFUSED:
        raise ValueError(f"it answers with status {status}" + (": look at payment_key" if status in NOT_US else ""))
    if not _is_about(question.ride_id, answer):
        raise ValueError("it answers about another ride")
    receipt = _receipt(answer) if status == REFUSED else _decode(answer)
    if receipt.status == "declined" or (status == REFUSED and receipt.status != "paid"):
        return FareDeclined(number, receipt.reason[:LONGEST_TEXT] or "refused")
    if receipt.status == "paid" and status != REFUSED:
        return FareCollected(number, receipt.reference[:LONGEST_TEXT])
    raise ValueError(f"it answers with payment status {receipt.status[:40]!r}")


def _is_about(ride_id: RideId, answer: bytes) -> bool:
    """Whether the answer names this ride or none."""
    try:
        named = _echo(answer).ride_id
    except msgspec.MsgspecError:
        return True
    return named is None or str(named) == ride_id


def _receipt(answer: bytes) -> Receipt:
    try:
        return _decode(answer)
    except msgspec.MsgspecError:
        return Receipt()
