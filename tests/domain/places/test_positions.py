"""The position board: the latest position counts, and a wrong one moves nobody."""

from math import nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.domain.places.positions import (
    AGREEING_FIXES,
    BELIEVED,
    IMPOSSIBLE_SPEED,
    JUMP_SLACK_M,
    NEWS,
    OUT_OF_ORDER,
    TOO_OLD,
    PositionBoard,
)
from dispatch.ids import DriverId
from dispatch.values import Fix
from sim.city.offsets import destination

DAN, EVE = DriverId("dan"), DriverId("eve")
HOME = (-33.92, 18.42)
SLOW = 10.0
"""Seconds between two reports of an idle driver."""


def km_north(km: float, of: tuple[float, float] = HOME) -> tuple[float, float]:
    return destination(*of, km * 1_000.0, 0.0)


@pytest.fixture
def board() -> PositionBoard:
    """Dan has been at home since second 0."""
    board = PositionBoard()
    board.report(DAN, *HOME, 0.0)
    return board


def place_of(board: PositionBoard, driver_id: DriverId = DAN) -> tuple[float, float]:
    fix = board.position(driver_id)
    assert fix is not None
    return fix.lat, fix.lon


# -- latest wins


def test_a_first_position_is_believed_wherever_it_is_and_is_news() -> None:
    board = PositionBoard()
    assert board.position(DAN) is None
    assert board.report(DAN, *HOME, 5.0, 90.0) == NEWS
    assert board.position(DAN) == Fix(*HOME, 5.0, 90.0)


def test_moving_replaces_place_time_and_heading_and_is_no_news(board: PositionBoard) -> None:
    there = km_north(0.1)
    assert board.report(DAN, *there, SLOW, 12.5) == BELIEVED
    assert board.position(DAN) == Fix(*there, SLOW, 12.5)


def test_standing_still_keeps_a_position_young(board: PositionBoard) -> None:
    assert board.report(DAN, *HOME, 50.0) == BELIEVED
    assert board.fresh(DAN, 110.0)
    assert not board.fresh(DAN, 110.5)


def test_drivers_do_not_disturb_one_another(board: PositionBoard) -> None:
    far = km_north(300.0)
    assert board.report(EVE, *far, 1.0) == NEWS
    assert place_of(board, EVE) == far
    assert place_of(board) == HOME
    assert board.refused == 0


def test_a_drain_names_everyone_who_moved_once_with_the_latest_place_in_the_order_of_first_moves(
    board: PositionBoard,
) -> None:
    board.report(EVE, *HOME, 0.0)
    board.drain()
    for step, driver_id in enumerate((EVE, DAN, EVE), start=1):
        board.report(driver_id, *km_north(0.1 * step), SLOW * step)
    assert [(driver_id, (fix.lat, fix.lon)) for driver_id, fix in board.drain().items()] == [
        (EVE, km_north(0.1 * 3)),
        (DAN, km_north(0.1 * 2)),
    ]
    assert board.drain() == {}


def test_who_stands_still_or_is_not_believed_is_not_drained(board: PositionBoard) -> None:
    board.drain()
    board.report(DAN, *HOME, SLOW)
    board.report(DAN, *km_north(300.0), 2 * SLOW)
    board.report(DAN, *km_north(0.1), 5.0)
    assert board.drain() == {}


def test_a_followed_driver_is_seen_from_the_first_position_on() -> None:
    board, seen = PositionBoard(), list[tuple[DriverId, float]]()
    board.follower = lambda driver_id, fix: seen.append((driver_id, fix.at))
    board.follow(DAN)
    for at, driver_id in enumerate((EVE, DAN, DAN)):
        board.report(driver_id, *km_north(0.01 * at), float(at))
    assert seen == [(DAN, 1.0), (DAN, 2.0)]


# -- old news


def test_a_fix_recorded_before_the_known_one_changes_nothing(board: PositionBoard) -> None:
    here = km_north(0.2)
    board.report(DAN, *here, 20.0, 0.0)
    assert board.report(DAN, *km_north(0.1), 19.0, 180.0) == OUT_OF_ORDER
    assert board.position(DAN) == Fix(*here, 20.0, 0.0)
    assert board.refused == 1


def test_an_older_fix_of_the_same_place_does_not_make_the_position_older(board: PositionBoard) -> None:
    board.report(DAN, *HOME, 50.0)
    board.report(DAN, *HOME, 10.0)
    assert board.position(DAN) == Fix(*HOME, 50.0)


def test_two_fixes_of_one_instant_are_taken_in_the_order_in_which_they_came(board: PositionBoard) -> None:
    board.report(DAN, *km_north(0.05), SLOW)
    board.report(DAN, *km_north(0.1), SLOW)
    assert place_of(board) == km_north(0.1)


def test_the_board_takes_times_as_they_come_so_whoever_reports_clamps_the_future(board: PositionBoard) -> None:
    there = km_north(1.0)
    board.report(DAN, *there, 3_600.0)
    assert board.position(DAN) == Fix(*there, 3_600.0)
    assert board.report(DAN, *km_north(1.1), 20.0) == OUT_OF_ORDER
    assert place_of(board) == there, "after a fix an hour ahead, every true one is too old"


# -- freshness


def test_a_position_is_fresh_for_exactly_its_greatest_age(board: PositionBoard) -> None:
    assert board.fresh(DAN, 60.0)
    assert not board.fresh(DAN, 60.001)
    assert not board.fresh(EVE, 0.0), "and one that is not known never is"


@pytest.mark.parametrize(("at", "is_news"), [(59.0, False), (60.0, False), (60.001, True), (7_200.0, True)])
@pytest.mark.parametrize("moved_km", [0.0, 0.1])
def test_hearing_again_of_a_driver_whose_position_was_stale_is_news(
    board: PositionBoard, at: float, is_news: bool, moved_km: float
) -> None:
    board.drain()
    there = km_north(moved_km) if moved_km else HOME
    assert board.report(DAN, *there, at) == (NEWS if is_news else BELIEVED)
    assert (DAN in board.drain()) is (is_news or there != HOME)
    assert board.fresh(DAN, at)


def test_how_long_a_position_is_fresh_is_a_setting() -> None:
    board = PositionBoard(max_age_s=5.0)
    board.report(DAN, *HOME, 0.0)
    assert not board.fresh(DAN, 5.5)
    assert board.report(DAN, *HOME, 5.5) == NEWS


def test_a_first_position_may_be_stale_from_the_start(board: PositionBoard) -> None:
    now = 1_000.0
    assert board.report(EVE, *HOME, now - 900.0) == NEWS
    assert not board.fresh(EVE, now)
    assert board.report(EVE, *HOME, now) == NEWS


# -- jumps


@pytest.mark.parametrize(("metres", "believed"), [(600.0, True), (745.0, True), (755.0, False), (300_000.0, False)])
@pytest.mark.parametrize("east", [False, True])
def test_nobody_drives_faster_than_60_m_a_second_and_the_slack(
    board: PositionBoard, metres: float, believed: bool, east: bool
) -> None:
    assert 60.0 * SLOW + JUMP_SLACK_M == 750.0
    there = destination(*HOME, 0.0 if east else metres, metres if east else 0.0)
    board.report(DAN, *there, SLOW)
    assert place_of(board) == (there if believed else HOME)
    assert board.refused == (not believed)


def test_how_fast_a_driver_may_be_is_a_setting() -> None:
    board = PositionBoard(max_speed_mps=10.0)
    board.report(DAN, *HOME, 0.0)
    board.report(DAN, *km_north(0.3), SLOW)
    assert place_of(board) == HOME
    board.report(DAN, *km_north(0.2), SLOW)
    assert place_of(board) == km_north(0.2)


def test_a_refused_jump_does_not_keep_the_position_young(board: PositionBoard) -> None:
    board.report(DAN, *km_north(300.0), 50.0)
    assert not board.fresh(DAN, 61.0)


def test_a_way_that_took_long_enough_is_no_jump(board: PositionBoard) -> None:
    assert board.report(DAN, *km_north(300.0), 5_001.0) == NEWS
    assert place_of(board) == km_north(300.0)


def test_three_fixes_in_a_row_that_agree_prove_the_board_wrong(board: PositionBoard) -> None:
    assert AGREEING_FIXES == 3
    for step in (1, 2):
        assert board.report(DAN, *km_north(300.0 + 0.1 * step), SLOW * step) == IMPOSSIBLE_SPEED
        assert place_of(board) == HOME
    there = km_north(300.3)
    assert board.report(DAN, *there, SLOW * 3, 45.0) == BELIEVED
    assert board.position(DAN) == Fix(*there, SLOW * 3, 45.0)
    assert board.refused == 2
    board.report(DAN, *km_north(300.4), SLOW * 4)
    assert place_of(board) == km_north(300.4), "from there the driver goes on"


@pytest.mark.parametrize("honest", [HOME, km_north(0.1)], ids=["standing still", "driving"])
def test_an_honest_fix_between_them_begins_the_row_anew(board: PositionBoard, honest: tuple[float, float]) -> None:
    mirage = km_north(300.0)
    for step, place in enumerate((mirage, mirage, honest, mirage, mirage), start=1):
        board.report(DAN, *place, SLOW * step)
        assert place_of(board) != mirage
    board.report(DAN, *mirage, SLOW * 6)
    assert place_of(board) == mirage, "three in a row at last"


def test_an_old_fix_of_the_same_place_is_no_word_against_a_jump(board: PositionBoard) -> None:
    for step in (1, 2):
        board.report(DAN, *km_north(300.0), SLOW * step)
        board.report(DAN, *HOME, 0.0)
    board.report(DAN, *km_north(300.0), SLOW * 3)
    assert place_of(board) == km_north(300.0)


def test_jumps_that_do_not_agree_are_never_believed(board: PositionBoard) -> None:
    for step in range(1, 30):
        board.report(DAN, *km_north(300.0 + 50.0 * (step % 2)), step)
    assert place_of(board) == HOME
    assert board.refused == 29


def test_agreeing_fixes_agree_in_whichever_order_they_arrive(board: PositionBoard) -> None:
    for at in (12.5, 10.0, 15.0):
        board.report(DAN, *km_north(300.0 + at / 25.0), at)
    assert place_of(board) == km_north(300.6)


def test_what_is_no_number_moves_nobody_however_often_it_comes(board: PositionBoard) -> None:
    for step, place in enumerate([(nan, 18.42), (-33.92, nan), (nan, nan)] * 3, start=1):
        board.report(DAN, *place, step)
    assert place_of(board) == HOME
    assert board.refused == 9


def test_every_report_is_counted_and_every_refusal(board: PositionBoard) -> None:
    board.report(DAN, *HOME, SLOW)
    board.report(DAN, *km_north(300.0), SLOW)
    board.report(DAN, *km_north(0.1), 5.0)
    assert (board.reports, board.refused) == (4, 2)


# -- all over the globe


@pytest.mark.parametrize(("here", "there"), [(179.999, -179.999), (-179.999, 179.999), (180.0, -180.0)])
def test_a_step_over_the_antimeridian_is_a_step(here: float, there: float) -> None:
    board = PositionBoard()
    board.report(DAN, -17.0, here, 0.0)
    board.report(DAN, -17.0, there, SLOW)
    assert place_of(board) == (-17.0, there)


@settings(max_examples=60, deadline=None)
@given(
    st.floats(-80.0, 80.0),
    st.sampled_from((-180.0, -179.9999, -73.98, 0.0, 18.42, 179.99)),
    st.lists(st.tuples(st.floats(0.0, 30.0), st.floats(-40.0, 40.0), st.floats(-40.0, 40.0)), min_size=1, max_size=20),
)
def test_no_drive_below_the_limit_is_ever_refused(
    lat: float, lon: float, legs: list[tuple[float, float, float]]
) -> None:
    board, now = PositionBoard(), 0.0
    board.report(DAN, lat, lon, now)
    for seconds, north_mps, east_mps in legs:
        now += seconds
        lat, lon = destination(lat, lon, north_mps * seconds, east_mps * seconds)
        board.report(DAN, lat, lon, now)
        assert place_of(board) == (lat, lon)
    assert board.refused == 0


# -- what was kept


@pytest.mark.parametrize("hours", [1, 2])
def test_what_was_kept_for_more_than_an_hour_or_what_the_setting_says_tells_nothing_any_more(hours: int) -> None:
    board, now, kept_s = PositionBoard(max_delay_s=hours * 3_600.0), 10_000.0, hours * 3_600.0
    board.report(DAN, *HOME, 0.0)
    assert board.report_late(DAN, *km_north(1.0), now - kept_s - 0.1, now) == TOO_OLD
    assert place_of(board) == HOME
    assert board.report_late(DAN, *km_north(1.0), now - kept_s, now) == NEWS
    assert (board.reports, board.refused) == (3, 1)


def test_kept_positions_are_news_once_they_tell_where_the_driver_is_now(board: PositionBoard) -> None:
    now = 200.0
    steps = [(10.0 * step, km_north(0.1 * step)) for step in range(1, 20)]
    verdicts = {at: board.report_late(DAN, *place, at, now) for at, place in steps}
    assert [at for at, verdict in verdicts.items() if verdict == NEWS] == [140.0]
    assert set(verdicts.values()) == {NEWS, BELIEVED}
    assert board.position(DAN) == Fix(*km_north(1.9), 190.0)
