"""Tracks: the points that are kept of a way, its length, and that no metre is counted twice."""

import pytest

from dispatch.domain.places.following import POINTS_A_CHUNK, Track, Tracks
from dispatch.domain.places.geo import haversine_m
from dispatch.ids import DriverId, RideId
from dispatch.values import Fix

RIDE, DRIVER = RideId("r1"), DriverId("d1")
STEP_DEG = 0.001
"""Of latitude: 111 metres."""


def fix(number: float, at: float | None = None) -> Fix:
    return Fix(-26.2 + number * STEP_DEG, 28.0, number * 10.0 if at is None else at)


def test_the_metres_of_a_way_are_those_between_its_points() -> None:
    track = Track(RIDE, 30.0)
    for number in range(6):
        track.add(fix(number))
    points, metres = track.take()
    assert [at for at, _, _ in points] == [0.0, 10.0, 20.0, 30.0, 40.0, 50.0]
    assert metres == pytest.approx(haversine_m(-26.2, 28.0, -26.195, 28.0), rel=1e-6)


def test_small_movements_are_left_out_until_they_add_up() -> None:
    track = Track(RIDE, 100.0)
    for tenth in range(21):
        track.add(fix(tenth / 10.0, at=float(tenth)))
    points, metres = track.take()
    assert [at for at, _, _ in points] == [0.0, 9.0, 18.0, 20.0], "the last position ends it"
    assert metres == pytest.approx(2 * 111.2, rel=0.01)


def test_what_was_taken_is_not_taken_again_and_the_way_goes_on_from_there() -> None:
    track = Track(RIDE, 30.0)
    track.add(fix(0))
    track.add(fix(1))
    first, first_m = track.take()
    track.add(fix(2))
    second, second_m = track.take()
    assert second[0] == first[-1]
    assert first_m == pytest.approx(second_m, rel=1e-6)


def test_a_driver_who_did_not_move_has_no_way() -> None:
    tracks = Tracks()
    tracks.begin(RIDE, DRIVER, fix(0))
    assert tracks.take(RIDE, DRIVER) == ((), 0.0)
    assert tracks.where(DRIVER) == (-26.2, 28.0)


def test_a_driver_of_another_ride_has_none_for_this_one() -> None:
    tracks = Tracks()
    tracks.begin(RIDE, DRIVER, fix(0))
    tracks.add(DRIVER, fix(3))
    tracks.end(RideId("r2"), DRIVER)
    assert tracks.take(RideId("r2"), DRIVER) == ((), 0.0)
    assert len(tracks.take(RIDE, DRIVER)[0]) == 2
    tracks.end(RIDE, DRIVER)
    assert not tracks.add(DRIVER, fix(4))
    assert tracks.where(DRIVER) is None


def test_to_begin_again_for_the_same_ride_loses_nothing() -> None:
    tracks = Tracks()
    tracks.begin(RIDE, DRIVER, fix(0))
    tracks.add(DRIVER, fix(1))
    tracks.begin(RIDE, DRIVER, fix(1))
    assert len(tracks.take(RIDE, DRIVER)[0]) == 2


def test_a_long_way_asks_to_be_taken_before_it_is_all_lost() -> None:
    tracks = Tracks()
    tracks.begin(RIDE, DRIVER, fix(0))
    asked = [tracks.add(DRIVER, fix(number)) for number in range(1, POINTS_A_CHUNK)]
    assert asked == [False] * (POINTS_A_CHUNK - 2) + [True]
    kept = [tracks.add(DRIVER, fix(number)) for number in range(POINTS_A_CHUNK, 3 * POINTS_A_CHUNK)]
    assert kept.count(True) == 2, "however many come before anybody takes them"
