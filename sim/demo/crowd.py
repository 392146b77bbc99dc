"""The people of a demo: the simulation's own drivers and passengers, each with a WebSocket, on the clock of this process.

Their apps do for themselves what the simulation does for them in bulk: say where they are, ping, come back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from dispatch.domain.places.geo import TravelModel
from dispatch.ids import DriverId, RideId
from dispatch.messages.base import Message
from dispatch.runtime import Runtime
from dispatch.transport import wire
from dispatch.values import Point
from sim.city.demand import Demand
from sim.demo.apps import DemoApp, DriverApp, PassengerApp
from sim.demo.connections import Connections
from sim.demo.rides import RidesSeen
from sim.network.socket_link import Decode, SocketLink
from sim.people.behaviour import DriverBehaviour, PassengerBehaviour
from sim.people.driver import DriverPhone
from sim.people.passenger import PassengerPhone
from sim.report.figures import RunFigures

CADENCE, DEMAND = "cadence", "demand"
BEAT_S = 0.1
FREE_BEATS, DRIVING_BEATS, PING_BEATS = 100, 30, 50
"""A free driver sends a position every 10 s, a driver with a ride every 3 s, and every app pings every 5 s."""


class Beat(Message, frozen=True, gc=False):
    """A tenth of a second is over."""

    number: int


class Book(Message, frozen=True, gc=False):
    """The next passenger books."""


class DemoCrowd:
    """All drivers and passengers. `seen`: their rides. `errors`: what the server refused, in words."""

    def __init__(self, runtime: Runtime, figures: RunFigures, on_failure: Callable[[BaseException], None]) -> None:
        """`on_failure` is called when an app has a bug: nothing fails in silence."""
        self.runtime = runtime
        self.figures = figures
        self.seen = RidesSeen()
        self.errors: Counter[str] = Counter()
        self.drivers: list[DriverApp] = []
        self.passengers: dict[RideId, PassengerApp] = {}
        self.url = ""
        self.connections = Connections(self.errors, on_failure, self._on_over)
        self._run = f"{int(runtime.now):x}"  # the database may remember the rides of an earlier demo
        self._booked = 0
        self._behaviour = PassengerBehaviour()
        self._demands: Iterator[Demand] = iter(())
        self._next: Demand | None = None
        self._demand_began = 0.0
        runtime.sink(CADENCE, _Sink(self._on_beat))
        runtime.sink(DEMAND, _Sink(self._on_book))

    @property
    def is_quiet(self) -> bool:
        """Whether every expected passenger has booked, and every ride is over."""
        return self._next is None and not self.passengers

    # -- the fleet

    async def connect(self, url: str, fleet: Sequence[tuple[DriverId, Point]], behaviour: DriverBehaviour) -> None:
        """Bring these drivers online. Returns when each is connected, or was told to stay away."""
        self.url = url
        travel = TravelModel()
        for driver_id, at in fleet:
            rng = self.runtime.rng("driver/" + driver_id)
            phone = DriverPhone(driver_id, self.runtime, rng, behaviour, travel, at, self.figures)
            self.runtime.sink(phone.address, phone)
            app = DriverApp(phone, self._link(f"/ws/driver/{driver_id}/", wire.to_driver), self.errors, self.figures)
            self.drivers.append(app)
            self.connections.keep(app)
        self.runtime.set_timer(BEAT_S, CADENCE, Beat(0))
        for app in self.drivers:
            await app.opened.wait()

    def _on_beat(self, beat: Beat) -> None:
        """The apps whose turn it is. Turns are spread, so that all beats are equally busy."""
        self.runtime.set_timer(BEAT_S, CADENCE, Beat(beat.number + 1))
        drivers, number = self.drivers, beat.number
        for driver in drivers[number % FREE_BEATS :: FREE_BEATS]:
            if driver.phone.ride is None:
                driver.report()
        for driver in drivers[number % DRIVING_BEATS :: DRIVING_BEATS]:
            if driver.phone.ride is not None:
                driver.report()
        turn = number % PING_BEATS
        for driver in drivers[turn::PING_BEATS]:
            driver.ping()
        for passenger in self.passengers.values():
            if passenger.turn == turn:
                passenger.ping()

    # -- the passengers

    def expect(self, demands: Iterator[Demand], behaviour: PassengerBehaviour) -> None:
        """Let these passengers book, each so many seconds from now."""
        self._demands, self._behaviour, self._demand_began = demands, behaviour, self.runtime.now
        self._wait_for_next()

    def _wait_for_next(self) -> None:
        self._next = next(self._demands, None)
        if self._next is not None:
            self.runtime.set_timer(self._demand_began + self._next.at - self.runtime.now, DEMAND, Book())

    def _on_book(self, message: Book) -> None:
        assert self._next is not None
        self._booked += 1
        ride_id, trip, rng = RideId(f"demo-{self._run}-{self._booked}"), self._next.trip, self.runtime.rng("passengers")
        phone = PassengerPhone(ride_id, self.runtime, rng, self._behaviour, trip, self.figures, self._on_end)
        self.runtime.sink(phone.address, phone)
        link, turn = self._link(f"/ws/ride/{ride_id}/", wire.to_passenger), self._booked % PING_BEATS
        app = self.passengers[ride_id] = PassengerApp(phone, link, self.errors, self.seen, turn)
        self.connections.keep(app)
        self._wait_for_next()

    def _on_end(self, phone: PassengerPhone) -> None:
        self.runtime.remove_sink(phone.address)
        app = self.passengers.pop(phone.ride_id, None)
        if app is not None:
            app.close()

    # -- lines

    def _link(self, path: str, decode: Decode) -> SocketLink:
        return SocketLink(self.url + path, decode, self.runtime.rng("links"), self.connections.doors)

    def _on_over(self, app: DemoApp, is_refused: bool) -> None:
        if is_refused and isinstance(app, PassengerApp):
            self.seen.forget(app.phone.ride_id)
            self._on_end(app.phone)

    async def hang_up(self) -> None:
        """Hang up: passengers first, then drivers."""
        for address in (CADENCE, DEMAND):
            self.runtime.remove_sink(address)
        await self.connections.hang_up()


class _Sink:
    """A sink that gives its mail to a function."""

    def __init__(self, deliver: Callable[[Any], None]) -> None:
        self.deliver = deliver
