"""The virtual provider: it collects once, whatever it answers."""

from __future__ import annotations

from typing import Any

from dispatch.ids import PassengerId, RideId
from dispatch.messages.providers import CollectFare, FareCollected, FareDeclined, FareUnknown
from dispatch.providers.payment import VirtualPayments
from dispatch.runtime import VirtualRuntime
from dispatch.values import Money


def asked(times: int, rides: int = 1, **options: Any) -> tuple[VirtualPayments, list[Any]]:
    """Each ride asked for so often, and all answers."""
    runtime, answers = VirtualRuntime(3), []

    class Ride:
        def deliver(self, message: Any) -> None:
            answers.append(message)

    provider = VirtualPayments(runtime, **options)
    runtime.sink("ride/r", Ride())
    for ride in range(rides):
        for number in range(1, times + 1):
            provider.deliver(CollectFare("ride/r", number, RideId(f"r{ride}"), PassengerId("p1"), Money(8550, "ZAR")))
    runtime.run()
    return provider, answers


def test_a_ride_that_is_asked_for_three_times_pays_once() -> None:
    provider, answers = asked(3)
    assert provider.collected == {RideId("r0"): Money(8550, "ZAR")}
    assert sorted(answers, key=lambda answer: answer.number) == [FareCollected(n, "virtual-r0") for n in (1, 2, 3)]


def test_a_refusal_stays_one() -> None:
    provider, answers = asked(3, decline_rate=1.0)
    assert (provider.collected, len(provider.declined)) == ({}, 1)
    assert {type(answer) for answer in answers} == {FareDeclined}


def test_in_trouble_some_are_collected_without_a_word_and_some_not() -> None:
    provider, answers = asked(1, rides=400, trouble_rate=1.0)
    assert {type(answer) for answer in answers} == {FareUnknown}
    assert 120 < len(answers) < 280, "half of them are not even answered"
    assert 120 < len(provider.collected) < 280, "half of them were collected"
