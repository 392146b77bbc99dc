"""The spatial index answers as a scan of every key does, to the last bit: cities, borders, poles, antimeridian, antipodes."""

from math import inf, nextafter, pi
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.domain.places.geo import EARTH_RADIUS_M, HALF_CIRCUMFERENCE_M, haversine_m
from dispatch.domain.places.grid import Grid
from sim.city.offsets import destination
from tests.domain.places.grids import position, size, within

Place = tuple[float, float]

ANCHORS: tuple[Place, ...] = (
    (40.75, -73.98),  # cities
    (-33.92, 18.42),
    (59.91, 10.75),
    (0.0, 0.0),
    (-17.0, 180.0),  # the antimeridian
    (-17.0, -180.0),
    (66.0, 179.9999),
    (90.0, 0.0),  # the poles and their surroundings
    (-90.0, -180.0),
    (89.9999, 45.0),
    (-89.99, 179.99),
    (-40.75, 106.02),  # antipodes of the first city
    (0.0, 90.0),  # a quarter turn from the equator's zero
)
RADII_M = (0.0, 1e-3, 1.0, 499.0, 500.0, 10_000.0, 1e6, HALF_CIRCUMFERENCE_M / 2, HALF_CIRCUMFERENCE_M, 1e9, inf)
ROWS_M = (3.0, 500.0, 4_321.0, 2e5, 7e6, 1e9)
SPREADS_M = (0.0, 1e-6, 1e-3, 1.0, 300.0, 3_000.0, 50_000.0, 5e6)

rows_m = st.sampled_from(ROWS_M)
anywhere = st.tuples(st.floats(-90.0, 90.0), st.floats(-180.0, 180.0))


@st.composite
def places(draw: st.DrawFn) -> Place:
    """Anywhere, at an anchor, near one, on a row border, or some ulps off a place."""
    lat, lon = draw(st.one_of(st.sampled_from(ANCHORS), anywhere))
    kind = draw(st.sampled_from(("there", "near", "border", "ulps")))
    if kind == "near":
        metres = st.floats(-20_000.0, 20_000.0)
        return destination(lat, lon, draw(metres), draw(metres))
    if kind == "border":
        height_deg = 500.0 / EARTH_RADIUS_M * 180.0 / pi
        return round(lat / height_deg) * height_deg * (1.0 - 1e-15), round(lon)
    if kind == "ulps":
        for _ in range(draw(st.integers(1, 3))):
            lat, lon = nextafter(lat, 0.0), nextafter(lon, 0.0)
    return lat, lon


keyed_places = st.dictionaries(st.text("abc", min_size=1, max_size=4), places(), max_size=30)
ranges_m = st.one_of(st.sampled_from(RADII_M), st.floats(0.0, 2e4), st.floats(0.0, 2.1e7))


def brute_force(where: dict[str, Place], at: Place, radius_m: float) -> list[tuple[float, str]]:
    """The oracle: every key within the radius, nearest first, ties by key."""
    distances = sorted((haversine_m(*at, *place), key) for key, place in where.items())
    return [pair for pair in distances if pair[0] <= radius_m]


def grid_of(where: dict[str, Place], row_m: float) -> Grid:
    grid = Grid(row_m)
    for key, place in where.items():
        grid.put(key, *place)
    return grid


def crowd(seed: int, count: int) -> dict[str, Place]:
    """Many keys at once: clusters of all sizes around the anchors, some on one spot, some scattered over the globe."""
    dice, where = Random(seed), {}
    centres = [dice.choice(ANCHORS) for _ in range(dice.randint(1, 4))]
    spread_m = dice.choice(SPREADS_M)
    for number in range(count):
        lat, lon = dice.choice(centres)
        if dice.random() < 0.05:
            lat, lon = dice.uniform(-90.0, 90.0), dice.uniform(-180.0, 180.0)
        offset = dice.gauss(0.0, spread_m), dice.gauss(0.0, spread_m)
        where[f"k{dice.randrange(10**6)}-{number}"] = destination(lat, lon, *offset)
    return where


@settings(max_examples=100, deadline=None)
@given(keyed_places, places(), st.integers(1, 8), ranges_m, rows_m)
def test_nearest_and_within_are_exact_for_a_few_keys_anywhere(
    where: dict[str, Place], at: Place, k: int, radius_m: float, row_m: float
) -> None:
    grid, wanted = grid_of(where, row_m), brute_force(where, at, radius_m)
    assert grid.nearest(*at, k, radius_m) == wanted[:k]
    assert within(grid, *at, radius_m) == wanted


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32), st.integers(65, 400), places(), st.integers(1, 500), ranges_m, rows_m)
def test_nearest_and_within_are_exact_in_a_crowd(
    seed: int, count: int, at: Place, k: int, radius_m: float, row_m: float
) -> None:
    where = crowd(seed, count)
    grid = grid_of(where, row_m)
    for centre in (at, *list(where.values())[:3]):
        wanted = brute_force(where, centre, radius_m)
        assert grid.nearest(*centre, k, radius_m) == wanted[:k]
        assert grid.nearest(*centre, 5, inf) == brute_force(where, centre, inf)[:5]
        assert within(grid, *centre, radius_m) == wanted


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(65, 200), places(), st.integers(0, 300), rows_m)
def test_a_radius_that_ends_exactly_on_a_key_includes_it_and_one_ulp_less_does_not(
    seed: int, count: int, at: Place, rank: int, row_m: float
) -> None:
    where = crowd(seed, count)
    grid, everyone = grid_of(where, row_m), brute_force(where, at, inf)
    edge_m = everyone[rank % count][0]
    for radius_m in (edge_m, nextafter(edge_m, 0.0)):
        wanted = brute_force(where, at, radius_m)
        assert grid.nearest(*at, count, radius_m) == wanted
        assert within(grid, *at, radius_m) == wanted


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 300), places(), st.integers(1, 9), ranges_m, st.integers(1, 9))
def test_a_predicate_chooses_among_the_nearest_and_is_asked_only_about_them(
    seed: int, count: int, at: Place, k: int, radius_m: float, every: int
) -> None:
    where = crowd(seed, count)
    grid, asked = grid_of(where, 500.0), []

    def accepts(key: str) -> bool:
        asked.append(key)
        return len(key) % every == 0 or key.endswith("7")

    answer = grid.nearest(*at, k, radius_m, accepts)
    in_reach = brute_force(where, at, radius_m)
    about = list(asked)
    assert len(about) == len(set(about))
    assert set(about) <= {key for _, key in in_reach}
    assert answer == [pair for pair in in_reach if accepts(pair[1])][:k]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("abcdefgh"), st.none() | places()), max_size=40),
    places(),
    st.integers(1, 9),
    ranges_m,
    rows_m,
)
def test_no_history_of_moves_and_removals_shows_in_an_answer(
    history: list[tuple[str, Place | None]], at: Place, k: int, radius_m: float, row_m: float
) -> None:
    grid = grid_of(crowd(0, 70), row_m)
    model = {key: position(grid, key) for key in crowd(0, 70)}
    for key, place in history:
        if place is None:
            assert grid.remove(key) is (model.pop(key, None) is not None)
        else:
            grid.put(key, *place)
            model[key] = place
        assert grid.holds(key) is (key in model)
    assert size(grid) == len(model)
    assert {key: position(grid, key) for key in model} == model
    wanted = brute_force(model, at, radius_m)
    assert grid.nearest(*at, k, radius_m) == wanted[:k]
    assert within(grid, *at, radius_m) == wanted
    assert grid_of(dict(sorted(model.items())), row_m).nearest(*at, k, radius_m) == wanted[:k]


@pytest.mark.parametrize("anchor", ANCHORS)
def test_a_driven_city_stays_exact_at_every_anchor_of_the_globe(anchor: Place) -> None:
    dice, where, grid = Random(str(anchor)), {}, Grid()
    for step in range(2_000):
        key = f"d{dice.randrange(200)}"
        start = where.get(key, anchor)
        where[key] = destination(*start, dice.gauss(0.0, 900.0), dice.gauss(0.0, 900.0))
        grid.put(key, *where[key])
        if step % 20 == 0:
            at = destination(*anchor, dice.gauss(0.0, 3_000.0), dice.gauss(0.0, 3_000.0))
            assert grid.nearest(*at, 5, 10_000.0) == brute_force(where, at, 10_000.0)[:5]
