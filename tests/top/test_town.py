"""What `top` makes of the frames that a desk gets."""

from typing import Any

import pytest

from dispatch.ids import DriverId, RideId
from dispatch.messages.notices import Board, BoardChanged, BoardMoved, DriverRow, RideRow
from dispatch.top.town import Gap, TownView, online
from dispatch.top.view import NEWS_KEPT

AT = "2026-11-30T12:00:10Z"


def ride(ride_id: str, status: str = "pending", **more: Any) -> RideRow:
    place = (-26.2, 28.0, "here")
    return RideRow(ride_id, status, "2026-11-30T12:00:03Z", "Sarah", *place, *place, **more)


def driver(index: int, status: str, connected: bool = True) -> DriverRow:
    return (index, DriverId(f"d{index}"), status, connected, True, 1, 2, None, "sedan")


def told(*frames: Any) -> TownView:
    town = TownView()
    town.hear(Board(7, AT, 1000, (driver(0, "available"), driver(1, "busy")), (ride("r1", asked=("d0",)), ride("r2"))))
    for frame in frames:
        town.hear(frame)
    return town


def test_a_board_says_who_is_there() -> None:
    town = told()
    assert town.is_known and not TownView().is_known
    assert (town.rides, town.drivers, town.offers_open) == ({"pending": 2}, {"available": 1, "busy": 1}, 1)


def test_changes_take_the_place_of_what_was_told_and_whoever_is_gone_counts_no_more() -> None:
    change = BoardChanged(
        8, AT, (0,), (driver(1, "offline", False), driver(2, "unavailable")), (ride("r1", "accepted"),)
    )
    town = told(change, BoardMoved(9, AT, ()))
    assert (town.rides, town.drivers) == ({"pending": 1, "accepted": 1}, {"offline": 1, "unavailable": 1})
    assert (town.offers_open, online(town.drivers)) == (0, 1)


def test_who_is_asleep_is_not_online() -> None:
    assert online(told(BoardChanged(8, AT, (), (driver(0, "asleep", False),), ())).drivers) == 1


def test_a_ride_that_is_over_leaves_and_is_counted_by_how() -> None:
    over = (ride("r1", "completed"), ride("r2", "no_drivers"))
    town = told(BoardChanged(8, AT, (), (), over))
    assert (town.rides, town.ended) == ({}, {"completed": 1, "no_drivers": 1})
    assert list(town.news) == ["ride r1: completed", "ride r2: found nobody"]


def test_news_say_how_long_a_ride_waited_and_nothing_of_people() -> None:
    town = told(BoardChanged(8, AT, (), (), (ride("r1", "accepted", driver_id=RideId("27820000001")),)))
    assert list(town.news) == ["ride r1: has a driver, after 7 s"]


def test_news_cannot_move_the_cursor_and_only_the_latest_are_kept() -> None:
    town = TownView(["old"] * 9)
    town.hear(Board(1, AT, 1000, (), ()))
    town.hear(BoardChanged(2, AT, (), (), (ride("r\x1b[2J", "cancelled"),)))
    assert len(town.news) == NEWS_KEPT
    assert "\x1b" not in town.news[-1]


@pytest.mark.parametrize("number", [7, 9])
def test_a_frame_that_is_missing_is_noticed(number: int) -> None:
    with pytest.raises(Gap):
        told(BoardMoved(number, AT, ()))
