"""What every pricing provider has: somebody to answer, and what holds when there is no price. And the twin of virtual time."""

from __future__ import annotations

import random
from typing import Any, Protocol

from dispatch.domain.pricing.pricer import Pricer
from dispatch.messages.pricing import AskPrice, NotPriced, Priced


class Post(Protocol):
    """What a provider needs of a runtime."""

    def tell(self, address: str, message: Any) -> object: ...

    def set_timer(self, delay_s: float, address: str, message: Any) -> None: ...

    def rng(self, name: str) -> random.Random: ...


def without_provider(question: AskPrice, fallback: Pricer | None, reason: str) -> Priced | NotPriced:
    """The answer while the provider has none: the tariff's price where it is to hold, else that there is no price."""
    if fallback is None:
        return NotPriced(question.number, reason)
    price = fallback.price(question.pickup, question.dropoff, question.vehicle_type, question.at)
    return Priced(question.number, price)


class VirtualPricing:
    """The provider of simulated worlds: prices as `pricer` does, takes a drawn time for it, and fails as often as one asks."""

    def __init__(
        self,
        runtime: Post,
        pricer: Pricer,
        fallback: Pricer | None,
        *,
        delay_s: tuple[float, float] = (0.05, 0.5),
        failure_rate: float = 0.0,
    ) -> None:
        """`delay_s`: the shortest and the longest time. `failure_rate`: the share of questions without an answer, from 0 to 1."""
        self._runtime = runtime
        self._dice = runtime.rng("pricing")
        self._pricer = pricer
        self._fallback = fallback
        self.delay_s = delay_s
        self.failure_rate = failure_rate

    def deliver(self, question: AskPrice) -> None:
        """Answer, after a while."""
        fails = self._dice.random() < self.failure_rate
        priced_by = self._fallback if fails else self._pricer
        answer = without_provider(question, priced_by, "the pricing provider is down")
        self._runtime.set_timer(self._dice.uniform(*self.delay_s), question.reply_to, answer)
