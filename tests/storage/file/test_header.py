"""A file of which a part is missing is refused before SQLite makes another of it."""

from pathlib import Path

import pytest

from dispatch.storage.failures import NotADatabase, StorageDamaged, StorageEmpty
from dispatch.storage.file.header import require_whole
from dispatch.storage.tables.opening import open_database, open_read_only
from tests.storage.damage import beside, closed_file, flip, killed_file


def test_a_sound_file_passes_and_so_does_none(path: Path) -> None:
    require_whole(path)
    require_whole(closed_file(path))


def test_a_killed_file_passes_though_its_pages_are_in_the_log(path: Path) -> None:
    require_whole(killed_file(path))


def test_an_empty_file_is_refused_and_left_alone(path: Path) -> None:
    path.touch()
    for opener in (open_database, open_read_only):
        with pytest.raises(
            StorageEmpty, match=r"dispatch\.db is empty, 0 bytes; if it held rides, `dispatch db restore` a backup"
        ):
            opener(path)
    assert path.stat().st_size == 0


def test_an_empty_file_whose_making_was_cut_short_is_made(path: Path) -> None:
    path.touch()
    beside(path, "-journal").touch()
    open_database(path).close()


@pytest.mark.parametrize("kept", [50, 100, 4_096, 60_000, -4_096, -1])
def test_a_file_that_was_cut_off_says_where(path: Path, kept: int) -> None:
    data = closed_file(path).read_bytes()
    path.write_bytes(data[:kept])
    with pytest.raises(StorageDamaged, match=rf"it ends after {path.stat().st_size:,} "):
        open_database(path)


@pytest.mark.parametrize("at", [16, 18, 19, 20, 21, 28, 44, 52, 56, 64, 72, 80])
def test_a_header_that_nobody_wrote_is_refused(path: Path, at: int) -> None:
    flip(closed_file(path), at)
    with pytest.raises(StorageDamaged, match=r"header|it ends after"):
        open_database(path)


def test_what_is_too_short_to_be_a_database_is_none(path: Path) -> None:
    path.write_bytes(b"x")
    with pytest.raises(NotADatabase):
        open_database(path)


def test_a_damaged_log_is_refused_and_kept(path: Path) -> None:
    log = beside(killed_file(path), "-wal")
    flip(log, 70_000)
    before = log.read_bytes()
    with pytest.raises(StorageDamaged, match=r"dispatch\.db-wal holds up to frame \d+ alone"):
        open_database(path)
    assert log.read_bytes() == before
