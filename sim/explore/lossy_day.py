"""A day of trips on a bad network: `dispatch simulate --network lossy`. People are as on a good one; their apps resume and repeat."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from dispatch.ids import DriverId, RideId
from dispatch.values import Point
from sim.checks.agreement import check_accounts
from sim.checks.livelock import Livelock, LivelockGuard
from sim.checks.streams import Streams, check_streams, last_given
from sim.city.demand import Demand
from sim.explore.lossy import OnBadLines
from sim.network.lossy import Weather
from sim.people.behaviour import DriverBehaviour, PassengerBehaviour
from sim.people.driver import DriverPhone
from sim.people.passenger import PassengerPhone
from sim.people.restless import DriverHabits, Whims
from sim.people.resuming import ResumingDriver, ResumingPassenger

WEATHER: Final = Weather(die=0.02)
"""A fifth of all frames is lost and a fifth comes twice, after 10 to 200 ms. Of one lost frame in fifty the connection dies."""


class LossyDay(OnBadLines):
    """A world of patient people. A ride that hangs, a clock that stands still and an app that never hears the end are violations."""

    def __init__(self, *args: Any, **options: Any) -> None:
        """As for a `World`."""
        super().__init__(*args, **options)
        self.runtime.observe(Streams(self.watch.violations, partial(last_given, self.runtime)))
        self.runtime.observe(LivelockGuard())
        self.go_out(WEATHER)

    def add_driver(self, driver_id: DriverId, at: Point, behaviour: DriverBehaviour) -> DriverPhone:
        dice = self.runtime.rng("driver/" + driver_id)
        phone = ResumingDriver(driver_id, self.runtime, dice, behaviour, self.travel, at, self.figures)
        phone.settle_in(DriverHabits())
        phone.connect = partial(self.connect_driver, phone)
        self.enlist(phone)
        return phone

    def add_passenger(self, ride_id: RideId, demand: Demand, behaviour: PassengerBehaviour) -> PassengerPhone:
        dice = self.runtime.rng("passengers")
        phone = ResumingPassenger(ride_id, self.runtime, dice, behaviour, demand.trip, self.figures, self.see_off)
        phone.settle_in(Whims())
        phone.connect = partial(self.connect_passenger, phone)
        self.welcome(phone)
        return phone

    def settle(self, step_s: float = 30.0, at_most_s: float | None = None) -> None:
        """As any world does. Nothing goes on after an instant without an end."""
        try:
            super().settle(step_s, at_most_s)
        except Livelock as error:
            self.watch.violations.add(self.runtime.now, "no-livelock", str(error))

    def judge(self) -> None:
        """Let the last messages arrive, and check what must hold of a world at rest."""
        self.calm_down()
        super().judge()
        check_streams(self)
        check_accounts(self)
