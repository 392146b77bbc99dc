"""The people of a sandbox: drivers and passengers with a WebSocket and a token each, on clocks that can be steered.

Their apps go on while the people stand still: they ping, and say where the car is.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from itertools import islice
from random import Random
from typing import Final

from dispatch.ids import DriverId, PassengerId, PersonId, RideId
from dispatch.logs import log
from dispatch.messages.base import Message
from dispatch.principals import Principal, Role
from dispatch.runtime import Sink
from dispatch.timestamps import LocalTime
from dispatch.transport import wire
from dispatch.values import Point, Trip
from sim.demo.apps import DemoApp, PassengerApp
from sim.demo.connections import Connections
from sim.demo.rides import RidesSeen
from sim.network.socket_link import Decode, SocketLink
from sim.people.behaviour import PassengerBehaviour
from sim.people.passenger import PassengerPhone
from sim.report.figures import RunFigures
from sim.sandbox.apps import SandboxDriverApp
from sim.sandbox.cast import CastOnFile
from sim.sandbox.clock import SteeredClock
from sim.sandbox.demand import Wishes
from sim.sandbox.driver import SandboxDriver, Trouble
from sim.sandbox.passenger import SandboxPassenger
from sim.sandbox.town import Kerb, SandboxTown

DEMAND: Final = "demand"
BEAT_S: Final = 0.1
FREE_BEATS, DRIVING_BEATS, PING_BEATS = 50, 30, 50
"""A free driver sends a position every 5 s, since they cruise; a driver with a ride every 3 s, and every app pings every 5 s."""
FIRST_SHARE, FIRST_WITHIN_S = 5, 4.0
"""At the start one passenger for so many drivers books within so many seconds, so that there is something to see."""
LOOK_AGAIN_S: Final = 5.0
"""While nobody books, it is looked so often whether anybody does."""


class BookNext(Message, frozen=True, gc=False):
    """The next passenger books. Void when `number` is an old one: the pace has changed since."""

    number: int


class FirstBook(Message, frozen=True, gc=False):
    """One of those books who book at the start: every other one a short trip beside a car."""

    number: int


class SandboxCrowd:
    """All simulated drivers and passengers. `errors`: what the server refused them, in words. `demand`: times the usual pace."""

    def __init__(
        self,
        seed: int,
        time_zone: str,
        token: Callable[[Principal], str],
        renew_every_s: float,
        rides: int | None,
    ) -> None:
        """
        Args:
            seed: of all dice.
            time_zone: of the town's hours.
            token: makes an access token.
            renew_every_s: how often an app sends a newer one.
            rides: how many passengers book in all; None: there is no end.
        """
        self._post: dict[str, Sink] = {}
        self.people = SteeredClock(self._post, self._on_failure)
        self.road = SteeredClock(self._post, self._on_failure)
        self.town = SandboxTown.shipped()
        self.wishes = Wishes(self.town)
        self.figures, self.seen, self.errors = RunFigures(), RidesSeen(), Counter[str]()
        self.drivers: list[SandboxDriverApp] = []
        self.passengers: dict[RideId, PassengerApp] = {}
        self.demand = 1.0
        self.rides_left = rides
        self.is_paused = False
        self.speed = 1.0
        self.own_free: frozenset[DriverId] = frozenset()
        """Drivers who are not simulated and free: rides of passengers who are not simulated either are left to them."""
        self.on_left: Callable[[RideId], None] = lambda ride_id: None
        """Hears of a ride that a simulated driver leaves to them."""
        self.friends_book = False
        """Those book next who may meet Michael, and simulated drivers leave these rides to drivers who are not."""
        self._meant: set[str] = set()
        """Rides that were booked so."""
        self.pins: dict[str, str | None] = {}
        """What passengers who are not simulated say at the car, by ride; None: a driver waits for it."""
        self._seed, self._local = seed, LocalTime(time_zone)
        self._token, self._renew_beats = token, max(1, round(renew_every_s / BEAT_S))
        self.connections = Connections(self.errors, self._on_failure, self._on_over)
        self._who: dict[DemoApp, Principal] = {}
        self._booked = self._turn = 0
        self._run = f"{int(self.people.now):x}"  # the file may remember the rides of an earlier run
        self._dice = self._rng("passengers")
        self._at_home: list[PersonId] = []
        self._friends_at_home: list[PersonId] = []
        self._friends: frozenset[PersonId] = frozenset()
        self._url = ""
        self._beating: asyncio.Task[None] | None = None
        self._post[DEMAND] = _Demand(self)

    @property
    def is_over(self) -> bool:
        """Whether everybody who was to book has booked, and every ride is over."""
        return self.rides_left == 0 and not self.passengers

    # -- coming and going

    def begin(self, url: str, on_file: CastOnFile) -> None:
        """Everybody connects to the server at `url`, and some book soon."""
        self._url = url
        self._at_home, self._friends_at_home = list(on_file.strangers), list(on_file.friends)
        self._friends = frozenset(on_file.friends)
        self._dice.shuffle(self._at_home)
        drivers = on_file.drivers
        self.join(drivers)
        self._beating = asyncio.create_task(self._beat())
        for number in range(-(-len(drivers) // FIRST_SHARE)):
            self.people.set_timer(1.0 + self._dice.random() * FIRST_WITHIN_S, DEMAND, FirstBook(number))
        self.wait_for_next()

    def join(self, drivers: Sequence[PersonId]) -> None:
        """More drivers come online, somewhere in town."""
        for person_id in drivers:
            driver_id = DriverId(person_id)
            dice = self._rng("driver/" + driver_id)
            phone = SandboxDriver(driver_id, self.people, self.road, self.town, self.wishes, dice, self.figures)
            phone.leaves, phone.hears_pin = self._leaves, self._pin_of
            self._post[phone.address] = phone
            who = Principal(Role.DRIVER, driver_id)
            link = self._link(f"/ws/driver/{driver_id}/", wire.to_driver, who)
            app = SandboxDriverApp(phone, link, self.errors, self.figures)
            self.drivers.append(app)
            self._keep(app, who)

    async def hang_up(self) -> None:
        """Hang up: passengers first, then drivers."""
        self.people.stop()
        self.road.stop()
        if self._beating is not None:
            self._beating.cancel()
        self._post.clear()
        await self.connections.hang_up()

    # -- steering

    def steer(self, *, is_paused: bool | None, speed: float | None, demand: float | None) -> None:
        """Let people stand still or go on, cars drive so many times as fast, and so many times as many passengers book."""
        self.is_paused = self.is_paused if is_paused is None else is_paused
        self.speed = self.speed if speed is None else speed
        self.people.rate = 0.0 if self.is_paused else 1.0
        self.road.rate = 0.0 if self.is_paused else self.speed
        if demand is not None:
            self.demand = demand
            self.wait_for_next()

    def misbehave(self, trouble: Trouble, count: int) -> None:
        """So many drivers do this wrong from now on: of those who do, or else of those who behave, who are free rather than busy."""
        doing = [app for app in self.drivers if app.phone.trouble is trouble]
        for app in doing[count:]:
            app.misbehave(Trouble.NONE)
        behaved = [app for app in self.drivers if app.phone.trouble is Trouble.NONE]
        behaved.sort(key=lambda app: app.phone.ride is not None)
        for app in behaved[: max(0, count - len(doing))]:
            app.misbehave(trouble)

    def misbehaving(self) -> Counter[Trouble]:
        """How many drivers do what wrong."""
        return Counter(app.phone.trouble for app in self.drivers if app.phone.trouble)

    def yield_to(self, driver_ids: Collection[DriverId]) -> None:
        """All drivers but these take no offers; where nobody is named they take them again."""
        for app in self.drivers:
            app.phone.set_yields(bool(driver_ids) and app.phone.driver_id not in driver_ids)

    def book_now(self, count: int, near: Point | None) -> None:
        """So many passengers book at once, at this place if there is one."""
        kerb = None
        if near is not None:
            kerb = min(self.town.kerbs, key=lambda kerb: self.town.metres(kerb.point, near))
        for _ in range(count):
            self._book(kerb)

    # -- passengers

    def wait_for_next(self) -> None:
        """Set the time of the next booking by the pace as it is now."""
        self._turn += 1
        per_s = self.demand * self.wishes.per_s(len(self.drivers), self._hour)
        wait_s = self._dice.expovariate(per_s) if per_s > 0.0 else LOOK_AGAIN_S
        self.people.set_timer(wait_s, DEMAND, BookNext(self._turn if per_s > 0.0 else -self._turn))

    def hear_demand(self, message: BookNext | FirstBook) -> None:
        """It is time for somebody to book."""
        if isinstance(message, FirstBook):
            near = self.drivers[message.number].phone.position()
            if self.demand > 0.0:
                self._book(None, self.wishes.short_trip(near) if message.number % 2 == 0 else None)
        elif abs(message.number) == self._turn:
            if message.number > 0:
                self._book(None)
            self.wait_for_next()

    def _leaves(self, ride_id: str) -> bool:
        if not self.own_free:
            return False
        if ride_id in self._meant:
            return True
        if ride_id in self.passengers:
            return False
        self.on_left(RideId(ride_id))
        return True

    def _pin_of(self, ride_id: str) -> str | None:
        app = self.passengers.get(RideId(ride_id))
        if app is None:
            return self.pins.setdefault(ride_id, None)
        assert isinstance(app.phone, SandboxPassenger)
        return app.phone.pin or None

    @property
    def _hour(self) -> float:
        return self._local.hour(self.people.now)

    def _book(self, start: Kerb | None, wanted: Trip | None = None) -> None:
        at_home = self._friends_at_home if self.friends_book else self._at_home
        if self.rides_left == 0 or not at_home:
            return
        if self.rides_left is not None:
            self.rides_left -= 1
        self._booked += 1
        who = Principal(Role.PASSENGER, PassengerId(at_home.pop()))
        ride_id = RideId(f"s{self._booked:05}-{self._run}")
        if self.friends_book:
            self._meant.add(ride_id)
        trip = wanted or self.wishes.trip(self._dice, self._hour, start)
        behaviour = PassengerBehaviour()
        phone = SandboxPassenger(ride_id, self.people, self._dice, behaviour, trip, self.figures, self._on_end)
        self._post[phone.address] = phone
        link = self._link(f"/ws/ride/{ride_id}/", wire.to_passenger, who)
        app = self.passengers[ride_id] = PassengerApp(phone, link, self.errors, self.seen, self._booked % PING_BEATS)
        self._keep(app, who)

    def _on_end(self, phone: PassengerPhone) -> None:
        self._post.pop(phone.address, None)
        self._meant.discard(phone.ride_id)
        app = self.passengers.pop(phone.ride_id, None)
        if app is not None:
            app.close()

    # -- lines

    async def _beat(self) -> None:
        """The apps whose turn it is. Turns are spread, so that all beats are equally busy. A pause does not stop them."""
        number = 0
        while True:
            number += 1
            for driver in islice(self.drivers, number % FREE_BEATS, None, FREE_BEATS):
                if driver.phone.ride is None:
                    driver.report()
            for driver in islice(self.drivers, number % DRIVING_BEATS, None, DRIVING_BEATS):
                if driver.phone.ride is not None:
                    driver.report()
            for driver in islice(self.drivers, number % PING_BEATS, None, PING_BEATS):
                driver.ping()
            for passenger in self.passengers.values():
                if passenger.turn == number % PING_BEATS:
                    passenger.ping()
            if number % self._renew_beats == 0:
                for app, who in self._who.items():
                    app.link.send(wire.Authenticate(token=self._token(who)))
            await asyncio.sleep(BEAT_S)

    def _link(self, path: str, decode: Decode, who: Principal) -> SocketLink:
        dice = self._rng(f"links/{path}")
        return SocketLink(self._url + path, decode, dice, self.connections.doors, lambda: self._token(who))

    def _keep(self, app: DemoApp, who: Principal) -> None:
        self._who[app] = who
        self.connections.keep(app)

    def _on_over(self, app: DemoApp, is_refused: bool) -> None:
        who = self._who.pop(app)
        if not isinstance(app, PassengerApp):
            return
        person_id = PersonId(who.id)
        (self._friends_at_home if person_id in self._friends else self._at_home).insert(0, person_id)
        if is_refused:
            self.seen.forget(app.phone.ride_id)
            self._on_end(app.phone)

    def _on_failure(self, error: BaseException) -> None:
        self.errors[f"a bug of the sandbox: {type(error).__name__}"] += 1
        log.error("somebody who is simulated has a bug", exc_info=error)

    def _rng(self, name: str) -> Random:
        return Random(f"{self._seed}/{name}")


class _Demand:
    """The sink of those who are to book."""

    def __init__(self, crowd: SandboxCrowd) -> None:
        self._crowd = crowd

    def deliver(self, message: BookNext | FirstBook) -> None:
        self._crowd.hear_demand(message)
