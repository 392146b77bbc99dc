"""What happened, as bytes: the digest that two equal runs share, and the lines behind it."""

from __future__ import annotations

import hashlib
from typing import Any, BinaryIO

import msgspec

from dispatch.addresses import JOURNAL

_encode_lines = msgspec.json.Encoder().encode_lines
DELIVERIES_A_BLOCK = 64
"""Encoded at once: half the price of one by one. More would outlive the messages' memory, and bring no more."""


class Trace:
    """An observer. One line a delivery, a JSON array: virtual time in seconds, address, message.

    What goes to the journal is left out: a digest does not depend on where the journal lies or how it batches.
    """

    def __init__(self, file: BinaryIO | None = None) -> None:
        self._hash = hashlib.sha256()
        self._block: list[tuple[float, str, Any]] = []
        self._file = file

    def __call__(self, now: float, address: str, message: Any) -> None:
        if address == JOURNAL:
            return
        block = self._block
        block.append((now, address, message))  # nobody changes a message
        if len(block) >= DELIVERIES_A_BLOCK:
            self._flush()

    def digest(self) -> str:
        """SHA-256 over every line so far, as hex."""
        self._flush()
        return self._hash.hexdigest()

    def _flush(self) -> None:
        if not self._block:
            return  # asked for again when the file may be closed already
        lines = _encode_lines(self._block)
        self._hash.update(lines)
        if self._file is not None:
            self._file.write(lines)
        self._block.clear()
