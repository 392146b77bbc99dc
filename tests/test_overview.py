"""The board of a desk, folded of its frames, beside the actors that it tells of: at every beat of whole worlds."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from dispatch.config import Settings
from dispatch.ids import DriverId
from dispatch.messages.notices import Board, BoardChanged, BoardMoved
from dispatch.runtime import VirtualRuntime
from dispatch.transport.sessions.memory import MemoryLink, connect_desk
from sim.checks.board import differences
from sim.city.demand import poisson
from sim.city.model import City
from sim.explore.small import SmallWorld
from sim.people.behaviour import DriverBehaviour, PassengerBehaviour
from sim.people.desk import DeskPage
from sim.stories.stage import PICKUP, Stage
from sim.world import World, WorldOptions


class Desks:
    """Desks of a world, each of which is held against the actors at every beat."""

    def __init__(self, world: World, codec: bool = True) -> None:
        self.world = world
        self.codec = codec
        self.found: list[str] = []

    def open(self) -> tuple[DeskPage, MemoryLink]:
        """One more desk, connected now."""
        page = DeskPage(self._compare)
        return page, connect_desk(self.world.gateway, page.on_frame, codec=self.codec)

    def _compare(self, page: DeskPage) -> None:
        world = self.world
        open_on_file = frozenset(world.journal.open_rides())
        at = f"second {world.elapsed_s}: "
        self.found += [at + each for each in differences(page, world.runtime, world.board, open_on_file)]


def town(**options: Any) -> World:
    """Forty drivers, and a hundred passengers within an hour. Nothing has happened yet."""
    world = World(7, Settings(explain_candidates=0), WorldOptions(position_every_s=5.0, **options))
    dice, city = world.runtime.rng, City()
    for number in range(40):
        world.add_driver(DriverId(f"d{number}"), city.sample(dice("fleet")), DriverBehaviour())
    world.report_positions()
    world.expect(poisson(city, dice("demand"), rides=100, for_s=3600.0), PassengerBehaviour())
    return world


@pytest.mark.parametrize(
    "options", [{}, {"plain": True}, {"commit_delay_s": (0.0, 0.4)}, {"permute": True, "commit_delay_s": (0.01, 0.01)}]
)
def test_a_board_is_at_every_beat_what_the_actors_are(options: dict[str, Any]) -> None:
    world = town(**options)
    desks = Desks(world)
    first, _ = desks.open()
    world.run(300.0)
    late, link = desks.open()
    world.run(500.0)
    assert (late.drivers, late.rides) == (first.drivers, first.rides)
    link.close()
    world.run(1000.0)
    assert (first.beats, late.beats, first.boards) == (1000, 200, 1)
    assert len(first.ended) > 2 and len(first.drivers) == 40 and len(first.rides) > 0
    assert desks.found == []
    world.close()


def test_a_board_is_right_in_small_worlds_of_troublemakers_and_faults_too() -> None:
    for seed in range(2):
        world = SmallWorld(seed, permute=True)
        desks = Desks(world)
        pages: list[DeskPage] = []
        come = partial(lambda desks, pages: pages.append(desks.open()[0]), desks, pages)
        world.runtime.sink("desks", _Cue(come))
        for at in (5.0, 300.0):
            world.runtime.set_timer(at, "desks", None)
        world.play()
        assert desks.found == []
        assert len(pages) == 2 and pages[1].beats > 100, [page.beats for page in pages]
        world.close()


class _Cue:
    """Does something when a timer fires."""

    def __init__(self, does: Any) -> None:
        self.deliver = lambda message: does()


def test_a_difference_is_found() -> None:
    world = town()
    desks = Desks(world)
    page, _ = desks.open()
    world.run(100.0)
    assert desks.found == []
    driver = next(iter(page.by_index.values()))
    driver.status, before = "asleep", driver.status
    world.run(101.0)
    assert len(desks.found) == 1 and "asleep" in desks.found[0]
    driver.status = before
    assert page.rides
    page.rides.popitem()
    world.run(102.0)
    assert "is not drawn" in desks.found[-1]
    world.close()


def test_the_overview_looks_at_actors_only_while_a_desk_is_connected() -> None:
    world = town()
    mail: list[float] = []
    world.runtime.observe(lambda now, address, message: mail.append(now) if address.startswith("overview/") else None)
    observers = world.runtime._observers
    world.run(60.0)
    assert mail == []
    desks = Desks(world)
    links = [desks.open()[1] for _ in range(2)]
    world.run(70.0)
    for link in links:
        link.close()
    assert world.runtime._observers == observers
    seen = len(mail)
    assert seen > 10
    world.run(300.0)
    assert len(mail) <= seen + 2, "the timers that were set"
    world.close()


def board(stage: Stage) -> tuple[DeskPage, list[Any]]:
    """A desk on this stage, and the frames that it gets."""
    page, frames = DeskPage(), []  # type: tuple[DeskPage, list[Any]]

    def on_frame(frame: Any) -> None:
        frames.append((stage.now, frame))
        page.on_frame(frame)

    connect_desk(stage.world.gateway, on_frame, codec=True)
    return page, frames


def test_a_ride_is_told_as_it_goes_on_and_who_is_asked_and_since_when_nobody_is() -> None:
    stage = Stage(7)
    stage.driver("d1", north_km=1.0)
    passenger = stage.passenger("r1")
    passenger.books(at=10)
    page, frames = board(stage)
    stage.run(until=12)
    (ride,) = page.rides.values()
    assert (ride.status, ride.round, ride.asked, ride.unasked_since) == ("pending", 1, ("d1",), None)
    assert (ride.pickup_latitude, ride.pickup_longitude) == PICKUP
    first = next(at for at, frame in frames if isinstance(frame, BoardChanged) and frame.rides)
    assert first == pytest.approx(10.1), "and not with the beat"
    stage.drivers["d1"].declines("r1", at=15)
    stage.run(until=40)
    (ride,) = page.rides.values()
    assert (ride.asked, ride.round) == ((), 1)
    assert ride.unasked_since is not None and ride.unasked_since > (ride.requested_at or "")
    stage.driver("d2", north_km=2.0, at=50)
    stage.drivers["d2"].accepts("r1", at=55)
    stage.run(until=56)
    (ride,) = page.rides.values()
    assert (ride.status, ride.driver_id, ride.asked, ride.unasked_since) == ("accepted", "d2", (), None)
    assert page.drivers["d2"].ride_id == "r1" and page.drivers["d2"].status == "busy"
    for at, step in ((60, "arrived"), (61, "start_ride"), (62, "complete_ride")):
        stage.drivers["d2"].says(step, at=at, ride_id="r1")
    stage.run(until=63)
    assert (page.rides, page.ended) == ({}, {"r1": "completed"})


def test_a_desk_that_comes_late_reads_since_when_nobody_was_asked_before_it_came() -> None:
    stage = Stage(7)
    stage.driver("d1", north_km=1.0).declines("r1", at=15)
    stage.passenger("r1").books(at=10)
    stage.passenger("r2").books(at=12, pickup_latitude=-27.0)
    stage.run(until=40)
    page, frames = board(stage)
    since = {row.ride_id: row.unasked_since for row in frames[0][1].rides}
    assert since["r1"] is not None and since["r2"] is not None
    assert [str(since[ride])[-4:-1] for ride in ("r1", "r2")] == [":10", ":12"] or since["r1"] < since["r2"]
    assert page.rides["r1"].round == 1 and page.rides["r2"].round == 0


def test_positions_are_told_in_steps_and_only_of_those_who_moved() -> None:
    stage = Stage(7)
    for name in ("d1", "d2", "d3"):
        stage.driver(name, north_km=1.0)
    stage.run(until=5)
    page, frames = board(stage)
    stage.drivers["d2"].reports(at=6.5, latitude=PICKUP[0] + 0.01)
    stage.run(until=9)
    moved = [frame.moved for _, frame in frames if isinstance(frame, BoardMoved)]
    assert len(moved) == 4 and sum(map(bool, moved)) == 1
    (steps,) = filter(None, moved)
    index = next(index for index, each in page.by_index.items() if each.driver_id == "d2")
    assert steps[0] == index + 1 and abs(steps[1]) > 10
    assert page.drivers["d2"].lat != page.drivers["d1"].lat


def test_a_driver_who_is_long_gone_leaves_the_board_and_the_place_is_taken_by_another() -> None:
    stage = Stage(7, link_grace_s=5.0, retire_after_s=5.0, position_max_age_s=3.0)
    stage.driver("d1", north_km=1.0).leaves(at=10)
    stage.driver("d2", north_km=1.0)
    page, _ = board(stage)
    stage.run(until=9)
    assert page.drivers["d1"].connected and page.drivers["d1"].status == "available"
    stage.run(until=15)
    assert not page.drivers["d1"].connected and page.drivers["d1"].status == "offline"
    assert not page.drivers["d1"].fresh
    stage.run(until=60)
    assert set(page.drivers) == {"d2"}
    stage.driver("d3", north_km=1.0, at=61)
    stage.run(until=63)
    assert set(page.by_index) == {0, 1} and set(page.drivers) == {"d2", "d3"}


def test_two_desks_that_come_at_once_get_the_same_board_packed_once() -> None:
    stage = Stage(7)
    stage.driver("d1", north_km=1.0)
    stage.run(until=5)
    got: list[Any] = []
    for _ in range(2):
        connect_desk(stage.world.gateway, got.append)
    assert isinstance(got[0], Board) and got[0] is got[1]
    stage.run(until=7)
    beats = [frame for frame in got if isinstance(frame, BoardMoved)]
    assert len(beats) == 4 and beats[0] is beats[1]


def test_a_desk_of_a_life_before_is_not_told_by_the_timers_of_that_life() -> None:
    stage = Stage(7)
    stage.driver("d1", north_km=1.0)
    runtime: VirtualRuntime = stage.world.runtime
    connect_desk(stage.world.gateway, lambda frame: None).close()
    page, frames = board(stage)
    stage.run(until=3.5)
    assert page.beats == 3, "one row of beats, not two"
    assert runtime.now > 0 and frames
