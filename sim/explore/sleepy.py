"""Small worlds in which drivers' apps sleep, and pushes that should wake them come late, twice, or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any, ClassVar, Final

from dispatch import addresses
from dispatch.ids import DriverId, OfferId
from dispatch.messages.events import DriverReserved
from dispatch.messages.journal import Append
from dispatch.messages.matching import DevicesChanged
from dispatch.messages.providers import PushOffer
from dispatch.values import Point
from sim.explore.small import FAULTS_UNTIL_S, SmallWorld
from sim.network.pushes import PushRates
from sim.people.behaviour import DriverBehaviour
from sim.people.restless import RestlessDriver
from sim.people.sleepy import Naps, SleepyDriver

HAVE_DEVICES, DEAD = 0.85, 0.05
"""Shares: of drivers whom a push can wake, and of pushes to a device that turns out to be gone."""


class SleepyWorld(SmallWorld):
    """A small world of drivers who sleep."""

    driver_type: ClassVar[type[RestlessDriver]] = SleepyDriver

    def __init__(self, seed: int, *, permute: bool, trace: Path | None = None) -> None:
        super().__init__(seed, permute=permute, trace=trace)
        dice = Random(f"{seed}/pushes")
        self.pushes.rates = PushRates(
            delay_s=dice.choice(((0.0, 0.0), (0.3, 0.8), (1.0, 5.0))),
            loss=dice.choice((0.0, 0.2, 0.5)),
            double=dice.choice((0.0, 0.2, 0.5)),
            late=dice.choice((0.0, 0.2, 0.5)),
            late_s=dice.choice((5.0, 28.0, 60.0)),
        )
        self._naps = Naps(
            every_s=dice.choice((20.0, 60.0, 180.0)),
            ignores=dice.choice((0.0, 0.2, 0.8)),
            until=self.started_at + FAULTS_UNTIL_S,
        )
        self._pushed: dict[OfferId, None] = {}
        self.runtime.observe(self._note_push, (PushOffer, Append))

    def settings_of(self, seed: int) -> Mapping[str, Any]:
        dice = Random(f"{seed}/sleep")
        return {"sleep_max_s": dice.choice((30.0, 120.0, 1800.0)), "batch": dice.choice((2, 5, 5))}

    def add_driver(self, driver_id: DriverId, at: Point, behaviour: DriverBehaviour) -> RestlessDriver:
        phone = super().add_driver(driver_id, at, behaviour)
        assert isinstance(phone, SleepyDriver)
        if self.runtime.rng("devices").random() < HAVE_DEVICES:
            self._register(phone)
        phone.lie_down(self._naps)
        return phone

    def _register(self, phone: SleepyDriver) -> None:
        self.journal.devices[phone.driver_id] = None
        self.pushes.phones[phone.driver_id] = lambda push: self._wake(phone, push)

    def _wake(self, phone: SleepyDriver, push: PushOffer) -> None:
        """A push comes to the phone, or nobody has the app any more: then the push service says so."""
        if self.runtime.rng("devices").random() >= DEAD:
            phone.woken(push)
            return
        self.journal.devices.pop(phone.driver_id, None)
        self.goals.note("a device is gone")
        self.runtime.tell(addresses.driver(phone.driver_id), DevicesChanged())

    def _note_push(self, now: float, address: str, message: Any) -> None:
        if type(message) is PushOffer:
            self._pushed[message.offer_id] = None
        elif type(message) is Append:
            for event in message.events:
                if type(event) is DriverReserved and event.offer_id in self._pushed:
                    self.goals.note(WOKEN)

    def judge(self) -> None:
        super().judge()
        counts = self.pushes.counts
        self.goals.seen.update({f"pushes {fate}": counts[fate] for fate in ("sent", "lost", "doubled", "late", "over")})


WOKEN: Final = "a driver who was asked in their sleep accepted"
SLEEP_GOALS: Final = (WOKEN, "a device is gone", "pushes lost", "pushes doubled", "pushes over")
"""What a hundred of these worlds must meet."""
