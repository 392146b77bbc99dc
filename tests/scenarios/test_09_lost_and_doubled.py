"""Scenario 9. Frames and connections are lost, and frames come twice.

Whoever comes back says how much was heard, hears the rest as it was, and asks again with the same id for what was not answered:
it is done once, and answered as it was. A whole sweep of such worlds is in `tests/explorer`.
"""

from typing import Any

import pytest

from dispatch.messages.events import DriverReserved, RideAssigned, RideRequested
from sim.explore.explorer import explore
from sim.stories.stage import Stage, StageDriver, StagePassenger
from sim.world import WorldOptions
from tests.scenarios.theatre import Theatre, every_order

SLOW_DISK = WorldOptions(commit_delay_s=(0.5, 0.5))


def an_accept(stage: Stage) -> tuple[StageDriver, StagePassenger]:
    """d1 is asked for r1 and accepts at second 10, with the id k."""
    driver, passenger = stage.driver("d1"), stage.passenger("r1")
    stage.run(until=4)
    passenger.books(at=5)
    driver.accepts("r1", at=10, id="k")
    return driver, passenger


def made(stage: Stage, kind: type) -> int:
    return sum(isinstance(event, kind) for event in stage.record("r1"))


def since(person: StageDriver | StagePassenger, second: float) -> list[tuple[str, Any]]:
    """What was heard, and its number or whose answer it is."""
    return [(frame["type"], frame.get("seq", frame.get("id"))) for frame in person.heard(since=second)]


class TestAnAcceptWhoseAnswerIsLost:
    def check(self, stage: Stage, driver: StageDriver, passenger: StagePassenger) -> None:
        assert (made(stage, DriverReserved), made(stage, RideAssigned)) == (1, 1)
        assert driver.heard("offer_closed") == []
        assert len(passenger.heard("driver_assigned")) == 1
        assert driver.last("ack")["result"] == "ok"

    def test_said_again_after_a_resume_it_gets_the_same_answer_once(self, play: Theatre) -> None:
        stage = play(options=SLOW_DISK)
        driver, passenger = an_accept(stage)
        driver.dies(at=10.2)
        driver.resumes(at=20)
        driver.accepts("r1", at=20, id="k")
        stage.run(until=25)
        self.check(stage, driver, passenger)
        assert since(driver, 20) == [("ride_accepted", 2), ("snapshot", 3), ("ride_accepted", 2), ("ack", "k")]
        assert driver.last("snapshot")["recovered"] is True
        assert driver.story(since=20) == ["ride_accepted", "snapshot", "ack"], "the second is one that the app drops"

    def test_said_again_while_the_first_is_still_under_way_it_is_answered_with_it(self, play: Theatre) -> None:
        stage = play(options=SLOW_DISK)
        driver, passenger = an_accept(stage)
        driver.dies(at=10.2)
        driver.resumes(at=10.4)
        driver.accepts("r1", at=10.4, id="k")
        stage.run(until=15)
        self.check(stage, driver, passenger)
        assert [frame["id"] for frame in driver.heard("ack")] == ["k"]
        assert len(driver.heard("ride_accepted")) == 1

    def test_lost_on_its_way_in_it_is_done_when_it_comes_again(self, play: Theatre) -> None:
        stage = play()
        driver, passenger = an_accept(stage)
        driver.dies(at=9.9)
        driver.resumes(at=15)
        driver.accepts("r1", at=15, id="k")
        stage.run(until=15)
        self.check(stage, driver, passenger)

    def test_without_a_resume_a_snapshot_comes_first_and_then_the_same_answer(self, play: Theatre) -> None:
        stage = play(options=SLOW_DISK)
        driver, passenger = an_accept(stage)
        driver.dies(at=10.2)
        driver.returns(at=20)
        driver.accepts("r1", at=20, id="k")
        stage.run(until=25)
        self.check(stage, driver, passenger)
        assert since(driver, 20) == [("snapshot", 3), ("ride_accepted", 2), ("ack", "k")]
        snapshot = driver.last("snapshot")
        assert (snapshot["recovered"], snapshot["ride"]["ride_id"]) == (False, "r1")

    def test_in_every_order_of_what_falls_on_the_instant_it_is_done_once(self, play: Theatre) -> None:
        for dice in every_order(since=10.0, surprises=1):
            stage = play.in_order(dice)
            driver, passenger = an_accept(stage)
            driver.resumes(at=10)
            driver.accepts("r1", at=10, id="k")
            stage.run(until=15)
            self.check(stage, driver, passenger)

    def test_after_the_ride_is_over_it_still_gets_the_answer_it_had(self, play: Theatre) -> None:
        stage = play()
        driver, _ = an_accept(stage)
        driver.drives("r1", step_s=10, at=20)
        driver.accepts("r1", at=60, id="k")
        stage.run(until=60)
        assert driver.last("ack").at == 60.0 and driver.last("ack")["result"] == "ok"
        assert driver.heard("error") == []


class TestAPassengerWhoWasAway:
    """From second 10 to 40, while the ride finds its driver and the driver comes."""

    def play_it(self, stage: Stage) -> tuple[StageDriver, StagePassenger]:
        driver, passenger = stage.driver("d1"), stage.passenger("r1")
        passenger.books(at=5)
        passenger.dies(at=10)
        driver.accepts("r1", at=20)
        driver.says("arrived", at=30, ride_id="r1")
        driver.says("start_ride", at=50, ride_id="r1")
        driver.says("complete_ride", at=60, ride_id="r1")
        return driver, passenger

    def test_they_find_one_snapshot_and_then_what_comes(self, play: Theatre) -> None:
        stage = play()
        _, passenger = self.play_it(stage)
        passenger.returns(at=40)
        stage.run(until=60)
        assert since(passenger, 40) == [("snapshot", 4), ("ride_started", 5), ("ride_completed", 6)]
        snapshot = passenger.last("snapshot")
        assert (snapshot["status"], snapshot["recovered"], snapshot["driver_id"]) == ("arrived", False, "d1")
        assert snapshot["driver_name"] and snapshot["vehicle_registration"]

    def test_if_their_app_resumes_they_hear_all_that_they_missed_first(self, play: Theatre) -> None:
        stage = play()
        _, passenger = self.play_it(stage)
        passenger.resumes(at=40)
        stage.run(until=60)
        assert since(passenger, 40) == [
            ("driver_assigned", 2),
            ("driver_arrived", 3),
            ("snapshot", 4),
            ("ride_started", 5),
            ("ride_completed", 6),
        ]
        assert passenger.last("snapshot")["recovered"] is True

    @pytest.mark.parametrize(("fields", "kept"), [({}, 1), ({"epoch": "another"}, 16), ({"last_seq": 99}, 16)])
    def test_if_that_is_not_all_there_any_more_they_find_one_snapshot(
        self, play: Theatre, fields: dict[str, Any], kept: int
    ) -> None:
        stage = play(stream_kept=kept)
        _, passenger = self.play_it(stage)
        passenger.resumes(at=40, **fields)
        stage.run(until=60)
        assert since(passenger, 40)[:2] == [("snapshot", 4), ("ride_started", 5)]
        assert passenger.last("snapshot")["recovered"] is False

    def test_an_app_that_sees_a_gap_asks_for_it_on_the_same_connection(self, play: Theatre) -> None:
        stage = play()
        _, passenger = self.play_it(stage)
        passenger.returns(at=40)
        stage.run(until=40)
        epoch = passenger.last("snapshot")["epoch"]
        passenger.says("resume", at=45, epoch=epoch, last_seq=1, id="k")
        stage.run(until=45)
        assert since(passenger, 45) == [
            ("driver_assigned", 2),
            ("driver_arrived", 3),
            ("snapshot", 4),
            ("snapshot", 5),
            ("ack", "k"),
        ]

    def test_a_ride_that_left_memory_meanwhile_is_told_in_an_epoch_of_its_own(self, play: Theatre) -> None:
        stage = play()
        _, passenger = self.play_it(stage)
        passenger.resumes(at=200)
        stage.run(until=200)
        snapshot = passenger.last()
        assert (snapshot["status"], snapshot["seq"], snapshot["recovered"]) == ("completed", 1, False)
        assert snapshot["epoch"] != passenger.heard("searching")[0]["epoch"]


class TestDoubledFrames:
    def test_every_command_that_comes_twice_is_done_once_and_answered_twice_alike(self, play: Theatre) -> None:
        stage = play()
        driver, passenger = stage.driver("d1"), stage.passenger("r1")
        for _ in range(2):
            passenger.books(at=5, id="book")
            driver.accepts("r1", at=10, id="accept")
            for at, step in ((20, "arrived"), (30, "start_ride"), (40, "complete_ride")):
                driver.says(step, at=at, ride_id="r1", id=step)
        stage.run(until=50)
        assert (made(stage, RideRequested), made(stage, DriverReserved), made(stage, RideAssigned)) == (1, 1, 1)
        assert driver.heard("error") == passenger.heard("error") == []
        acks = [(ack["id"], ack["result"]) for ack in driver.heard("ack")]
        assert sorted(set(acks)) == [(step, "ok") for step in ("accept", "arrived", "complete_ride", "start_ride")]
        steps = ["ride_accepted", "driver_arrived", "ride_started", "ride_completed"]
        assert [frame for frame in driver.story() if frame in steps] == steps

    def test_a_booking_that_comes_again_after_other_terms_does_not_bring_the_old_ones_back(self, play: Theatre) -> None:
        stage = play()
        passenger = stage.passenger("r1")
        passenger.books(at=5, id="k1", fare=85.5)
        passenger.books(at=10, id="k2", fare=120.0)
        passenger.books(at=15, id="k1", fare=85.5)
        stage.run(until=20)
        fares = [event.trip.fare for event in stage.record("r1") if isinstance(event, RideRequested)]
        assert fares == [85.5, 120.0]


@pytest.mark.parametrize("crashes", [False, True], ids=["one process", "a restart between"])
def test_the_same_id_of_passenger_and_driver_names_two_commands_and_both_are_done(play: Theatre, crashes: bool) -> None:
    """Apps count their frames: the id of one says nothing of the other's."""
    stage = play()
    driver, passenger = stage.driver("d1"), stage.passenger("r1")
    passenger.books(at=1)
    driver.accepts("r1", at=5)
    driver.says("arrived", at=100, ride_id="r1", id="1")
    if crashes:
        stage.crashes(at=101)
        for person in (driver, passenger):
            person.returns(at=102)
    passenger.cancels(at=110, id="1")
    driver.says("arrived", at=111, ride_id="r1", id="1")
    passenger.cancels(at=112, id="1")
    stage.run(until=113)
    events = [type(event).__name__ for event in stage.record("r1")]
    assert (events.count("RideArrived"), events.count("RideCancelled")) == (1, 1)
    assert passenger.last("ride_cancelled")["by"] == "passenger"
    for person in (driver, passenger):
        assert [(ack["id"], ack["result"]) for ack in person.heard("ack")] == [("1", "ok")] * 2


def test_a_world_on_a_bad_network_comes_to_its_end() -> None:
    explored = explore([900], "lossy")
    assert explored.failed is None, str(explored)
