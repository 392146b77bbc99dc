"""How a file is opened: for writing, with its tables up to date, or for reading beside whoever writes it."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, unquote

from sqlite_utils import Database

from dispatch.config import Server
from dispatch.storage.failures import (
    NewerSchema,
    NotADatabase,
    NoWriteAheadLog,
    OlderSchema,
    StorageEmpty,
    StorageMissing,
    StorageReadOnly,
    explained,
    may_write,
)
from dispatch.storage.file.header import require_file, require_whole
from dispatch.storage.tables.made import known, lay_tables
from dispatch.storage.tables.schema import APPLICATION_ID, migrations

SYNCHRONOUS: Final = ("full", "normal", "off")
BUSY_TIMEOUT_S: Final = 5.0


def open_database(
    path: str | Path,
    synchronous: str = Server.synchronous,
    *,
    busy_timeout_s: float = BUSY_TIMEOUT_S,
    trusts: Callable[[Database], object] | None = None,
) -> Database:
    """Open or make the file for writing, in WAL mode, and bring its tables up to date. The connection belongs to this thread.

    `synchronous`: `full`, `normal` or `off`. `trusts`: looks at the file, with its tables up to date, and raises what is wrong with it.
    Raises that, or DatabaseError (NotADatabase, NewerSchema, StorageReadOnly, …), and leaves the file and its log as they were.
    """
    if synchronous not in SYNCHRONOUS:
        raise ValueError(f"synchronous must be one of {', '.join(SYNCHRONOUS)}, got {synchronous!r}")
    is_new = not Path(path).exists()
    require_whole(path)
    if not is_new and not may_write(path):  # SQLite would open it without a word, and its BEGIN IMMEDIATE does not mind
        raise StorageReadOnly(str(path))
    with _log_kept(path), _opened(str(path), f"file:{quote(str(path))}", busy_timeout_s) as db:
        if is_new:  # first of all: killed before it, this process would leave an empty file behind
            _switch_to_wal(db, str(path))
        _refuse_strangers(db, str(path), may_be_empty=True)
        db.execute(f"PRAGMA synchronous = {synchronous}")
        db.execute("BEGIN IMMEDIATE")
        if db.table_names():
            migrations.apply(db)
        else:
            lay_tables(db)
        if trusts is not None:
            trusts(db)
        db.execute("COMMIT")
        _switch_to_wal(db, str(path))
    return db


def open_read_only(path: str | Path, *, may_be_older: bool = False) -> Database:
    """Open an existing file for reading, beside whoever writes it. Raises DatabaseError; makes or changes nothing that stays.

    `may_be_older`: a file of an older dispatch is opened too.
    """
    if not Path(path).exists():
        raise StorageMissing(str(path))
    require_file(path)
    if Path(path).is_file() and not Path(path).stat().st_size:
        raise StorageEmpty(str(path))
    file, real = f"file:{quote(str(path))}?mode=ro", os.path.realpath(path)
    # SQLite wants to make a log beside the file. Where nobody can, and none is, no one writes: the file alone is the whole truth.
    is_fixed = not may_write(os.path.dirname(real)) and not os.path.exists(f"{real}-wal")
    kind, uri = (sqlite3.Connection, f"{file}&immutable=1") if is_fixed else (_Guest, file)
    with _opened(str(path), uri, BUSY_TIMEOUT_S, kind) as db:
        _refuse_strangers(db, str(path), may_be_empty=False)
        if not may_be_older and migrations.pending(db):
            raise OlderSchema(path)
    return db


@contextmanager
def reading(path: str | Path, *, may_be_older: bool = False) -> Iterator[Database]:
    """The file, opened as `open_read_only` does, while the block runs. What SQLite raises inside is raised as the failure it is."""
    with closing(open_read_only(path, may_be_older=may_be_older)) as db, explained(str(path)):
        yield db


def has_events(path: str | Path) -> bool:
    """Whether anything was ever journalled into this file. Raises as `open_read_only` does."""
    with reading(path) as db:
        return db.execute("SELECT 1 FROM events LIMIT 1").fetchone() is not None


class _Guest(sqlite3.Connection):
    """Who only reads a file makes a log and its index where there are none, and cannot remove them. This one has them removed."""

    def __init__(self, database: str, *args: Any, **options: Any) -> None:
        file = database.removesuffix("?mode=ro")
        is_alone = not os.path.exists(os.path.realpath(unquote(file.removeprefix("file:"))) + "-wal")
        self._tidies = f"{file}?mode=rw" if is_alone else None
        super().__init__(database, *args, **options)

    def close(self) -> None:
        super().close()
        tidies, self._tidies = self._tidies, None
        if tidies is not None:
            with (
                suppress(sqlite3.Error, UnicodeDecodeError),
                closing(sqlite3.connect(tidies, uri=True, timeout=0.0)) as last,
            ):
                last.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone()


@contextmanager
def _opened(
    path: str, uri: str, busy_timeout_s: float, kind: type[sqlite3.Connection] = sqlite3.Connection
) -> Iterator[Database]:
    """In autocommit mode: whoever wants a transaction says BEGIN. Closed again when the block fails."""
    with explained(path), ExitStack() as on_failure:
        connection = sqlite3.connect(uri, uri=True, timeout=busy_timeout_s, isolation_level=None, factory=kind)
        on_failure.callback(connection.close)
        yield Database(connection, execute_plugins=False)
        on_failure.pop_all()


@contextmanager
def _log_kept(path: str | Path) -> Iterator[None]:
    """What a killed process left in the log stays there if the block fails: the last to close would move it into the file."""
    file = os.path.realpath(path)
    if not os.path.exists(f"{file}-wal") or not os.path.getsize(f"{file}-wal"):
        yield
        return
    with explained(str(path)), closing(sqlite3.connect(f"file:{quote(file)}?mode=ro", uri=True)) as guest:
        guest.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone()
        yield


def _switch_to_wal(db: Database, path: str) -> None:
    (mode,) = db.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise NoWriteAheadLog(path)


def _refuse_strangers(db: Database, path: str, *, may_be_empty: bool) -> None:
    """Somebody else's SQLite file is not touched, nor one whose tables this version does not know."""
    (application_id,) = db.execute("PRAGMA application_id").fetchone()
    is_empty = application_id == 0 and not db.table_names()
    if application_id != APPLICATION_ID and not (is_empty and may_be_empty):
        raise NotADatabase(path)
    unknown = [applied.name for applied in migrations.applied(db) if applied.name not in known()]
    if unknown:
        raise NewerSchema(path, unknown[-1])
