"""The rectangle of a town as people write it: `-34.4, 18.2, -33.4, 19.1`, its south, west, north and east in degrees."""

from typing import Final, NamedTuple

EDGES: Final = 4
MOST_LATITUDE, MOST_LONGITUDE = 90.0, 180.0


class Bounds(NamedTuple):
    """WGS 84 degrees. West is greater than east where the town lies on both sides of the meridian 180."""

    south: float
    west: float
    north: float
    east: float

    def hold(self, lat: float, lon: float) -> bool:
        """Whether this point lies in the rectangle."""
        if not self.south <= lat <= self.north:
            return False
        return self.west <= lon <= self.east if self.west <= self.east else lon >= self.west or lon <= self.east


def bounds_in(written: str) -> Bounds | None:
    """The rectangle that the text means; None: it is empty. Raises ValueError for anything else."""
    if not written.strip():
        return None
    edges = [float(edge) for edge in written.split(",")]
    if len(edges) != EDGES:
        raise ValueError(written)
    bounds = Bounds(*edges)
    fits = -MOST_LATITUDE <= bounds.south < bounds.north <= MOST_LATITUDE
    if not fits or not all(-MOST_LONGITUDE <= edge <= MOST_LONGITUDE for edge in (bounds.west, bounds.east)):
        raise ValueError(written)
    return bounds
