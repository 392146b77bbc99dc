"""Pushes in virtual time: late, lost, doubled, and for a phone that is not there."""

import pytest

from dispatch.addresses import PUSHES
from dispatch.ids import DriverId, OfferId, RideId
from dispatch.messages.providers import PushOffer
from dispatch.runtime import VirtualRuntime
from sim.network.pushes import PushRates, VirtualPushes

D1 = DriverId("d1")
MANY = 400


def sent(rates: PushRates, count: int = 1, ends_at: float = 30.0) -> tuple[VirtualPushes, list[float]]:
    """So many pushes are sent at second 0. At which seconds the phone wakes."""
    runtime, came = VirtualRuntime(7, start_at=0.0), []
    pushes = VirtualPushes(runtime, rates)
    runtime.sink(PUSHES, pushes)
    pushes.phones[D1] = lambda push: came.append(runtime.now)
    for number in range(count):
        runtime.tell(PUSHES, PushOffer(D1, RideId("r1"), OfferId(f"r1.1.{number}"), ends_at))
    runtime.run(600.0)
    return pushes, came


def test_a_good_push_comes_once_within_its_time() -> None:
    pushes, came = sent(PushRates(delay_s=(0.3, 0.8)), MANY)
    assert len(came) == pushes.counts["sent"] == MANY
    assert 0.3 <= min(came) < 0.35 < 0.75 < max(came) <= 0.8


@pytest.mark.parametrize(
    ("rates", "count", "at_least", "at_most"),
    [
        (PushRates(loss=0.3), "lost", 90, 150),
        (PushRates(double=0.3), "doubled", 90, 150),
        (PushRates(late=0.3, late_s=45.0), "over", 90, 150),
    ],
)
def test_so_many_are_lost_come_twice_or_come_too_late(
    rates: PushRates, count: str, at_least: int, at_most: int
) -> None:
    pushes, came = sent(rates, MANY)
    assert at_least <= pushes.counts[count] <= at_most
    assert len(came) == MANY - pushes.counts["lost"] + pushes.counts["doubled"]
    assert pushes.counts["over"] == sum(at >= 30.0 for at in came)


def test_a_push_for_a_phone_that_is_not_there_goes_nowhere() -> None:
    pushes, _ = sent(PushRates())
    pushes.phones.clear()
    pushes.deliver(PushOffer(D1, RideId("r1"), OfferId("r1.1.1"), 30.0))
    assert pushes.counts["sent"] == 2
