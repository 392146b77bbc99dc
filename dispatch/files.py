"""Files that people name: a pipe keeps whoever opens it waiting, and a device may have no end."""

import errno
import gzip
import io
import os
import stat
from pathlib import Path
from typing import Final

_OTHERS: Final = (
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"),
)


def other_than_file(path: str | Path) -> str:
    """What is there, if it is neither a file nor a folder: `a pipe`, `a device`, `a socket`; empty: it is, or nothing is there."""
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return ""
    return next((what for is_one, what in _OTHERS if is_one(mode)), "")


def regular(path: str | Path) -> Path:
    """This path, to be opened at once. Raises OSError, whose `strerror` says what is there, if that is a pipe, a device or a socket."""
    what = other_than_file(path)
    if what:
        raise OSError(errno.EINVAL, f"it is {what}, and no file", str(path))
    return Path(path)


def streamed(path: str | Path) -> Path:
    """This path, to be read once from its beginning to its end: what the shell opened (`<(zcat …)`, `/dev/stdin`) is as good as a file.

    Raises OSError for a named pipe, which may keep its reader waiting for ever.
    """
    if other_than_file(path) == "a pipe" and os.path.exists(os.path.realpath(path)):
        raise OSError(errno.EINVAL, "it is a named pipe, and no file", str(path))
    return Path(path)


def gunzipped(data: bytes, most: int) -> bytes:
    """What is packed in `data`. Raises OSError: it is not packed so, or holds more than `most` bytes; EOFError, zlib.error: broken."""
    with gzip.GzipFile(fileobj=io.BytesIO(data)) as packed:
        found = packed.read(most + 1)
    if len(found) > most:
        raise OSError(errno.EFBIG, f"it unpacks to more than {most:,} bytes")
    return found
