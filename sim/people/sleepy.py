"""Drivers whose phones end the app in the background, and whom a push wakes, mostly."""

from __future__ import annotations

from math import inf
from typing import ClassVar

import msgspec

from dispatch.messages.base import Message
from dispatch.messages.providers import PushOffer
from dispatch.transport import wire
from sim.people.driver import Decide
from sim.people.phone import Table
from sim.people.restless import ComeBack, LoseLink, RestlessDriver

DIALS_S = (0.2, 3.0)
"""How long a phone that woke takes to connect."""


class Naps(msgspec.Struct, frozen=True, kw_only=True):
    """`every_s`: mean time between two naps of the app. `nap_s`: the shortest and the longest that nobody ends. `ignores`: the share of
    pushes that nobody looks at, from 0 to 1. `until`: no nap begins after this Unix second, and none lasts much longer.
    """

    every_s: float = 60.0
    nap_s: tuple[float, float] = (5.0, 300.0)
    ignores: float = 0.2
    until: float = inf


class _Doze(Message, frozen=True, gc=False):
    """The phone ends the app's connection, unless its driver has a ride."""


class SleepyDriver(RestlessDriver):
    """A driver with habits, whose app sleeps now and then. Waking answers nothing: they decide about the offer in the snapshot."""

    naps = Naps()

    def lie_down(self, naps: Naps) -> None:
        """Sleep now and then from now on."""
        self.naps = naps
        self._doze_later()

    def woken(self, push: PushOffer) -> None:
        """A push came. One that comes while the app is connected changes nothing."""
        if self.link is None and self.rng.random() >= self.naps.ignores:
            self.later(self.rng.uniform(*DIALS_S), ComeBack())

    def _doze_later(self) -> None:
        self.later(self.rng.expovariate(1.0 / self.naps.every_s), _Doze())

    def _on_doze(self, message: _Doze) -> None:
        left_s = self.naps.until - self.clock.now
        if left_s <= 0.0:
            return
        self._doze_later()
        if self.ride is None and self.link is not None:
            self._on_lose_link(LoseLink(silent=self.rng.random() < 0.3))
            self.later(min(self.rng.uniform(*self.naps.nap_s), left_s + 10.0), ComeBack())

    def _on_snapshot(self, frame: wire.DriverSnapshot) -> None:
        super()._on_snapshot(frame)
        offer = frame.offer
        if offer is not None and offer.offer_id not in self._asked:
            self._asked[offer.offer_id] = offer.ride_id
            answer = self.behaviour.answer(self.rng)
            if answer != "silent":
                self.later(self.behaviour.reaction_s(self.rng), Decide(offer.offer_id, answer == "accept"))

    frames: ClassVar[Table] = {**RestlessDriver.frames, wire.DriverSnapshot: _on_snapshot}
    timers: ClassVar[Table] = {**RestlessDriver.timers, _Doze: _on_doze}
