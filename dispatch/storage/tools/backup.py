"""Copies of a database that can be trusted: made beside whoever writes it, looked at whole before they get their name, and put back.

A copy is drafted in a hidden folder beside its place and renamed when it is whole and on disk: a process that dies on the way leaves
no file that looks like a copy.
"""

import os
import re
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from itertools import count, islice
from pathlib import Path
from typing import Final, NamedTuple

from sqlite_utils import Database

from dispatch import addresses
from dispatch.errors import DatabaseError
from dispatch.ids import DriverId, PersonId
from dispatch.storage.failures import (
    StorageFailure,
    StorageMissing,
    StorageOwned,
    StorageUnreachable,
    failure_of,
)
from dispatch.storage.file.header import require_whole
from dispatch.storage.file.key_file import BadKeys, copy_keys, keys_path
from dispatch.storage.file.owner import MADE, beside, owned, owner_of
from dispatch.storage.health.check import findings
from dispatch.storage.log import wiping
from dispatch.storage.log.on_file import newest_at
from dispatch.storage.tables.opening import open_database, reading
from dispatch.storage.tables.schema import migrations

_DRAFTS: Final = ".dispatch-draft-"
"""Before the number of the process that writes there."""
_STAMP: Final = "%Y-%m-%dT%H%M%SZ"
_STAMPED: Final = r"-\d{4}-\d\d-\d\dT\d{6}Z\.db"
MODE: Final = 0o600
FAULTS_TOLD: Final = 3
IS_THERE: Final = "is there already: name another file, or say --force"


class NotSound(StorageFailure, code="not_sound", says="{path} is not sound ({detail}); `dispatch db check` says more"):
    """It opens, and `db check` finds something in it."""


class InTheWay(StorageFailure, code="in_the_way", says="{path} {detail}"):
    """A backup may not be put there."""


class Copy(NamedTuple):
    """A sound copy. `newest_at`: Unix time of its last event, 0 where there is none; `size` in bytes; `is_older`: an older dispatch
    wrote the file, and this one could update a copy of it; `has_keys`: the keys of logins lie beside it.
    """

    file: Path
    rides: int
    events: int
    newest_at: float
    size: int
    is_older: bool
    has_keys: bool = False


class Restored(NamedTuple):
    """`copy` is the file now. `aside`: where the one of before is; None: there was none. `returned`: people who were taken out of that
    one after the copy was made, and are in the file again: their ids, and how many more there are whose ids nobody can tell.
    """

    copy: Copy
    aside: Path | None
    returned: list[str]
    returned_unnamed: int


def back_up(source: str | Path, to: str | Path, *, with_keys: bool = False, force: bool = False) -> Copy:
    """Copy `source`, also while a server writes it, to the file `to`, or to a file named by the time in the folder `to`.

    The copy has all that was committed when it began. `force`: another file in that place is replaced.
    Raises DatabaseError: it cannot be read, is not sound, or something lies in that place; BadKeys.
    """
    target = _target(Path(source), Path(to))
    _require_free(Path(source), target, force)
    if with_keys and not keys_path(source).exists():
        raise BadKeys(f"there is no {keys_path(source)} to copy")
    if with_keys and not force and keys_path(target).exists():
        raise InTheWay(str(keys_path(target)), IS_THERE)
    with _drafts(target.parent) as folder:
        draft = folder / "copy.db"
        copy = _sound_copy(source, draft)
        if with_keys:
            copy_keys(source, draft)
            os.replace(keys_path(draft), keys_path(target))
        _require_free(Path(source), target, force)
        os.replace(draft, target)
        _sync(target.parent)
    return copy._replace(file=target, has_keys=with_keys)


def restore(backup: str | Path, target: str | Path) -> Restored:
    """Put a copy of `backup` in the place of `target`; what is there is renamed with its log. The keys of `target` stay; where it has
    none, those beside the backup are taken.

    Raises DatabaseError: a process has `target` open, or the backup is not sound; then all is as it was. BadKeys.
    """
    with owned(target, make=True) as ownership:
        place = ownership.path
        if Path(os.path.realpath(backup)) == place:
            raise InTheWay(str(target), "is the backup itself: name the database with --db")
        with _drafts(place.parent) as folder:
            draft = folder / "copy.db"
            copy = _sound_copy(backup, draft)
            takes_keys = keys_path(backup).exists() and not keys_path(place).exists()
            if takes_keys:
                copy_keys(backup, place)
            _leave_to_its_owner(draft, place)
            aside = _set_aside(place)
            os.replace(draft, place)
            _sync(place.parent)
            ownership.keep()
    returned = _returned(aside, place) if aside is not None else []
    named = [ident for ident in returned if ident]
    copy = copy._replace(file=place, has_keys=takes_keys)
    return Restored(copy, aside, named, len(returned) - len(named))


def thin_out(newest: Path, source: str | Path, keep: int) -> list[Path]:
    """Of the backups of `source` beside `newest`, named by the time, remove all but the `keep` latest, with their keys."""
    pattern = re.compile(re.escape(Path(source).stem) + _STAMPED)
    found = sorted(file for file in newest.parent.iterdir() if pattern.fullmatch(file.name))
    gone = found[:-keep]
    for file in gone:
        file.unlink(missing_ok=True)
        keys_path(file).unlink(missing_ok=True)
    return gone


# -- where it goes


def is_folder(to: str | Path) -> bool:
    """Whether a backup to `to` is named by the time."""
    return os.path.isdir(to) or str(to).endswith(os.sep)


def _target(source: Path, to: Path) -> Path:
    if is_folder(to):
        return to / f"{source.stem}{time.strftime('-' + _STAMP, time.gmtime())}.db"
    return to


def _require_free(source: Path, target: Path, force: bool) -> None:
    folder = target.absolute().parent
    if not folder.is_dir():
        raise StorageUnreachable(str(target), f"the directory {folder} does not exist")
    real = Path(os.path.realpath(source))
    if Path(os.path.realpath(target)) in {beside(real, ending) for ending in (*MADE, ".lock", ".sock", ".keys")}:
        raise InTheWay(str(target), "is a part of the database itself: name another file")
    if (owner := owner_of(target)) is not None:
        raise StorageOwned(str(target), owner)
    if target.exists() and not target.is_file():
        raise InTheWay(str(target), "is no file: name a file or a folder")
    if target.exists() and not force:
        raise InTheWay(str(target), IS_THERE)
    for ending in ("-wal", "-journal"):
        if beside(target, ending).exists():
            raise InTheWay(
                str(target), f"has {target.name}{ending} beside it, which would be read into it: name another file"
            )


@contextmanager
def _drafts(folder: Path) -> Iterator[Path]:
    """A folder for drafts, for this user alone, gone at the end. Those of processes that died before their end are removed."""
    for left in folder.glob(f"{_DRAFTS}*"):
        pid = left.name.removeprefix(_DRAFTS).partition("-")[0]
        if pid.isdigit() and not _is_another(int(pid)):
            shutil.rmtree(left, ignore_errors=True)
    try:
        made = Path(tempfile.mkdtemp(prefix=f"{_DRAFTS}{os.getpid()}-", dir=folder))
    except OSError as error:
        raise StorageUnreachable(str(folder), error.strerror or "") from error
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _is_another(pid: int) -> bool:
    """Whether another process of this number is alive."""
    if pid == os.getpid():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # somebody else's
        return True
    return True


def _set_aside(place: Path) -> Path | None:
    """Give a file and what SQLite keeps beside it second names, then take the first ones away: one of both has all of it at any moment.

    The file itself gets its second name last, and loses its first one first: a log without its file is never taken for a database, nor
    a file without its log for all of one.
    """
    endings = [ending for ending in MADE if beside(place, ending).exists()]
    if not endings:
        return None
    n = next(n for n in count(1) if not any(beside(place, f".before-{n}{ending}").exists() for ending in MADE))
    aside = beside(place, f".before-{n}")
    for ending in endings:
        os.link(beside(place, ending), beside(aside, ending))
    for ending in reversed(endings):
        beside(place, ending).unlink()
    return aside


def _leave_to_its_owner(draft: Path, place: Path) -> None:
    """What root puts back belongs to whoever has the file of before, or the folder: the server, which is not root."""
    if os.geteuid() == 0:
        held = (place if place.exists() else place.parent).stat()
        for made in (draft, keys_path(place)):
            if made.exists():
                os.chown(made, held.st_uid, held.st_gid)


def _sync(path: Path) -> None:
    """On disk, also when the machine loses power."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


# -- what is copied


def _sound_copy(source: str | Path, draft: Path) -> Copy:
    """Copy what is committed in `source` to the new file `draft`, look at all of it, and have it on disk. Raises DatabaseError."""
    if not Path(source).exists():
        raise StorageMissing(str(source))
    require_whole(source)
    os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE))
    with reading(source, may_be_older=True) as db, closing(sqlite3.connect(draft, isolation_level=None)) as copy:
        is_older = bool(migrations.pending(db))
        try:
            db.conn.backup(copy)
            _settle(copy)
        except sqlite3.Error as error:  # of the copy: what is wrong with the source is told by its own sentences
            raise failure_of(error, str(draft.parent.parent)) from error
    _require_sound(source, draft, is_older)
    with reading(draft, may_be_older=True) as db:
        (rides,), (events,) = (db.execute(f"SELECT count(*) FROM {table}").fetchone() for table in ("rides", "events"))
        newest = newest_at(db)
    _sync(draft)
    return Copy(draft, rides, events, newest, draft.stat().st_size, is_older)


def _settle(copy: sqlite3.Connection) -> None:
    """One file and nothing beside it; where somebody was taken out of the source a moment ago, free pages have nothing of them."""
    copy.execute("PRAGMA journal_mode = DELETE").fetchall()
    if wiping.is_due(Database(copy, execute_plugins=False)):
        copy.execute("VACUUM")
        copy.execute("PRAGMA user_version = 0").fetchall()


def _updated(draft: Path) -> Path:
    """A copy of the copy, with the tables that this version wants."""
    trial = draft.with_name("trial.db")
    shutil.copyfile(draft, trial)
    open_database(trial, "off").close()
    return trial


def _require_sound(source: str | Path, draft: Path, is_older: bool) -> None:
    try:
        found = list(islice(findings(_updated(draft) if is_older else draft), FAULTS_TOLD))
    except DatabaseError as error:
        raise NotSound(str(source), str(error).replace(str(draft), "its copy").replace(";", ",")) from error
    if found:
        raise NotSound(str(source), ", ".join(found))


def _returned(aside: Path, place: Path) -> list[str]:
    """Who was taken out of `aside` after `place` was copied: their ids as `place` has them; empty where nobody can tell."""
    with suppress(DatabaseError), reading(aside, may_be_older=True) as old, reading(place, may_be_older=True) as new:
        (newest,) = new.execute("SELECT coalesce(max(n), 0) FROM events").fetchone()
        gone = old.execute(
            "SELECT json_extract(body, '$.person_id') FROM events WHERE kind = 'PersonRemoved' AND n > ?", (newest,)
        ).fetchall()
        return [_named(old, new, PersonId(pseudonym), newest) for (pseudonym,) in gone]
    return []


def _named(old: Database, new: Database, pseudonym: PersonId, newest: int) -> str:
    """An event that was about the person has the same number in both files, and a ride the same id."""
    streams = (addresses.person(pseudonym), addresses.driver(DriverId(pseudonym)))
    own = "SELECT min(n) FROM events WHERE stream IN (?, ?) AND n <= ?"
    (n,) = old.execute(own, (*streams, newest)).fetchone()
    held = new.execute("SELECT stream FROM events WHERE n = ?", (n,)).fetchone()
    if held is not None:
        return addresses.name_of(held[0])
    ride = old.execute("SELECT ride_id FROM rides WHERE passenger_id = ?", (pseudonym,)).fetchone()
    known = new.execute("SELECT passenger_id FROM rides WHERE ride_id = ?", ride).fetchone() if ride else None
    return str(known[0]) if known else ""
