"""What was deleted leaves the file itself, and a file in which that is still to be done says so."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from dispatch.messages.events import DriverRegistered
from dispatch.storage.failures import StorageBusy, StorageFault
from dispatch.storage.health.check import UNWIPED, findings
from dispatch.storage.log import wiping
from dispatch.storage.log.on_file import Writer
from tests.storage.stories import DRIVER_ID, MICHAEL, append

SECRET = "a text that nobody may read any more"


def bytes_of(path: Path) -> bytes:
    """The file, its log and its index, as they lie on the disk now."""
    return b"".join(Path(f"{path}{end}").read_bytes() for end in ("", "-wal", "-shm") if Path(f"{path}{end}").exists())


def take_out(writer: Writer) -> None:
    """Write something, and delete it for good."""
    writer.write([append(f"driver/{DRIVER_ID}", DriverRegistered(MICHAEL))])
    name = "UPDATE drivers SET name = ?"
    writer.write([], [(name, (SECRET,))])
    writer.write([], [(name, (MICHAEL.name,)), wiping.IS_DUE])


def test_nothing_is_due_in_a_file_from_which_nothing_was_taken(writer: Writer, path: Path) -> None:
    assert not wiping.is_due(writer.db)
    assert list(findings(path)) == []


def test_a_wipe_leaves_no_byte_of_what_was_deleted(writer: Writer, path: Path) -> None:
    take_out(writer)
    assert SECRET.encode() in bytes_of(path) and wiping.is_due(writer.db)
    wiping.wipe(writer)
    assert SECRET.encode() not in bytes_of(path) and not wiping.is_due(writer.db)


def test_a_check_says_that_a_wipe_is_due_and_so_does_the_file_to_the_next_process(writer: Writer, path: Path) -> None:
    take_out(writer)
    assert list(findings(path)) == [UNWIPED]
    writer.touch()
    writer.close()
    with closing(Writer(path)) as after:
        assert wiping.is_due(after.db)
        assert wiping.why_not_wiped(after) == ""
    assert list(findings(path)) == []


def test_a_commit_that_fails_makes_none_due(writer: Writer) -> None:
    with pytest.raises(StorageFault, match="no such table"):
        writer.write([], [wiping.IS_DUE, ("DELETE FROM nobody", ())])
    assert not wiping.is_due(writer.db)


def test_while_somebody_reads_the_file_as_it_was_it_is_not_wiped_and_says_so(writer: Writer, path: Path) -> None:
    take_out(writer)
    writer.hurry(True)
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM drivers").fetchall()
        writer.touch()
        with pytest.raises(StorageBusy):
            wiping.wipe(writer)
        assert "locked by another process" in wiping.why_not_wiped(writer)
        assert wiping.is_due(writer.db)
    assert wiping.why_not_wiped(writer) == "" and not wiping.is_due(writer.db)


def test_what_is_deleted_in_a_thorough_block_is_written_over(writer: Writer) -> None:
    with wiping.thorough(writer):
        assert writer.db.execute("PRAGMA secure_delete").fetchone() == (1,)
    assert writer.db.execute("PRAGMA secure_delete").fetchone() == (0,)
