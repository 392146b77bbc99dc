"""The pricing provider of virtual time: the same answers as the real one's, after a drawn time, failing as often as one asks."""

from __future__ import annotations

from typing import Any

from dispatch.config import Settings
from dispatch.domain.places.geo import TravelModel
from dispatch.domain.pricing.pricer import Pricer
from dispatch.messages.providers import AskPrice, NotPriced, Priced
from dispatch.prices import pricer
from dispatch.providers.pricing import VirtualPricing
from dispatch.runtime import VirtualRuntime
from dispatch.values import Place

MAIN_ST, OAK_AVE = Place(-26.2041, 28.0473), Place(-26.1850, 28.0550)
PRICER = pricer(Settings(base_fare=50.0), TravelModel())
CHEAPER = pricer(Settings(base_fare=40.0), TravelModel())


class Asker(list[Any]):
    """Keeps answers, each with its second."""

    def __init__(self, seed: int, fallback: Pricer | None = None, failure_rate: float = 0.0) -> None:
        super().__init__()
        self.runtime = VirtualRuntime(seed)
        provider = VirtualPricing(self.runtime, PRICER, fallback, delay_s=(0.1, 0.4), failure_rate=failure_rate)
        self.runtime.sink("pricing", provider)
        self.runtime.sink("ride/r1", self)

    def deliver(self, message: Any) -> None:
        self.append((self.runtime.now, message))

    def asks(self, times: int) -> list[Any]:
        for number in range(times):
            self.runtime.tell("pricing", AskPrice("ride/r1", number, MAIN_ST, OAK_AVE, "", 0.0))
        self.runtime.run(1.0)
        return [message for _, message in self]


def test_it_answers_each_question_with_its_price_within_the_time_it_may_take() -> None:
    asker = Asker(1)
    answers = asker.asks(20)
    assert {answer.number for answer in answers} == set(range(20))
    assert {answer.price for answer in answers} == {PRICER.price(MAIN_ST, OAK_AVE, "", 0.0)}
    seconds = [at for at, _ in asker]
    assert 0.1 <= min(seconds) < max(seconds) <= 0.4


def test_the_same_seed_takes_the_same_times_and_fails_at_the_same_questions() -> None:
    first, second, other = (Asker(seed, failure_rate=0.5) for seed in (1, 1, 2))
    for asker in (first, second, other):
        asker.asks(20)
    assert list(first) == list(second) != list(other)
    assert {type(message) for _, message in first} == {Priced, NotPriced}


def test_while_it_is_down_the_fallback_answers_or_nobody_does() -> None:
    assert [type(answer) for answer in Asker(1, failure_rate=1.0).asks(3)] == [NotPriced] * 3
    answers = Asker(1, CHEAPER, failure_rate=1.0).asks(3)
    assert [answer.price.fare.major for answer in answers] == [40.0] * 3
