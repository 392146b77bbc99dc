"""How a writer leaves its file, for whoever copies it next."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from dispatch.storage.file.owner import beside
from dispatch.storage.log.on_file import Reader, Writer
from tests.storage.log.test_on_file_writer import on_disk
from tests.storage.stories import booked


@pytest.fixture()
def other(path: Path) -> Iterator[sqlite3.Connection]:
    """Another process has the file open."""
    Writer(path, "off").close()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        yield other


@pytest.mark.parametrize("is_watched", [False, True])
def test_the_file_alone_is_everything(path: Path, is_watched: bool) -> None:
    writer = Writer(path, "off")
    if is_watched:
        writer.watch(path)
    reader = Reader(path)
    writer.write([booked("r1")])
    reader.close()
    assert writer.close() == ""
    assert list(path.parent.iterdir()) == [path]
    assert on_disk(path) == [("ride/r1", "RideRequested")]
    assert writer.close() == "", "twice does nothing"


def test_who_only_has_the_file_open_is_told_of_and_holds_nothing_back(path: Path, other: sqlite3.Connection) -> None:
    writer = Writer(path, "off")
    other.execute("SELECT count(*) FROM events").fetchone()
    writer.write([booked("r1")])
    assert writer.close() == f"another process has {path} open; all commits are in it"
    copy = shutil.copy(path, path.parent / "copy.db")
    assert on_disk(copy) == [("ride/r1", "RideRequested")]


def test_who_reads_holds_the_log_back_and_it_is_to_be_copied_as_well(path: Path, other: sqlite3.Connection) -> None:
    writer = Writer(path, "off")
    writer.write([booked("r1")])
    other.execute("BEGIN")
    other.execute("SELECT count(*) FROM events").fetchone()
    writer.write([booked("r2")])
    log = beside(path, "-wal")
    assert writer.close() == f"the newest commits stay in {log}, since another process reads {path}: copy both"
    copy = shutil.copy(path, path.parent / "copy.db")
    shutil.copy(log, beside(copy, "-wal"))
    assert [stream for stream, _ in on_disk(copy)] == ["ride/r1", "ride/r2"]
