"""What happened, as bytes: the digest that two equal runs share, and the same as lines to read."""

import hashlib
from typing import Any, Protocol

import msgspec

from dispatch.addresses import JOURNAL

_encode_lines = msgspec.json.Encoder().encode_lines
_encode_into = msgspec.msgpack.Encoder().encode_into
DELIVERIES_A_BLOCK = 64
"""Encoded at once: half the price of one by one. More would outlive the messages' memory, and bring no more."""
_SHORT_ARRAY = 15
"""MessagePack begins an array of so many items with one byte, and a longer one with three."""


class Written(Protocol):
    """A file that takes bytes."""

    def write(self, data: bytes, /) -> Any: ...


class Trace:
    """An observer of deliveries: virtual time in seconds, address, message. The digest is of MessagePack, which is made faster than
    JSON; the file has one line a delivery, a JSON array. Both hold the same, so the digest does not depend on whether there is a file.

    What goes to the journal is left out: a digest does not depend on where the journal lies or how it batches.
    """

    def __init__(self, file: Written | None = None) -> None:
        self._hash = hashlib.sha256()
        self._block: list[tuple[float, str, Any]] = []
        self._encoded = bytearray()
        self._file = file

    def __call__(self, now: float, address: str, message: Any) -> None:
        if address == JOURNAL:
            return
        block = self._block
        block.append((now, address, message))  # nobody changes a message
        if len(block) >= DELIVERIES_A_BLOCK:
            self._flush()

    def digest(self) -> str:
        """SHA-256 over every delivery so far, each as a MessagePack array, as hex."""
        self._flush()
        return self._hash.hexdigest()

    def _flush(self) -> None:
        if not self._block:
            return  # asked for again when the file may be closed already
        block = self._block
        # Without the head of the outer array: the digest does not depend on where a block ends.
        _encode_into(block, self._encoded)
        with memoryview(self._encoded) as encoded:
            self._hash.update(encoded[1 if len(block) <= _SHORT_ARRAY else 3 :])
        if self._file is not None:
            self._file.write(_encode_lines(block))
        block.clear()
