"""Writes a file anew, so that what was taken out of it leaves its free pages and its log as well.

From the commit that takes something out until that is done the file itself says so, for a process may die in between: then the next
start does it, or the next order that takes something out.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlite_utils import Database

from dispatch.errors import DatabaseError
from dispatch.storage.failures import StorageBusy, explained
from dispatch.storage.log.on_file import Writer
from dispatch.storage.tables.views import Change

_IS_DUE: Final = 1
IS_DUE: Final[Change] = (f"PRAGMA user_version = {_IS_DUE}", ())
"""Part of every commit that takes something out for good."""


def is_due(db: Database) -> bool:
    """Whether something was taken out and may still lie in free pages or in the log."""
    (version,) = db.execute("PRAGMA user_version").fetchone()
    return bool(version == _IS_DUE)


@contextmanager
def thorough(writer: Writer) -> Iterator[None]:
    """What is deleted in this block is written over with zeros at once."""
    with explained(writer.path):
        writer.db.execute("PRAGMA secure_delete = ON").fetchall()
    try:
        yield
    finally:
        with explained(writer.path):
            writer.db.execute("PRAGMA secure_delete = OFF").fetchall()


def wipe(writer: Writer) -> None:
    """Leave in the file, its log and its index nothing of what was deleted. Everybody who wants to commit waits meanwhile.

    Raises StorageBusy while another process reads the file as it was before, StorageFull where there is no room for the new file.
    """
    with explained(writer.path):
        _empty_log(writer)
        writer.db.execute("VACUUM").fetchall()
        _empty_log(writer)
        writer.db.execute("PRAGMA user_version = 0").fetchall()
    writer.note_commit()


def why_not_wiped(writer: Writer) -> str:
    """Wipe the file. Returns nothing once that is done, else why it could not be done now."""
    try:
        wipe(writer)
    except DatabaseError as trouble:
        return str(trouble)
    return ""


def _empty_log(writer: Writer) -> None:
    (is_busy, *_) = writer.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if is_busy:
        raise StorageBusy(writer.path)
