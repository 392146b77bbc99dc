"""A whole world on one thread: real actors and sessions in virtual time, a journal in memory, fake apps, and checks that watch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from dispatch.actors.driver import EVENTS_A_FOLD
from dispatch.addresses import JOURNAL, PAYMENTS, PRICING, PUSHES, TEXTS
from dispatch.assembly import ServedZone, assemble, make_runtime, position_board, search_rules
from dispatch.config import Rules, Settings, SimulateSettings
from dispatch.domain.driver.record import stranger
from dispatch.domain.places.geo import TravelModel
from dispatch.ids import DriverId, RideId
from dispatch.messages.base import Message
from dispatch.policies import policy_factory
from dispatch.prices import fallback_of
from dispatch.providers.payment import VirtualPayments
from dispatch.providers.pricing import VirtualPricing
from dispatch.runtime import PermutedRuntime, Trace, VirtualRuntime
from dispatch.storage.log.memory import MemoryJournal
from dispatch.transport.sessions.memory import MemoryLink, connect_driver, connect_passenger
from dispatch.values import Point
from sim.checks.invariants import LOOKED_AT, Watch
from sim.city.demand import Demand
from sim.city.model import MODEL_DAY
from sim.network.pushes import PushRates, VirtualPushes
from sim.people.behaviour import DriverBehaviour, PassengerBehaviour
from sim.people.cars import CarBoard
from sim.people.driver import DriverPhone
from sim.people.passenger import PassengerPhone
from sim.report.figures import RunFigures
from sim.report.outputs import Output

if TYPE_CHECKING:
    from dispatch.storage.log.on_file import Writer

REPORTS, REQUESTS = "reports", "requests"
ENDING_S = 3600.0
"""The longest time that anything takes after the end of a ride, its payment above all."""


class WorldOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What may differ from a simulation in which nothing goes wrong. Times are seconds, rates are shares from 0 to 1.

    `permute`: deliveries of one instant come in any order. `codec`: frames are encoded and decoded as on a wire. `trace`: each
    delivery is written to this file. `commit_delay_s`: the shortest and the longest commit. `failure_rate`: of commits that fail.
    `decline_rate`: of charges that the provider refuses. `payment_trouble_rate`: of questions to the provider that get no answer.
    `pushes`: how pushes fare. `supervise`: handlers that raise are survived. `events_a_fold`: a driver's history is folded after so
    many events. `plain`: nothing is to go wrong, so a commit ends within its turn, and without a codec positions are worked out when
    they are read.
    """

    permute: bool = SimulateSettings.permute
    codec: bool = False
    trace: Path | None = None
    commit_delay_s: tuple[float, float] = (0.0, 0.0)
    failure_rate: float = 0.0
    decline_rate: float = 0.0
    payment_trouble_rate: float = 0.0
    pushes: PushRates = PushRates()
    plain: bool = False
    supervise: bool = False
    position_every_s: float = SimulateSettings.position_every_s
    events_a_fold: int = EVENTS_A_FOLD


class _Report(Message, frozen=True, gc=False):
    """Every driver of this cohort sends a position."""

    cohort: int


class _Request(Message, frozen=True, gc=False):
    """The next passenger books."""

    number: int


class World:
    """Drivers, passengers and a dispatcher between them. `run` lets time pass."""

    def __init__(
        self,
        seed: int | str,
        settings: Settings | None = None,
        options: WorldOptions | None = None,
        *,
        writer: Writer | None = None,
        start_at: float = MODEL_DAY,
    ) -> None:
        """`start_at`: Unix second at which the run begins. `writer`: puts on file what is committed."""
        self.settings = settings = settings or Settings()
        self.options = options = options or WorldOptions()
        self.failures: list[tuple[str, BaseException]] = []
        """Of handlers, in a world with a supervisor: who got the message, and what was raised."""
        self.runtime: VirtualRuntime = make_runtime(
            PermutedRuntime if options.permute else VirtualRuntime,
            seed,
            settings,
            self._note_failure if options.supervise else None,
            start_at=start_at,
        )
        self.started_at = start_at
        self._trace_file = Output("--trace", options.trace) if options.trace is not None else None
        self.trace = Trace(self._trace_file)
        self.journal = MemoryJournal(
            self.runtime, delay_s=options.commit_delay_s, failure_rate=options.failure_rate, writer=writer
        )
        self.runtime.sink(JOURNAL, self.journal)
        self.travel = TravelModel()
        zone = self.serve()
        self.watch = Watch(search_rules(settings), self.board, self.journal, start_at, settings.sleep_max_s)
        self.watch.ledger.one_ride_each = settings.one_ride_each != "never"
        if options.plain:
            self.journal.on_commit = self.watch.committed
        self.runtime.observe(self.trace)
        self.runtime.observe(self.watch, LOOKED_AT)
        self.pricing = VirtualPricing(self.runtime, zone.pricer, fallback_of(settings, zone.pricer))
        self.runtime.sink(PRICING, self.pricing)
        self.payments = VirtualPayments(
            self.runtime, decline_rate=options.decline_rate, trouble_rate=options.payment_trouble_rate
        )
        self.runtime.sink(PAYMENTS, self.payments)
        self.trouble: Mapping[str, int] = {}
        """What the network did to frames, and how often. Empty on a good one."""
        self.texts: list[Any] = []
        """What callers were texted."""
        self.runtime.sink(TEXTS, _Sink(self.texts.append))
        self.pushes = VirtualPushes(self.runtime, options.pushes)
        self.runtime.sink(PUSHES, self.pushes)
        self.is_down = False
        self.go_on: Callable[[], bool] = lambda: True
        """Called by `settle` now and then. False cuts the run short."""
        self.is_cut_short = False
        self.figures = RunFigures()
        self.drivers: dict[DriverId, DriverPhone] = {}
        self.passengers: dict[RideId, PassengerPhone] = {}
        self._cohorts: list[list[DriverPhone]] = []
        self._demands: Sequence[Demand] = ()
        self._came = 0
        self._behaviour = PassengerBehaviour()
        self.runtime.sink(REPORTS, _Sink(self._on_report))
        self.runtime.sink(REQUESTS, _Sink(self._on_request))

    def serve(self) -> ServedZone:
        """The server's process starts: actors, board and gateway as its settings make them."""
        zone = assemble(
            self.settings,
            self.runtime,
            self.journal,
            travel=self.travel,
            make_policy=policy_factory(self.settings),
            events_a_fold=self.options.events_a_fold,
            board=position_board(self.settings, partial(CarBoard, self.runtime)) if self._looks_at_cars() else None,
        )
        self.board, self.positions, self.gateway = zone.board, zone.positions, zone.gateway
        self.pricer = zone.pricer
        return zone

    def _looks_at_cars(self) -> bool:
        """Whether positions may be worked out when they are read: all apps stay connected, and nobody wants each position."""
        options, settings = self.options, self.settings
        needs_each = settings.follow_drivers != "off" or settings.explain_candidates > 0
        return (
            options.plain
            and not options.codec
            and not needs_each
            and options.position_every_s <= settings.position_max_age_s
        )

    # -- people

    def register(self, driver_id: DriverId, vehicle_type: str) -> None:
        """Register a driver who was never online, with this type of vehicle. Unregistered drivers have the one of strangers."""
        self.journal.introduce(replace(stranger(driver_id), vehicle_type=vehicle_type))

    def add_driver(self, driver_id: DriverId, at: Point, behaviour: DriverBehaviour) -> DriverPhone:
        """A driver comes online at this point."""
        rng = self.runtime.rng("driver/" + driver_id)
        phone = DriverPhone(driver_id, self.runtime, rng, behaviour, self.travel, at, self.figures)
        self.enlist(phone)
        return phone

    def enlist(self, phone: DriverPhone) -> None:
        """The driver with this phone comes online."""
        self.runtime.sink(phone.address, phone)
        self.drivers[phone.driver_id] = phone
        self.connect_driver(phone)

    def connect_driver(self, phone: DriverPhone) -> MemoryLink:
        """The driver's app opens a new connection and sends a position."""
        link = connect_driver(self.gateway, phone.driver_id, phone.on_frame, self.options.codec)
        link.on_close = partial(_hang_up, phone, link)
        phone.link = link
        phone.report()
        return link

    def add_passenger(self, ride_id: RideId, demand: Demand, behaviour: PassengerBehaviour) -> PassengerPhone:
        """A passenger opens the app and books, now."""
        rng = self.runtime.rng("passengers")
        phone = PassengerPhone(ride_id, self.runtime, rng, behaviour, demand.trip, self.figures, self.see_off)
        self.welcome(phone)
        return phone

    def welcome(self, phone: PassengerPhone) -> None:
        """The passenger with this phone opens the app and books, now."""
        self.runtime.sink(phone.address, phone)
        self.passengers[phone.ride_id] = phone
        self.connect_passenger(phone)
        phone.book()

    def connect_passenger(self, phone: PassengerPhone) -> MemoryLink:
        """The passenger's app opens a new connection."""
        link = connect_passenger(self.gateway, phone.ride_id, phone.on_frame, self.options.codec)
        link.on_close = partial(_hang_up, phone, link)
        phone.link = link
        return link

    def see_off(self, phone: PassengerPhone) -> None:
        """Close the app: its ride is over, or its passenger has left."""
        self.runtime.remove_sink(phone.address)
        self.passengers.pop(phone.ride_id, None)
        if phone.link is not None:
            phone.link.close()

    # -- what goes on by itself

    def report_positions(self) -> None:
        """Let every driver send positions on the cadence from now on, in cohorts about a second apart."""
        every_s, phones = self.options.position_every_s, list(self.drivers.values())
        size = max(1, -(-len(phones) // max(1, round(every_s))))  # neighbours report together
        self._cohorts = [phones[start : start + size] for start in range(0, len(phones), size)]
        for number, cohort in enumerate(self._cohorts):
            delay_s = (number + 1) * every_s / len(self._cohorts)
            if isinstance(self.board, CarBoard):
                self.board.watch(cohort, delay_s, every_s)
            else:
                self.runtime.set_timer(delay_s, REPORTS, _Report(number))

    def expect(self, demands: Sequence[Demand], behaviour: PassengerBehaviour) -> None:
        """Let these passengers book, each at the time of their demand. `demands` is sorted by time."""
        self._demands, self._behaviour = demands, behaviour
        if demands:
            self.runtime.set_timer(self.started_at + demands[0].at - self.runtime.now, REQUESTS, _Request(0))

    def _on_report(self, message: _Report) -> None:
        self.runtime.set_timer(self.options.position_every_s, REPORTS, message)
        for phone in self._cohorts[message.cohort]:
            phone.report()

    def _on_request(self, message: _Request) -> None:
        number, demands = message.number, self._demands
        if number + 1 < len(demands):
            self.runtime.set_timer(
                self.started_at + demands[number + 1].at - self.runtime.now, REQUESTS, _Request(number + 1)
            )
        self._came = number + 1
        self.add_passenger(RideId(f"r{number + 1}"), demands[number], self._behaviour)

    def _note_failure(self, address: str, message: Any, error: BaseException, error_id: str) -> None:
        self.failures.append((address, error))

    # -- time

    @property
    def came(self) -> int:
        """How many of the expected passengers have booked."""
        return self._came

    @property
    def is_quiet(self) -> bool:
        """Whether every expected passenger has booked, and every ride is over and paid."""
        return self._came >= len(self._demands) and not self.passengers and not self.journal.unpaid_rides()

    @property
    def elapsed_s(self) -> float:
        """Seconds since the start, in whole microseconds."""
        return round(self.runtime.now - self.started_at, 6)

    def run(self, until_s: float) -> None:
        """Let time pass up to this second after the start."""
        self.runtime.run(round(self.started_at + until_s, 6))

    def settle(self, step_s: float = 30.0, at_most_s: float | None = None) -> None:
        """Let time pass until every ride is over, then check everything. A run that is cut short has open rides, and is not checked.

        `at_most_s`: how long to wait after the last request, by default the longest that the settings let a ride last.
        """
        last = round(self._demands[-1].at, 6) if self._demands else 0.0
        while self.elapsed_s < last:
            if self._is_stopped():
                return
            self.run(min(last, self.elapsed_s + step_s))
        end = self.elapsed_s + (longest_ride_s(self.settings) if at_most_s is None else at_most_s)
        while not self.is_quiet and self.elapsed_s < end:
            if self._is_stopped():
                return
            self.run(self.elapsed_s + step_s)
        self.run(self.elapsed_s + 2 * self.settings.late_grace_s + 2.0)  # the last announcements arrive
        self.judge()

    def _is_stopped(self) -> bool:
        self.is_cut_short = not self.go_on()
        return self.is_cut_short

    def judge(self) -> None:
        """Check what must hold of a world at rest."""
        self.watch.finish(self.runtime.now)
        self.watch.ledger.charges.finish(self.runtime.now, self.payments.collected, self.payments.declined)

    def close(self) -> None:
        """Count the drivers' last periods and close files. Figures are final afterwards."""
        for phone in self.drivers.values():
            phone.clock_out()
        if isinstance(self.board, CarBoard):
            self.board.count()
        self.figures.positions(self.board.reports)
        self.journal.close()
        self.trace.digest()
        if self._trace_file is not None:
            self._trace_file.close()


def longest_ride_s(rules: Rules) -> float:
    """Seconds from a request until the ride must be over and paid: search and drive, as often as it may be offered anew."""
    return (rules.max_restarts + 1) * (rules.search_cap_s + rules.ride_cap_s) + ENDING_S


class _Sink:
    """A sink that gives its mail to a function."""

    def __init__(self, deliver: Any) -> None:
        self.deliver = deliver


def _hang_up(phone: DriverPhone | PassengerPhone, link: MemoryLink, code: int) -> None:
    if phone.link is link:
        phone.link = None
