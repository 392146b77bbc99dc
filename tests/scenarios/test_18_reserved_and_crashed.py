"""Scenario 18. A driver has said yes; before the ride has answered, the driver's actor is lost, or the ride's, or the connection,
or the whole process.

The driver stays reserved, asks that ride again, and is offered nothing until it answers. No driver is bound twice and never
reserved for ever; a lost connection releases nothing.
"""

from itertools import count
from typing import Any

import pytest

from dispatch.actors.driver import DriverActor
from dispatch.actors.ride import RideActor
from dispatch.messages.commands import AcceptOffer, Attach
from dispatch.messages.events import (
    DriverReleased,
    DriverReserved,
    RideArrived,
    RideAssigned,
    RideCompleted,
    RideRequested,
    RideStarted,
)
from dispatch.messages.journal import Appended, NotAppended
from dispatch.messages.matching import ClaimGranted, ClaimRefused, ClaimRide
from dispatch.runtime import Actor
from sim.stories.stage import HeardFrame, Stage, StageDriver, StagePassenger, StagePerson
from sim.world import WorldOptions
from tests.crash_points import assert_none_is_missing, points_of
from tests.scenarios.theatre import Theatre, every_order, every_point, hurt, news, nth

SUPERVISED = WorldOptions(supervise=True)
MACHINERY = {*Actor.handlers, Attach, Appended, NotAppended}
"""Messages whose handlers are no rules: connections and the journal."""
STORY = [RideRequested, DriverReserved, RideAssigned, RideArrived, RideStarted, RideCompleted, DriverReleased]
MOMENTS = pytest.mark.parametrize("after", [False, True], ids=["before its work", "after its work"])


def an_accept(stage: Stage, **fields: Any) -> tuple[StageDriver, StagePassenger]:
    """d1 is asked for r1 and accepts at second 20; another ride is booked half a second later."""
    driver, passenger = stage.driver("d1"), stage.passenger("r1")
    passenger.books(at=0)
    driver.accepts("r1", at=20, **fields)
    stage.passenger("r2").books(at=20.5)
    return driver, passenger


def check_bound_once(stage: Stage, driver: StageDriver, passenger: StagePassenger) -> None:
    events: list[Any] = list(stage.record("r1"))
    assert sum(isinstance(event, RideAssigned) for event in events) == 1
    assert sum(isinstance(event, DriverReserved) for event in events) == 1
    assert news(driver) == ["ride_request", "ride_accepted"]
    assert news(passenger) == ["searching", "driver_assigned"]


@MOMENTS
def test_a_driver_lost_while_the_ride_says_yes_asks_again_and_is_bound_once(
    play: Theatre, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    stage = play(options=SUPERVISED)
    hurting = hurt(monkeypatch, DriverActor, ClaimGranted, after=after)
    driver, passenger = an_accept(stage)
    stage.run(until=25)
    assert len(hurting) == 1
    check_bound_once(stage, driver, passenger)
    assert stage.world.runtime.dead_letters.counts.total() == 1


@MOMENTS
def test_a_driver_lost_while_the_ride_says_no_asks_again_and_is_free(
    play: Theatre, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    stage = play(options=SUPERVISED)
    hurting = hurt(monkeypatch, DriverActor, ClaimRefused, after=after)
    winner, loser = stage.fleet(2)
    stage.passenger("r1").books(at=0)
    winner.accepts("r1", at=20)
    loser.accepts("r1", at=20)
    stage.passenger("r2").books(at=21)
    stage.run(until=25)
    assert len(hurting) == 1
    assert loser.heard("offer_closed")[0]["reason"] == "taken"
    assert news(loser) == ["ride_request", "offer_closed", "ride_request"]
    assert loser.offer("r2").at <= 21.0


@MOMENTS
def test_a_driver_lost_while_they_say_yes_hears_so_and_may_say_it_again(
    play: Theatre, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    stage = play(options=SUPERVISED)
    hurting = hurt(monkeypatch, DriverActor, AcceptOffer, after=after)
    driver, passenger = an_accept(stage, id="k1")
    stage.run(until=20)
    assert len(hurting) == 1
    (refused,) = driver.heard("error")
    assert (refused["code"], refused["id"], refused["ride_id"]) == ("internal", "k1", "r1")
    assert "hurts" not in refused["message"], "nothing of the inside is told"
    assert passenger.story() == ["searching"]
    driver.accepts("r1", id="k1", at=21)
    stage.run(until=21)
    assert driver.last("ack")["result"] == "ok"
    assert passenger.last()["driver_id"] == "d1"


@MOMENTS
@pytest.mark.parametrize("times", [1, 2])
def test_while_the_ride_is_lost_its_driver_waits_for_it_and_is_asked_for_nothing_else(
    play: Theatre, monkeypatch: pytest.MonkeyPatch, after: bool, times: int
) -> None:
    stage = play(options=SUPERVISED)
    hurt(monkeypatch, RideActor, ClaimRide, times=times, after=after)
    driver, passenger = an_accept(stage)
    stage.run(until=25)
    check_bound_once(stage, driver, passenger)
    assert passenger.last().at == 20.0 + times, "one second from claim to claim"
    assert driver.last("ride_accepted").at == 20.0 + times


def test_a_lost_connection_does_not_release_a_reservation(play: Theatre) -> None:
    stage = play(options=WorldOptions(commit_delay_s=(0.5, 0.5)))
    driver, passenger = an_accept(stage)
    driver.leaves(at=20.3)
    stage.passenger("r3").books(at=20.4)
    driver.returns(at=30)
    stage.run(until=31)
    assert passenger.last()["driver_id"] == "d1"
    assert driver.story() == ["ride_request", "snapshot"]
    snapshot = driver.last()
    assert (snapshot["ride"]["ride_id"], snapshot["ride"]["status"], snapshot["offer"]) == ("r1", "accepted", None)


def test_in_every_order_a_driver_who_accepts_and_hangs_up_finds_their_ride_when_they_return(play: Theatre) -> None:
    for dice in every_order(since=20.0, surprises=1):
        stage = play.in_order(dice)
        driver, passenger = an_accept(stage)
        driver.leaves(at=20)
        driver.returns(at=30)
        stage.run(until=30)
        snapshot = driver.last("snapshot")
        assert passenger.last()["driver_id"] == "d1"
        assert (snapshot["ride"]["ride_id"], snapshot["status"]) == ("r1", "busy")
        assert "r2" not in [frame["ride_id"] for frame in driver.heard("ride_request")]


# -- the process dies


def test_no_point_of_an_accept_is_missing() -> None:
    assert_none_is_missing("an accept", every_point(an_accept, since=19.9, until=20.0))


@pytest.mark.parametrize("comes_back", [True, False], ids=["comes back", "stays away"])
@pytest.mark.parametrize("down_s", [0.0, 5.0], ids=["at once", "after 5 s"])
@pytest.mark.parametrize("point", points_of("an accept"))
def test_wherever_the_process_dies_a_reservation_that_is_on_disk_binds_once_and_any_other_is_forgotten(
    play: Theatre, point: str, down_s: float, comes_back: bool
) -> None:
    stage = play.dying(an_accept, point, until=20.0, down_s=down_s)
    driver, passenger = stage.drivers["d1"], stage.passengers["r1"]
    kept = any(isinstance(event, DriverReserved) for event in stage.record("r1"))
    stage.run(until=20.0 + down_s)
    assigned = [event for event in stage.record("r1") if isinstance(event, RideAssigned)]
    assert len(assigned) == kept, "its ride answers before anybody is served"
    passenger.returns(at=27)
    stage.passenger("r2").books(at=28)
    if comes_back:
        driver.returns(at=30)
    stage.run(until=50)
    assert passenger.last("snapshot")["status"] == ("accepted" if kept else "pending")
    events = [type(event) for ride in ("r1", "r2") for event in stage.record(ride)]
    assert (events.count(DriverReserved), events.count(RideAssigned), DriverReleased in events) == (kept, kept, False)
    asked_again = [frame["ride_id"] for frame in driver.heard("ride_request", since=21.0)]
    assert asked_again == (["r1"] if comes_back and not kept else []), "the one that has waited longest, or none"
    if comes_back and kept:
        assert driver.last("snapshot")["ride"]["ride_id"] == "r1"


def test_a_process_that_dies_again_and_again_binds_once(play: Theatre) -> None:
    stage = play(options=WorldOptions(commit_delay_s=(0.01, 0.01)))
    driver, passenger = an_accept(stage)
    for number in range(40):
        stage.crashes(at=20.012 + 0.004 * number)
    for person in (driver, passenger):
        person.returns(at=30)
    stage.run(until=31)
    events = [type(event) for event in stage.record("r1")]
    assert (events.count(DriverReserved), events.count(RideAssigned)) == (1, 1)
    assert driver.last("snapshot")["ride"]["status"] == passenger.last("snapshot")["status"] == "accepted"


def insists(person: StagePerson) -> None:
    """What the server could not do, the app says again a second later, with the same id."""
    said: dict[str, dict[str, Any]] = {}
    say = person.says

    def says(frame_type: str, *, at: float | None = None, **fields: Any) -> None:
        said[fields.get("id", "")] = {"frame_type": frame_type, **fields}
        say(frame_type, at=at, **fields)

    def again(heard: HeardFrame) -> None:
        if heard["code"] in ("internal", "unavailable") and "id" in heard:
            person.says(at=person.stage.now + 1, **said[heard["id"]])

    person.whenever("error", again)
    person.says = says  # type: ignore[method-assign]


def a_whole_ride(stage: Stage) -> tuple[StageDriver, StagePassenger]:
    """Booked at second 1, accepted at 10, and on to its end at 40. Both apps insist."""
    driver, passenger = stage.driver("d1", reports=False), stage.passenger("r1")
    insists(driver)
    insists(passenger)
    passenger.books(at=1, id="book")
    driver.accepts("r1", at=10, id="accept")
    for at, step in ((20, "arrived"), (30, "start_ride"), (40, "complete_ride")):
        driver.says(step, at=at, ride_id="r1", id=step)
    return driver, passenger


def answered(person: StagePerson) -> set[str]:
    """The ids that were acknowledged, or refused for good: `arrived` cannot be said of a ride that already is."""
    acks = {frame["id"] for frame in person.heard("ack")}
    return acks | {
        frame["id"] for frame in person.heard("error") if frame["code"] in ("illegal_now", "already_started")
    }


@MOMENTS
@pytest.mark.parametrize("actor_type", [DriverActor, RideActor], ids=["driver", "ride"])
def test_whatever_message_hurts_a_driver_or_a_ride_the_ride_comes_to_its_end(
    play: Theatre, monkeypatch: pytest.MonkeyPatch, actor_type: type[Actor], after: bool
) -> None:
    """Each message of the story in its turn: its handler fails, once."""
    for message_type in actor_type.handlers:
        if message_type in MACHINERY:
            continue
        for number in count(1):
            stage = play(told=f"{message_type.__name__} number {number}", options=SUPERVISED)
            with monkeypatch.context() as patched:
                hurting = hurt(patched, actor_type, message_type, when=nth(number), after=after)
                driver, passenger = a_whole_ride(stage)
                stage.run(until=60)
            if not hurting:
                break
            assert [type(event) for event in stage.record("r1") if type(event) in STORY] == STORY
            assert answered(driver) == {"accept", "arrived", "start_ride", "complete_ride"}
            assert answered(passenger) == {"book"}
