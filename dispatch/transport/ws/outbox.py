"""Frames for a slow reader: critical ones wait in order, of the others only the newest of each type. Pure.

One socket makes an outbox of its own the first time its write buffer is full; most never need one.
"""

from collections import deque


class Outbox:
    """Bounded by `max_messages` and `max_bytes`, whichever is reached first; what can be replaced counts too."""

    __slots__ = ("_bytes", "_critical", "_latest", "_max_bytes", "_max_messages")

    def __init__(self, max_messages: int, max_bytes: int) -> None:
        self._max_messages = max_messages
        self._max_bytes = max_bytes
        self._bytes = 0
        self._critical: deque[bytes] = deque()
        self._latest: dict[object, bytes] = {}

    def __len__(self) -> int:
        return len(self._critical) + len(self._latest)

    def put(self, frame: bytes) -> bool:
        """Keep a frame that must not be lost. False: there is no room, the reader is too slow to be served."""
        if not self._admit(frame):
            return False
        self._critical.append(frame)
        return True

    def put_latest(self, key: object, frame: bytes) -> bool:
        """Keep a frame in place of the waiting one of the same `key`. False: there is no room and it is left out."""
        replaced = self._latest.pop(key, b"")
        self._bytes -= len(replaced)
        if not self._admit(frame):
            return False
        self._latest[key] = frame
        return True

    def take(self) -> bytes:
        """The next frame to send: the oldest critical one, else the longest-waiting of the others.

        Raises:
            IndexError: nothing waits.
        """
        if self._critical:
            frame = self._critical.popleft()
        elif self._latest:
            frame = self._latest.pop(next(iter(self._latest)))
        else:
            raise IndexError("the outbox is empty")
        self._bytes -= len(frame)
        return frame

    def _admit(self, frame: bytes) -> bool:
        fits = len(self) < self._max_messages and self._bytes + len(frame) <= self._max_bytes
        if fits:
            self._bytes += len(frame)
        return fits
