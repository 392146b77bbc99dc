"""Every point at which the server's process may die in a ride, one after the other: before and after each commit and each announcement.

A story is told once to name its points, then once for each of them: the process dies there, starts again and recovers from what is
committed; the apps come back and say again what was not answered. Every ride must end, no invariant may break, and whatever was
acknowledged, before or after, must be on record.
"""

from functools import partial
from typing import Any

import msgspec
import pytest

from dispatch.config import Settings
from dispatch.ids import DriverId, RideId
from dispatch.transport import wire
from dispatch.values import Place, Trip
from sim.people.behaviour import DriverBehaviour, PassengerBehaviour
from sim.people.restless import DriverHabits, RestlessDriver, RestlessPassenger, Whims
from sim.stories.crash import crash
from sim.stories.crash_points import CrashPoints, Died
from sim.stories.stage import PICKUP, near_pickup
from sim.world import World, WorldOptions
from tests.crash_points import assert_none_is_missing, points_of

TRIP = Trip(Place(*PICKUP), Place(*near_pickup(1.0)), 1.3, 3.2, 9.0)
LONGEST_S = 1_500.0
Promise = tuple[str, type[wire.ClientMessage], str, str]
"""Who was told, what was asked, of which ride, and the result."""


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """What the people of a world do."""

    accept: float = 1.0
    decline: float = 0.0
    gives_up: float = 0.0
    regrets_after_s: float | None = None
    haggles_after_s: float | None = None
    rounds: int = 4
    commit_delay_s: tuple[float, float] = (0.0, 0.0)
    absent: tuple[str, ...] = ()


STORIES = {
    "everybody accepts and the passenger stays away": Story(absent=("phone/r1",)),
    "nobody answers and the passenger stays away": Story(accept=0.0, absent=("phone/r1",)),
    "everybody accepts": Story(),
    "commits take a while": Story(commit_delay_s=(0.01, 0.01)),
    "nobody answers": Story(accept=0.0),
    "everybody declines": Story(accept=0.0, decline=1.0),
    "drivers give up": Story(gives_up=1.0),
    "the passenger regrets": Story(regrets_after_s=20.0),
    "the passenger offers more": Story(accept=0.0, haggles_after_s=15.0),
}


class HeardDriver(RestlessDriver):
    """Remembers what was promised."""

    promised: list[Promise]

    def on_frame(self, frame: wire.ServerMessage) -> None:
        note(self, self.driver_id, frame)
        super().on_frame(frame)


class HeardPassenger(RestlessPassenger):
    """Remembers what was promised."""

    promised: list[Promise]

    def on_frame(self, frame: wire.ServerMessage) -> None:
        note(self, self.ride_id, frame)
        super().on_frame(frame)


def note(phone: Any, who: str, frame: wire.ServerMessage) -> None:
    asked = phone.unanswered.get(frame.id or "") if isinstance(frame, wire.Ack) else None
    if asked is not None:
        phone.promised.append((who, type(asked), getattr(asked, "ride_id", who), frame.result))  # type: ignore[attr-defined]


def told(story: Story, *deaths: str) -> tuple[World, CrashPoints, list[Promise]]:
    """The story to its end, with a crash at each of these points, the second as named after the first; and the points after them."""
    settings = Settings(rounds=story.rounds, search_cap_s=100.0, offer_timeout_s=20.0)
    world = World(7, settings, WorldOptions(commit_delay_s=story.commit_delay_s))
    promised: list[Promise] = []
    behaviour = DriverBehaviour(accept=story.accept, decline=story.decline, reaction_median_s=3.0, boarding_s=10.0)
    for number in range(1, 4):
        dice = world.runtime.rng(f"driver/{number}")
        place = near_pickup(0.3 * number)
        driver = HeardDriver(DriverId(f"d{number}"), world.runtime, dice, behaviour, world.travel, place, world.figures)
        driver.promised = promised
        driver.settle_in(DriverHabits(gives_up=story.gives_up))
        driver.connect = partial(world.connect_driver, driver)
        world.enlist(driver)
    patience, rng = PassengerBehaviour(patience_mean_s=10_000.0), world.runtime.rng("passengers")
    passenger = HeardPassenger(RideId("r1"), world.runtime, rng, patience, TRIP, world.figures, world.see_off)
    passenger.promised = promised
    passenger.settle_in(Whims(regrets_after_s=story.regrets_after_s, haggles_after_s=story.haggles_after_s))
    passenger.connect = partial(world.connect_passenger, passenger)
    world.welcome(passenger)
    world.report_positions()
    points = outlived(world, deaths, story.absent)
    world.watch.finish(world.runtime.now)
    return world, points, promised


def outlived(world: World, deaths: tuple[str, ...], absent: tuple[str, ...]) -> CrashPoints:
    """Time passes, and the process dies at each point in its turn. Returns what came by after the last one."""
    for number, point in enumerate((*deaths, None)):
        points = CrashPoints(point)
        world.runtime.observe(points)
        try:
            if number:
                crash(world, absent=absent)
            world.run(LONGEST_S)
        except Died:
            continue
        assert point is None, f"it did not come by {point}"
    return points


def wrongs(world: World, promised: list[Promise]) -> list[str]:
    """Invariants that broke, and promises that are not on record."""
    events = world.journal.events_of_ride(RideId("r1"))
    kinds = [type(event).__name__ for event in events]
    found = list(world.watch.violations)
    if kinds and not world.watch.ledger.ended:
        found.append(f"the ride has not ended: {kinds}")
    for who, asked, ride, result in promised:
        wanted = KEPT.get(asked)
        if result == "ok" and wanted is not None and not set(wanted) & set(kinds):
            found.append(f"{who} was promised {asked.__name__} of {ride}: {kinds}")
    return found


KEPT: dict[type[wire.ClientMessage], tuple[str, ...]] = {
    wire.FindDriver: ("RideRequested",),
    wire.AcceptRide: ("RideAssigned",),
    wire.Arrived: ("RideArrived",),
    wire.StartRide: ("RideStarted",),
    wire.CompleteRide: ("RideCompleted",),
    wire.CancelRide: ("RideCancelled",),
    wire.DriverCancelRide: ("RideUnassigned",),
}


POINTS_AS_IN = {
    "everybody accepts and the passenger stays away": "everybody accepts",
    "nobody answers and the passenger stays away": "nobody answers",
}
"""Who stays away does so after the crash: until then it is the same story."""
POINTS = [(name, point) for name in STORIES for point in points_of(POINTS_AS_IN.get(name, name))]
"""Each of them is a test of its own, for example
`pytest "tests/sim/stories/test_crash.py::<test>[everybody accepts, before RideArrived is on disk]"`.
"""


@pytest.mark.parametrize("name", STORIES)
def test_without_a_crash_promises_are_kept_and_every_crash_point_is_passed(name: str) -> None:
    world, points, promised = told(STORIES[name])
    assert wrongs(world, promised) == []
    assert_none_is_missing(POINTS_AS_IN.get(name, name), points.passed)


@pytest.mark.parametrize(("name", "point"), POINTS, ids=[f"{name}, {point}" for name, point in POINTS])
def test_wherever_the_process_dies_the_ride_ends_and_promises_are_kept(name: str, point: str) -> None:
    world, _, promised = told(STORIES[name], point)
    assert wrongs(world, promised) == []


@pytest.mark.parametrize("name", STORIES)
def test_it_may_die_again_while_it_recovers(name: str) -> None:
    for first in [point for story, point in POINTS if story == name][::10]:
        for second in told(STORIES[name], first)[1].passed[1:7:2]:
            world, _, promised = told(STORIES[name], first, second)
            assert wrongs(world, promised) == [], f"dies {first} and again {second}"


def test_a_start_that_forgets_what_was_going_on_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.stories.crash.recover", lambda runtime, store: 0)
    name = "nobody answers and the passenger stays away"
    forgetful = [told(STORIES[name], point) for story, point in POINTS[::3] if story == name]
    assert any(wrongs(world, promised) for world, _, promised in forgetful)
