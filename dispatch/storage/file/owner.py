"""One process owns a database file: whoever writes it takes `FILE.lock` first, and everybody else is told who has it.

The system drops the lock when the process ends, however it ends. The lock file stays beside the database; what is written in it is for
people and for the error of whoever comes second. Reading needs no lock.
"""

import fcntl
import os
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from dispatch.files import other_than_file
from dispatch.storage.failures import (
    StorageLinked,
    StorageMissing,
    StorageOwned,
    StorageReadOnly,
    StorageUnreachable,
)

PATIENCE_S: Final = 0.2
"""Commands that take turns wait for one another so long; whoever keeps the file is named after that."""
LOOK_EVERY_S: Final = 0.02
MADE: Final = ("-journal", "-shm", "-wal", "")
"""What SQLite makes beside a file, and the file."""
_NOTE: Final = re.compile(r"process (\d{1,10}) since ([0-9:+ -]{19,30})\n")
_LONGEST_NOTE: Final = 200


class Ownership:
    """This process owns a file until `release`.

    `path` is the file itself, whatever links led there. `is_new`: it is not there yet. `is_lost`: it is not there, though its lock file
    tells that it was. A file that is made under an ownership is removed at its end, unless `keep` was called: nobody asked for the rest
    of a start that failed.
    """

    def __init__(self, path: Path, lock: int, *, is_new: bool, knew: bool) -> None:
        self.path = path
        self.is_new = is_new
        self.is_lost = is_new and knew
        self._lock_file = beside(path, ".lock")
        self._lock: int | None = lock
        self._file: int | None = None
        self._before = frozenset(ending for ending in MADE if os.path.lexists(beside(path, ending)))
        self._is_of_use = not is_new
        self._keeps_lock_file = knew

    def keep(self) -> None:
        """What was made is of use from now on, and the lock file stays to tell of it, even if the file is deleted meanwhile."""
        self._is_of_use = self._keeps_lock_file = True
        self.hold()

    def hold(self) -> bool:
        """Lock the file itself too: its lock file may be removed, or it may be mounted under a second name. False: another has it.

        On Linux alone: elsewhere this lock and those of SQLite keep each other out.
        """
        if self._file is not None or sys.platform != "linux" or not self.path.exists():
            return True
        try:
            self._file = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:  # a file that may not be read, or one that is locked only when it is open for writing
            return True
        return True

    def renew(self) -> None:
        """Take the lock anew if its file was removed or replaced. Raises StorageOwned if another process was faster."""
        held = self._lock
        if held is None or _is_named(held, self._lock_file):
            return
        self._lock = _locked(self.path, self.path)
        _sign(self._lock)
        os.close(held)

    def release(self) -> None:
        """Let others have the file. A lock file is left beside a database only, or where one was. Again does nothing."""
        lock, self._lock = self._lock, None
        if lock is None:
            return
        if self._file is not None:  # SQLite of this process has closed it before: its locks end with this
            os.close(self._file)
        if not self._is_of_use:
            for ending in MADE:
                if ending not in self._before:
                    beside(self.path, ending).unlink(missing_ok=True)
        if self._keeps_lock_file or self.path.exists():
            os.ftruncate(lock, 0)
        else:
            self._lock_file.unlink(missing_ok=True)
        os.close(lock)


def take(path: str | Path, *, make: bool = False) -> Ownership:
    """Own the file from now on. `make`: it may be missing, and whoever owns it will make it.

    Raises:
        StorageOwned: another process owns it, and did for PATIENCE_S; the error tells its number and since when.
        StorageMissing: it is not there.
        StorageLinked: it has several names.
        StorageReadOnly, StorageUnreachable: no lock file can be made beside it.
    """
    real = Path(os.path.realpath(path))
    if os.path.isdir(real) or not os.path.isdir(real.parent) or other_than_file(real):
        raise StorageUnreachable(str(path))
    if not make and not os.path.exists(real):
        raise StorageMissing(str(path))
    knew = os.path.lexists(beside(real, ".lock"))
    lock = _locked(real, path)
    try:
        is_new = not os.path.exists(real)
        if not is_new and (names := real.stat().st_nlink) > 1:
            raise StorageLinked(str(path), names)
        if is_new and not make:
            raise StorageMissing(str(path))
        ownership = Ownership(real, lock, is_new=is_new, knew=knew)
    except BaseException:
        Ownership(real, lock, is_new=False, knew=knew).release()
        raise
    if not ownership.hold():
        ownership.release()
        raise StorageOwned(str(path), "another process", real)
    _sign(lock)
    return ownership


@contextmanager
def owned(path: str | Path, *, make: bool = False) -> Iterator[Ownership]:
    """Own the file while the block runs. Raises as `take` does."""
    ownership = take(path, make=make)
    try:
        yield ownership
    finally:
        ownership.release()


def require_free(path: str | Path) -> None:
    """Raise what `take` raises for a maker, before a command begins with what takes long. Nothing stays owned, and nothing is left."""
    take(path, make=True).release()


def owner_of(path: str | Path) -> str | None:
    """Who owns the file now, as they wrote it: `process 4711 since …`; None: nobody. Makes and changes nothing."""
    try:
        lock = os.open(beside(Path(os.path.realpath(path)), ".lock"), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return _note(lock)
    finally:
        os.close(lock)
    return None


def beside(path: Path, ending: str) -> Path:
    """`rides.db.lock` for `rides.db`."""
    return path.with_name(path.name + ending)


def _locked(real: Path, path: str | Path) -> int:
    """The open lock file, locked. Made where it is not."""
    lock_file = beside(real, ".lock")
    until = time.monotonic() + PATIENCE_S
    while True:
        lock = _opened(lock_file, real, path)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_named(lock, lock_file):
                kept, lock = lock, -1
                return kept
        except BlockingIOError:
            if time.monotonic() > until:
                raise StorageOwned(str(path), _note(lock), real) from None
            time.sleep(LOOK_EVERY_S)
        except OSError as error:  # a file system that knows no locks
            raise StorageUnreachable(str(path), f"its directory takes no locks ({error.strerror})") from error
        finally:
            if lock >= 0:
                os.close(lock)


def _opened(lock_file: Path, real: Path, path: str | Path) -> int:
    try:
        lock = os.open(lock_file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        _give_to_owner(lock, real)
        return lock
    except OSError as error:
        if os.path.lexists(lock_file):
            raise StorageReadOnly(str(lock_file)) from error
        if os.path.exists(real):
            raise StorageReadOnly(str(path)) from error
        raise StorageUnreachable(str(path)) from error


def _give_to_owner(lock: int, real: Path) -> None:
    """A lock file that root makes belongs to the owner of the database, as SQLite does it with the files that it makes. Otherwise the
    owner could not start a server any more after root has run a command.
    """
    if os.geteuid() != 0 or not real.exists():
        return
    made, database = os.fstat(lock), real.stat()
    # With a second name it may be a file of the system, which somebody linked to this place for root to give away.
    if made.st_uid == 0 and made.st_nlink == 1:
        os.fchown(lock, database.st_uid, database.st_gid)


def _is_named(lock: int, lock_file: Path) -> bool:
    """Whether the locked file is still the one of this name: its owner may have removed it before we had the lock."""
    try:
        return os.path.samestat(os.fstat(lock), os.stat(lock_file))
    except FileNotFoundError:
        return False


def _sign(lock: int) -> None:
    since = time.strftime("%Y-%m-%d %H:%M:%S %z")
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"process {os.getpid()} since {since}\n".encode(), 0)


def _note(lock: int) -> str:
    """`process 4711 since …`, as the owner wrote it; the owner may be about to write it."""
    told = _NOTE.fullmatch(os.pread(lock, _LONGEST_NOTE, 0).decode("ascii", "replace"))
    return f"process {told[1]} since {told[2]}" if told else "another process"
