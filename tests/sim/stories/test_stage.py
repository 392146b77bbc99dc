"""The stage: scripted people say what they should when they should, hear what they may, and mistakes in what they hear are found."""

from dataclasses import replace
from typing import Any

import pytest

from dispatch.domain.places.geo import haversine_m
from sim.checks.livelock import Livelock
from sim.stories.stage import PICKUP, Stage, StageDriver, StagePassenger, near_pickup


@pytest.fixture
def stage() -> Stage:
    return Stage(seed=3)


def an_assigned_ride(stage: Stage) -> tuple[StageDriver, StagePassenger]:
    driver, passenger = stage.driver("d1"), stage.passenger("r1")
    passenger.books(at=1)
    driver.accepts("r1", at=4)
    return driver, passenger


@pytest.mark.parametrize(("north_km", "east_km", "metres"), [(1, 0, 1000), (0, -2, 2000), (3, 4, 5000)])
def test_a_point_lies_as_far_from_the_pickup_as_it_says(north_km: float, east_km: float, metres: float) -> None:
    assert haversine_m(*PICKUP, *near_pickup(north_km, east_km)) == pytest.approx(metres, rel=1e-3)


def test_a_line_of_the_script_is_said_at_its_second_and_not_before(stage: Stage) -> None:
    driver, passenger = an_assigned_ride(stage)
    stage.run(until=3.99)
    assert driver.story() == ["ride_request"]
    stage.run(until=4)
    assert driver.story() == ["ride_request", "ride_accepted"]
    assert [frame.at for frame in passenger.heard()] == [1.0, 4.0]


def test_a_line_without_a_second_is_said_now(stage: Stage) -> None:
    driver = stage.driver("d1")
    stage.run(until=2.5)
    driver.says("ping")
    assert [(frame["type"], frame.at) for frame in driver.heard()] == [("pong", 2.5)]


def test_frames_are_json_as_apps_know_it_and_may_be_none_at_all(stage: Stage) -> None:
    driver = stage.driver("d1")
    driver.says_raw('{"type": "ping", "id": "k1"}')
    driver.says_raw("{")
    assert driver.story() == ["pong", "ack", "error"]
    assert driver.last("error")["code"] == "bad_json"


def test_what_was_heard_can_be_asked_for_by_type_and_by_time(stage: Stage) -> None:
    _, passenger = an_assigned_ride(stage)
    stage.run(until=5)
    assert [frame["type"] for frame in passenger.heard(since=2)] == ["driver_assigned"]
    assert passenger.heard("searching") == [passenger.frames[0]]
    assert passenger.last()["driver_id"] == "d1"
    with pytest.raises(IndexError):
        passenger.last("no_drivers")


def test_a_driver_says_where_they_are_every_ten_seconds_while_they_are_connected(stage: Stage) -> None:
    stage.driver("d1").leaves(at=35)
    stage.driver("d2", reports=False)
    stage.run(until=100)
    assert stage.world.board.reports == 1 + 3 + 1


def test_somebody_who_dies_neither_says_nor_hears_anything_until_they_return(stage: Stage) -> None:
    driver = stage.driver("d1")
    driver.dies(at=1)
    driver.says("ping", at=2)
    stage.passenger("r1").books(at=3)
    stage.run(until=5)
    assert driver.story() == []
    driver.returns(at=6)
    stage.run(until=6)
    assert driver.story() == ["snapshot"]
    assert driver.last()["offer"]["ride_id"] == "r1"


def test_a_connection_that_the_server_ends_is_noted_with_its_code(stage: Stage) -> None:
    driver = stage.driver("d1")
    stage.run(until=1)
    driver.connect()
    stage.run(until=2)
    assert driver.closes == [(1.0, 4504)]
    driver.says("ping")
    assert driver.last()["type"] == "pong", "the newer connection is the one that speaks"


def test_a_reaction_is_done_with_each_frame_of_its_type(stage: Stage) -> None:
    driver, passenger = stage.driver("d1"), stage.passenger("r1")
    driver.whenever("ride_request", lambda heard: driver.accepts(heard["ride_id"], at=stage.now + 2))
    passenger.books(at=1)
    stage.run(until=3)
    assert passenger.last()["driver_id"] == "d1"


def test_a_frame_that_was_heard_before_is_marked_and_left_out_of_the_story(stage: Stage) -> None:
    driver, passenger = stage.driver("d1"), stage.passenger("r1")
    passenger.books(at=1)
    driver.declines("r1", at=2)
    driver.accepts("r1", at=3)
    stage.run(until=3)
    assert driver.story() == ["ride_request", "offer_closed"]
    assert [frame.again for frame in driver.heard("offer_closed")] == [False, True]


def test_at_the_end_drivers_finish_what_they_are_on_and_searches_run_out(stage: Stage) -> None:
    driver, passenger = an_assigned_ride(stage)
    waiting = stage.passenger("r2")
    waiting.books(at=2)
    stage.run(until=5)
    driver.dies()
    assert stage.end() == []
    assert passenger.story()[-1] == "ride_completed"
    assert waiting.story()[-1] == "no_drivers"


@pytest.mark.parametrize(
    ("frames", "invariant"),
    [
        ([{"type": "searching", "seq": 1}, {"type": "searching", "seq": 3}], "no-gap"),
        ([{"type": "searching", "seq": 1}, {"type": "no_drivers", "seq": 1}], "one-number-one-frame"),
    ],
)
def test_a_stream_with_a_gap_or_a_number_twice_is_a_violation(
    stage: Stage, frames: list[dict[str, Any]], invariant: str
) -> None:
    passenger = stage.passenger("r1")
    for frame in frames:
        passenger._on_frame(frame)
    (violation,) = stage.end()
    assert invariant in violation


def test_the_record_of_a_ride_is_what_is_on_disk(stage: Stage) -> None:
    an_assigned_ride(stage)
    stage.run(until=5)
    assert [type(event).__name__ for event in stage.record("r1")] == [
        "RideRequested",
        "OffersMade",
        "DriverReserved",
        "RideAssigned",
    ]


def test_a_world_that_goes_round_in_circles_is_stopped(stage: Stage) -> None:
    driver = stage.driver("d1")
    driver.whenever("pong", lambda heard: driver.does(lambda: driver.says("ping"), at=stage.now))
    stage.world.gateway.settings = replace(stage.world.gateway.settings, message_burst=10**5)
    driver.connect()
    driver.says("ping")
    with pytest.raises(Livelock, match=r"second 1767225600\.0 does not end"):
        stage.run(until=1)


def test_an_actor_that_is_not_awake_is_not_found(stage: Stage) -> None:
    with pytest.raises(LookupError, match="ride/r9"):
        stage.actor("ride/r9")


def test_the_same_seed_and_script_give_the_same_story() -> None:
    stories = []
    for _ in range(2):
        stage = Stage(seed="same")
        _, passenger = an_assigned_ride(stage)
        assert stage.end() == []
        stories.append((passenger.frames, stage.world.trace.digest()))
    assert stories[0] == stories[1]


def test_while_the_server_is_down_nobody_answers_and_then_it_goes_on_from_what_is_on_disk() -> None:
    stage = Stage()
    driver, passenger = stage.driver("d1"), stage.passenger("r1")
    passenger.books(at=1)
    driver.accepts("r1", at=5)
    stage.crashes(at=10, down_s=5.0)
    for person in (driver, passenger):
        person.returns(at=12)
        person.returns(at=16)
    stage.run(until=14)
    assert [person.heard(since=10.0) for person in (driver, passenger)] == [[], []]
    stage.run(until=17)
    assert [frame.at for person in (driver, passenger) for frame in person.heard(since=10.0)] == [16.0, 16.0]
    assert driver.last("snapshot")["ride"]["ride_id"] == "r1"
    assert passenger.last("snapshot")["status"] == "accepted"
    assert stage.end() == []
