"""Fares collected by another company's HTTP API: one POST for each request, with the ride's id as the idempotency key.

What it sends and wants back is in docs/PAYMENTS.md. The key goes into the request's header and nowhere else.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final

import httpx2
import msgspec

from dispatch.config import PaymentRules
from dispatch.ids import RideId
from dispatch.messages.providers import CollectFare, FareCollected, FareDeclined, FareUnknown
from dispatch.ports import Tells
from dispatch.providers.http import ApiClient

Answer = FareCollected | FareDeclined | FareUnknown
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


class HttpPayments:
    """The sink of the address `payments` in the live server. To be made and used on the event loop."""

    def __init__(
        self,
        runtime: Tells,
        url: str,
        *,
        key: str = "",
        timeout_s: float = PaymentRules.payment_timeout_s,
        report: Callable[[str], None] = lambda trouble: None,
    ) -> None:
        """
        Args:
            runtime: who brings the answers.
            url: where to POST to.
            key: sent as a bearer token; empty: nothing is sent.
            timeout_s: from the question to the last byte of the answer.
            report: called with each new trouble, in words that hold no secret.
        """
        self._runtime = runtime
        self._timeout_s = timeout_s
        self._report = report
        self._trouble = ""
        self._api = ApiClient(url, key, timeout_s)

    def deliver(self, question: CollectFare) -> None:
        """Send the request. The answer, or `FareUnknown` after a timeout or failure, goes to the asker by message."""
        if self._api.are_too_many:
            self._tell(question, FareUnknown(question.number, "too many questions are under way"))
            return
        self._api.begin(self._collect(question))

    async def stop(self) -> None:
        """Cancel all requests. Their rides ask again after the next start."""
        await self._api.stop()

    async def _collect(self, question: CollectFare) -> None:
        answer: Answer
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await self._ask(question)
        except TimeoutError:
            answer = FareUnknown(question.number, f"no answer within {self._timeout_s:g} s")
        except Exception as error:  # of any kind: without an answer the ride would wait for ever
            answer = FareUnknown(question.number, _words(error))
        self._tell(question, answer)

    async def _ask(self, question: CollectFare) -> Answer:
        amount, ride_id = question.amount, question.ride_id
        body = {
            "ride_id": ride_id,
            "passenger_id": question.passenger_id,
            "amount_minor": amount.minor,
            "currency": amount.currency,
            "currency_digits": amount.digits,
        }
        status, answer = await self._api.post(body, {IDEMPOTENCY_KEY: f"ride-{ride_id}"})
        return answer_of(status, answer, question)

    def _tell(self, question: CollectFare, answer: Answer) -> None:
        trouble = answer.reason if type(answer) is FareUnknown else ""
        if trouble and trouble != self._trouble:  # told once, however many charges meet it
            self._report(trouble)
        self._trouble = trouble
        self._runtime.tell(question.reply_to, answer)


def answer_of(status: int, answer: bytes, question: CollectFare) -> Answer:
    """What an answer means. Only a clear yes or a clear no settles a charge; after anything else the ride asks again."""
    number = question.number
    if status in NOT_US:
        return FareUnknown(number, f"it answers with status {status}: look at payment_key")
    if status not in ANSWERED and status != REFUSED:
        return FareUnknown(number, f"it answers with status {status}")
    if not _is_about(question.ride_id, answer):
        return FareUnknown(number, "it answers about another ride")
    receipt = _receipt(answer) if status == REFUSED else _decode(answer)
    if receipt.status == "declined" or (status == REFUSED and receipt.status != "paid"):
        return FareDeclined(number, receipt.reason[:LONGEST_TEXT] or "refused")
    if receipt.status == "paid" and status != REFUSED:
        return FareCollected(number, receipt.reference[:LONGEST_TEXT])
    return FareUnknown(number, f"it answers with payment status {receipt.status[:40]!r}")


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


def _words(error: Exception) -> str:
    """The error in words. An error of the library is told by its class alone: its text may hold the URL with a secret."""
    return type(error).__name__ if isinstance(error, httpx2.HTTPError | httpx2.InvalidURL) else str(error)
