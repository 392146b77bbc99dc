"""`/map/…`: the ground that pages draw. It lies outside of `/api`, so that a browser may keep it for the next visit."""

import gzip
import hashlib
from http import HTTPStatus
from pathlib import Path
from typing import Final, NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from dispatch.config import Settings
from dispatch.config.bounds import Bounds
from dispatch.config.map_sources import origin_of
from dispatch.transport import wire
from dispatch.transport.http.operation import JSON

STREETS: Final = "/map/streets.json"
TILES: Final = "/map/town.pmtiles"
TILES_TYPE: Final = "application/vnd.pmtiles"
HEADERS: Final = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}


class Ground(NamedTuple):
    """What this server has of a map. `streets`: the file of `map_streets` as it lies, packed by gzip; `bounds`: the box around them;
    `tiles`: the file of `map_pmtiles`. Empty and None where there is none.
    """

    streets: bytes = b""
    bounds: Bounds | None = None
    tiles: Path | None = None


NO_GROUND: Final = Ground()


def told_map(settings: Settings) -> wire.TownMap | None:
    """Where pages get their ground; None: nowhere."""
    pmtiles = settings.map_pmtiles
    if not (settings.map_streets or settings.map_style_url or pmtiles):
        return None
    return wire.TownMap(
        streets=STREETS if settings.map_streets else None,
        style_url=settings.map_style_url or None,
        pmtiles_url=(pmtiles if origin_of(pmtiles) else TILES) if pmtiles else None,
    )


def map_routes(ground: Ground = NO_GROUND) -> list[Route]:
    """Routes of the streets and of the tiles; 404 where there are none."""
    plain = gzip.decompress(ground.streets) if ground.streets else b""
    tag = f'"{hashlib.sha256(plain).hexdigest()[:32]}"'
    headers = {**HEADERS, "ETag": tag, "Vary": "Accept-Encoding"}

    async def streets(request: Request) -> Response:
        if not plain:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        if tag in request.headers.get("if-none-match", ""):
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(ground.streets, headers={**headers, "Content-Encoding": "gzip"}, media_type=JSON)
        return Response(plain, headers=headers, media_type=JSON)

    async def tiles(request: Request) -> Response:
        """The file, or those bytes of it that `Range` names: a page reads a few tiles of a whole country."""
        if ground.tiles is None or not ground.tiles.is_file():
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return FileResponse(ground.tiles, headers=HEADERS, media_type=TILES_TYPE)

    return [Route(STREETS, streets), Route(TILES, tiles)]
