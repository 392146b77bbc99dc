"""The gateway makes sessions for sockets and for links in memory."""

from collections.abc import Iterable
from itertools import count
from typing import Any

from dispatch.ids import DriverId, Number, RideId
from dispatch.principals import Principal
from dispatch.transport.sessions.context import SessionContext
from dispatch.transport.sessions.driver import DriverSession
from dispatch.transport.sessions.passenger import PassengerSession
from dispatch.transport.sessions.session import Link, Session
from dispatch.transport.sessions.staff import StaffSession


class Gateway(SessionContext):
    """Makes the sessions of a process and holds what they share. Made by the composition root.

    Call `open` of a session when its `link` can carry frames.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._numbers = count(1)

    def passenger_session(self, principal: Principal, ride_id: RideId, link: Link) -> PassengerSession:
        """For a connection that speaks for this ride."""
        return PassengerSession(self, self._number(), principal, ride_id, link)

    def driver_session(self, principal: Principal, link: Link) -> DriverSession:
        """For a connection of this driver."""
        return DriverSession(self, self._number(), principal, link)

    def staff_session(self, principal: Principal, link: Link) -> StaffSession:
        """For a connection of one of the operator's people."""
        return StaffSession(self, self._number(), principal, link)

    def _number(self) -> Number:
        """The number of a new connection. It begins with the moment: an app may come here from another process that started later."""
        return int(self.runtime.now * 1e6), next(self._numbers)

    def forget(self, person_id: str) -> None:
        """This person is on file no more: believe no token of theirs, close their sockets, and forget what is known of their phone."""
        self.revoke(person_id=person_id)
        self._clocks.pop(DriverId(person_id), None)

    def revoke(self, *, person_id: str = "", sessions: Iterable[str] = ()) -> int:
        """Believe no token any more that was made for this person so far, or for one of these login sessions, and close their sockets
        with 4501 at once. Returns how many were open.
        """
        named = frozenset(sessions)
        if self.proofs is not None:
            self.proofs.revoke(person_id=person_id, sessions=named)
        hit: list[Session] = [
            session
            for session in self.proved.values()
            if session.claims.session in named or session.claims.principal.id == person_id
        ]
        for session in hit:
            session.revoked()
        return len(hit)
