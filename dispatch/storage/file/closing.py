"""How a writer leaves its file: whole, with nothing beside it. And what is saved when the file is not where it was any more."""

import os
import sqlite3
from contextlib import closing, suppress
from itertools import count
from pathlib import Path

from dispatch.storage.file.in_place import Fault, FaultKind, InPlace
from dispatch.storage.file.owner import beside


def part(connection: sqlite3.Connection, path: str | Path, place: InPlace | None) -> str:
    """Move the log into the file and close. All other connections of this process are closed before.

    `path`: the file itself. `place`: knows whether it is still the open one; None: it is. Returns what people must know, or nothing.
    """
    fault = place.fault() if place is not None else None
    if place is not None and fault is not None and fault.kind is not FaultKind.LOG_MOVED:
        return _leave(connection, Path(path), place, fault)
    unmoved = _settle(connection)
    if place is None:
        connection.close()
    else:
        place.close(connection.close, keeps_log=False)
    log = beside(Path(path), "-wal")
    if not log.exists():
        return ""
    if unmoved or log.stat().st_size:
        return f"the newest commits stay in {log}, since another process reads {path}: copy both"
    return f"another process has {path} open; all commits are in it"


def _settle(connection: sqlite3.Connection) -> int:
    """Move the log into the file. How many pages of it could not be moved, since somebody reads the file as it was before them."""
    with suppress(sqlite3.Error):  # a full disk: all that is committed stays in the log
        _, logged, moved = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return max(0, int(logged) - int(moved))
    return 1


def _leave(connection: sqlite3.Connection, path: Path, place: InPlace, fault: Fault) -> str:
    """The path names another file now: it gets nothing of ours, neither pages nor our log, which SQLite would take for its own."""
    spare = next(spare for n in count(1) if not _is_taken(spare := beside(path, f".saved-{n}")))
    whole = fault.kind is FaultKind.MOVED and _save(connection, spare)
    place.close(connection.close, keeps_log=True)
    said = f"{path} {fault.says}"
    if place.is_ours(place.log):
        if whole:
            os.unlink(place.log)
        else:
            os.rename(place.log, f"{spare}-wal")
            said += f"; its log was set aside as {spare}-wal"
        if place.is_ours(place.index):
            os.unlink(place.index)
    return (
        f"{said}; all that was committed is in {spare}" if whole else f"{said}; what was committed could not be saved"
    )


def _is_taken(spare: Path) -> bool:
    return spare.exists() or beside(spare, "-wal").exists()


def _save(connection: sqlite3.Connection, spare: Path) -> bool:
    """Copy all that is committed into a file of its own."""
    try:
        with closing(sqlite3.connect(spare)) as copy:
            connection.backup(copy)
    except sqlite3.Error:
        spare.unlink(missing_ok=True)
        return False
    return True
