"""The small world: a few people in one small town, all of whom make trouble, and faults that stop after a while.

It has settings of its own, so that a seed means the same everywhere.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from random import Random
from traceback import extract_tb
from typing import Any, ClassVar, Final

import msgspec

from dispatch.config import Settings
from dispatch.ids import DriverId, PassengerId, RideId
from dispatch.messages.events import DriverFolded
from dispatch.transport.sessions.memory import MemoryLink
from dispatch.values import CARD, Point, Trip
from sim.checks.agreement import check_accounts, check_views
from sim.checks.coverage_goals import GOALS_IN, CoverageGoals
from sim.checks.livelock import Livelock, LivelockGuard
from sim.checks.streams import Streams, last_given
from sim.city.demand import Demand, trip_between
from sim.city.model import City
from sim.explore.faults import FaultPlan, Faults, InjectedFault
from sim.people.behaviour import DriverBehaviour, PassengerBehaviour
from sim.people.driver import DriverPhone
from sim.people.passenger import PassengerPhone
from sim.people.restless import Beats, DriverHabits, InsistentPhone, RestlessDriver, RestlessPassenger, Whims
from sim.world import World, WorldOptions

DRIVERS, RIDES = 20, 30
FIRST_DRIVER = 27_820_000_001
BOOKING_S, FAULTS_UNTIL_S = 600.0, 720.0
PEOPLE: Final = ("27810000001", "27810000002", "27810000003")
OTHER_VEHICLES, QUARRELS, PARTICULAR, CARD_PAYERS = 0.3, 0.3, 0.4, 0.5
"""Shares: of drivers with another vehicle than a sedan, of drivers who are blocked for a passenger, of passengers who ask for a type of
vehicle (where types are listed), and of passengers who pay by card."""
TOWN = City(side_m=3_000.0, hotspots=((0.0, 0.0), (600.0, -400.0)), sigma_m=300.0)
LOOK_EVERY_S = 7.37
EVENTS_A_FOLD = 10
"""A tenth of what it is elsewhere: no driver records more in such a short time."""
QUIET_WITHIN_S = 3_600.0
"""The longest search and the longest trip through the town together take far less."""


class Mood(msgspec.Struct, frozen=True, kw_only=True):
    """What all of a world has in common, drawn from the seed: how willing drivers are, how bad the disk is, …"""

    settings: Settings
    beat_s: float
    accept: float
    decline: float
    slow: float
    patience_s: float
    commit_delay_s: tuple[float, float]
    failure_rate: float
    fault_every_s: float
    decline_rate: float
    payment_trouble_rate: float


def policy_of(dice: Random) -> dict[str, Any]:
    """Settings of how drivers are asked in this world."""
    return {
        "radius_from_m": dice.choice((0.0, 0.0, 500.0)),
        "radius_growth": dice.choice((1.5, 3.0)),
        "explain_candidates": dice.choice((0, 3)),
        "acceptance": dice.choice(("first", "first", "best_of_window")),
        "accept_window_s": dice.choice((0.5, 3.0, 20.0)),
        "stagger_s": dice.choice((0.0, 0.0, 1.0, 8.0)),
        "vehicle_types": dice.choice(("", "sedan: suv, suv")),
        "one_ride_each": dice.choice(("never", "never", "known")),
    }


def mood_of(seed: int) -> Mood:
    """Draw a world's mood. Extremes are as likely as the middle, so that cases which need them are met in some worlds."""
    dice, purse = Random(f"{seed}/mood"), Random(f"{seed}/purse")
    accept = dice.choice((0.1, 0.3, 0.5, 0.7, 0.9))
    return Mood(
        settings=Settings(
            live_offers=dice.choice((1, 1, 2)),
            asks_after_silence=dice.choice((0, 1, 1, 2)),
            late_grace_s=dice.choice((0.0, 2.0, 2.0)),
            rounds=dice.choice((1, 4, 4)),
            search_cap_s=dice.choice((60.0, 180.0, 180.0)),
            payment="http",  # the provider is a virtual one
            currency="ZAR",
            cancellation_fee=2.5,
            payment_retry_most_s=30.0,
            **policy_of(Random(f"{seed}/policy")),
        ),
        beat_s=dice.choice((0.25, 0.5, 2.0)),
        accept=accept,
        decline=(1.0 - accept) * dice.choice((0.1, 0.5, 0.9)),
        slow=dice.choice((0.0, 0.2, 0.5)),
        patience_s=dice.choice((8.0, 60.0, 300.0)),
        commit_delay_s=dice.choice(((0.0, 0.0), (0.01, 0.01), (0.0, 0.02))),
        failure_rate=dice.choice((0.0, 0.01, 0.05)),
        fault_every_s=dice.choice((4.0, 12.0, 60.0)),
        decline_rate=purse.choice((0.0, 0.1, 0.5)),
        payment_trouble_rate=purse.choice((0.0, 0.2, 0.6)),
    )


class SmallWorld(World):
    """Twenty drivers, thirty rides within ten minutes."""

    driver_type: ClassVar[type[RestlessDriver]] = RestlessDriver
    passenger_type: ClassVar[type[RestlessPassenger]] = RestlessPassenger
    asks: ClassVar[Mapping[str, Any]] = {}
    """Settings that hold in all worlds of this kind, whatever the seed draws."""

    def __init__(self, seed: int, *, permute: bool, trace: Path | None = None) -> None:
        mood = mood_of(seed)
        options = WorldOptions(
            permute=permute,
            trace=trace,
            commit_delay_s=mood.commit_delay_s,
            failure_rate=mood.failure_rate,
            decline_rate=mood.decline_rate,
            payment_trouble_rate=mood.payment_trouble_rate,
            supervise=True,
            position_every_s=15.0,
            events_a_fold=EVENTS_A_FOLD,
        )
        super().__init__(seed, dataclasses.replace(mood.settings, **self.asks, **self.settings_of(seed)), options)
        self.mood = mood
        self.clock = Beats(self.runtime, mood.beat_s)
        self.goals = CoverageGoals()
        self.runtime.observe(self.goals, GOALS_IN)
        self.runtime.observe(Streams(self.watch.violations, partial(last_given, self.runtime)))
        self.runtime.observe(LivelockGuard())
        self.faults = Faults(self, self.clock, FaultPlan(every_s=mood.fault_every_s, until_s=FAULTS_UNTIL_S))

    def settings_of(self, seed: int) -> Mapping[str, Any]:
        """More settings of worlds of this kind, drawn from the seed."""
        return {}

    def play(self) -> None:
        """Run from the first driver to the end of the last ride, with every check."""
        fleet, people = self.runtime.rng("fleet"), self.runtime.rng("demand")
        for number in range(DRIVERS):
            driver_id = DriverId(str(FIRST_DRIVER + number))
            self._make_picky(driver_id, self.runtime.rng("quarrels"))
            self.add_driver(driver_id, TOWN.sample(fleet), self._driver(fleet))
        self.report_positions()
        beat_s = self.mood.beat_s
        times = sorted(people.randrange(int(BOOKING_S / beat_s)) * beat_s for _ in range(RIDES))
        self.expect(
            [Demand(at, self._trip(people)) for at in times],
            PassengerBehaviour(patience_mean_s=self.mood.patience_s),
        )
        self.faults.start()
        try:
            self.settle(at_most_s=QUIET_WITHIN_S)
            check_accounts(self)
        except Livelock as error:
            self.watch.violations.add(self.runtime.now, "no-livelock", str(error))
        self._judge_failures()
        self.close()

    def _make_picky(self, driver_id: DriverId, dice: Random) -> None:
        """Some drivers have another vehicle than a sedan, and some must not meet one of the passengers."""
        if dice.random() < OTHER_VEHICLES:
            self.register(driver_id, dice.choice(("suv", "van")))
        if dice.random() < QUARRELS:
            self.journal.block(PassengerId(dice.choice(PEOPLE)), driver_id)

    def _trip(self, dice: Random) -> Trip:
        """A trip. Where types of vehicle are listed some passengers ask for one, and some pay by card."""
        trip, wish = trip_between(TOWN.sample(dice), TOWN.sample(dice)), self.runtime.rng("wishes")
        minds = self.settings.vehicle_types and wish.random() < PARTICULAR
        vehicle_type = wish.choice(("sedan", "suv")) if minds else ""
        by_card = self.runtime.rng("purses").random() < CARD_PAYERS
        return msgspec.structs.replace(trip, vehicle_type=vehicle_type, payment_method=CARD if by_card else "")

    def add_driver(self, driver_id: DriverId, at: Point, behaviour: DriverBehaviour) -> RestlessDriver:
        dice = self.runtime.rng("driver/" + driver_id)
        phone = self.driver_type(driver_id, self.clock, dice, behaviour, self.travel, at, self.figures)
        phone.settle_in(
            DriverHabits(
                is_late=dice.random() < 0.3,
                repeats=dice.choice((0.0, 0.2)),
                gives_up=dice.choice((0.0, 0.2)),
                pauses_every_s=dice.choice((0.0, 120.0)),
                pauses_until=self.started_at + FAULTS_UNTIL_S,
            )
        )
        phone.connect = partial(self.connect_driver, phone)
        self.enlist(phone)
        return phone

    def add_passenger(self, ride_id: RideId, demand: Demand, behaviour: PassengerBehaviour) -> RestlessPassenger:
        dice = self.runtime.rng("passengers")
        phone = self.passenger_type(ride_id, self.clock, dice, behaviour, demand.trip, self.figures, self.see_off)
        phone.phone = self.runtime.rng("wishes").choice(PEOPLE)
        phone.settle_in(
            Whims(
                repeats=dice.choice((0.0, 0.2)),
                haggles_after_s=_perhaps(dice, 0.2, 60.0),
                regrets_after_s=_perhaps(dice, 0.2, 90.0),
                leaves_after_s=_perhaps(dice, 0.1, 60.0),
            )
        )
        phone.connect = partial(self.connect_passenger, phone)
        self.welcome(phone)
        return phone

    def connect_driver(self, phone: DriverPhone) -> MemoryLink:
        assert isinstance(phone, InsistentPhone)
        link = super().connect_driver(phone)
        link.on_close = partial(phone.lost_link, link)
        return link

    def connect_passenger(self, phone: PassengerPhone) -> MemoryLink:
        assert isinstance(phone, InsistentPhone)
        link = super().connect_passenger(phone)
        link.on_close = partial(phone.lost_link, link)
        return link

    def run(self, until_s: float) -> None:
        """Let time pass, and compare what actors believe of one another now and then, between the beats."""
        while self.elapsed_s + LOOK_EVERY_S < until_s:
            super().run(self.elapsed_s + LOOK_EVERY_S)
            check_views(self)
        super().run(until_s)

    @property
    def is_quiet(self) -> bool:
        everyone_back = self.elapsed_s >= FAULTS_UNTIL_S + self.faults.longest_away_s
        return everyone_back and super().is_quiet and not self.watch.ledger.status

    def _driver(self, dice: Random) -> DriverBehaviour:
        """Most drivers react within seconds. A slow one answers when the offer is about to end, or has just ended."""
        slow = dice.random() < self.mood.slow
        return DriverBehaviour(
            accept=self.mood.accept,
            decline=self.mood.decline,
            reaction_median_s=31.5 if slow else 6.0,
            reaction_sigma=0.04 if slow else 0.6,
            boarding_s=20.0,
        )

    def _judge_failures(self) -> None:
        """A failure that no injected fault made is a mistake of the program."""
        for address, error in self.failures:
            if isinstance(error, InjectedFault):
                self.goals.note(f"{address.partition('/')[0]} rebuilt")
                if isinstance(next(iter(self.journal.events_of(address)), None), DriverFolded):
                    self.goals.note("a driver read from a fold on")
                continue
            where = extract_tb(error.__traceback__)[-1]
            text = f"{address} failed with {error!r} ({where.name}, line {where.lineno} of {Path(where.filename).name})"
            self.watch.violations.add(self.runtime.now, "no-crash", text)


def _perhaps(dice: Random, chance: float, within_s: float) -> float | None:
    roll, when = dice.random(), dice.random()
    return when * within_s if roll < chance else None
