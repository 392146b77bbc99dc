"""A position board that looks at fake cars: what an app reported last is worked out when somebody reads it.

Of all that happens in a large city nothing is as frequent as a position, and hardly one of them is ever read. So the apps here send
none on their cadence: where a car was at the last second of the cadence follows from its way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from heapq import heappop, heappush
from math import inf
from typing import Any

from dispatch.domain.places.positions import PositionBoard
from dispatch.ids import DriverId
from dispatch.ports import Clock
from dispatch.values import Fix
from sim.people.driver import DriverPhone, Drives


class CarBoard(PositionBoard):
    """Reads as a board to which the apps of `follow` report on their cadence. For worlds in which all apps stay connected.

    The cadence must be quicker than `max_age_s`. Nobody is told of a car under way: whoever can be asked for a ride stands still. So
    `drain` gives a car when its app would first report where it came to rest.
    """

    def __init__(self, clock: Clock, **limits: Any) -> None:
        """`limits`: what `PositionBoard` takes."""
        super().__init__(**limits)
        self._clock = clock
        self._cohorts: list[_Cohort] = []
        self._cars: dict[DriverId, _Car] = {}
        self._rests: list[tuple[float, int, DriverId]] = []
        """A heap: when an app first reports that its car has come to rest, the app's place among all, and whose it is."""

    def watch(self, phones: Sequence[DriverPhone], delay_s: float, every_s: float) -> None:
        """From now on the apps of these drivers, who have just reported, do so together: in `delay_s` seconds and then every `every_s`.

        Raises ValueError for a cadence in which positions get too old.
        """
        if every_s > self.max_age_s:
            raise ValueError(f"a position is too old after {self.max_age_s} s, and comes every {every_s} s")
        cohort = _Cohort(self._clock.now, delay_s, every_s, len(phones))
        self._cohorts.append(cohort)
        now, sets_out = self._clock.now, self._sets_out
        for phone in phones:
            car = self._cars[phone.driver_id] = _Car(phone, cohort, len(self._cars))
            phone.on_drive = sets_out
            if phone.leg.arrives_at > now:
                self._will_rest(car)

    def count(self) -> None:
        """Count what was reported since `watch`, each once. Call it at the end."""
        self.reports += sum(cohort.reports(self._clock.now) for cohort in self._cohorts)
        self._cohorts.clear()

    # -- the board

    def position(self, driver_id: DriverId) -> Fix | None:
        car, fix = self._cars.get(driver_id), self._fixes.get(driver_id)
        if car is None or fix is None:
            return fix
        cohort, now = car.cohort, self._clock.now
        if now >= cohort.next_at:
            cohort.turn(now)
        if cohort.last_at > fix.at:
            _read(fix, car.phone.leg, cohort.last_at)
        return fix

    def fresh(self, driver_id: DriverId, now: float) -> bool:
        return driver_id in self._cars or super().fresh(driver_id, now)

    def are_fresh(self, driver_ids: Iterable[DriverId], now: float) -> bool:
        strangers = [driver_id for driver_id in driver_ids if driver_id not in self._cars]
        return super().are_fresh(strangers, now)

    def drain(self) -> dict[DriverId, Fix]:
        moved, rests, now = super().drain(), self._rests, self._clock.now
        while rests and rests[0][0] <= now:
            at, _, driver_id = heappop(rests)
            fix = self.position(driver_id)
            if fix is not None and self._cars[driver_id].phone.leg.arrives_at <= at:  # else it has set out again
                moved[driver_id] = fix
        return moved

    # -- the cars

    def _sets_out(self, phone: DriverPhone, before: Drives) -> None:
        """The car goes another way from now on. What its app reported last is of the way before."""
        car, now = self._cars[phone.driver_id], self._clock.now
        cohort, fix = car.cohort, self._fixes.get(phone.driver_id)
        if now >= cohort.next_at:
            cohort.turn(now)
        if fix is not None and cohort.last_at > fix.at:
            _read(fix, before, cohort.last_at)
        self._will_rest(car)

    def _will_rest(self, car: _Car) -> None:
        at = car.cohort.first_from(car.phone.leg.arrives_at)
        heappush(self._rests, (at, car.number, car.phone.driver_id))


class _Cohort:
    """Apps that report together. `last_at`, `next_at`: when they did last, as far as anybody has looked, and when they will next."""

    __slots__ = ("_begins", "_every", "_size", "last_at", "next_at")

    def __init__(self, now: float, delay_s: float, every_s: float, size: int) -> None:
        self._every = _microseconds(every_s)
        self._begins = _microseconds(now) + _microseconds(delay_s)
        self._size = size
        self.last_at, self.next_at = -inf, self._begins / 1e6

    def turn(self, now: float) -> None:
        """Look again at what time it is."""
        passed = (_microseconds(now) - self._begins) // self._every
        last = self._begins + passed * self._every
        self.last_at, self.next_at = last / 1e6, (last + self._every) / 1e6

    def first_from(self, at: float) -> float:
        """When they first report at this second or later."""
        missing = max(0, -((self._begins - _microseconds(at)) // self._every))
        first = self._begins + missing * self._every
        return first / 1e6 if first / 1e6 >= at else (first + self._every) / 1e6

    def reports(self, now: float) -> int:
        """How many there were until now."""
        return self._size * max(0, (_microseconds(now) - self._begins) // self._every + 1)


class _Car:
    """A car, with whom its app reports, and its place among all."""

    __slots__ = ("cohort", "number", "phone")

    def __init__(self, phone: DriverPhone, cohort: _Cohort, number: int) -> None:
        self.phone, self.cohort, self.number = phone, cohort, number


def _read(fix: Fix, leg: Drives, at: float) -> None:
    """What an app reports whose car was on this way at that second."""
    fix.lat, fix.lon = leg.end if at >= leg.arrives_at else leg.position(at)
    fix.at = at


def _microseconds(seconds: float) -> int:
    """As timers are kept: what is added up in whole microseconds does not drift."""
    return int(seconds * 1e6 + 0.5)
