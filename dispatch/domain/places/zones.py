"""Which zone a place belongs to. Pure. A zone has a dispatcher, a tracker and a board of positions of its own."""

from collections.abc import Mapping
from math import floor
from typing import Final

import msgspec

from dispatch.ids import UNNAMED_ZONE

TILES_A_DEGREE = 16
Tile = tuple[int, int]
"""A sixteenth of a degree of latitude and of longitude, counted from 0, 0 to the north and to the east."""


class ZoneMap(msgspec.Struct, frozen=True):
    """Names zones by tiles; whatever it does not name is zone "0". A later map of the same places has a higher `version`.

    Ask it once about a ride, when that is booked: then the zone is on the ride's record, and a later map does not move it.
    """

    version: int = 0
    tiles: Mapping[Tile, str] = {}

    def zone_at(self, lat: float, lon: float) -> str:
        """The zone of this place, in degrees."""
        if not self.tiles:
            return UNNAMED_ZONE
        return self.tiles.get(tile_of(lat, lon), UNNAMED_ZONE)


ONE_ZONE: Final = ZoneMap()


def tile_of(lat: float, lon: float) -> Tile:
    """The tile of this place, in degrees."""
    return floor(lat * TILES_A_DEGREE), floor(lon * TILES_A_DEGREE)
