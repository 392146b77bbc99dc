"""Scenario 17. A driver's accept is applied but not yet on disk when something else happens: another accept, a cancel, a death, a
crash. The commit then succeeds or fails.

Nobody hears of a state that did not reach the disk. After a failed commit the driver hears `unavailable`, and the place is open
again.
"""

from collections.abc import Callable
from typing import Any

import pytest

from dispatch.messages.events import DriverReserved, RideAssigned, RideCancelled
from sim.stories.stage import Stage, StageDriver
from sim.world import WorldOptions
from tests.scenarios.theatre import Theatre, every_order, every_point, news

SLOW_DISK = WorldOptions(commit_delay_s=(0.01, 0.01))
OFFSETS_S = [round(0.005 * number, 4) for number in range(10)]
"""Seconds after the accept: from before it is on disk until everybody has long been told."""
FULL_DISKS = [None, (0.0, 0.005), (0.005, 0.015), (0.015, 0.025), (0.0, 0.03)]
"""From when to when after the accept no commit succeeds."""

Rival = Callable[[Stage, float], None]
RIVALS: dict[str, Rival] = {
    "another accept": lambda stage, at: stage.drivers["d2"].accepts("r1", at=at),
    "the same accept": lambda stage, at: stage.drivers["d1"].accepts("r1", at=at, id="k1"),
    "a cancel": lambda stage, at: stage.passengers["r1"].cancels(at=at),
    "other terms": lambda stage, at: stage.passengers["r1"].books(at=at, fare=120.0),
    "another wish": lambda stage, at: stage.drivers["d1"].wants_offers(False, at=at),
    "the driver hangs up": lambda stage, at: stage.drivers["d1"].leaves(at=at),
    "the link dies": lambda stage, at: stage.drivers["d1"].dies(at=at - 12.0),
    "the actor crashes": lambda stage, at: crash(stage, "driver/d1", at),
    "the ride crashes": lambda stage, at: crash(stage, "ride/r1", at),
    "the dispatcher crashes": lambda stage, at: crash(stage, "dispatcher/0", at),
    "the process dies": lambda stage, at: stage.crashes(at=at),
    "the process dies and is down for a while": lambda stage, at: stage.crashes(at=at, down_s=2.0),
}


def crash(stage: Stage, address: str, at: float) -> None:
    """The actor there is lost between two messages and made anew."""
    stage.passengers["r1"].does(lambda: stage.world.runtime.rebuild(address), at=at)


def disk_is_full(stage: Stage, since: float, until: float) -> None:
    """No commit that is asked for within this time succeeds."""
    journal = stage.world.journal
    for at, rate in ((since, 1.0), (until, 0.0)):
        stage.passengers["r1"].does(lambda rate=rate: setattr(journal, "_failure_rate", rate), at=at)


def an_accept(stage: Stage) -> None:
    """d1 and d2 are asked; d1 accepts at second 20."""
    stage.fleet(2)
    stage.passenger("r1").books(at=0)
    stage.drivers["d1"].accepts("r1", at=20, id="k1")


def check_that_what_was_told_is_on_disk(stage: Stage) -> None:
    events: list[Any] = list(stage.record("r1"))
    assigned = [event.driver.driver_id for event in events if isinstance(event, RideAssigned)]
    assert len(assigned) <= 1
    passenger = stage.passengers["r1"]
    assert [frame["driver_id"] for frame in passenger.heard("driver_assigned") if not frame.again] in ([], assigned)
    for driver in stage.drivers.values():
        if driver.heard("ride_accepted"):
            assert assigned == [driver.name]
    if passenger.heard("ride_cancelled"):
        assert any(isinstance(event, RideCancelled) for event in events)


def check_that_their_command_is_answered_again(stage: Stage) -> None:
    """The same accept with the same id, said after the storm: it is acknowledged, or refused, as all commands with an id are."""
    driver = stage.drivers["d1"]
    driver.connect()
    driver.accepts("r1", id="k1")
    stage.run(until=27)
    answers = [frame for frame in driver.heard(since=25.0) if frame.get("id") == "k1"]
    assert len(answers) == 1 and answers[0]["type"] in ("ack", "error")


@pytest.mark.parametrize("full", FULL_DISKS, ids=str)
@pytest.mark.parametrize("rival", RIVALS.values(), ids=RIVALS)
def test_whatever_comes_between_is_told_as_it_is_on_disk(
    play: Theatre, rival: Rival, full: tuple[float, float] | None
) -> None:
    for offset in OFFSETS_S:
        stage = play(told=f"{offset} s after the accept", options=SLOW_DISK)
        an_accept(stage)
        if full is not None:
            disk_is_full(stage, 20 + full[0], 20 + full[1])
        rival(stage, 20 + offset)
        stage.run(until=25)
        check_that_what_was_told_is_on_disk(stage)
        check_that_their_command_is_answered_again(stage)


@pytest.mark.parametrize("rival", RIVALS.values(), ids=RIVALS)
def test_in_every_order_of_one_instant_it_is_told_as_it_is_on_disk(play: Theatre, rival: Rival) -> None:
    for dice in every_order(since=20.0, surprises=1):
        stage = play.in_order(dice)
        an_accept(stage)
        rival(stage, 20)
        stage.run(until=25)
        check_that_what_was_told_is_on_disk(stage)


@pytest.mark.parametrize("rival", list(RIVALS.values())[:-2], ids=list(RIVALS)[:-2])
def test_wherever_the_process_dies_meanwhile_it_is_told_as_it_is_on_disk(play: Theatre, rival: Rival) -> None:
    def tell(stage: Stage) -> None:
        an_accept(stage)
        rival(stage, 20.005)

    for point in every_point(tell, since=19.9, until=20.05, options=SLOW_DISK):
        stage = play.dying(tell, point, until=20.05, options=SLOW_DISK)
        stage.drivers["d2"].returns(at=22)
        stage.passengers["r1"].returns(at=22)
        stage.run(until=25)
        check_that_what_was_told_is_on_disk(stage)
        check_that_their_command_is_answered_again(stage)
        told = stage.passengers["r1"].last("snapshot")
        assigned = [event.driver.driver_id for event in stage.record("r1") if isinstance(event, RideAssigned)]
        assert told["status"] in ("pending", "accepted", "cancelled")
        assert told["status"] != "accepted" or assigned == [told["driver_id"]]


def test_an_accept_that_was_lost_is_answered_unavailable_and_may_be_said_again(play: Theatre) -> None:
    stage = play(options=SLOW_DISK)
    an_accept(stage)
    disk_is_full(stage, 20, 20.005)
    stage.run(until=21)
    driver = stage.drivers["d1"]
    (refused,) = driver.heard("error")
    assert (refused["code"], refused["id"], refused["ride_id"]) == ("unavailable", "k1", "r1")
    assert not any(isinstance(event, DriverReserved) for event in stage.record("r1"))
    assert news(stage.passengers["r1"]) == ["searching"]
    driver.accepts("r1", at=22, id="k1")
    stage.run(until=23)
    assert driver.last("ack")["result"] == "ok"
    assert stage.passengers["r1"].last()["driver_id"] == "d1"


def test_the_place_of_an_accept_that_was_lost_is_open_again(play: Theatre) -> None:
    stage = play(options=SLOW_DISK, batch=1)
    stage.fleet(2)
    passenger = stage.passenger("r1")
    passenger.books(at=0)
    near, far = stage.drivers["d1"], stage.drivers["d2"]
    near.accepts("r1", at=20)
    disk_is_full(stage, 20, 20.005)
    stage.run(until=21)
    refills = [frame for driver in (near, far) for frame in driver.heard("ride_request", since=20.0)]
    assert [frame["ttl_ms"] > 29_900 for frame in refills] == [True]
    assert near.last("offer_closed")["reason"] == "unavailable"


@pytest.mark.parametrize("answer", [StageDriver.accepts, StageDriver.declines], ids=["accept", "decline"])
def test_closings_that_came_of_a_lost_answer_were_never_said(play: Theatre, answer: Callable[..., None]) -> None:
    """With two live offers, an accept closes the other one: if it is lost, both are closed for another reason, and say so for ever."""
    stage = play(options=SLOW_DISK, live_offers=2)
    driver = stage.driver("d1")
    for ride in ("r1", "r2"):
        stage.passenger(ride).books(at=0)
    answer(driver, "r1", at=20)
    disk_is_full(stage, 20, 20.005)
    stage.run(until=21)
    closed = {frame["offer_id"]: frame for frame in driver.heard("offer_closed")}
    assert {frame["reason"] for frame in closed.values()} == {"unavailable"} and len(closed) == 2
    for offer_id, frame in closed.items():
        driver.declines(frame["ride_id"], offer_id=offer_id)
        stage.run(until=21)
        assert driver.last() == frame


@pytest.mark.parametrize("seed", range(60))
def test_on_a_disk_that_often_fails_nobody_hears_what_is_not_so(play: Theatre, seed: int) -> None:
    options = WorldOptions(permute=True, commit_delay_s=(0.0, 0.02), failure_rate=0.2)
    stage = play(seed, told=f"seed {seed}", options=options)
    an_accept(stage)
    stage.drivers["d2"].accepts("r1", at=20)
    stage.passengers["r1"].cancels(at=20.03)
    stage.run(until=25)
    check_that_what_was_told_is_on_disk(stage)
    stage.world.journal._failure_rate = 0.0
