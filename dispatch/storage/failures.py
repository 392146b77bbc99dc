"""SQLite's errors as sentences that name the file, what is wrong with it and what to do. Raised by this room, caught by any."""

import os
import sqlite3
from pathlib import Path
from typing import Final

from dispatch.errors import DatabaseError
from dispatch.files import other_than_file


class StorageFailure(DatabaseError):
    """Base of all below. `says` is the sentence, with the `path` of the file and, where it helps, a `detail`."""

    def __init__(self, path: str | Path, detail: object = "") -> None:
        super().__init__(self.says.format(path=path, detail=detail))


class NotADatabase(StorageFailure, says="{path} is not an SQLite database of dispatch; name another file"):
    """Somebody else's file."""


class NewerSchema(
    StorageFailure,
    says="{path} was written by a newer dispatch (its schema has {detail!r}); upgrade dispatch, or restore a backup of before",
):
    """This version does not know the migration `detail`."""


class OlderSchema(
    StorageFailure, says="{path} was written by an older dispatch; run `dispatch serve` on it once to update it"
):
    """A migration is missing, and whoever only reads makes none."""


class NoWriteAheadLog(
    StorageFailure, says="{path} lies where SQLite cannot keep a write-ahead log; name a file on a local disk"
):
    """The file system shares no memory between processes."""


class StorageFull(
    StorageFailure,
    code="disk_full",
    says="{path} cannot grow because the disk is full; free some space, nothing else is needed",
):
    """Nothing was written. The next write after space returns succeeds."""


class StorageBusy(
    StorageFailure,
    code="database_busy",
    says="{path} is locked by another process; end that process or its open transaction",
):
    """Nothing was written, after waiting as long as `busy_timeout` allows."""


class StorageReadOnly(
    StorageFailure,
    code="read_only",
    says="cannot write {path}: it or its directory is read-only; make both writable or name another file",
):
    """The file or its directory may not be written."""


class StorageUnreachable(StorageFailure, code="cannot_open", says="cannot open {path}: {detail}; name another file"):
    """The file cannot be opened at all. The sentence says which of the usual reasons it is."""

    def __init__(self, path: str | Path, why: str = "") -> None:
        super().__init__(path, why or _why_unreachable(Path(path)))


class StorageMissing(
    StorageFailure,
    code="no_such_file",
    says="there is no file {path}; `dispatch serve` and `dispatch db seed` make one",
):
    """There is no file of this name, and this is no command that makes one."""


class StorageOwned(
    StorageFailure, code="owned", says="{path} belongs to {detail}; end that process first or name another file"
):
    """Another process writes this file. `owner`: its number and since when, as it says itself. `file`: the file behind all links."""

    def __init__(self, path: str | Path, owner: str, file: Path | None = None) -> None:
        self.file = file or Path(path)
        self.owner = owner
        super().__init__(path, owner)


class StorageReplaced(
    StorageFailure,
    code="file_replaced",
    says="{path} {detail}; put the very file back with its log, or stop the server, which says what it could save",
):
    """The path names another file than the open one, or its log is gone. What would be written now could be read by nobody."""


class StorageLinked(
    StorageFailure,
    code="linked",
    says=(
        "{path} has {detail} names (hard links), and its newest commits lie in a log beside one of them;"
        " remove the other names"
    ),
):
    """A file with several names would have several logs, and each would hold a part of what happened. `detail`: how many names."""


class StorageEmpty(
    StorageFailure,
    code="empty",
    says="{path} is empty, 0 bytes; if it held rides, `dispatch db restore` a backup, else delete it",
):
    """A file of no bytes: its content is gone, or another program made it."""


class StorageDamaged(
    StorageFailure,
    code="damaged",
    says="{path} is damaged ({detail}); `dispatch db restore` a backup or name another file",
):
    """SQLite or the journal's codec met bytes that nobody wrote."""


class StorageContradicts(
    StorageFailure,
    code="contradictory",
    says=(
        "{path} contradicts itself ({detail}); `dispatch db mend --db {path}` ends the later ride,"
        " with --dry-run it only tells"
    ),
):
    """Events of the file cannot be true beside one another, as after two writers at once."""


class StorageFault(StorageFailure, code="disk_fault", says="{path} cannot be used: {detail}"):
    """Any other report of the disk or SQLite. Nothing was written."""


class EventRefused(StorageFailure, code="event_refused", says="{path} does not take these events: {detail}"):
    """These events can never be stored, whatever the disk says: a value has no JSON or breaks a column's rule."""


_BY_CODE: Final[dict[int, type[StorageFailure]]] = {
    sqlite3.SQLITE_FULL: StorageFull,
    sqlite3.SQLITE_BUSY: StorageBusy,
    sqlite3.SQLITE_LOCKED: StorageBusy,
    sqlite3.SQLITE_READONLY: StorageReadOnly,
    sqlite3.SQLITE_PERM: StorageReadOnly,
    sqlite3.SQLITE_CANTOPEN: StorageUnreachable,
    sqlite3.SQLITE_CORRUPT: StorageDamaged,
    sqlite3.SQLITE_NOTADB: NotADatabase,
    sqlite3.SQLITE_CONSTRAINT: EventRefused,
    sqlite3.SQLITE_MISMATCH: EventRefused,
    sqlite3.SQLITE_TOOBIG: EventRefused,
}


UNUSABLE: Final = (sqlite3.Error, UnicodeDecodeError)
"""What SQLite raises; the second where Python cannot even read what SQLite says is wrong."""


def failure_of(error: sqlite3.Error | UnicodeDecodeError, path: str) -> StorageFailure:
    """The failure that an error stands for. One without SQLite's code is Python's, about a value it could not read or bind."""
    if isinstance(error, UnicodeDecodeError):
        return StorageDamaged(path, f"a text in it is not Unicode: {error.reason}")
    said = " ".join(str(error).split())  # SQLite quotes a damaged table over several lines
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        is_unread = isinstance(error, sqlite3.OperationalError)
        return (StorageDamaged if is_unread else EventRefused)(path, said)
    kind = _BY_CODE.get(code & 0xFF)
    if kind is None:
        return StorageFault(path, f"{said} ({error.sqlite_errorname})")
    return StorageUnreachable(path) if kind is StorageUnreachable else kind(path, said)


class Explained:
    """What `explained` returns. No generator: it is passed several times on the way of each login."""

    __slots__ = ("_path",)

    def __init__(self, path: str) -> None:
        self._path = path

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, UNUSABLE):
            raise failure_of(error, self._path) from error


def explained(path: str) -> Explained:
    """Whatever SQLite raises inside is raised as the failure that it stands for."""
    return Explained(path)


def may_write(path: str | Path) -> bool:
    """Whether the system lets this user write there."""
    return os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def _why_unreachable(path: Path) -> str:
    folder, other = path.absolute().parent, other_than_file(path)
    if other or os.path.isdir(path):
        return f"it is {other or 'a directory'}"
    if not os.path.isdir(folder):
        return f"the directory {folder} does not exist"
    if not os.path.exists(path) and not may_write(folder):
        return f"the directory {folder} is read-only"
    return "the system does not let this user read or make it there"
