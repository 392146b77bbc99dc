"""Which zone a place belongs to."""

from hypothesis import given
from hypothesis import strategies as st

from dispatch import addresses
from dispatch.domain.places.zones import TILES_A_DEGREE, ZoneMap, tile_of

WEST, EAST = (-33.9249, 18.4241), (-33.9249, 18.6)
TWO = ZoneMap(1, {tile_of(*WEST): "west", tile_of(*EAST): "east"})


@given(st.floats(-90.0, 90.0), st.floats(-180.0, 180.0))
def test_every_place_on_earth_is_in_the_one_zone_while_nobody_draws_a_map(lat: float, lon: float) -> None:
    assert ZoneMap().zone_at(lat, lon) == "0"


def test_a_map_of_two_zones_gives_the_addresses_of_two() -> None:
    assert [addresses.dispatcher(TWO.zone_at(*place)) for place in (WEST, EAST)] == [
        "dispatcher/west",
        "dispatcher/east",
    ]


def test_what_a_map_does_not_name_is_the_unnamed_zone() -> None:
    assert TWO.zone_at(51.5, -0.1) == "0"


@given(st.floats(-90.0, 90.0), st.floats(-180.0, 180.0))
def test_a_tile_is_a_sixteenth_of_a_degree_wide_and_holds_the_places_in_it(lat: float, lon: float) -> None:
    north, east = tile_of(lat, lon)
    assert north <= lat * TILES_A_DEGREE < north + 1 and east <= lon * TILES_A_DEGREE < east + 1
