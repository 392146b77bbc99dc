"""Scenario 10. A driver accepts and then does not come: stands still, drives away, or is not heard any more.

After several ticks of ten seconds the driver is warned, then the passenger is told, and where it is so configured somebody else is
asked. One slow tick does nothing. And a passenger sees the driver of the own ride come, and no other.
"""

from itertools import pairwise

import pytest

from dispatch.domain.places.following import POINTS_A_CHUNK
from dispatch.messages.events import TrackRecorded
from sim.stories.stage import Stage, StageDriver, near_pickup
from tests.scenarios.theatre import Theatre, news

QUICK = {"watch_warn_s": 30.0, "watch_tell_s": 60.0}


def assigned(stage: Stage, drivers: int = 2) -> StageDriver:
    """d1, three kilometres away, accepts at second 5."""
    for number in range(1, drivers + 1):
        stage.driver(f"d{number}", north_km=2.0 + number)
    stage.passenger("r1").books(at=0)
    stage.drivers["d1"].accepts("r1", at=5)
    return stage.drivers["d1"]


def comes(
    driver: StageDriver, *, until: float, km_a_step: float = 0.1, start_km: float = 3.0, since: float = 10.0
) -> None:
    """A tenth of a kilometre every ten seconds."""
    for step in range(int((until - since) // 10)):
        driver.moves(start_km - km_a_step * step, at=since + 10.0 * step)


def test_a_driver_who_stands_still_is_warned_and_then_their_passenger_is_told(play: Theatre) -> None:
    stage = play(**QUICK)
    driver = assigned(stage)
    stage.run(until=120)
    (warned,), (told,) = driver.heard("warning"), stage.passengers["r1"].heard("driver_unreachable")
    assert (warned["reason"], told["reason"]) == ("standing_still", "standing_still")
    assert 35.0 < warned.at <= 45.0
    assert 65.0 < told.at <= 75.0
    assert stage.passengers["r1"].story() == ["searching", "driver_assigned", "driver_unreachable"]


def test_one_who_drives_away_is_noticed_as_such(play: Theatre) -> None:
    stage = play(**QUICK)
    driver = assigned(stage)
    comes(driver, until=120, km_a_step=-0.1)
    stage.run(until=120)
    assert driver.last("warning")["reason"] == "driving_away"
    assert stage.passengers["r1"].last("driver_unreachable")["reason"] == "driving_away"


def test_one_whose_link_dies_is_told_once_their_position_is_too_old(play: Theatre) -> None:
    stage = play()
    driver = assigned(stage)
    comes(driver, until=60)
    driver.dies(at=61)
    stage.run(until=150)
    (told,) = stage.passengers["r1"].heard("driver_unreachable")
    assert told["reason"] == "not_heard"
    assert 110.0 < told.at <= 130.0


def test_one_who_returns_in_time_was_never_missed(play: Theatre) -> None:
    stage = play()
    driver = assigned(stage)
    comes(driver, until=50)
    driver.dies(at=51)
    driver.returns(at=95)
    comes(driver, until=400, start_km=2.5, since=96)
    stage.run(until=400)
    assert "driver_unreachable" not in stage.passengers["r1"].story()


def test_one_slow_stretch_does_nothing(play: Theatre) -> None:
    stage = play(**QUICK)
    driver = assigned(stage)
    comes(driver, until=60)
    comes(driver, until=200, start_km=2.5, since=80)
    stage.run(until=200)
    assert "warning" not in driver.story()
    assert "driver_unreachable" not in stage.passengers["r1"].story()


@pytest.mark.parametrize("trouble", ["stands still", "drives away", "is not heard"])
def test_where_it_is_so_configured_the_ride_is_offered_to_others(play: Theatre, trouble: str) -> None:
    stage = play(**QUICK, watch_give_up_s=90.0)
    driver = assigned(stage)
    if trouble == "drives away":
        comes(driver, until=200, km_a_step=-0.1)
    elif trouble == "is not heard":
        driver.dies(at=6)
    stage.run(until=120)
    passenger = stage.passengers["r1"]
    cancelled = passenger.last("driver_cancelled")
    assert cancelled["by"] == "system"
    assert cancelled["reason"] in ("standing_still", "driving_away", "not_heard")
    assert 95.0 < cancelled.at <= 110.0
    assert stage.drivers["d2"].offer("r1").at == cancelled.at
    if trouble != "is not heard":
        assert news(driver)[-1] == "ride_cancelled"
    stage.drivers["d2"].accepts("r1", at=125)
    stage.run(until=126)
    assert passenger.last("driver_assigned")["driver_id"] == "d2"


def test_after_the_pickup_nobody_is_watched_any_more(play: Theatre) -> None:
    stage = play(**QUICK)
    driver = assigned(stage)
    driver.says("arrived", at=20, ride_id="r1")
    stage.run(until=300)
    assert "driver_unreachable" not in stage.passengers["r1"].story()
    assert [warning["reason"] for warning in driver.heard("warning")] == ["far_from_pickup"]


def test_a_passenger_sees_their_own_driver_come_at_most_every_two_seconds(play: Theatre) -> None:
    stage = play()
    driver = assigned(stage)
    for step in range(100):
        driver.moves(3.0 - 0.005 * step, at=10.0 + 0.5 * step)
    other = stage.passenger("r2")
    stage.run(until=60)
    seen = stage.passengers["r1"].heard("driver_location", since=10.0)
    gaps = [later.at - earlier.at for earlier, later in pairwise(seen)]
    assert min(gaps) >= 2.0
    assert len(seen) >= 24
    assert [set(frame) >= {"ride_id", "latitude", "longitude", "eta_s", "distance_m"} for frame in seen] == [
        True
    ] * len(seen)
    assert "seq" not in seen[0]
    assert seen[-1]["distance_m"] < seen[0]["distance_m"]
    assert seen[-1]["latitude"] == pytest.approx(driver.place[0], abs=1e-3)
    assert other.heard("driver_location") == []


def test_what_was_left_out_between_two_is_made_up_for(play: Theatre) -> None:
    stage = play()
    driver = assigned(stage)
    driver.moves(2.5, at=20)
    driver.moves(2.45, at=20.5)
    stage.run(until=31)
    assert stage.passengers["r1"].last("driver_location")["latitude"] == pytest.approx(driver.place[0], abs=1e-9)


def test_on_the_trip_the_way_that_is_left_is_the_one_to_the_dropoff(play: Theatre) -> None:
    stage = play()
    driver = assigned(stage)
    driver.moves(0.0, at=300)
    driver.says("arrived", at=301, ride_id="r1")
    driver.says("start_ride", at=330, ride_id="r1")
    stage.run(until=331)
    assert stage.passengers["r1"].last("driver_location")["distance_m"] == pytest.approx(1.3 * 2259, rel=0.02)


def test_a_passenger_who_returns_sees_at_once_where_their_driver_is(play: Theatre) -> None:
    stage = play()
    assigned(stage)
    stage.passengers["r1"].leaves(at=20)
    stage.passengers["r1"].returns(at=45)
    stage.run(until=46)
    assert stage.passengers["r1"].last()["type"] == "snapshot"
    assert [frame.at for frame in stage.passengers["r1"].heard("driver_location", since=21.0)] == [45.0]


def test_a_snapshot_says_where_the_driver_is_from_the_assignment_to_the_end(play: Theatre) -> None:
    stage = play()
    driver = assigned(stage)
    passenger = stage.passengers["r1"]
    driver.moves(2.5, at=20)
    for at in (25, 120, 350):
        passenger.leaves(at=at)
        passenger.returns(at=at + 1)
    driver.moves(0.0, at=100)
    driver.says("arrived", at=110, ride_id="r1")
    driver.says("start_ride", at=119, ride_id="r1")
    stage.run(until=27)
    where = passenger.last("snapshot")
    assert (where["driver_latitude"], where["driver_longitude"]) == pytest.approx(near_pickup(2.5), abs=1e-6)
    assert where["distance_m"] == pytest.approx(1.3 * 2500, rel=0.02)
    assert where["eta_s"] > 60
    stage.run(until=122)
    where = passenger.last("snapshot")
    assert where["driver_latitude"] == pytest.approx(near_pickup(0.0)[0], abs=1e-6)
    assert where["distance_m"] == pytest.approx(1.3 * 2259, rel=0.02), "what is left to the dropoff"
    driver.says("complete_ride", at=300, ride_id="r1")
    stage.run(until=352)
    assert passenger.last("snapshot")["status"] == "completed"
    assert "driver_latitude" not in passenger.last("snapshot")


def test_a_way_that_is_on_record_in_pieces_is_told_as_their_sum(play: Theatre) -> None:
    """A long way is put on disk piece by piece."""
    stage = play()
    driver = assigned(stage)
    driver.moves(0.0, at=20)
    driver.says("arrived", at=30, ride_id="r1")
    driver.says("start_ride", at=40, ride_id="r1")
    for step in range(1, 2 * POINTS_A_CHUNK + 20):
        driver.moves(0.1 * step, at=40.0 + 10.0 * step)
    end = 60.0 + 10.0 * (2 * POINTS_A_CHUNK + 20)
    driver.says("complete_ride", at=end, ride_id="r1")
    stage.run(until=end + 1.0)
    pieces = [
        event.metres for event in stage.record("r1") if isinstance(event, TrackRecorded) and event.leg == "on_trip"
    ]
    assert len(pieces) == 3 and all(piece > 1_000.0 for piece in pieces)
    for person in (stage.passengers["r1"], driver):
        told = person.last("ride_completed")["driven_km"]
        assert told == pytest.approx(0.1 * (2 * POINTS_A_CHUNK + 19), rel=0.01)
        assert told == pytest.approx(sum(pieces) / 1000.0, abs=0.001)


def test_the_way_that_was_driven_is_on_record_and_told_at_the_end(play: Theatre) -> None:
    stage = play()
    driver = assigned(stage)
    comes(driver, until=300)
    driver.moves(0.0, at=320)
    driver.says("arrived", at=330, ride_id="r1")
    driver.says("start_ride", at=340, ride_id="r1")
    for step in range(1, 11):
        driver.moves(0.2 * step, at=340.0 + 20.0 * step)
    driver.says("complete_ride", at=560, ride_id="r1")
    stage.run(until=561)
    for person in (stage.passengers["r1"], driver):
        assert person.last("ride_completed")["driven_km"] == pytest.approx(2.0, rel=0.01)
    legs = [event.leg for event in stage.record("r1") if type(event).__name__ == "TrackRecorded"]  # type: ignore[attr-defined]
    assert legs == ["to_pickup", "on_trip"]
