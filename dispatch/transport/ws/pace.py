"""A connection that takes its turn: however much its peer sends, others are read too, and who does not read is not read from.

Knows nothing of WebSockets; `websocket` builds on it.
"""

import asyncio
from abc import abstractmethod
from typing import cast

WRITE_HIGH_BYTES, WRITE_LOW_BYTES = 16_384, 4_096
"""Above the first, nothing more should be written and nothing more is read; below the second, both go on."""
SLICE_BYTES = 1024
"""So much is taken in at once."""
FRAMES_A_TURN = 64
"""Then the other connections have their turn."""


class PacedConnection(asyncio.Protocol):
    """Subclasses say what data means (`_feed`), and what they do when their peer stops reading and when it reads again."""

    __slots__ = ("_deaf", "_gone", "_reading", "_transport", "_turn_booked", "_unread", "_write_paused")

    def __init__(self) -> None:
        self._transport: asyncio.Transport
        self._unread = b""
        self._turn_booked = False
        self._reading = True
        self._write_paused = False
        self._gone = False
        self._deaf = False

    @abstractmethod
    def _feed(self, data: bytes) -> int:
        """Take in `data`, at most `SLICE_BYTES`, and say how many frames it held."""

    @abstractmethod
    def _on_stalled(self) -> None:
        """The write buffer is full."""

    @abstractmethod
    def _on_drained(self) -> None:
        """The write buffer has room again; what waited may be written, until it is full again."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(WRITE_HIGH_BYTES, WRITE_LOW_BYTES)

    def turn_deaf(self) -> None:
        """Take nothing in any more, neither what has come nor what will."""
        self._deaf = True
        self._unread = b""
        if self._reading:
            self._reading = False
            self._transport.pause_reading()

    def data_received(self, data: bytes) -> None:
        if self._deaf:
            return
        if not self._unread and len(data) <= SLICE_BYTES:
            self._feed(data)
        else:
            self._unread += data
            self._book_turn()

    def eof_received(self) -> None:
        unread, self._unread = self._unread, b""
        for start in range(0, len(unread), SLICE_BYTES):
            if self._deaf:
                return
            self._feed(unread[start : start + SLICE_BYTES])

    def connection_lost(self, exc: Exception | None) -> None:
        self._gone = True
        self._unread = b""

    def pause_writing(self) -> None:
        self._write_paused = True
        self._on_stalled()
        self._steer_reading()

    def resume_writing(self) -> None:
        self._write_paused = False
        self._on_drained()
        self._book_turn()
        self._steer_reading()

    def _read_turn(self) -> None:
        """Take in what came, or as much of it as one turn allows and the rest in the next."""
        self._turn_booked = False
        if self._gone:
            return
        frames = 0
        while self._unread and frames < FRAMES_A_TURN and not self._write_paused:
            data, self._unread = self._unread[:SLICE_BYTES], self._unread[SLICE_BYTES:]
            frames += self._feed(data)
        self._book_turn()
        self._steer_reading()

    def _book_turn(self) -> None:
        if self._unread and not self._write_paused and not self._turn_booked:
            self._turn_booked = True
            asyncio.get_running_loop().call_soon(self._read_turn)

    def _steer_reading(self) -> None:
        """Read on only while what came is taken in and what is sent is taken off."""
        wanted = not self._unread and not self._write_paused and not self._deaf
        if wanted and not self._reading:
            self._transport.resume_reading()
        elif not wanted and self._reading:
            self._transport.pause_reading()
        self._reading = wanted
