"""The map that pages draw, read once when the server starts: a wrong file is refused before anybody is served."""

from pathlib import Path
from typing import Final

import msgspec

from dispatch.config import Settings
from dispatch.config.bounds import Bounds
from dispatch.config.map_sources import origin_of
from dispatch.errors import SettingError
from dispatch.files import regular
from dispatch.transport.http.routes.maps import Ground
from dispatch.travel.street_map import MapError
from dispatch.travel.streets import read_streets

MAGIC: Final = b"PMTiles"


def ground_of(settings: Settings) -> Ground:
    """Made of the settings `map_streets` and `map_pmtiles`.

    Raises:
        SettingError: a file cannot be read, or is none of its kind.
    """
    packed, bounds = _streets(settings.map_streets) if settings.map_streets else (b"", None)
    pmtiles = settings.map_pmtiles
    tiles = _tiles(Path(pmtiles)) if pmtiles and not origin_of(pmtiles) else None
    return Ground(packed, bounds, tiles)


def _streets(path: str) -> tuple[bytes, Bounds]:
    file = Path(path)
    try:
        streets = read_streets(file)
        return file.read_bytes(), Bounds(**msgspec.structs.asdict(streets.bounds))
    except (MapError, OSError) as cause:
        raise SettingError("map_streets", f"map_streets must name a file of `dispatch map build`: {cause}") from cause


def _tiles(file: Path) -> Path:
    try:
        with regular(file).open("rb") as opened:
            found = opened.read(len(MAGIC))
    except OSError as cause:
        raise SettingError(
            "map_pmtiles", f"map_pmtiles must name a file that can be read: {file}: {cause.strerror}"
        ) from cause
    if found != MAGIC:
        raise SettingError("map_pmtiles", f"map_pmtiles must name a file of PMTiles, and {file} is none")
    return file
