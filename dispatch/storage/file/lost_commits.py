"""The write-ahead log beside a database, looked at before SQLite opens it.

SQLite takes damage in there for a commit that was under way, and goes on without it and all that follows: rides that were announced
would be gone without a word. Here a torn last commit passes, and the loss of one that was on disk does not.
"""

import struct
import sys
from array import array
from pathlib import Path
from typing import Final, NamedTuple

_MAGIC: Final = 0x377F0682
_HEADER: Final = struct.Struct(">8I")
_FRAME: Final = struct.Struct(">6I")
_INDEX: Final = struct.Struct("=12xB3xI12x8s8x")
"""Of the index (`-shm`): is it in use, the last frame that was committed, the salts of its log. It stands there twice."""
_COPIED: Final = struct.Struct("=I")
"""Behind both: how many frames are in the database itself."""
_LOW: Final = 0xFFFFFFFF


class Log(NamedTuple):
    """What of a log SQLite will read, and what it will not."""

    frames: int = 0
    """Frames up to the last whole commit."""
    passed_over: int = 0
    """Commits behind the first frame that does not hold."""


def lost_commits(path: str | Path) -> str:
    """What of the commits beside `path` is gone, as a clause; empty if none is, as far as the files tell.

    A log that is gone together with its index leaves no trace. Not to be called while this process has the file open: that would
    drop SQLite's locks.
    """
    found = _lost(Path(f"{path}-wal"), Path(f"{path}-shm"))
    # Whoever has the file open may have begun the log anew between one look and the next.
    return found if found and found == _lost(Path(f"{path}-wal"), Path(f"{path}-shm")) else ""


def _lost(log_path: Path, index_path: Path) -> str:
    index = _read(index_path)
    data = _read(log_path)
    if data is None:
        return f"{log_path.name}, where its newest commits were, is missing" if index is not None else ""
    salts, committed = _indexed(index)
    if data and not _header_holds(data):
        return f"the header of {log_path.name} does not hold"
    log = _walked(data)
    same = not data or data[16:24] == salts
    if log.passed_over or (same and committed > log.frames):
        return f"{log_path.name} holds up to frame {log.frames} alone, and what was committed behind it is lost"
    return ""


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _indexed(index: bytes | None) -> tuple[bytes, int]:
    """The salts of the log, and its last committed frame that is not in the database as well; 0: all are, or nobody knows."""
    size = _INDEX.size
    if index is None or len(index) < 2 * size + _COPIED.size or index[:size] != index[size : 2 * size]:
        return b"", 0
    in_use, last, salts = _INDEX.unpack_from(index)
    (copied,) = _COPIED.unpack_from(index, 2 * size)
    return salts, last if in_use and last > copied else 0


def _header_holds(data: bytes) -> bool:
    if len(data) < _HEADER.size:
        return False
    magic, _, page_size, *_, one, two = _HEADER.unpack_from(data)
    if magic & ~1 != _MAGIC or page_size not in {1 << power for power in range(9, 17)}:
        return False
    return _sum(data[:24], _order(magic), 0, 0) == (one, two)


def _walked(data: bytes) -> Log:
    """Frame by frame as long as sums hold, then by the salts alone: behind a commit that was torn there is at most its own end."""
    if not data:
        return Log()
    magic, _, page_size, _, *salts, one, two = _HEADER.unpack_from(data)
    order, step = _order(magic), _FRAME.size + page_size
    frames = commits_behind = 0
    holds = True
    for at, start in enumerate(range(_HEADER.size, len(data) - step + 1, step), 1):
        _, closes, *salts_here, one_here, two_here = _FRAME.unpack_from(data, start)
        if holds:
            body = data[start : start + 8] + data[start + _FRAME.size : start + step]
            one, two = _sum(body, order, one, two)
            holds = salts_here == salts and (one, two) == (one_here, two_here)
            if holds and closes:
                frames = at
        if not holds and salts_here == salts and closes:
            commits_behind += 1
    return Log(frames, max(0, commits_behind - 1))


def _order(magic: int) -> str:
    return "big" if magic & 1 else "little"


def _sum(data: bytes, order: str, one: int, two: int) -> tuple[int, int]:
    """SQLite's running sum over pairs of words."""
    words = array("I", data)
    if order != sys.byteorder:
        words.byteswap()
    pairs = iter(words)
    for first, second in zip(pairs, pairs, strict=True):
        one = (one + first + two) & _LOW
        two = (two + second + one) & _LOW
    return one, two
