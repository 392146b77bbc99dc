"""Everybody of a zone, by place and status."""

from math import inf

from dispatch.domain.matching.supply import Supply
from dispatch.domain.places.positions import PositionBoard
from dispatch.ids import DriverId
from sim.city.offsets import destination

HERE = (-33.92, 18.42)
D1, D2, D3 = (DriverId(name) for name in ("d1", "d2", "d3"))


def near(supply: Supply, k: int = 5) -> list[tuple[int, str]]:
    assert supply.everybody is not None
    return [(round(metres), driver_id) for metres, driver_id in supply.everybody.nearest(*HERE, k, inf)]


def test_drivers_are_there_whatever_they_say_and_however_far() -> None:
    board = PositionBoard()
    supply = Supply(board, 1, explains=True)
    for driver_id, metres in ((D1, 900_000.0), (D2, 50.0)):
        board.report(driver_id, *destination(*HERE, metres, 0.0), 0.0)
    supply.announced(D2, "busy", "sedan")
    supply.drain()
    assert near(supply) == [(50, "d2"), (900_000, "d1")]
    assert near(supply, 1) == [(50, "d2")]


def test_who_moves_has_moved_and_who_stood_before_they_were_known_stands_there() -> None:
    board = PositionBoard(max_speed_mps=1e9)
    board.report(D1, *HERE, 0.0)
    board.drain()  # somebody who was made anew looked before
    supply = Supply(board, 1, explains=True)
    supply.get(D1)
    assert near(supply) == [(0, "d1")]
    board.report(D1, *destination(*HERE, 700.0, 0.0), 1.0)
    supply.drain()
    assert near(supply) == [(700, "d1")]


def test_statuses_are_counted() -> None:
    board = PositionBoard()
    supply = Supply(board, 1, explains=True)
    for driver_id, status in ((D1, "available"), (D2, "available"), (D3, "busy"), (D1, "busy"), (D1, "busy")):
        supply.announced(driver_id, status, "")
    assert supply.counts == {"available": 1, "busy": 2, "offline": 0}
