"""Text out of files as people have them: packed or not, in any of the usual encodings, whatever their names say."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
from collections.abc import Callable
from contextlib import ExitStack
from typing import IO, Any, BinaryIO, NamedTuple

from sim.city.demand import DemandError

PARQUET = b"PAR1"
STRANGERS = {
    b"\xd0\xcf\x11\xe0": "a workbook of an old Excel: save it as CSV",
    b"SQLite format 3\x00": "an SQLite database: export its trips as CSV",
    b"\x28\xb5\x2f\xfd": "packed by zstd: unpack it first",
    b"7z\xbc\xaf": "packed by 7-Zip: unpack it first",
    b"Rar!": "packed by RAR: unpack it first",
    b"ARROW1": "a Feather file: save it as Parquet or CSV",
    b"%PDF": "a PDF: what is needed is CSV or Parquet",
    b"PK\x05\x06": "an empty zip archive",
}
"""How files begin that are something else, and what to do about it."""
PEEKED = 1 << 17
TAR, TAR_AT = b"ustar", 257
"""What a tar archive has, and where."""
NESTED_AT_MOST = 3
MARKS = {
    b"\xef\xbb\xbf": "utf-8-sig",
    b"\xff\xfe\x00\x00": "utf-32",
    b"\x00\x00\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}
"""Byte order marks, the longer ones first."""
NULS_OF_UTF16 = 5
"""Text of UTF-16 that is mostly Latin has a NUL in every other byte; of a fifth it can be nothing else."""
CONTROLS, CONTROLS_OF_BINARY = bytes((*range(9), *range(14, 32))), 20
"""Of these letters, which no text has, one in so many is enough to be none."""


class Unpacked(NamedTuple):
    """The bytes in a file, and whether they were packed."""

    bytes: io.BufferedReader
    was_packed: bool


def unpacked(raw: BinaryIO, name: str, stack: ExitStack) -> Unpacked:
    """The bytes in a file, out of gzip, zip, bzip2 or xz where it is packed. `stack` closes what is opened.

    Raises:
        DemandError: it is something else, or an archive of several files.
    """
    packed: Any = raw
    for level in range(NESTED_AT_MOST):
        buffered: io.BufferedReader = stack.enter_context(io.BufferedReader(packed, PEEKED))
        start = buffered.peek(1)
        for magic, what in STRANGERS.items():
            if start.startswith(magic):
                raise DemandError(f"{name} is {what}")
        if start.startswith(TAR, TAR_AT):
            raise DemandError(f"{name} is a tar archive: unpack the file to use")
        unpack = next((way for magic, way in WAYS.items() if start.startswith(magic)), None)
        if unpack is None:
            return Unpacked(buffered, level > 0)
        packed = stack.enter_context(unpack(buffered, name))
    raise DemandError(f"{name} is packed too often")


def text_of(buffered: io.BufferedReader, name: str) -> io.TextIOWrapper:
    """Its text, without a byte order mark. A byte that is none of its encoding spoils its row at most.

    Raises:
        DemandError: it is no text, or no table.
    """
    start = buffered.peek(PEEKED)[:PEEKED]
    text = io.TextIOWrapper(buffered, encoding=_encoding(start, name), errors="replace", newline=None)
    first = start.strip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n")[:1]
    if first in (b"<", b"{", b"["):
        kind = "a page of HTML or XML" if first == b"<" else "JSON"
        raise DemandError(f"{name} is {kind}: what is needed is CSV or Parquet")
    return text


def _encoding(start: bytes, name: str) -> str:
    for mark, encoding in MARKS.items():
        if start.startswith(mark):
            return encoding
    even, odd = start[::2].count(0), start[1::2].count(0)
    if min(even, odd) * NULS_OF_UTF16 > len(start):
        raise DemandError(f"{name} is no text (or UTF-32 without a byte order mark): what is needed is CSV or Parquet")
    if max(even, odd) * NULS_OF_UTF16 > len(start):
        return "utf-16-le" if odd > even else "utf-16-be"
    if sum(map(start.count, CONTROLS)) * CONTROLS_OF_BINARY > len(start):
        raise DemandError(f"{name} is no text: what is needed is CSV or Parquet")
    try:
        start[: start.rfind(b"\n") + 1].decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _only_file(buffered: BinaryIO, name: str) -> IO[bytes]:
    """The one table in a zip archive."""
    archive = zipfile.ZipFile(buffered)
    names = [entry for entry in archive.namelist() if not entry.endswith("/") and not entry.startswith("__MACOSX/")]
    if "[Content_Types].xml" in names:
        raise DemandError(f"{name} is an Excel workbook: save it as CSV")
    tables = [entry for entry in names if entry.lower().endswith((".csv", ".csv.gz", ".tsv", ".txt"))]
    chosen = names if len(names) == 1 else tables
    if len(chosen) != 1:
        raise DemandError(f"{name} holds {len(names)} files: unpack the one to use ({', '.join(names[:5])})")
    try:
        return archive.open(chosen[0])
    except RuntimeError as cause:  # it wants a password, or is packed in a way that is not known
        raise DemandError(f"{name} cannot be unpacked: {cause}") from cause


def _xz(packed: BinaryIO, _: str) -> IO[bytes]:
    return lzma.LZMAFile(packed)


WAYS: dict[bytes, Callable[[BinaryIO, str], Any]] = {
    b"\x1f\x8b": lambda packed, _: gzip.GzipFile(fileobj=packed, mode="rb"),
    b"BZh": lambda packed, _: bz2.BZ2File(packed),
    b"\xfd7zXZ\x00": _xz,
    b"PK\x03\x04": _only_file,
}
"""How packed files begin, and how each is unpacked."""
