"""Pushes in virtual time: what lies between the server and a phone that sleeps. A push comes late, twice, or not at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import msgspec

from dispatch.addresses import PUSHES
from dispatch.ids import DriverId
from dispatch.messages.base import Message
from dispatch.messages.providers import PushOffer
from dispatch.ports import Post

Wakes = Callable[[PushOffer], None]
"""What a phone does when a push comes."""


class PushRates(msgspec.Struct, frozen=True):
    """How pushes fare. `delay_s`: the shortest and the longest way, drawn for each. Rates are shares from 0 to 1: of pushes that never
    come (`loss`), come twice (`double`), or take `late_s` seconds more (`late`), which may be after the offer's end.
    """

    delay_s: tuple[float, float] = (0.3, 0.8)
    loss: float = 0.0
    double: float = 0.0
    late: float = 0.0
    late_s: float = 45.0


class _Comes(Message, frozen=True, gc=False):
    """A push reaches the phone."""

    push: PushOffer


class VirtualPushes:
    """The sink at `addresses.PUSHES`. `phones`: what wakes when a push comes; one for a phone that is not there is lost. `counts`: how
    many pushes were `sent`, `lost`, `doubled`, `late`, and came after their offer's end (`over`).
    """

    def __init__(self, runtime: Post, rates: PushRates) -> None:
        self._runtime = runtime
        self.rates = rates
        self.phones: dict[DriverId, Wakes] = {}
        self.counts: Counter[str] = Counter()

    def deliver(self, message: PushOffer | _Comes) -> None:
        """Send a push on its way, or have one arrive."""
        if isinstance(message, _Comes):
            self._arrive(message.push)
            return
        self.counts["sent"] += 1
        rates, dice = self.rates, self._runtime.rng("pushes")
        if dice.random() < rates.loss:
            self.counts["lost"] += 1
            return
        is_doubled = dice.random() < rates.double
        self.counts["doubled"] += is_doubled
        for _ in range(1 + is_doubled):
            is_late = dice.random() < rates.late
            self.counts["late"] += is_late
            delay_s = dice.uniform(*rates.delay_s) + (rates.late_s if is_late else 0.0)
            self._runtime.set_timer(delay_s, PUSHES, _Comes(message))

    def _arrive(self, push: PushOffer) -> None:
        self.counts["over"] += self._runtime.now >= push.expires_at
        wake = self.phones.get(push.driver_id)
        if wake is not None:
            wake(push)
