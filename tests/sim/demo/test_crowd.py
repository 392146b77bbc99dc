"""The demo's people on real sockets, with the real sessions and actors behind them, in one process: whole rides within a second."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, cast

import pytest

from dispatch.addresses import JOURNAL
from dispatch.assembly import assemble, make_runtime
from dispatch.config import Settings
from dispatch.domain.places.geo import TravelModel
from dispatch.ids import DriverId, RideId
from dispatch.principals import Principal
from dispatch.runtime import VirtualRuntime
from dispatch.runtime.realtime import RealtimeRuntime
from dispatch.storage.log.memory import MemoryJournal
from dispatch.transport import wire
from dispatch.transport.sessions.driver import DriverSession
from dispatch.transport.sessions.gateway import Gateway
from dispatch.transport.sessions.passenger import PassengerSession
from dispatch.transport.sessions.session import Link
from dispatch.transport.ws.server import run
from sim.city.demand import Demand, trip_between
from sim.demo.crowd import BEAT_S, CADENCE, Beat, DemoCrowd
from sim.people.behaviour import DriverBehaviour, PassengerBehaviour
from sim.report.figures import RunFigures, Summary
from tests.sim.demo.test_apps import Rig
from tests.transport.echo import Served, serving, until

HERE, AROUND_THE_CORNER = (40.75, -73.98), (40.75001, -73.98001)
EAGER = DriverBehaviour(accept=1.0, decline=0.0, reaction_median_s=0.02, boarding_s=0.02)
NEVER = DriverBehaviour(accept=0.0, decline=0.0)
ACCEPTED = wire.RideAccepted(
    ride_id="a",
    seq=1,
    epoch="e",
    passenger_name="Sarah Johnson",
    passenger_phone="27821234567",
    pickup_address="",
    dropoff_address="",
    pickup_latitude=HERE[0],
    pickup_longitude=HERE[1],
    dropoff_latitude=HERE[0],
    dropoff_longitude=HERE[1],
    distance=1.0,
    fare=9.0,
    estimated_duration=3,
)
PATIENT, HASTY = PassengerBehaviour(), PassengerBehaviour(patience_mean_s=0.2, patience_sigma=0.0)


class Door:
    """A gateway that remembers whom it let in, so that they can be put out."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self.links: list[Link] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._gateway, name)

    def driver_session(self, principal: Principal, link: Link) -> DriverSession:
        self.links.append(link)
        return self._gateway.driver_session(principal, link)

    def passenger_session(self, principal: Principal, ride_id: RideId, link: Link) -> PassengerSession:
        self.links.append(link)
        return self._gateway.passenger_session(principal, ride_id, link)

    def close_all(self, code: int, reason: str) -> None:
        for link in self.links:
            link.close(code, reason)


class Town:
    """A server and a crowd that has yet to come to it."""

    def __init__(self) -> None:
        settings = Settings()
        self.runtime = make_runtime(RealtimeRuntime, 1, settings)
        journal = MemoryJournal(self.runtime)
        self.runtime.sink(JOURNAL, journal)
        zone = assemble(settings, self.runtime, journal, travel=TravelModel(), make_policy=None)
        self.gateway, self.board = Door(zone.gateway), zone.board
        self.figures = RunFigures()
        self.failures: list[BaseException] = []
        self.crowd = DemoCrowd(RealtimeRuntime(1), self.figures, self.failures.append)

    async def fleet(self, served: Served, size: int, behaviour: DriverBehaviour = EAGER) -> None:
        drivers = [(DriverId(str(27830000001 + number)), HERE) for number in range(size)]
        await self.crowd.connect(f"ws://127.0.0.1:{served.port}", drivers, behaviour)

    @property
    def told(self) -> Summary:
        return self.figures.summary(
            seed=1, digest="", drivers=0, virtual_s=0, cpu_s=0, wall_s=0, invariants_checked=0, violations=0
        )


Play = Callable[[Town, Served], Awaitable[None]]


def in_town(play: Play) -> None:
    async def meet() -> None:
        town = Town()
        async with asyncio.timeout(30), serving(town.gateway) as served:
            await play(town, served)
            await town.crowd.hang_up()
            await until(lambda: not any(served.counters.open.values()))
        assert town.failures == []

    run(meet())


def trips(count: int, every_s: float = 0.02) -> Iterator[Demand]:
    return (Demand(number * every_s, trip_between(HERE, AROUND_THE_CORNER)) for number in range(count))


def connections(served: Served) -> int:
    return sum(served.counters.open.values())


def test_every_ride_is_asked_for_assigned_driven_and_over() -> None:
    async def play(town: Town, served: Served) -> None:
        await town.fleet(served, 12)
        assert connections(served) == 12
        town.crowd.expect(trips(20), PATIENT)
        await until(lambda: town.crowd.is_quiet, within_s=20)
        told = town.told
        assert (told["requests"], told["assigned"], told["completed"], told["cancelled"]) == (20, 20, 20, 0)
        assert town.crowd.seen.counts["completed"] == 20
        assert len(town.crowd.seen.news) == 5
        assert not town.crowd.errors
        await until(lambda: connections(served) == 12)

    in_town(play)


def test_positions_are_told_on_the_cadence_and_all_of_them_are_heard() -> None:
    async def play(town: Town, served: Served) -> None:
        await town.fleet(served, 100)
        await until(lambda: town.told["positions"] >= 110)
        await until(lambda: town.board.reports == town.told["positions"])

    in_town(play)


def test_a_passenger_whom_nobody_answers_loses_patience() -> None:
    async def play(town: Town, served: Served) -> None:
        await town.fleet(served, 3, NEVER)
        town.crowd.expect(trips(2), HASTY)
        await until(lambda: town.crowd.is_quiet)
        assert town.told["cancelled"] == 2
        assert town.figures.cancelled_by == {"passenger": 2}

    in_town(play)


def test_who_is_told_to_come_back_does_and_rides_go_on() -> None:
    async def play(town: Town, served: Served) -> None:
        slow = DriverBehaviour(accept=1.0, decline=0.0, reaction_median_s=0.5, reaction_sigma=0.0, boarding_s=0.02)
        await town.fleet(served, 6, slow)
        town.crowd.expect(trips(2), PATIENT)
        await until(lambda: town.crowd.seen.counts["pending"] == 2)
        town.gateway.close_all(1012, "restarting; come back within 50 ms")
        await until(lambda: town.crowd.is_quiet, within_s=20)
        assert town.told["completed"] == 2
        assert town.told["requests"] == 2
        assert town.crowd.connections.came_back == 8
        assert not town.crowd.errors

    in_town(play)


def test_who_is_told_to_stay_away_is_an_error_and_nobody_waits_for_them() -> None:
    async def play(town: Town, served: Served) -> None:
        await town.fleet(served, 2, NEVER)
        town.crowd.expect(trips(1), PATIENT)
        await until(lambda: town.crowd.seen.counts["pending"] == 1)
        town.gateway.close_all(4508, "too many messages")
        await until(lambda: town.crowd.is_quiet)
        assert town.crowd.errors == {"4508 too many messages": 3}
        assert town.crowd.seen.counts["pending"] == 0

    in_town(play)


def test_drivers_who_are_refused_do_not_hold_the_demo_up() -> None:
    async def play(town: Town, served: Served) -> None:
        await town.crowd.connect(f"ws://127.0.0.1:{served.port}", [(DriverId("not a driver"), HERE)], EAGER)
        assert sum(town.crowd.errors.values()) == 1

    in_town(play)


def test_a_bug_in_a_phone_is_told() -> None:
    async def meet() -> None:
        town = Town()
        async with asyncio.timeout(20), serving(town.gateway) as served:
            await town.fleet(served, 1)
            town.crowd.drivers[0].phone.on_frame = lambda frame: 1 / 0  # type: ignore[method-assign, assignment]
            town.crowd.drivers[0].ping()
            await until(lambda: town.failures)
            assert isinstance(town.failures[0], ZeroDivisionError)
            await town.crowd.hang_up()

    run(meet())


def test_free_drivers_tell_where_they_are_every_ten_seconds_those_with_a_ride_every_three_and_all_ping_every_five() -> (
    None
):
    rigs, crowd = [Rig() for _ in range(130)], DemoCrowd(VirtualRuntime(1), RunFigures(), [].append)
    crowd.drivers = [rig.driver() for rig in rigs[:110]]
    crowd.passengers = {RideId(str(turn)): rig.passenger() for turn, rig in enumerate(rigs[110:])}
    for app in (*crowd.drivers, *crowd.passengers.values()):
        app.on_open()
    busy = rigs[10:50]
    for driver in crowd.drivers[10:50]:
        driver.phone.ride = ACCEPTED
    for rig in rigs:
        rig.sent.clear()
    crowd.runtime.set_timer(BEAT_S, CADENCE, Beat(0))
    cast(VirtualRuntime, crowd.runtime).run(30.05)
    for rig in rigs:
        told = Counter(map(type, rig.sent))
        positions = 0 if rig in rigs[110:] else 10 if rig in busy else 3
        assert told == +Counter({wire.Ping: 6, wire.LocationUpdate: positions})


@pytest.mark.parametrize("size", [0, 1, 250])
def test_everybody_hangs_up(size: int) -> None:
    async def play(town: Town, served: Served) -> None:
        await town.fleet(served, size)
        await town.crowd.hang_up()
        await until(lambda: connections(served) == 0)
        assert served.counters.closes == ({1000: size} if size else {})

    in_town(play)
