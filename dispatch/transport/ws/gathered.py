"""Sends in one piece what is written in one turn of the loop. Used by `front`: uvicorn writes the head of an answer and its body apart,
and each write is a call of the system that wakes the client.
"""

import asyncio
from typing import Any, Final

LONGEST_HELD: Final = 16_384
"""Bytes. What is longer is sent at once."""


class Gathered:
    """A transport in all else."""

    __slots__ = ("_held", "_loop", "is_closing", "transport")

    def __init__(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        self.is_closing = transport.is_closing  # asked with every write
        self._held = b""
        self._loop = asyncio.get_running_loop()

    def write(self, data: bytes) -> None:
        """Send it soon: in the next turn of the loop at the latest."""
        if len(self._held) + len(data) > LONGEST_HELD:
            self.flush()
            self.transport.write(data)
            return
        if not self._held:
            self._loop.call_soon(self.flush)
        self._held += data

    def flush(self) -> None:
        """Send now what is held."""
        held, self._held = self._held, b""
        if held:
            self.transport.write(held)

    def close(self) -> None:
        self.flush()
        self.transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.transport, name)
