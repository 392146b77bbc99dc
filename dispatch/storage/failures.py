"""SQLite's errors as sentences that name the file, what is wrong with it and what to do. Raised by this room, caught by any."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar, Final

from dispatch.errors import DatabaseError, NotADatabase


class StorageFailure(DatabaseError):
    """Base of all below. `says` is the sentence, with the `path` of the file and, where it helps, a `detail`."""

    def __init__(self, path: str, detail: object = "") -> None:
        super().__init__(self.says.format(path=path, detail=detail))


class StorageFull(StorageFailure):
    """Nothing was written. The next write after space returns succeeds."""

    code: ClassVar[str] = "disk_full"
    says = "{path} cannot grow because the disk is full; free some space, nothing else is needed"


class StorageBusy(StorageFailure):
    """Nothing was written, after waiting as long as `busy_timeout` allows."""

    code: ClassVar[str] = "database_busy"
    says = "{path} is locked by another process; end that process or its open transaction"


class StorageReadOnly(StorageFailure):
    """The file or its directory may not be written."""

    code: ClassVar[str] = "read_only"
    says = "cannot write {path}: it or its directory is read-only; make both writable or name another file"


class StorageUnreachable(StorageFailure):
    """The file cannot be opened at all. The sentence says which of the usual reasons it is."""

    code: ClassVar[str] = "cannot_open"
    says = "cannot open {path}: {detail}; name another file"

    def __init__(self, path: str, why: str = "") -> None:
        super().__init__(path, why or _why_unreachable(Path(path)))


class StorageMissing(StorageFailure):
    """There is no file of this name, and this is no command that makes one."""

    code: ClassVar[str] = "no_such_file"
    says = "there is no file {path}; `dispatch serve` and `dispatch db seed` make one"


class StorageOwned(StorageFailure):
    """Another process writes this file. `owner`: its number and since when, as it says itself. `file`: the file behind all links."""

    code: ClassVar[str] = "owned"
    says = "{path} belongs to {detail}; end that process first or name another file"

    def __init__(self, path: str, owner: str, file: Path | None = None) -> None:
        self.file = file or Path(path)
        self.owner = owner
        super().__init__(path, owner)


class StorageReplaced(StorageFailure):
    """The path names another file than the open one, or its log is gone. What would be written now could be read by nobody."""

    code: ClassVar[str] = "file_replaced"
    says = "{path} {detail}; put the very file back with its log, or stop the server, which says what it could save"


class StorageLinked(StorageFailure):
    """A file with several names would have several logs, and each would hold a part of what happened. `detail`: how many names."""

    code: ClassVar[str] = "linked"
    says = (
        "{path} has {detail} names (hard links), and its newest commits lie in a log beside one of them;"
        " remove the other names"
    )


class StorageEmpty(StorageFailure):
    """A file of no bytes: its content is gone, or another program made it."""

    code: ClassVar[str] = "empty"
    says = "{path} is empty, 0 bytes; if it held rides, restore a copy of it, else delete it"


class StorageDamaged(StorageFailure):
    """SQLite or the journal's codec met bytes that nobody wrote."""

    code: ClassVar[str] = "damaged"
    says = "{path} is damaged ({detail}); restore a copy of it or name another file"


class StorageContradicts(StorageFailure):
    """Events of the file cannot be true beside one another, as after two writers at once."""

    code: ClassVar[str] = "contradictory"
    says = (
        "{path} contradicts itself ({detail}); `dispatch db mend --db {path}` ends the later ride,"
        " with --dry-run it only tells"
    )


class StorageFault(StorageFailure):
    """Any other report of the disk or SQLite. Nothing was written."""

    code: ClassVar[str] = "disk_fault"
    says = "{path} cannot be used: {detail}"


class EventRefused(StorageFailure):
    """These events can never be stored, whatever the disk says: a value has no JSON or breaks a column's rule."""

    code: ClassVar[str] = "event_refused"
    says = "{path} does not take these events: {detail}"


_BY_CODE: Final[dict[int, type[StorageFailure]]] = {
    sqlite3.SQLITE_FULL: StorageFull,
    sqlite3.SQLITE_BUSY: StorageBusy,
    sqlite3.SQLITE_LOCKED: StorageBusy,
    sqlite3.SQLITE_READONLY: StorageReadOnly,
    sqlite3.SQLITE_PERM: StorageReadOnly,
    sqlite3.SQLITE_CANTOPEN: StorageUnreachable,
    sqlite3.SQLITE_CORRUPT: StorageDamaged,
    sqlite3.SQLITE_CONSTRAINT: EventRefused,
    sqlite3.SQLITE_MISMATCH: EventRefused,
    sqlite3.SQLITE_TOOBIG: EventRefused,
}


def failure_of(error: sqlite3.Error, path: str) -> DatabaseError:
    """The failure that an error stands for. One without SQLite's code is Python's, about a value it could not read or bind."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        unread = isinstance(error, sqlite3.OperationalError)
        return StorageDamaged(path, str(error)) if unread else EventRefused(path, str(error))
    primary = code & 0xFF
    if primary == sqlite3.SQLITE_NOTADB:
        return NotADatabase(path)
    kind = _BY_CODE.get(primary)
    if kind is None:
        return StorageFault(path, f"{error} ({error.sqlite_errorname})")
    return kind(path) if issubclass(kind, StorageUnreachable) else kind(path, str(error))


@contextmanager
def explained(path: str) -> Iterator[None]:
    """Whatever SQLite raises inside is raised as the failure that it stands for."""
    try:
        yield
    except sqlite3.Error as error:
        raise failure_of(error, path) from error


def may_write(path: str | Path) -> bool:
    """Whether the system lets this user write there."""
    return os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def _why_unreachable(path: Path) -> str:
    folder = path.absolute().parent
    if os.path.isdir(path):
        return "it is a directory"
    if not os.path.isdir(folder):
        return f"the directory {folder} does not exist"
    if not os.path.exists(path) and not may_write(folder):
        return f"the directory {folder} is read-only"
    return "the system does not let this user read or make it there"
