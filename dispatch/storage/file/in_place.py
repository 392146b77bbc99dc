"""Whether a path still names the file that is open. SQLite does not look: it goes on writing to a file that was deleted or replaced.

The live server's writer asks before each commit and once a second. A commit looks at the directory, since nothing in there is made,
removed or renamed without a new time on it, and at the open file itself; closer if one of the two has changed.
"""

import os
import sqlite3
import struct
from collections.abc import Callable
from enum import Enum
from hashlib import blake2b
from mmap import PROT_READ, mmap
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import quote

from dispatch.storage.failures import StorageOwned, StorageReplaced
from dispatch.storage.file.owner import Ownership

_PAGE: Final = 4_096
_SAMPLED_PAGES: Final = 64
"""So many pages of a file, evenly spread, tell it from another of the same length: all of a small one. Read after each checkpoint."""
_PROGRESS: Final = struct.Struct("=32x8s56xI")
"""Of the log's index: the salts of its log, and how many of its frames are in the file. They change with every checkpoint."""
_LOGGED: Final = struct.Struct("=14xHI12x8s")
"""Of the same: bytes of a page, how many frames the log has, and its salts."""
_LOG_HEADER: Final = 32
_FRAME_HEADER: Final = 24
_SALTS_AT: Final = 16


class FaultKind(Enum):
    """What happened to the open file, which decides how it is left."""

    MOVED = "moved"
    """Its path names nothing, or another file. The open one is whole, and reachable for this process alone."""
    LOG_MOVED = "log moved"
    """The file is in its place, its log or the index of it is not."""
    OVERWRITTEN = "overwritten"
    """Somebody else's bytes are in the file or in its log."""


class Fault(NamedTuple):
    """What is wrong, as the end of a sentence that begins with the path."""

    kind: FaultKind
    says: str


class InPlace:
    """Knows the file, its log and its index as they were opened.

    It has a connection of its own, which keeps the log in its place when it is the last to be closed.
    """

    def __init__(self, path: str | Path, ownership: Ownership | None = None) -> None:
        """To be made after the file was opened in WAL mode and read, so that all three are there. Raises OSError, sqlite3.Error.

        `ownership`: what has the lock of the file; it is looked after too.
        """
        self.path = str(path)
        self._ownership = ownership
        self._rival = ""
        real = os.path.realpath(path)
        self.log, self.index = f"{real}-wal", f"{real}-shm"
        self._guard = sqlite3.connect(f"file:{quote(real)}?mode=ro", uri=True, isolation_level=None)
        self._guard.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone()
        self._file = os.open(real, os.O_RDONLY | os.O_CLOEXEC)
        self._index_file = os.open(self.index, os.O_RDONLY | os.O_CLOEXEC)
        self._log_file = os.open(self.log, os.O_RDONLY | os.O_CLOEXEC)
        self._index = mmap(self._index_file, _PROGRESS.size, prot=PROT_READ)
        file = os.fstat(self._file)
        self._ids = _id(file), _id(os.stat(self.log)), _id(os.fstat(self._index_file))
        self._folders = tuple(dict.fromkeys((os.path.dirname(os.path.abspath(self.path)), os.path.dirname(real))))
        self._seen: tuple[object, ...] = ()
        self._remember(file)

    def fault(self) -> Fault | None:
        """None while all is in its place."""
        stat, (file_id, log_id, index_id) = os.stat, self._ids
        try:
            file = stat(self.path)
        except OSError:
            return Fault(FaultKind.MOVED, "is not there any more")
        if (file.st_ino, file.st_dev) != file_id:
            return Fault(FaultKind.MOVED, "is another file than the one that is open")
        if self._has_changed(file) and self._is_overwritten(file):
            return Fault(FaultKind.OVERWRITTEN, "was written by something else")
        for name, known in ((self.log, log_id), (self.index, index_id)):
            try:
                found = stat(name)
            except OSError:
                return Fault(FaultKind.LOG_MOVED, f"has lost {os.path.basename(name)}, where its newest commits are")
            if (found.st_ino, found.st_dev) != known:
                return Fault(FaultKind.LOG_MOVED, f"has another {os.path.basename(name)} than the one that is open")
        if self._is_log_overwritten():
            log = os.path.basename(self.log)
            return Fault(FaultKind.OVERWRITTEN, f"lost its newest commits: something else wrote {log}")
        return None

    def require(self, *, quick: bool = False) -> None:
        """Raises StorageReplaced unless all is in its place. `quick`: a directory and a file that seem unchanged are."""
        seen = self._look_at_folders()
        is_as_seen = quick and seen == self._seen and not self._has_changed(os.fstat(self._file))
        if is_as_seen and not self._is_log_overwritten():
            return
        fault = self.fault()
        says = self._rival_says() if fault is None else fault.says
        self._seen = () if says else seen
        if says:
            raise StorageReplaced(self.path, says)

    def note(self) -> None:
        """To be called after each commit: what its checkpoint wrote, or the new beginning of the log, is ours."""
        if self._read_progress() != self._progress:
            self._remember(os.fstat(self._file))

    def is_ours(self, name: str) -> bool:
        """Whether the file of this name is one of those that were opened."""
        try:
            return _id(os.stat(name)) in self._ids
        except OSError:
            return False

    def close(self, close_writer: Callable[[], None], *, keeps_log: bool) -> None:
        """Close the writer and stop looking. `keeps_log`: SQLite neither moves the log into the file nor removes it.

        Whoever else of this process has the file open closes before: its locks end with this.
        """
        both = (close_writer, self._guard.close) if keeps_log else (self._guard.close, close_writer)
        for close in both:
            close()
        self._index.close()
        os.close(self._index_file)
        os.close(self._log_file)
        os.close(self._file)

    def _rival_says(self) -> str:
        """Who owns the file now, if a removed lock file let somebody else in. It stays theirs: what we remember is outdated."""
        if self._ownership is not None and not self._rival:
            try:
                self._ownership.renew()
            except StorageOwned as error:
                self._rival = f"belongs to {error.owner} by now, because its lock file was removed"
        return self._rival

    def _is_log_overwritten(self) -> bool:
        """Whether the log is shorter than its index tells, or begins otherwise; not while somebody begins it anew."""
        told = page, frames, salts = _LOGGED.unpack_from(self._index)
        if not frames:
            return False
        size = _LOG_HEADER + frames * (_FRAME_HEADER + (page & ~1 | (page & 1) << 16))
        is_whole = os.fstat(self._log_file).st_size >= size and os.pread(self._log_file, len(salts), _SALTS_AT) == salts
        return not is_whole and _LOGGED.unpack_from(self._index) == told

    def _look_at_folders(self) -> tuple[object, ...]:
        try:
            looks = [os.stat(folder) for folder in self._folders]
        except OSError:
            return (None,)
        return tuple((look.st_mtime_ns, look.st_ino, look.st_dev) for look in looks)

    def _has_changed(self, file: os.stat_result) -> bool:
        return (file.st_mtime_ns, file.st_size) != self._written

    def _is_overwritten(self, file: os.stat_result) -> bool:
        """A checkpoint wrote the file if the index tells of one. Else whoever changed its time left all as it was, or did not."""
        is_told = self._read_progress() != self._progress
        if not is_told and (file.st_size, self._sample(file.st_size)) != (self._written[1], self._content):
            return True
        self._remember(file)
        return False

    def _remember(self, file: os.stat_result) -> None:
        self._written = file.st_mtime_ns, file.st_size
        self._progress = self._read_progress()
        self._content = self._sample(file.st_size)

    def _read_progress(self) -> tuple[bytes, ...]:
        return _PROGRESS.unpack_from(self._index)

    def _sample(self, size: int) -> bytes:
        step = max(1, size // (_SAMPLED_PAGES * _PAGE)) * _PAGE
        sum_of = blake2b(digest_size=16)
        for start in range(0, size, step):
            sum_of.update(os.pread(self._file, _PAGE, start))
        return sum_of.digest()


def _id(stat: os.stat_result) -> tuple[int, int]:
    return stat.st_ino, stat.st_dev
