"""What an index of places must answer, case by case. `tests/properties` compares it with brute force everywhere."""

from itertools import permutations
from math import degrees, inf, nan
from random import Random

import pytest

from dispatch.domain.places.geo import EARTH_RADIUS_M, haversine_m
from dispatch.domain.places.grid import Grid
from sim.city.offsets import destination
from tests.domain.places.grids import position, size, within

PICKUP = (40.75, -73.98)


def line_of_drivers(*kilometres: float) -> Grid:
    """Drivers north of the pickup, each named after its distance."""
    grid = Grid()
    for km in kilometres:
        grid.put(f"d{km:g}", *destination(*PICKUP, km * 1000.0, 0.0))
    return grid


def crowd(count: int, spread_m: float, seed: int = 1) -> Grid:
    """Drivers thrown around the pickup."""
    grid, dice = Grid(), Random(seed)
    for number in range(count):
        grid.put(f"d{number}", *destination(*PICKUP, dice.gauss(0.0, spread_m), dice.gauss(0.0, spread_m)))
    return grid


def keys(answer: list[tuple[float, str]]) -> list[str]:
    return [key for _, key in answer]


def test_the_five_nearest_come_first_and_the_one_out_of_reach_never() -> None:
    grid = line_of_drivers(11, 7, 3, 1, 5, 6, 2, 4)
    assert keys(grid.nearest(*PICKUP, 5, 10_000.0)) == ["d1", "d2", "d3", "d4", "d5"]
    assert keys(grid.nearest(*PICKUP, 50, 10_000.0)) == ["d1", "d2", "d3", "d4", "d5", "d6", "d7"]
    assert keys(within(grid, *PICKUP, 10_000.0)) == ["d1", "d2", "d3", "d4", "d5", "d6", "d7"]


def test_distances_are_the_haversine_to_the_last_bit() -> None:
    grid = crowd(300, 3_000.0)
    for distance_m, key in grid.nearest(*PICKUP, 20, 10_000.0):
        assert distance_m == haversine_m(*PICKUP, *position(grid, key))


def test_an_empty_grid_answers_with_nothing() -> None:
    grid = Grid()
    assert grid.nearest(*PICKUP, 5, inf) == []
    assert within(grid, *PICKUP, inf) == []
    assert size(grid) == 0


def test_none_asked_for_and_a_negative_radius_give_nothing() -> None:
    grid = line_of_drivers(0, 1)
    assert grid.nearest(*PICKUP, 0, 10_000.0) == []
    assert grid.nearest(*PICKUP, -1, 10_000.0) == []
    assert grid.nearest(*PICKUP, 5, -1.0) == []
    assert within(grid, *PICKUP, -1.0) == []


def test_a_radius_of_zero_finds_who_stands_exactly_there() -> None:
    grid = line_of_drivers(0, 0.001)
    assert grid.nearest(*PICKUP, 5, 0.0) == [(0.0, "d0")]
    assert within(grid, *PICKUP, 0.0) == [(0.0, "d0")]


def test_the_radius_is_inclusive_to_the_last_bit() -> None:
    grid = line_of_drivers(3)
    edge_m = haversine_m(*PICKUP, *position(grid, "d3"))
    assert keys(grid.nearest(*PICKUP, 1, edge_m)) == ["d3"]
    assert keys(within(grid, *PICKUP, edge_m)) == ["d3"]
    assert grid.nearest(*PICKUP, 1, edge_m * (1 - 1e-15)) == []
    assert within(grid, *PICKUP, edge_m * (1 - 1e-15)) == []


@pytest.mark.parametrize("radius_m", [20_015_200.0, 1e9, inf])
def test_a_radius_larger_than_the_planet_finds_everyone(radius_m: float) -> None:
    grid = Grid()
    places = {"here": PICKUP, "antipode": (-40.75, 106.02), "north": (90.0, 0.0), "south": (-90.0, 7.0)}
    for key, place in places.items():
        grid.put(key, *place)
    assert keys(grid.nearest(*PICKUP, 9, radius_m)) == ["here", "north", "south", "antipode"]
    assert keys(within(grid, *PICKUP, radius_m)) == ["here", "north", "south", "antipode"]


def test_ties_go_by_key_in_whatever_order_they_came() -> None:
    corners = {"b": (0.01, 0.01), "a": (-0.01, 0.01), "d": (0.01, -0.01), "c": (-0.01, -0.01)}
    for order in permutations(corners):
        grid = Grid()
        for key in order:
            grid.put(key, *corners[key])
        assert keys(grid.nearest(0.0, 0.0, 3, 5_000.0)) == ["a", "b", "c"]
        assert keys(within(grid, 0.0, 0.0, 5_000.0)) == ["a", "b", "c", "d"]


def test_a_rank_of_drivers_on_one_spot_is_served_by_key() -> None:
    grid = Grid()
    for number in reversed(range(500)):
        grid.put(f"d{number:03}", *PICKUP)
    assert keys(grid.nearest(*PICKUP, 3, 10_000.0)) == ["d000", "d001", "d002"]
    assert len(within(grid, *PICKUP, 0.0)) == 500


def test_a_move_is_seen_at_once_near_and_far() -> None:
    grid = line_of_drivers(1, 2)
    grid.put("d1", *destination(*PICKUP, 1_010.0, 0.0))
    assert grid.nearest(*PICKUP, 1, 10_000.0)[0][0] == pytest.approx(1_010.0)
    grid.put("d1", -33.9, 18.4)
    assert keys(grid.nearest(*PICKUP, 5, 10_000.0)) == ["d2"]
    assert keys(grid.nearest(-33.9, 18.4, 5, 10_000.0)) == ["d1"]
    assert size(grid) == 2


def test_a_driver_who_creeps_over_borders_is_always_found_where_they_stand() -> None:
    grid, dice, place = Grid(), Random(5), PICKUP
    for _ in range(2_000):
        place = destination(*place, dice.gauss(0.0, 60.0), dice.gauss(0.0, 60.0))
        grid.put("d", *place)
        assert within(grid, *place, 0.0) == [(0.0, "d")]


def test_rounding_never_hides_a_key_that_stands_on_a_border_at_the_end_of_the_radius() -> None:
    height_deg = degrees(500.0 / EARTH_RADIUS_M)
    for row in range(1, 300):
        for border in ((row * height_deg, 0.0), (0.0, row * height_deg), (-row * height_deg, -179.0)):
            grid = Grid()
            grid.put("d", *border)
            for at in ((0.001, border[1]), (border[0], 0.001), (1.5 * border[0], border[1])):
                edge_m = haversine_m(*at, *border)
                assert within(grid, *at, edge_m) == [(edge_m, "d")], (border, at)


def test_a_position_is_kept_to_the_last_bit() -> None:
    grid = Grid()
    grid.put("d", 40.712775971, -74.005972808)
    assert position(grid, "d") == (40.712775971, -74.005972808)


def test_a_removed_key_is_gone_and_removing_it_again_is_nothing() -> None:
    grid = line_of_drivers(1, 2)
    assert grid.holds("d1")
    assert grid.remove("d1") is True
    assert grid.remove("d1") is False
    assert not grid.holds("d1")
    assert keys(grid.nearest(*PICKUP, 5, 10_000.0)) == ["d2"]


def test_who_has_been_everywhere_leaves_nothing_behind() -> None:
    wanderer, fresh = Grid(), Grid()
    dice = Random(3)
    for _ in range(1_000):
        wanderer.put("d", dice.uniform(-90.0, 90.0), dice.uniform(-180.0, 180.0))
    assert len(wanderer._rows) == 1
    wanderer.remove("d")
    assert (wanderer._rows, wanderer._homes) == (fresh._rows, fresh._homes) == ({}, {})


@pytest.mark.parametrize("place", [(90.1, 0.0), (-91.0, 0.0), (0.0, 180.5), (0.0, -181.0), (nan, 0.0), (0.0, nan)])
def test_a_place_that_is_not_on_earth_is_refused_and_changes_nothing(place: tuple[float, float]) -> None:
    grid = line_of_drivers(1)
    before = position(grid, "d1")
    for key in ("d1", "new"):
        with pytest.raises(ValueError, match="no such place"):
            grid.put(key, *place)
    with pytest.raises(ValueError, match="no such place"):
        grid.nearest(*place, 5, 10_000.0)
    assert position(grid, "d1") == before
    assert size(grid) == 1


@pytest.mark.parametrize("row_m", [0.0, -500.0, nan])
def test_a_row_height_that_is_none_is_refused(row_m: float) -> None:
    with pytest.raises(ValueError, match="row_m"):
        Grid(row_m)


def test_neighbours_across_the_antimeridian_find_each_other() -> None:
    grid = Grid()
    grid.put("west", -17.0, 179.999)
    grid.put("line", -17.0, 180.0)
    grid.put("line again", -17.0, -180.0)
    grid.put("east", -17.0, -179.998)
    found = keys(grid.nearest(-17.0, 179.9993, 4, 1_000.0))
    assert (found[0], sorted(found[1:3]), found[3]) == ("west", ["line", "line again"], "east")
    assert keys(grid.nearest(-17.0, -179.9985, 1, 1_000.0)) == ["east"]
    assert len(within(grid, -17.0, -179.9985, 1_000.0)) == 4


@pytest.mark.parametrize("pole", [90.0, -90.0])
def test_around_a_pole_every_longitude_is_near(pole: float) -> None:
    grid = Grid()
    near_pole = pole * (1.0 - 1e-4)
    for lon in range(-180, 180, 10):
        grid.put(f"{lon:+04}", near_pole, float(lon))
    grid.put("pole", pole, 123.0)
    assert len(within(grid, pole, -77.0, 1_001.0)) == 37
    assert keys(grid.nearest(near_pole, 0.0, 4, 5_000.0)) == ["+000", "+010", "-010", "+020"]


def test_a_search_in_a_crowd_after_one_in_the_desert_finds_the_nearest_and_so_the_other_way_round() -> None:
    grid = crowd(400, 2_000.0)
    desert = [destination(*PICKUP, 1_000_000.0 + 3_000.0 * n, 0.0) for n in range(12)]
    for n, place in enumerate(desert):
        grid.put(f"far{n}", *place)
    crowded = position(grid, "d7")
    for place in (crowded, desert[3], crowded, PICKUP, desert[4], desert[0], crowded):
        assert grid.nearest(*place, 5, 60_000.0) == within(grid, *place, 60_000.0)[:5]


def test_the_predicate_narrows_the_choice_and_the_next_nearest_step_up() -> None:
    grid = line_of_drivers(1, 2, 3, 4, 5, 6, 7)
    asked_before = {"d1", "d3"}
    answer = grid.nearest(*PICKUP, 3, 10_000.0, lambda key: key not in asked_before)
    assert keys(answer) == ["d2", "d4", "d5"]
    assert grid.nearest(*PICKUP, 3, 10_000.0, lambda key: False) == []


def test_the_predicate_is_asked_about_few_and_never_twice() -> None:
    grid = crowd(5_000, 6_000.0)
    asked: list[str] = []

    def accepts(key: str) -> bool:
        asked.append(key)
        return key.endswith(("1", "3", "5"))

    answer = grid.nearest(*PICKUP, 5, 10_000.0, accepts)
    assert len(answer) == 5
    assert len(asked) == len(set(asked)) < 200


def test_the_predicate_is_not_asked_about_keys_out_of_reach() -> None:
    asked: list[str] = []
    grid = line_of_drivers(1, 9.9, 10.1, 40)
    grid.nearest(*PICKUP, 5, 10_000.0, lambda key: not asked.append(key))
    assert sorted(asked) == ["d1", "d9.9"]


@pytest.mark.parametrize("row_m", [1.0, 100.0, 500.0, 5_000.0, 1e6, 1e12, inf])
def test_the_row_height_never_changes_an_answer(row_m: float) -> None:
    reference, grid = crowd(400, 4_000.0), Grid(row_m)
    for number in range(400):
        grid.put(f"d{number}", *position(reference, f"d{number}"))
    for k in (1, 5, 399, 400, 401):
        assert grid.nearest(*PICKUP, k, 1e7) == reference.nearest(*PICKUP, k, 1e7)
    assert within(grid, *PICKUP, 3_000.0) == within(reference, *PICKUP, 3_000.0)
