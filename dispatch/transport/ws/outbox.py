"""Frames for a slow reader: critical ones wait in order, of the others only the newest of each type. Pure.

One socket makes an outbox of its own the first time its write buffer is full; most never need one.
"""

from collections import OrderedDict, deque


class Outbox:
    """Bounded by `max_messages` and `max_bytes`, whichever is reached first; what can be replaced counts too."""

    __slots__ = ("_bytes", "_critical", "_latest", "_max_bytes", "_max_messages")

    def __init__(self, max_messages: int, max_bytes: int) -> None:
        self._max_messages = max_messages
        self._max_bytes = max_bytes
        self._bytes = 0
        self._critical: deque[bytes] = deque()
        self._latest: OrderedDict[object, bytes] = OrderedDict()

    def __len__(self) -> int:
        return len(self._critical) + len(self._latest)

    def put(self, frame: bytes, latest_of: object = None) -> bool:
        """Keep a frame. With `latest_of` it takes the place of the waiting one of the same kind.

        False: there is no room. Without `latest_of` the frame must not be lost, and so the reader is too slow to be served.
        """
        self._bytes -= len(self._latest.pop(latest_of, b""))
        if len(self) >= self._max_messages or self._bytes + len(frame) > self._max_bytes:
            return False
        self._bytes += len(frame)
        if latest_of is None:
            self._critical.append(frame)
        else:
            self._latest[latest_of] = frame
        return True

    def take(self) -> bytes:
        """The next frame to send: the oldest critical one, else the longest-waiting of the others.

        Raises:
            KeyError: nothing waits.
        """
        frame = self._critical.popleft() if self._critical else self._latest.popitem(last=False)[1]
        self._bytes -= len(frame)
        return frame
