"""The connection of the operator's people: it sees the zone as its overview tells it, and asks rides, each about itself."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from dispatch import addresses
from dispatch.errors import (
    Forbidden,
    FrameError,
    IdReused,
    IllegalTransition,
    NoSuchRide,
    QuoteExpired,
    Unavailable,
)
from dispatch.ids import UNNAMED_ZONE, Number, RideId
from dispatch.messages.base import Message, Undelivered
from dispatch.messages.commands import CancelRide, Resume
from dispatch.messages.matching import DeskAnswered, LeaveOverview, WatchOverview
from dispatch.messages.notices import Board, BoardChanged, BoardMoved
from dispatch.principals import Principal
from dispatch.transport import wire
from dispatch.transport.sessions.context import SessionContext
from dispatch.transport.sessions.frames import Frames, MakeFrame
from dispatch.transport.sessions.session import FrameHandler, Link, Session
from dispatch.words import RefusalCode

OVERVIEW: Final = addresses.overview(UNNAMED_ZONE)
PATIENCE_S: Final = 5.0
"""Seconds to wait for a ride's answer. A commit takes milliseconds."""
REFUSED: Final[Mapping[str, type[FrameError]]] = {
    error.code: error
    for error in (Forbidden, FrameError, IdReused, IllegalTransition, NoSuchRide, QuoteExpired, Unavailable)
}
"""The errors by which a ride refuses what staff ask. A code that has none of its own is one of what is not possible now."""


class _Overdue(Message, frozen=True, gc=False):
    """Session -> one of its questions, by timer: the time for an answer is over."""


class StaffSession(Session):
    """Passes the desk's commands to rides and their answers back. Several desks may be connected at once."""

    __slots__ = ()
    incoming = wire.FROM_STAFF
    frames: ClassVar[Mapping[type, MakeFrame]] = {
        Board: Frames.as_it_is,
        BoardChanged: Frames.as_it_is,
        BoardMoved: Frames.as_it_is,
    }

    def __init__(self, context: SessionContext, number: Number, principal: Principal, link: Link) -> None:
        super().__init__(context, number, principal, None, link)

    def _attach(self, resume: Resume | None = None) -> None:
        super()._attach(resume)
        self._context.runtime.tell(OVERVIEW, WatchOverview(self.address))

    def _leave(self) -> None:
        super()._leave()
        if self._attached:
            self._context.runtime.tell(OVERVIEW, LeaveOverview(self.address))

    def answer(self, message: wire.OpsCancelRide, outcome: DeskAnswered | FrameError) -> None:
        """Tell the desk the outcome of a `cancel_ride`."""
        if isinstance(outcome, FrameError):
            self._refuse(outcome, message)
            return
        ride_id, status, by, reason = message.ride_id, outcome.status, outcome.by, outcome.reason
        self._send(wire.OpsRideClosed(ride_id=ride_id, status=status, by=by, reason=reason))
        self._acknowledge(message)

    def _cancel_ride(self, message: wire.OpsCancelRide) -> None:
        runtime, ride_id = self._context.runtime, RideId(message.ride_id)
        address = addresses.request(runtime.next_number())
        cancel = CancelRide(self.principal, ride_id, message.reason or "", reply_to=address)
        runtime.sink(address, _Question(self, message, address))
        runtime.set_timer(PATIENCE_S, address, _Overdue())
        runtime.tell(addresses.ride(ride_id), cancel, address)

    def _stay(self, message: wire.Resume) -> None:
        raise IllegalTransition("this socket has no stream to resume: its board comes anew with each connection")

    def forget(self, address: str) -> None:
        """Stop taking mail for this question."""
        self._context.runtime.remove_sink(address)

    handlers: ClassVar[Mapping[type[wire.ClientMessage], FrameHandler]] = {
        wire.OpsCancelRide: _cancel_ride,
        wire.Authenticate: Session._authenticate,
        wire.Ping: Session._ping,
        wire.Resume: _stay,
    }


class _Question:
    """The sink of one question. It stays until its timer has fired."""

    __slots__ = ("_address", "_message", "_session")

    def __init__(self, session: StaffSession, message: wire.OpsCancelRide, address: str) -> None:
        self._session = session
        self._message: wire.OpsCancelRide | None = message
        self._address = address

    def deliver(self, outcome: Any) -> None:
        """Take the ride's answer, the command that found nobody, or the timer. The first of them is told to the desk."""
        message, self._message = self._message, None
        is_overdue = isinstance(outcome, _Overdue)
        if message is not None:
            self._session.answer(message, _judged(outcome))
        if is_overdue:
            self._session.forget(self._address)


def _judged(outcome: DeskAnswered | Undelivered | _Overdue) -> DeskAnswered | FrameError:
    """The answer of a ride that did what was asked, or the error of one that did not."""
    if isinstance(outcome, _Overdue):
        return Unavailable()
    if isinstance(outcome, Undelivered):
        return NoSuchRide() if outcome.is_gone else Unavailable()
    return refused(outcome) if outcome.code else outcome


def refused(answer: DeskAnswered) -> FrameError:
    """The error that this refusal is."""
    error = REFUSED.get(answer.code, IllegalTransition)(answer.text)
    error.code = RefusalCode(answer.code)  # type: ignore[misc]
    error.field = answer.field or None
    return error
