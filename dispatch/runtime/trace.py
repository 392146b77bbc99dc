"""What happened, as bytes: the digest that two equal runs share, and the lines behind it."""

from __future__ import annotations

import hashlib
from typing import Any, BinaryIO

import msgspec

from dispatch.addresses import JOURNAL

_encode_into = msgspec.json.Encoder().encode_into
BYTES_A_HASH = 1 << 17


class Trace:
    """An observer. One line a delivery, a JSON array: virtual time in seconds, address, message.

    What goes to the journal is left out: a digest does not depend on where the journal lies or how it batches.
    """

    def __init__(self, file: BinaryIO | None = None) -> None:
        self._hash = hashlib.sha256()
        self._lines = bytearray()
        self._file = file

    def __call__(self, now: float, address: str, message: Any) -> None:
        if address == JOURNAL:
            return
        lines = self._lines
        _encode_into((now, address, message), lines, -1)
        lines += b"\n"
        if len(lines) > BYTES_A_HASH:
            self._flush()

    def digest(self) -> str:
        """SHA-256 over every line so far, as hex."""
        self._flush()
        return self._hash.hexdigest()

    def _flush(self) -> None:
        if not self._lines:
            return  # asked for again when the file may be closed already
        self._hash.update(self._lines)
        if self._file is not None:
            self._file.write(self._lines)
        self._lines.clear()
