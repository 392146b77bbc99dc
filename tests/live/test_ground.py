"""The files of a map, read when the server starts."""

import gzip
from pathlib import Path

import pytest

from dispatch.config import Settings
from dispatch.errors import SettingError
from dispatch.live.ground import ground_of
from dispatch.travel.streets import SHIPPED


def test_streets_are_taken_as_the_file_has_them_with_their_bounds() -> None:
    ground = ground_of(Settings(map_streets=str(SHIPPED)))
    assert ground.streets == SHIPPED.read_bytes()
    assert ground.bounds == (60.16416, 24.93518, 60.17911, 24.95341)
    assert ground.tiles is None


def test_tiles_are_a_file_here_and_nothing_is_read_where_they_are_at_another_host(tmp_path: Path) -> None:
    file = tmp_path / "town.pmtiles"
    file.write_bytes(b"PMTiles\x03")
    assert ground_of(Settings(map_pmtiles=str(file))).tiles == file
    assert ground_of(Settings(map_pmtiles="https://b.example/town.pmtiles")).tiles is None


@pytest.mark.parametrize("setting", ["map_streets", "map_pmtiles"])
def test_a_device_without_end_is_refused_before_it_is_read(setting: str) -> None:
    with pytest.raises(SettingError, match=f"^{setting} must name a file .*/dev/zero: it is a device, and no file$"):
        ground_of(Settings(**{setting: "/dev/zero"}))


@pytest.mark.parametrize(
    ("setting", "content"),
    [
        ("map_streets", None),
        ("map_streets", b"no gzip"),
        ("map_streets", gzip.compress(b'{"credit": "c"}', mtime=0)),
        ("map_pmtiles", None),
        ("map_pmtiles", b"MBTiles"),
    ],
)
def test_a_file_that_is_none_is_refused_by_the_name_of_its_setting(
    tmp_path: Path, setting: str, content: bytes | None
) -> None:
    file = tmp_path / "town"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SettingError, match=f"^{setting} must name a file .*") as refused:
        ground_of(Settings(**{setting: str(file)}))
    assert refused.value.name == setting
