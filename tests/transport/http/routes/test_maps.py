"""The streets and tiles that browsers get: as they lie, packed once, and in parts."""

import asyncio
import gzip
from collections.abc import Mapping
from pathlib import Path

import httpx2
import pytest

from dispatch.config import Settings
from dispatch.transport.http.access import public
from dispatch.transport.http.admission import Admission
from dispatch.transport.http.app import http_app
from dispatch.transport.http.routes.maps import STREETS, TILES, Ground, map_routes, told_map
from dispatch.transport.ws.server import run
from tests.transport.echo import EchoGateway, serving

PLAIN = b'{"names": ["Long Street", "Short Street"]}' * 20
PACKED = gzip.compress(PLAIN, 9)


def asked(ground: Ground, path: str, headers: Mapping[str, str] | None = None) -> httpx2.Response:
    async def ask() -> httpx2.Response:
        pages = http_app(public(map_routes(ground)), Admission(Settings()))
        async with (
            asyncio.timeout(20),
            serving(EchoGateway(), pages) as served,
            httpx2.AsyncClient(base_url=f"http://127.0.0.1:{served.port}", trust_env=False) as client,
        ):
            return await client.get(path, headers=headers)

    return run(ask())


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    file = tmp_path / "town.pmtiles"
    file.write_bytes(bytes(range(200)))
    return Ground(PACKED, None, file)


def test_streets_come_packed_as_they_lie(ground: Ground) -> None:
    answer = asked(ground, STREETS, {"Accept-Encoding": "gzip"})
    assert (answer.status_code, answer.content) == (200, PLAIN)
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) == len(PACKED)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_browser_that_unpacks_nothing_gets_them_plain(ground: Ground) -> None:
    answer = asked(ground, STREETS, {"Accept-Encoding": "identity"})
    assert answer.content == PLAIN
    assert "content-encoding" not in answer.headers


def test_streets_that_a_browser_has_are_not_sent_again(ground: Ground) -> None:
    tag = asked(ground, STREETS).headers["etag"]
    again = asked(ground, STREETS, {"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert asked(Ground(gzip.compress(b"{}")), STREETS, {"If-None-Match": tag}).status_code == 200


def test_tiles_come_in_the_parts_that_are_asked_for(ground: Ground) -> None:
    part = asked(ground, TILES, {"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, bytes(range(10, 20)))
    assert part.headers["content-range"] == "bytes 10-19/200"
    assert asked(ground, TILES).content == bytes(range(200))


@pytest.mark.parametrize("path", [STREETS, TILES])
def test_where_there_are_none_they_are_not_found(path: str, tmp_path: Path) -> None:
    assert asked(Ground(), path).status_code == 404
    assert asked(Ground(tiles=tmp_path / "gone"), path).status_code == 404


def test_a_town_without_a_map_tells_of_none() -> None:
    assert told_map(Settings()) is None
