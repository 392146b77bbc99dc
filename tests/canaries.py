"""Canaries: every phone that anybody in a test has is watched in whatever leaves the server in that process.

The phone of a person may stand in a frame to that person, and to the counterpart that a ride was assigned: the passenger reads the
driver's, the driver the passenger's. Where offers show whole phones, whoever is asked reads it as well. Nobody else ever does, and no
error has one.
`tests/conftest.py` lets every test fail in which one is seen elsewhere. A server in a process of its own has canaries as well:
`watched`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Any, Final, get_args

import msgspec

from dispatch.actors.recorded import RecordedActor
from dispatch.assembly import ride_mask
from dispatch.ids import DriverId, RideId
from dispatch.messages.events import DriverRegistered, RideAssigned, RideRequested, RideScheduled
from dispatch.transport import wire
from dispatch.transport.http import problem
from dispatch.transport.sessions.driver import DriverSession
from dispatch.transport.sessions.passenger import PassengerSession
from dispatch.transport.sessions.session import Session
from dispatch.transport.sessions.staff import StaffSession

SHORTEST: Final = 9
DIGITS: Final = re.compile(rf"[0-9]{{{SHORTEST},15}}")
IDS: Final = frozenset(("ride_id", "id", "offer_id", "seq", "epoch"))
"""What apps and the server choose themselves."""
WATCHED: Final = (RideRequested, RideScheduled, RideAssigned, DriverRegistered)


class Canaries:
    """Who has which phone, who has which ride, and where a phone was seen that should not be there."""

    def __init__(self) -> None:
        self.leaks: list[str] = []
        self.forget()

    def forget(self) -> None:
        """Another test begins."""
        self._whose: dict[str, str] = {}
        self._passenger_of: dict[RideId, str] = {}
        self._drivers_of: dict[RideId, set[DriverId]] = {}

    # -- what is planted

    def recorded(self, event: Any) -> None:
        """What an actor puts on record: who rides, who drives, who has the ride."""
        if isinstance(event, RideRequested | RideScheduled):
            rider = event.passenger
            self._plant(rider.phone, rider.passenger_id)
            self._passenger_of[event.ride_id] = rider.passenger_id
        elif isinstance(event, RideAssigned):
            self._drivers_of.setdefault(event.ride_id, set()).add(event.driver.driver_id)
            self._plant(event.driver.phone, event.driver.driver_id)
        else:
            self._plant(event.driver.phone, event.driver.driver_id)

    def _plant(self, phone: str, person_id: str) -> None:
        if DIGITS.fullmatch(phone):
            self._whose[phone] = person_id

    # -- where it may be seen

    def sent(self, session: Session, frame: Any) -> None:
        """A frame leaves for this session's app."""
        if not self._whose or isinstance(session, StaffSession):
            return
        for phone, field in self._phones_in(frame):
            if not self._may_read(session, frame, self._whose[phone]):
                told = type(frame).__name__
                self.leaks.append(f"{field} of {told} to {session.principal.role} {session.principal.id} has {phone}")

    def told(self, text: str, where: str) -> None:
        """A text leaves for anybody at all."""
        self.leaks += [f"{where} has {phone}: {text}" for phone in DIGITS.findall(text) if phone in self._whose]

    def _phones_in(self, frame: Any) -> list[tuple[str, str]]:
        """Each planted phone in this frame, and in which field."""
        fields, values = _texts_of(type(frame))
        return [
            (phone, field)
            for field, value in zip(fields, values(frame), strict=True)
            if isinstance(value, str) and len(value) >= SHORTEST
            for phone in DIGITS.findall(value)
            if phone in self._whose
        ]

    def _may_read(self, session: Session, frame: Any, person_id: str) -> bool:
        principal, ride_id = session.principal, getattr(frame, "ride_id", None)
        if person_id == principal.id or person_id == self._passenger_of.get(RideId(session.ride_id or "")):
            is_foreign = session.claims is not None and person_id != principal.id
            return not is_foreign or self._is_driver(ride_id, person_id)
        if isinstance(session, PassengerSession):
            is_own = session.claims is None or self._passenger_of.get(ride_id) == principal.id
            return (
                is_own
                and isinstance(frame, wire.DriverAssigned | wire.PassengerSnapshot)
                and self._is_driver(ride_id, person_id)
            )
        assert isinstance(session, DriverSession)
        if isinstance(frame, wire.RideRequest):
            return not ride_mask(session._context.settings).masks_phones
        has_it = principal.id in self._drivers_of.get(ride_id, ())
        return has_it and isinstance(frame, wire.RideAccepted | wire.CurrentRide)

    def _is_driver(self, ride_id: Any, person_id: str) -> bool:
        return person_id in self._drivers_of.get(ride_id, ())


@cache
def _texts_of(frame: type[msgspec.Struct]) -> tuple[tuple[str, ...], Callable[[Any], tuple[Any, ...]]]:
    """The fields of these frames in which a text may stand, and what reads them all: no number is a phone."""
    fields = msgspec.structs.fields(frame)
    names = tuple(each.name for each in fields if each.name not in IDS and not _is_no_text(each.type))
    if len(names) < 2:
        return names, lambda told: tuple(getattr(told, name) for name in names)
    return names, attrgetter(*names)


def _is_no_text(kind: Any) -> bool:
    return all(part in (bool, int, float, type(None)) for part in get_args(kind) or (kind,))


CANARIES: Final = Canaries()


def watch() -> None:
    """Let everything in this process that records or sends pass by the canaries. Done once."""
    record, restore = RecordedActor.record, RecordedActor.restore
    deliver, send, body = Session.deliver, Session._send, problem.body

    def recording(actor: RecordedActor, event: Any) -> None:
        record(actor, event)
        if type(event) in WATCHED:
            CANARIES.recorded(event)

    def restoring(actor: RecordedActor) -> list[Any]:
        events = restore(actor)
        for event in events:
            if type(event) in WATCHED:
                CANARIES.recorded(event)
        return events

    def delivering(session: Session, notice: Any) -> None:
        link = session._link
        if CANARIES._whose and type(notice) in session.frames and not session.ended:
            session._link = _Watched(session, link)
            try:
                deliver(session, notice)
            finally:
                session._link = link
        else:
            deliver(session, notice)

    def sending(session: Session, frame: Any) -> None:
        _look(session, frame)
        send(session, frame)

    def telling(status: int, message: str, *more: Any, **named: Any) -> bytes:
        CANARIES.told(message, "a problem over HTTP")
        return body(status, message, *more, **named)

    RecordedActor.record = recording  # type: ignore[method-assign]
    RecordedActor.restore = restoring  # type: ignore[method-assign]
    Session.deliver = delivering  # type: ignore[method-assign]
    Session._send = sending  # type: ignore[method-assign]
    problem.body = telling


class _Watched:
    """A link whose frames are looked at."""

    def __init__(self, session: Session, link: Any) -> None:
        self._session = session
        self._link = link

    def send(self, frame: Any) -> None:
        _look(self._session, frame)
        self._link.send(frame)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._link, name)


def _look(session: Session, frame: Any) -> None:
    """The frame, and the frames inside of it."""
    CANARIES.sent(session, frame)
    if isinstance(frame, wire.DriverSnapshot):
        for inside in (frame.offer, frame.ride):
            if inside is not None:
                CANARIES.sent(session, inside)
