"""Ways on maps: a grid that can be worked out by hand, a plain search to compare with, and Manhattan."""

from heapq import heappop, heappush
from itertools import pairwise
from math import inf
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain.places.geo import Curve, TravelModel, haversine_m
from dispatch.travel.map_files import read_map
from dispatch.travel.node_link import read
from dispatch.travel.roads import ACCESS_MPS, SNAP_M, RoadModel, Roads
from dispatch.travel.street_map import StreetLink, StreetMap
from dispatch.values import Point
from sim.city.offsets import destination
from tests.travel.maps import BLOCK_M, HELSINKI, MANHATTAN, at, grid_map, map_file

AIR = Curve(1.0, (300.0,) * 24)
TWICE_AT_NOON = Curve(1.0, tuple(120.0 if hour in (11, 12) else 60.0 for hour in range(24)))


def roads_of(folder: Path, *size: int, gone: tuple[int, ...] = ()) -> Roads:
    return Roads(read(Path(map_file(folder, grid_map(*size, gone=gone)))))


class Way(NamedTuple):
    free_s: float
    metres: float


def way(roads: Roads, start: Point, end: Point) -> Way | None:
    (free_s,), metres = roads.free_s([start], end), roads.metres(start, end)
    assert (free_s is None) is (metres is None)
    return None if free_s is None or metres is None else Way(free_s, metres)


def near(place: Point, metres: float) -> Point:
    return destination(*place, metres, 0.0)


class TestWays:
    def test_around_the_corner_is_block_by_block(self, tmp_path: Path) -> None:
        roads = roads_of(tmp_path, 4, 4)
        assert way(roads, at(0, 0), at(2, 3)) == Way(pytest.approx(100.0, abs=0.1), pytest.approx(500.0, abs=0.1))

    def test_the_walk_to_the_street_counts_at_both_ends(self, tmp_path: Path) -> None:
        found = way(roads_of(tmp_path, 4, 4), near(at(0, 0), -30.0), near(at(3, 3), 20.0))
        assert found is not None
        assert found.free_s == pytest.approx(6 * 20.0 + 50.0 / ACCESS_MPS, abs=0.1)
        assert found.metres == pytest.approx(6 * BLOCK_M + 50.0, abs=0.1)

    @pytest.mark.parametrize(("away_m", "is_on_the_map"), [(SNAP_M - 1.0, True), (SNAP_M + 1.0, False)])
    def test_who_is_too_far_from_every_junction_is_off_the_map(
        self, tmp_path: Path, away_m: float, is_on_the_map: bool
    ) -> None:
        roads, outside = roads_of(tmp_path, 3, 3), near(at(0, 0), -away_m)
        assert roads.on_map(outside) is is_on_the_map
        assert (way(roads, outside, at(2, 2)) is not None) is is_on_the_map
        assert (way(roads, at(2, 2), outside) is not None) is is_on_the_map

    def test_places_at_the_same_junction_have_no_way_between_them(self, tmp_path: Path) -> None:
        assert way(roads_of(tmp_path, 3, 3), near(at(1, 1), 5.0), at(1, 1)) is None

    def test_of_links_side_by_side_the_quicker_is_driven(self) -> None:
        places = [at(0, 0), at(0, 1)]
        links = [
            StreetLink(0, 1, 100.0, 30.0),
            StreetLink(0, 1, 150.0, 10.0),
            StreetLink(1, 0, 100.0, 30.0),
            StreetLink(0, 0, 5.0, 1.0),
        ]
        found = way(Roads(StreetMap(places, links)), *places)
        assert found == Way(pytest.approx(10.0, abs=0.1), pytest.approx(150.0, abs=0.1))

    def test_a_street_that_leads_nowhere_is_not_part_of_the_map(self) -> None:
        places = [at(0, 0), at(0, 1), at(0, 4)]
        links = [StreetLink(0, 1, 100.0, 20.0), StreetLink(1, 0, 100.0, 20.0), StreetLink(1, 2, 300.0, 60.0)]
        roads = Roads(StreetMap(places, links))
        assert roads.places == places[:2]
        assert not roads.on_map(at(0, 4))

    def test_a_way_slower_than_any_search_expects_is_found_all_the_same(self) -> None:
        places = [at(0, 0), at(0, 1)]
        links = [StreetLink(0, 1, 100.0, 5_000.0), StreetLink(1, 0, 100.0, 5_000.0)]
        found = way(Roads(StreetMap(places, links)), *places)
        assert found is not None
        assert found.free_s == pytest.approx(5_000.0, abs=0.1)

    @given(st.integers(0, 2**32))
    def test_it_is_the_quickest_way_as_a_plain_search_finds_it(self, seed: int) -> None:
        dice = Random(seed)
        places = [at(row, column) for row in range(5) for column in range(5)]
        ring = [*range(25), 0]
        links = [StreetLink(one, other, 100.0, dice.uniform(5.0, 90.0)) for one, other in pairwise(ring)]
        links += [StreetLink(dice.randrange(25), dice.randrange(25), 100.0, dice.uniform(5.0, 90.0)) for _ in range(60)]
        roads = Roads(StreetMap(places, links))
        starts, end = [dice.randrange(25) for _ in range(4)], dice.randrange(25)
        for start, found in zip(starts, roads.free_s([places[start] for start in starts], places[end]), strict=True):
            expected = plain_search(links, start)[end]
            assert found == (None if start == end else pytest.approx(expected, abs=0.01))

    def test_what_was_asked_before_changes_no_answer(self, tmp_path: Path) -> None:
        roads = roads_of(tmp_path, 10, 10)
        near_first = [roads.free_s([start], at(0, 0))[0] for start in (at(0, 1), at(9, 9))]
        assert roads_of(tmp_path, 10, 10).free_s([at(9, 9), at(0, 1)], at(0, 0)) == near_first[::-1]
        assert roads.free_s([at(0, 1), at(9, 9)], at(0, 0)) == near_first

    def test_searches_that_are_forgotten_are_made_again(self, tmp_path: Path) -> None:
        roads = roads_of(tmp_path, 10, 10)
        ends = [at(row, column) for row in range(10) for column in range(10)]
        assert len(ends) > 64
        first = [way(roads, at(4, 4), end) for end in ends]
        assert [way(roads, at(4, 4), end) for end in ends] == first


def plain_search(links: list[StreetLink], start: int) -> dict[int, float]:
    """Seconds to each place, by the textbook."""
    best, heap = {start: 0.0}, [(0.0, start)]
    while heap:
        seconds, here = heappop(heap)
        for link in links:
            reached_s = seconds + link.seconds
            if link.source == here and reached_s < best.get(link.target, inf):
                best[link.target] = reached_s
                heappush(heap, (reached_s, link.target))
    return best


class TestRoadModel:
    def model(self, folder: Path) -> RoadModel:
        return RoadModel(roads_of(folder, 5, 5), TWICE_AT_NOON, lambda at: at, TravelModel(curve=AIR, hour_of=float))

    def test_on_the_map_it_is_the_road_at_that_hour(self, tmp_path: Path) -> None:
        model = self.model(tmp_path)
        assert model.eta_s(at(0, 0), at(0, 3), 3.5) == pytest.approx(60.0, abs=0.1)
        assert model.eta_s(at(0, 0), at(0, 3), 12.0) == pytest.approx(120.0, abs=0.1)
        assert model.road_m(at(0, 0), at(3, 3)) == pytest.approx(600.0, abs=0.1)

    def test_beyond_the_map_it_is_the_air(self, tmp_path: Path) -> None:
        model, far = self.model(tmp_path), near(at(0, 0), -2_000.0)
        assert model.eta_s(far, at(0, 0), 3.0) == pytest.approx(600.0)
        assert model.road_m(far, at(0, 0)) == pytest.approx(2_600.0)
        assert model.air_s(1_000.0, 3.0) == pytest.approx(300.0)

    def test_who_is_there_already_needs_no_time(self, tmp_path: Path) -> None:
        model = self.model(tmp_path)
        assert model.eta_s(at(1, 1), at(1, 1), 3.0) == model.road_m(at(1, 1), at(1, 1)) == 0.0

    def test_many_at_once_are_told_what_each_would_be_told_alone(self, tmp_path: Path) -> None:
        model, starts = (
            self.model(tmp_path),
            [at(0, 0), near(at(0, 0), -2_000.0), at(4, 4), at(2, 2), near(at(2, 2), 9.0)],
        )
        straight_m = [haversine_m(*start, *at(2, 2)) for start in starts]
        assert model.etas_s(starts, straight_m, at(2, 2), 12.0) == [
            model.eta_s(start, at(2, 2), 12.0) for start in starts
        ]
        assert model.etas_s([], [], at(2, 2), 12.0) == []


class TestRealMaps:
    def test_all_of_manhattan_is_in_reach_and_no_way_is_shorter_than_the_air(self) -> None:
        roads = Roads(read_map(str(MANHATTAN)))
        dice = Random(3)
        ends = [dice.choice(roads.places) for _ in range(10)]
        starts = [dice.choice(roads.places) for _ in range(40)]
        for end in ends:
            for start in starts:
                found = way(roads, start, end)
                assert start == end or found is not None
                assert found is None or found.metres >= 0.97 * haversine_m(*start, *end)

    def test_one_way_streets_make_the_way_back_another(self) -> None:
        roads = Roads(read_map(str(MANHATTAN)))
        one, other = (40.7580, -73.9855), (40.7614, -73.9776)
        there, back = way(roads, one, other), way(roads, other, one)
        assert there is not None and back is not None
        assert abs(there.free_s - back.free_s) > 5.0

    def test_helsinki_can_be_driven_through(self) -> None:
        roads = Roads(read_map(str(HELSINKI)))
        assert len(roads.places) > 1_000
        found = way(roads, roads.places[0], roads.places[-1])
        assert found is not None
        assert found.metres >= haversine_m(*roads.places[0], *roads.places[-1])
        beyond = RoadModel(roads, AIR, lambda at: at, TravelModel()).eta_s((60.5, 25.0), (60.6, 25.0), 0.0)
        assert beyond == TravelModel().eta_s((60.5, 25.0), (60.6, 25.0), 0.0)
