"""Links in memory: simulated phones call the same sessions that sockets use, with or without the codec in between."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dispatch import principals
from dispatch.ids import DriverId, RideId
from dispatch.transport import wire
from dispatch.transport.sessions.gateway import Gateway
from dispatch.transport.sessions.session import Session, StillQuiet, WentSilent

OnFrame = Callable[[Any], None]
"""Takes each message to the app, at once, while the session sends it."""
OnClose = Callable[[int], None]
"""Takes the close code when the server ends the connection."""


def _nothing(*_: object) -> None:
    """What a cut link does with anything that is sent."""


def connect_driver(
    gateway: Gateway,
    driver_id: DriverId,
    on_frame: OnFrame,
    codec: bool = False,
    on_close: OnClose = _nothing,
    may_resume: bool = False,
) -> MemoryLink:
    """Connect a driver's phone. With `codec`, every frame is encoded and decoded on its way."""
    link = MemoryLink(on_close)
    session = gateway.driver_session(principals.driver(driver_id), link.server_end)
    link.join(gateway, session, on_frame, wire.to_driver if codec else None, may_resume)
    return link


def connect_passenger(
    gateway: Gateway,
    ride_id: RideId,
    on_frame: OnFrame,
    codec: bool = False,
    on_close: OnClose = _nothing,
    may_resume: bool = False,
) -> MemoryLink:
    """Connect a passenger's phone to this ride."""
    link = MemoryLink(on_close)
    session = gateway.passenger_session(principals.passenger_of(ride_id), ride_id, link.server_end)
    link.join(gateway, session, on_frame, wire.to_passenger if codec else None, may_resume)
    return link


def connect_desk(gateway: Gateway, on_frame: OnFrame, codec: bool = False, on_close: OnClose = _nothing) -> MemoryLink:
    """Connect a desk."""
    link = MemoryLink(on_close)
    session = gateway.staff_session(principals.OPERATIONS, link.server_end)
    link.join(gateway, session, on_frame, wire.to_staff if codec else None)
    return link


class _ServerEnd:
    """The session's end: a `Link` whose two methods are plugged in and pulled out."""

    __slots__ = ("close", "send")

    def __init__(self) -> None:
        self.send: OnFrame = _nothing
        self.close: Callable[..., None] = _nothing

    def challenge(self) -> None:
        """A phone in memory reads whatever it is sent."""


class MemoryLink:
    """The phone's end. `send` a message: the session has handled it on return, the actors run later. A simulation may tell
    a zone where a driver is itself, without a frame, while `is_open`.

    An ended or silenced link takes whatever is sent and does nothing. It keeps no reference in a circle then: a simulation ends
    hundreds of thousands.
    """

    __slots__ = ("_dead_after_s", "_runtime", "_session", "is_open", "on_close", "send", "server_end")

    def __init__(self, on_close: OnClose) -> None:
        self.on_close = on_close
        self.server_end = _ServerEnd()
        self.send: Callable[[wire.ClientMessage], None] = _nothing
        self.is_open = False
        self._session: Session | None = None

    def join(
        self,
        gateway: Gateway,
        session: Session,
        on_frame: OnFrame,
        decode: Callable[[bytes], Any] | None,
        may_resume: bool = False,
    ) -> None:
        """Plug both ends in and open the session. `decode` reads frames for the app; None: messages pass as they are.

        `may_resume`: as every socket does, the session waits a moment for the app to say so.
        """
        self._session, self._runtime, self.is_open = session, gateway.runtime, True
        self._dead_after_s = gateway.settings.dead_after_s
        self.server_end.close = self._closed_by_server
        if decode is None:
            self.server_end.send = on_frame
            self.send = session.on_message
        else:
            encode = wire.encode
            self.server_end.send = lambda message: on_frame(decode(encode(message)))
            self.send = lambda message: session.receive(encode(message))
        session.open(may_resume=may_resume)
        if may_resume:
            self._runtime.set_timer(gateway.settings.resume_wait_s, session.address, StillQuiet())

    def close(self) -> None:
        """The phone hangs up."""
        session = self._cut()
        if session is not None:
            session.closed()

    def silence(self) -> None:
        """A fault: from now on nothing passes either way. The server finds out when the link has been silent for too long."""
        session = self._cut()
        if session is not None and not session.ended:
            self._runtime.set_timer(self._dead_after_s, session.address, WentSilent())

    def _closed_by_server(self, code: int, reason: str = "") -> None:
        on_close = self.on_close
        self._cut()
        on_close(code)

    def _cut(self) -> Session | None:
        session, self._session, self.is_open = self._session, None, False
        self.send = self.server_end.send = self.server_end.close = self.on_close = _nothing
        return session
