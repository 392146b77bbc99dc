"""What can be told of a database file without SQLite: that it is whole. Looked at before anything is opened for writing, since SQLite
itself takes an empty file for a new one and passes over a damaged log.
"""

import os
from pathlib import Path
from typing import Final

from dispatch.files import other_than_file
from dispatch.storage.failures import NotADatabase, StorageDamaged, StorageEmpty, StorageUnreachable
from dispatch.storage.file.lost_commits import lost_commits

_HEADER_BYTES: Final = 100
_MAGIC: Final = b"SQLite format 3\0"
_FIXED: Final[tuple[tuple[int, int, frozenset[int]], ...]] = (
    (18, 19, frozenset((1, 2))),
    (19, 20, frozenset((1, 2))),
    (20, 24, frozenset((0x00402020,))),
    (44, 48, frozenset((0, 4))),
    (52, 56, frozenset((0,))),
    (56, 60, frozenset((0, 1))),
    (64, 68, frozenset((0,))),
    (72, 92, frozenset((0,))),
)
"""From and to which byte of the header the number is one of these in every file that dispatch wrote.

Format and encoding are 0 while all tables are in the log alone.
"""


def require_file(path: str | Path) -> None:
    """Refuse a folder, and what would keep SQLite waiting for ever: a pipe, a device. Raises StorageUnreachable."""
    if os.path.isdir(path) or other_than_file(path):
        raise StorageUnreachable(path)


def require_whole(path: str | Path) -> None:
    """Refuse a file of which a part is missing, or whose header nobody wrote. What is not there passes.

    Not to be called while this process has the file open: that would drop SQLite's locks. Raises StorageUnreachable,
    StorageEmpty, NotADatabase, StorageDamaged.
    """
    file = Path(os.path.realpath(path))  # SQLite keeps the log beside the file itself, not beside a link to it
    require_file(path)
    if not file.is_file():
        log = Path(f"{file}-wal")
        # SQLite would take the file for a new one, and remove the log.
        if not file.exists() and log.exists() and log.stat().st_size:
            raise StorageDamaged(str(path), f"it is not there, though its log {log.name} is")
        return
    lost = lost_commits(file)
    if file.stat().st_size == 0:
        if not Path(f"{file}-journal").exists():  # else its making was cut short
            raise StorageEmpty(str(path))
        return
    with file.open("rb") as opened:
        header = opened.read(_HEADER_BYTES)
    if not header.startswith(_MAGIC):
        raise NotADatabase(str(path))
    logged = Path(f"{file}-wal")
    is_alone = not logged.exists() or not logged.stat().st_size  # else its newest pages are in the log
    wrong = _header_fault(header) or lost or (_size_fault(header, file.stat().st_size) if is_alone else "")
    if wrong:
        raise StorageDamaged(str(path), wrong)


def _header_fault(header: bytes) -> str:
    if len(header) < _HEADER_BYTES:
        return f"it ends after {len(header)} bytes, inside its header"
    for start, end, allowed in _FIXED:
        if int.from_bytes(header[start:end], "big") not in allowed:
            return f"bytes {start} to {end - 1} of its header are not what SQLite writes"
    return ""


def _size_fault(header: bytes, size: int) -> str:
    page_size = int.from_bytes(header[16:18], "big")
    page_size = 65_536 if page_size == 1 else page_size
    pages = int.from_bytes(header[28:32], "big")
    return "" if size >= pages * page_size else f"it ends after {size:,} of {pages * page_size:,} bytes"
