"""The model city: how far it reaches and where its people are."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain.places.geo import haversine_m
from sim.city.model import City

CITY = City()


def off_centre_m(point: tuple[float, float], city: City = CITY) -> tuple[float, float]:
    """How far north or south, and east or west, of the centre a point lies, each by the great circle."""
    (lat, lon), (centre_lat, centre_lon) = point, city.centre
    return haversine_m(lat, centre_lon, centre_lat, centre_lon), haversine_m(centre_lat, lon, centre_lat, centre_lon)


@given(st.integers())
def test_every_point_lies_inside_the_square(seed: int) -> None:
    rng = Random(seed)
    assert max(max(off_centre_m(CITY.sample(rng))) for _ in range(50)) <= CITY.side_m / 2 + 0.5


def test_the_same_dice_give_the_same_points_and_others_do_not() -> None:
    first, again, other = Random(7), Random(7), Random(8)
    points = [CITY.sample(first) for _ in range(100)]
    assert points == [CITY.sample(again) for _ in range(100)]
    assert points != [CITY.sample(other) for _ in range(100)]


def test_the_whole_city_is_used_up_to_its_borders() -> None:
    rng = Random(1)
    farthest = [max(side) for side in zip(*(off_centre_m(CITY.sample(rng)) for _ in range(5_000)), strict=True)]
    assert min(farthest) > CITY.side_m / 2 - 200


def test_seven_of_ten_points_lie_around_the_hotspots_and_the_rest_anywhere() -> None:
    """With hotspots narrow enough to tell: a point within four sigmas of one belongs to it."""
    narrow = City(sigma_m=100.0)
    rng = Random(3)
    points = [narrow.sample(rng) for _ in range(10_000)]
    centres = [City(hotspots=(spot,), sigma_m=1e-9, hot_share=1.0).sample(rng) for spot in narrow.hotspots]
    crowds = [sum(haversine_m(*point, *centre) < 400 for point in points) for centre in centres]
    assert all(1_300 <= crowd <= 1_500 for crowd in crowds), f"a fifth of 70 % each, got {crowds}"


def test_a_crowd_spreads_by_sigma_in_each_direction() -> None:
    one = City(hotspots=((0.0, 0.0),), sigma_m=1_000.0, hot_share=1.0)
    rng = Random(4)
    norths, easts = zip(*(off_centre_m(one.sample(rng), one) for _ in range(5_000)), strict=True)
    for offsets in (norths, easts):
        assert 950 < (sum(offset * offset for offset in offsets) / len(offsets)) ** 0.5 < 1_050
