"""Bytes by number, one behind the other: for many that are kept and hardly ever read. Used by the journal of virtual time.

As objects of their own they would lie among all that comes and goes, and keep the memory around them from being used again.
"""

from array import array


class Archive:
    """What was put in can be read; nothing is ever taken out."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._ends = array("Q", (0,))

    def put(self, packed: bytes) -> int:
        """Keep this, under the number that is returned."""
        self._bytes += packed
        self._ends.append(len(self._bytes))
        return len(self._ends) - 2

    def read(self, number: int) -> bytes:
        """What was put in under this number."""
        return bytes(self._bytes[self._ends[number] : self._ends[number + 1]])
