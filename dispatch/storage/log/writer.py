"""Puts batches of events on disk, with the tables that follow from them, in one transaction each.

Used by the journal in its thread, by the simulator and by the commands that seed or repair a file; never from two threads.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec
from sqlite_utils import Database

from dispatch.config import Server
from dispatch.messages.journal import Append
from dispatch.storage.failures import EventRefused, explained, failure_of
from dispatch.storage.file.closing import part
from dispatch.storage.file.in_place import InPlace
from dispatch.storage.file.owner import Ownership
from dispatch.storage.log.codec import encode
from dispatch.storage.tables.schema import open_database
from dispatch.storage.tables.views import VIEWS, Change, teach

ADD_EVENT: Final = """
    INSERT INTO events (at, stream, ride_id, ride_no, kind, body)
    VALUES (?1, ?2, ?3, (SELECT ride_no FROM rides WHERE ride_id = ?3), ?4, ?5)"""
HURRIED_MS: Final = 250
_UNFIT: Final = (ValueError, TypeError, OverflowError, msgspec.MsgspecError)
"""What encoding raises for a value that has no JSON or no place in a column."""


class Writer:
    """One connection that writes. It belongs to the thread that made it."""

    def __init__(
        self,
        database: Database | str | Path,
        synchronous: str = Server.synchronous,
        trusts: Callable[[Database], object] | None = None,
    ) -> None:
        """A path is opened as `open_database` does, and may raise so."""
        self.db = database if isinstance(database, Database) else open_database(database, synchronous, trusts=trusts)
        teach(self.db.conn)
        self._file = next(row[2] for row in self.db.execute("PRAGMA database_list"))
        self.path = self._file if isinstance(database, Database) else str(database)
        self._cursor = self.db.conn.cursor()
        self._place: InPlace | None = None
        (self._busy_timeout_ms,) = self._cursor.execute("PRAGMA busy_timeout").fetchone()

    def write(self, batch: Sequence[Append], first: Sequence[Change] = ()) -> None:
        """Commit these events, in this order, or nothing of them. `first`: what is changed before them in the same commit.

        Raises EventRefused when the events themselves are at fault, another DatabaseError (StorageFull, StorageBusy, …) when
        the file or the disk is.
        """
        rows, changes = self._drawn(batch)
        self._commit(rows, [*first, *changes])

    def touch(self) -> None:
        """Commit a page that says nothing new: raises what keeps the next batch from being written."""
        with explained(self.path):
            (version,) = self._cursor.execute("PRAGMA user_version").fetchone()
        self._commit([], [(f"PRAGMA user_version = {version}", ())])

    def hurry(self, hurries: bool) -> None:
        """Wait for others' locks a moment only, or again as long as the file was opened with."""
        timeout_ms = min(HURRIED_MS, self._busy_timeout_ms) if hurries else self._busy_timeout_ms
        self._cursor.execute(
            f"PRAGMA busy_timeout = {timeout_ms}"
        ).fetchall()  # it answers; a statement left open would hold the file

    def _commit(self, rows: list[tuple[object, ...]], changes: list[Change]) -> None:
        execute = self._cursor.execute
        try:
            execute("BEGIN IMMEDIATE")
            for statement, values in changes:
                execute(statement, values)
            self._cursor.executemany(ADD_EVENT, rows)
            if self._place is not None:
                self._place.require(quick=True)
            execute("COMMIT")
        except BaseException as error:
            self._roll_back()
            if isinstance(error, sqlite3.Error):
                raise failure_of(error, self.path) from error
            if isinstance(error, _UNFIT):
                raise EventRefused(self.path, str(error)) from error
            raise
        self.note_commit()

    def watch(self, path: str | Path, ownership: Ownership | None = None) -> None:
        """From now on nothing is committed while `path` names another file than the open one, or after `ownership` lost it to a rival.

        `path`: as the user named the file.
        """
        with explained(str(path)):
            self._place = InPlace(path, ownership)

    def require_in_place(self) -> None:
        """Raises StorageReplaced when a watched file is not where it was."""
        if self._place is not None:
            self._place.require()

    def note_commit(self) -> None:
        """Called after each commit to a watched file, so that what a checkpoint wrote with it is not taken for somebody else's."""
        if self._place is not None:
            self._place.note()

    def close(self) -> str:
        """Move the log into the file and let go of it. Nothing waits in a writer. Returns what people must know, or nothing."""
        with suppress(sqlite3.Error):
            self.hurry(True)
        place, self._place = self._place, None
        return part(self.db.conn, self._file, place)

    def _drawn(self, batch: Sequence[Append]) -> tuple[list[tuple[object, ...]], list[Change]]:
        """All rows and changes of a batch, before the file is locked."""
        rows: list[tuple[object, ...]] = []
        changes: list[Change] = []
        try:
            for append in batch:
                at, stream = append.at, append.reply_to
                for event in append.events:
                    kind, body = encode(event)
                    rows.append((at, stream, getattr(event, "ride_id", None), kind, body))
                    changes.extend(VIEWS[type(event)](event, at))
        except _UNFIT as error:
            raise EventRefused(self.path, str(error)) from error
        return rows, changes

    def _roll_back(self) -> None:
        with suppress(sqlite3.Error):  # SQLite may have rolled back by itself; the first error is the one to tell
            if self.db.conn.in_transaction:
                self.db.conn.execute("ROLLBACK")
