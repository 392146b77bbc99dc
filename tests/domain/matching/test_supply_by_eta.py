"""The soonest first: on a street map with a river, and without a map as by distance."""

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain.matching.supply import Supply
from dispatch.domain.places.geo import Curve, EtaModel, TravelModel
from dispatch.domain.places.positions import PositionBoard
from dispatch.ids import DriverId
from dispatch.travel.node_link import read
from dispatch.travel.roads import RoadModel, Roads
from dispatch.values import Point
from dispatch.words import DriverStatus
from sim.city.offsets import destination
from tests.travel.maps import CORNER, at, map_file, river_map

RADIUS_M = 5_000.0
PICKUP = at(0, 0)


def anybody(driver_id: DriverId) -> bool:
    return True


def stocked(make: Callable[[PositionBoard], Supply], places: dict[str, Point]) -> Supply:
    """Drivers who are free, each at a place."""
    board = PositionBoard()
    supply = make(board)
    for name, place in places.items():
        board.report(DriverId(name), *place, 0.0)
        supply.get(DriverId(name)).status = DriverStatus.AVAILABLE
        supply.update(DriverId(name))
    return supply


def by_eta(places: dict[str, Point], travel: EtaModel, candidates: int = 20) -> Supply:
    return stocked(lambda board: Supply(board, 1, travel=travel, rank_candidates=candidates), places)


def names(supply: Supply, k: int, may_ask: Callable[[DriverId], bool] = anybody) -> list[str]:
    return [str(driver_id) for _, driver_id in supply.nearest(*PICKUP, k, RADIUS_M, 0.0, may_ask)]


@pytest.fixture
def riverside(tmp_path: Path) -> RoadModel:
    steady = Curve(1.0, (60.0,) * 24)
    return RoadModel(
        Roads(read(Path(map_file(tmp_path, river_map())))),
        steady,
        lambda at: at,
        TravelModel(curve=steady, hour_of=float),
    )


def test_who_is_across_the_river_is_asked_after_who_is_there_sooner(riverside: RoadModel) -> None:
    places = {"across": at(1, 0), "along": at(0, 3)}
    assert names(stocked(lambda board: Supply(board, 1), places), 2) == ["across", "along"]
    assert names(by_eta(places, riverside), 2) == ["along", "across"]
    assert names(by_eta(places, riverside), 1) == ["along"]


def test_distances_are_still_metres_of_air(riverside: RoadModel) -> None:
    supply = by_eta({"across": at(1, 0), "along": at(0, 3)}, riverside)
    hits = supply.nearest(*PICKUP, 2, RADIUS_M, 0.0, anybody)
    assert [metres for metres, _ in hits] == [pytest.approx(300.0, abs=1.0), pytest.approx(100.0, abs=1.0)]


def test_only_so_many_of_the_nearest_are_compared_but_never_fewer_than_wanted(riverside: RoadModel) -> None:
    places = {"across": at(1, 0), "along": at(0, 3)}
    assert names(by_eta(places, riverside, candidates=1), 1) == ["across"]
    assert names(by_eta(places, riverside, candidates=1), 2) == ["along", "across"]


def test_who_may_not_be_asked_takes_nobodys_place(riverside: RoadModel) -> None:
    supply = by_eta({"across": at(1, 0), "along": at(0, 3)}, riverside)
    assert names(supply, 2, lambda driver_id: driver_id != "along") == ["across"]
    assert names(supply, 0) == []


@given(st.integers(0, 2**32), st.integers(1, 12))
def test_without_roads_it_is_the_order_of_distance(seed: int, k: int) -> None:
    dice = Random(seed)
    places = {
        f"d{number}": destination(*CORNER, dice.uniform(-3e3, 3e3), dice.uniform(-3e3, 3e3)) for number in range(15)
    }
    plain = stocked(lambda board: Supply(board, 1), places)
    assert names(by_eta(places, TravelModel(), candidates=3), k) == names(plain, k)
