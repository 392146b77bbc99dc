"""What all pricing providers share, and the pricing provider of virtual time."""

from dispatch.domain.pricing.pricer import Pricer
from dispatch.messages.providers import AskPrice, NotPriced, Priced
from dispatch.ports import Post


def without_provider(question: AskPrice, fallback: Pricer | None, reason: str) -> Priced | NotPriced:
    """The answer while the provider has none: the price of the fallback, or without one `NotPriced` with this reason."""
    if fallback is None:
        return NotPriced(question.number, reason)
    price = fallback.price(question.pickup, question.dropoff, question.vehicle_type, question.at)
    return Priced(question.number, price)


class VirtualPricing:
    """The provider of simulated worlds: prices as `pricer` does, after a random delay, and fails at a given rate."""

    def __init__(
        self,
        runtime: Post,
        pricer: Pricer,
        fallback: Pricer | None,
        *,
        delay_s: tuple[float, float] = (0.05, 0.5),
        failure_rate: float = 0.0,
    ) -> None:
        """`delay_s`: the shortest and the longest delay. `failure_rate`: the share of failures, from 0 to 1."""
        self._runtime = runtime
        self._dice = runtime.rng("pricing")
        self._pricer = pricer
        self._fallback = fallback
        self.delay_s = delay_s
        self.failure_rate = failure_rate

    def deliver(self, question: AskPrice) -> None:
        """Answer after a delay."""
        fails = self._dice.random() < self.failure_rate
        priced_by = self._fallback if fails else self._pricer
        answer = without_provider(question, priced_by, "the pricing provider is down")
        self._runtime.set_timer(self._dice.uniform(*self.delay_s), question.reply_to, answer)
