"""What the tests of the grid ask of it beside the nearest k: all keys within a radius, where a key is, how many there are."""

from struct import unpack

from dispatch.domain.places.grid import Grid


def size(grid: Grid) -> int:
    return len(grid._homes)


def position(grid: Grid, key: str) -> tuple[float, float]:
    """Latitude and longitude as they were put."""
    row, _ = grid._homes[key]
    _, _, _, lat, lon = unpack("5d", row.points[row.keys.index(key)])
    return lat, lon


def within(grid: Grid, lat: float, lon: float, radius_m: float) -> list[tuple[float, str]]:
    """Every key up to `radius_m` away."""
    return grid.nearest(lat, lon, size(grid) + 1, radius_m)
