"""Everybody of a zone, by place and status."""

from dispatch.domain.matching.supply import Roster, Supply
from dispatch.domain.places.positions import PositionBoard
from dispatch.ids import DriverId
from sim.city.offsets import destination

HERE = (-33.92, 18.42)
D1, D2, D3 = (DriverId(name) for name in ("d1", "d2", "d3"))


def near(roster: Roster, k: int = 5) -> list[tuple[int, str]]:
    return [(round(metres), driver_id) for metres, driver_id in roster.nearest(*HERE, k)]


def test_drivers_are_there_whatever_they_say_and_however_far() -> None:
    board = PositionBoard()
    supply = Supply(board, 1, roster=Roster(board))
    roster = supply.roster
    assert roster is not None
    for driver_id, metres in ((D1, 900_000.0), (D2, 50.0)):
        board.report(driver_id, *destination(*HERE, metres, 0.0), 0.0)
    supply.announced(D2, "busy", "sedan")
    supply.drain()
    assert near(roster) == [(50, "d2"), (900_000, "d1")]
    assert near(roster, 1) == [(50, "d2")]


def test_who_moves_has_moved_and_who_stood_before_they_were_known_stands_there() -> None:
    board = PositionBoard(max_speed_mps=1e9)
    board.report(D1, *HERE, 0.0)
    board.drain()  # somebody who was made anew looked before
    supply = Supply(board, 1, roster=Roster(board))
    roster = supply.roster
    assert roster is not None
    supply.get(D1)
    assert near(roster) == [(0, "d1")]
    board.report(D1, *destination(*HERE, 700.0, 0.0), 1.0)
    supply.drain()
    assert near(roster) == [(700, "d1")]


def test_statuses_are_counted() -> None:
    board = PositionBoard()
    supply = Supply(board, 1, roster=Roster(board))
    for driver_id, status in ((D1, "available"), (D2, "available"), (D3, "busy"), (D1, "busy"), (D1, "busy")):
        supply.announced(driver_id, status, "")
    assert supply.roster is not None
    assert supply.roster.counts == {"available": 1, "busy": 2, "offline": 0}
