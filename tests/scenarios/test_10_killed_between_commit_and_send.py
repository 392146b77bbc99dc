"""Scenario 10, its end. The server's process is killed between a commit and what was to be said of it, at each such point of a ride.

After the restart both snapshots agree, timers have what was left of them, each one that came due meanwhile fires once, and nothing is
stuck.
"""

from collections.abc import Callable
from typing import Any

import pytest

from dispatch.messages.base import Message
from dispatch.messages.events import RideCancelled, RideRequested, SearchFailed
from dispatch.messages.journal import Append
from sim.city.model import MODEL_DAY
from sim.stories.stage import Stage, StagePerson
from tests.crash_points import assert_none_is_missing, points_of
from tests.scenarios.theatre import Theatre, every_point, news

STEPS = ("accept_ride", "arrived", "start_ride", "complete_ride")
STATUS_AFTER = {
    "RideRequested": "pending",
    "DriverReserved": "accepted",  # the ride grants it before anybody is served
    "RideAssigned": "accepted",
    "RideArrived": "arrived",
    "RideStarted": "in_progress",
    "RideCompleted": "completed",
}


def a_ride(stage: Stage) -> None:
    """Booked at second 1, accepted at 10, and on to its end at 40."""
    driver = stage.driver("d1", north_km=0.1, reports=False)
    stage.passenger("r1").books(at=1, id="book")
    driver.accepts("r1", at=10, id="accept_ride")
    for at, step in ((20, "arrived"), (30, "start_ride"), (40, "complete_ride")):
        driver.says(step, at=at, ride_id="r1", id=step)


def says_again(stage: Stage) -> None:
    """Both apps are back, and repeat what they said so far and have no answer to."""
    driver, passenger = stage.drivers["d1"], stage.passengers["r1"]
    acked = {frame["id"] for frame in driver.heard("ack")}
    for at, step in zip((10, 20, 30, 40), STEPS, strict=True):
        if at <= stage.now and step not in acked:
            driver.says(step, ride_id="r1", id=step, **({"driver_id": "d1"} if step == "accept_ride" else {}))
    if not passenger.heard("ack"):
        passenger.books(id="book")


def test_no_point_of_the_ride_is_missing() -> None:
    assert_none_is_missing("a ride", every_point(a_ride, since=0.9, until=41))


@pytest.mark.parametrize("back_after_s", [0.0, 1.0], ids=["back at once", "back after 1 s"])
@pytest.mark.parametrize("point", points_of("a ride"))
def test_wherever_it_is_killed_both_snapshots_agree_and_the_ride_goes_on_to_its_end(
    play: Theatre, point: str, back_after_s: float
) -> None:
    stage = play.dying(a_ride, point, until=41)
    driver, passenger = stage.drivers["d1"], stage.passengers["r1"]
    died_at = stage.now
    for person in (driver, passenger):
        person.returns(at=died_at + back_after_s if back_after_s else None)
    stage.run(until=died_at + back_after_s)
    for snapshot in driver.heard("snapshot"):
        assert (snapshot["status"] == "busy") == (snapshot["ride"] is not None)
    told: dict[str, Any] = [{"status": "unbooked"}, *passenger.heard("snapshot")][-1]  # of nothing there is no snapshot
    ride = [None, *(frame["ride"] for frame in driver.heard("snapshot"))][-1]
    if ride is not None:
        assert (told["status"], told["ride_id"], told["driver_id"]) == (ride["status"], ride["ride_id"], "d1")
    else:
        assert told["status"] in ("unbooked", "pending", "completed")
    committed = [STATUS_AFTER[name] for event in stage.record("r1") if (name := type(event).__name__) in STATUS_AFTER]
    assert told["status"] == ["unbooked", *committed][-1]

    says_again(stage)
    stage.run(until=60)
    events = [type(event).__name__ for event in stage.record("r1")]
    assert [events.count(name) for name in STATUS_AFTER] == [1] * len(STATUS_AFTER)
    assert [{frame["id"] for frame in person.heard("ack")} for person in (driver, passenger)] == [{*STEPS}, {"book"}]


@pytest.mark.parametrize("down_s", [0.0, 4.5])
def test_nobody_is_told_twice_what_they_know(play: Theatre, down_s: float) -> None:
    stage = play()
    a_ride(stage)
    stage.crashes(at=12, down_s=down_s)
    for person in (stage.drivers["d1"], stage.passengers["r1"]):
        person.returns(at=18)
    stage.run(until=50)
    steps = ["driver_arrived", "ride_started", "ride_completed"]
    for person, began in (("d1", ["ride_request", "ride_accepted"]), ("r1", ["searching", "driver_assigned"])):
        heard = news(stage.drivers.get(person) or stage.passengers[person])
        assert [what for what in heard if what != "ack"] == began + steps


# -- timers


def nobody_there(stage: Stage) -> None:
    stage.passenger("r1").books(at=0)


def booked_ahead(stage: Stage) -> None:
    stage.passenger("r1").books(at=0, pickup_at="2026-01-01T00:30:00Z")


def never_ends(stage: Stage) -> None:
    stage.driver("d1")
    stage.passenger("r1").books(at=0)
    stage.drivers["d1"].accepts("r1", at=5)


class Clock:
    """An observer: when an event of this type was recorded."""

    def __init__(self, stage: Stage, event_type: type[Message]) -> None:
        self.times: list[float] = []
        self._event_type = event_type
        stage.world.runtime.observe(self)

    def __call__(self, now: float, address: str, message: Message) -> None:
        if isinstance(message, Append):
            self.times += [now - MODEL_DAY for event in message.events if isinstance(event, self._event_type)]


TIMERS: dict[str, tuple[Callable[[Stage], None], type[Message]]] = {
    "a search that found nobody": (nobody_there, SearchFailed),
    "a ride booked ahead": (booked_ahead, RideRequested),
    "a ride that takes too long": (never_ends, RideCancelled),
}
DUE: dict[str, Any] = {"search_cap_s": 180.0, "schedule_lead_s": 1500.0, "ride_cap_s": 400.0}


@pytest.mark.parametrize("timer", TIMERS)
@pytest.mark.parametrize("deaths", [(50.0,), (50.0, 51.0, 120.0)], ids=["killed once", "killed thrice"])
def test_a_timer_has_what_was_left_of_it(play: Theatre, timer: str, deaths: tuple[float, ...]) -> None:
    tell, event_type = TIMERS[timer]
    undisturbed = play(**DUE)
    wanted = Clock(undisturbed, event_type)
    tell(undisturbed)
    undisturbed.run(until=600)

    stage = play(**DUE)
    happened = Clock(stage, event_type)
    tell(stage)
    for at in deaths:
        stage.crashes(at=at)
        everybody_returns(stage, at=at + 0.5)
    stage.run(until=600)
    assert len(wanted.times) == 1
    assert happened.times == pytest.approx(wanted.times, abs=2.5)


@pytest.mark.parametrize("timer", TIMERS)
def test_one_that_came_due_while_nobody_served_fires_at_the_start_and_once(play: Theatre, timer: str) -> None:
    tell, event_type = TIMERS[timer]
    stage = play(**DUE)
    happened = Clock(stage, event_type)
    tell(stage)
    stage.crashes(at=50, down_s=450.0)
    stage.crashes(at=501)
    stage.run(until=900)
    assert happened.times == [500.0]


def everybody_returns(stage: Stage, at: float) -> None:
    everybody: list[StagePerson] = [*stage.drivers.values(), *stage.passengers.values()]
    for person in everybody:
        person.returns(at=at)


def test_a_driver_who_waited_before_the_crash_has_waited(play: Theatre) -> None:
    stage = play()
    never_ends(stage)
    driver = stage.drivers["d1"]
    driver.says("arrived", at=20, ride_id="r1")
    stage.crashes(at=100, down_s=5.0)
    everybody_returns(stage, at=110)
    driver.says("no_show", at=319, ride_id="r1")
    stage.run(until=319)
    assert driver.last("error")["code"] == "too_early"
    driver.says("no_show", at=320, ride_id="r1")
    stage.run(until=320)
    assert (driver.last()["type"], driver.last()["reason"]) == ("ride_cancelled", "no_show")


def test_a_passenger_has_the_whole_grace_to_return_and_not_for_ever(play: Theatre) -> None:
    stage = play(link_grace_s=60.0)
    happened = Clock(stage, RideCancelled)
    nobody_there(stage)
    stage.crashes(at=20, down_s=10.0)
    stage.run(until=200)
    assert happened.times == [90.0]
