"""The secret keys of a server, `FILE.keys` beside its database: made at the first start, for its owner's eyes alone.

The file is no part of the database, so a copy of the database does not have it. Without it everybody has to log in again; nothing else
is lost.
"""

import os
import secrets
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from dispatch.errors import DispatchError
from dispatch.files import regular
from dispatch.identity.keys import SECRET_BYTES, Key, KeyRing
from dispatch.values import UNDECODABLE

OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
MODE: Final = 0o600
LOOK_EVERY_S: Final = 0.1
DrawBytes = Callable[[int], bytes]
"""So many bytes that nobody can guess."""


class BadKeys(DispatchError, code="bad_keys"):
    """The key file cannot be used; the sentence says why and what to do."""


def keys_path(database: str | Path) -> Path:
    """`rides.db.keys` for `rides.db`."""
    return Path(f"{database}.keys")


class KeyFile:
    """The keys of a live server: read anew once the file was changed, as by `dispatch keys rotate`."""

    def __init__(self, database: str | Path, now: float, clock: Callable[[], float] = time.monotonic) -> None:
        """The keys are made where there are none, at Unix second `now`. `clock`: seconds, by which it is looked. Raises BadKeys."""
        self._clock = clock
        self._looks_at = 0.0
        self._database = database
        self._path = str(keys_path(database))
        self._ring = keys_of(database, now)
        self._seen = self._mark()

    def ring(self) -> KeyRing:
        """The keys now, or a tenth of a second ago. A file that cannot be read any more leaves those that were read last."""
        now = self._clock()
        if now < self._looks_at:
            return self._ring
        self._looks_at = now + LOOK_EVERY_S
        mark = self._mark()
        if mark != self._seen:
            with suppress(BadKeys):
                self._ring = read_keys(self._database) or self._ring
                self._seen = mark
        return self._ring

    def _mark(self) -> tuple[int, int]:
        """Another one for another file in that place."""
        try:
            found = os.stat(self._path)
        except OSError:
            return 0, 0
        return found.st_ino, found.st_mtime_ns


def read_keys(database: str | Path) -> KeyRing | None:
    """The keys beside this database; None: there is no key file. Raises BadKeys, also when others than its owner may read it."""
    path = keys_path(database)
    try:
        with regular(path).open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if mode & OTHERS:
                raise BadKeys(f"{path} may be read or written by others (mode {mode:04o}): run `chmod 600 {path}`")
            return msgspec.json.decode(file.read(), type=KeyRing)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BadKeys(f"cannot read {path}: {error.strerror}") from None
    except UNDECODABLE as error:
        raise BadKeys(f"{path} is no key file: {error}; without it everybody has to log in again") from None


def keys_of(database: str | Path, now: float, draw: DrawBytes = secrets.token_bytes) -> KeyRing:
    """The keys beside this database; made at Unix second `now` where there are none. Raises BadKeys."""
    ring = read_keys(database)
    if ring is None:
        ring = KeyRing((new_key(now, draw),))
        _write(keys_path(database), ring, is_new=True)
        ring = read_keys(database) or ring
    return ring


def rotate_keys(database: str | Path, now: float, keep_s: float, draw: DrawBytes = secrets.token_bytes) -> KeyRing:
    """Sign with a new key from now on; older ones verify for `keep_s` seconds more. Raises BadKeys."""
    ring = keys_of(database, now, draw).rotated(new_key(now, draw), keep_s)
    _write(keys_path(database), ring, is_new=False)
    return ring


def copy_keys(database: str | Path, other: str | Path) -> None:
    """Put the keys of `database` beside `other`, for its owner alone. Keys that are there stay. Raises BadKeys."""
    ring = read_keys(database)
    if ring is not None:
        _write(keys_path(other), ring, is_new=True)


def new_key(now: float, draw: DrawBytes) -> Key:
    """A key that nobody can guess."""
    return Key(draw(8).hex(), draw(SECRET_BYTES), now)


def _write(path: Path, ring: KeyRing, *, is_new: bool) -> None:
    """Whole or not at all, also when the machine loses power. `is_new`: a file that another process made meanwhile stays."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE), "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(ring), indent=2) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        if is_new:
            with suppress(FileExistsError):
                os.link(draft, path)
            os.unlink(draft)
        else:
            os.replace(draft, path)
    except OSError as error:
        raise BadKeys(f"cannot write {path}: {error.strerror}") from None
