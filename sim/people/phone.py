"""What all fake apps have in common. They do no I/O: frames come in by `on_frame` and go out by a link; timers are messages to oneself.

The same phones run in memory and over real sockets. They know the wire's frames and their own behaviour, and nothing of actors.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, ClassVar, Protocol

from dispatch.ports import Clock
from dispatch.transport import wire


class AppLink(Protocol):
    """A connection, as the app sees it."""

    def send(self, message: wire.ClientMessage) -> None: ...
    def close(self) -> None: ...


Table = dict[type, Callable[[Any, Any], None]]
"""The method for each type of message."""


class Phone:
    """One app. `frames` has a method for each frame of the server that it heeds, `timers` one for each message to itself."""

    frames: ClassVar[Table] = {}
    timers: ClassVar[Table] = {}

    def __init__(self, address: str, clock: Clock, rng: Random) -> None:
        self.address = address
        self.clock = clock
        self.rng = rng
        self.link: AppLink | None = None

    def on_frame(self, frame: wire.ServerMessage) -> None:
        """The server sent this."""
        handle = self.frames.get(type(frame))
        if handle is not None:
            handle(self, frame)

    def deliver(self, message: Any) -> None:
        """A timer of this phone is due."""
        handle = self.timers.get(type(message))
        if handle is not None:
            handle(self, message)

    def later(self, delay_s: float, message: Any) -> None:
        """Get this message in `delay_s` seconds."""
        self.clock.set_timer(delay_s, self.address, message)

    def send(self, message: wire.ClientMessage) -> None:
        """Send a frame. Nothing happens while the phone has no link."""
        if self.link is not None:
            self.link.send(message)
