"""The numbered stream of each app: no gap on any connection, one message for each number, and at the end the app has all of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from dispatch.actors.driver import DriverActor
from dispatch.actors.ride import RideActor
from dispatch.addresses import SESSION, kind_of
from dispatch.ids import Number
from dispatch.messages.commands import Attach, Resume
from dispatch.messages.notices import DriverSnapshot, Numbered, PassengerSnapshot
from dispatch.runtime import VirtualRuntime
from sim.checks.ledger import Violations
from sim.checks.subject import Subject
from sim.people.resuming import ResumingPhone

SNAPSHOTS: Final = (DriverSnapshot, PassengerSnapshot)
WHOLE_WITHIN_S: Final = 60.0
"""A driver who is reserved hears of the ride, and so how things stand, when it has answered. It is asked every second."""


class Streams:
    """An observer. On each connection numbers rise by one. An app that resumes says up to which number it has heard, and the connection
    goes on from there. To any other the numbers are new that its actor had not yet given when it came.

    A snapshot that is not `recovered` tells the whole state, and numbers go on from it. Who comes to an actor that has given numbers,
    and does not resume, hears one within `WHOLE_WITHIN_S`. A `recovered` one is enough once its app has said on this connection what it
    has heard.

    An earlier number is a repetition: a repeated command gets its old answer, said perhaps while nobody was connected. The answer to a
    `Resume` repeats all numbers after the last one that was heard, in order, within one turn of the actor.
    """

    def __init__(self, violations: Violations, given: Callable[[str], int]) -> None:
        """`given(address)`: the last number that the actor there has given; 0: none."""
        self._violations = violations
        self._given = given
        self._last: dict[str, int] = {}
        self._resuming, self._owed = "", 0
        """The actor that answers a `Resume` in this turn, and the next number that it must repeat."""
        self._actor: dict[str, str] = {}
        self._said: dict[tuple[str, str, int], Any] = {}
        self._whole_by: dict[str, float] = {}
        """For each connection that must still hear how things stand, until when."""
        self._unresumed: dict[str, Number] = {}
        """For each actor, the number of the connection whose app has not said yet what it has heard."""

    def __call__(self, now: float, address: str, message: Any) -> None:
        if address == self._resuming:  # its next turn
            self._resuming = ""
        kind = type(message)
        if kind is Attach:
            self._attached(now, address, message)
        elif kind is Resume:
            self._resuming, self._owed = address, message.last_seq + 1
            if message.number == self._unresumed.get(address):
                del self._unresumed[address]
        elif isinstance(message, Numbered) and kind_of(address) == SESSION:
            self._told(now, address, message)

    def _attached(self, now: float, address: str, message: Attach) -> None:
        session, resume = message.session, message.resume
        self._actor[session] = address
        self._unresumed.pop(address, None)
        if resume is not None:
            self._last[session] = resume.last_seq
            return
        self._unresumed[address] = message.number
        given = self._last[session] = self._given(address)
        if given:
            self._whole_by[session] = now + WHOLE_WITHIN_S

    def _told(self, now: float, address: str, message: Any) -> None:
        actor, seq = self._actor.get(address, address), message.seq
        last = self._last.get(address, seq - 1)
        known = self._said.setdefault((actor, message.epoch, seq), message)
        if known != message:
            self._violations.add(now, "one-number", f"{actor} says {known} and then {message}")
        if seq <= last:
            if self._resuming == actor:
                if seq > self._owed:
                    self._skipped(now, address, message, self._owed - 1)
                if seq == self._owed:
                    self._owed += 1
            return
        is_snapshot = type(message) in SNAPSHOTS
        is_whole = is_snapshot and not message.recovered
        if is_whole or (is_snapshot and actor not in self._unresumed):
            self._whole_by.pop(address, None)
        if seq != last + 1 and not is_whole:
            self._skipped(now, address, message, last)
        elif self._whole_by.get(address, now) < now:
            text = f"{address} hears {type(message).__name__} {seq}, and not how things stand"
            self._violations.add(now, "snapshot-first", text)
        self._last[address] = seq

    def _skipped(self, now: float, address: str, message: Any, last: int) -> None:
        text = f"{address} hears {type(message).__name__} {message.seq} after {last}"
        self._violations.add(now, "no-gap", text)


def last_given(runtime: VirtualRuntime, address: str) -> int:
    """The last number that the actor at this address has given to what it told its app; 0: none."""
    actor = runtime.actor(address)
    return actor.app.stream.seq if isinstance(actor, DriverActor | RideActor) else 0


def check_streams(world: Subject) -> None:
    """Every app has heard its stream to the last message. To be called when the network has lost nothing for a while."""
    now, add = world.runtime.now, world.watch.violations.add
    for driver_id, phone in world.drivers.items():
        actor = world.runtime.actor(f"driver/{driver_id}")
        if not isinstance(actor, DriverActor) or not isinstance(phone, ResumingPhone):
            continue
        stream = actor.app.stream
        if (phone.epoch, phone.last_seq) != (stream.epoch, stream.seq) and stream.seq:
            text = (
                f"{driver_id} heard {phone.epoch!r} up to {phone.last_seq}, it is at {stream.seq} of {stream.epoch!r}"
            )
            add(now, "stream-known", text)
