"""The numbered stream of each app: no gap on any connection, one message for each number, and at the end the app has all of it."""

from __future__ import annotations

from typing import Any

from dispatch.actors.driver import DriverActor
from dispatch.addresses import SESSION, kind_of
from dispatch.messages.commands import Attach, Resume
from dispatch.messages.notices import DriverSnapshot, PassengerSnapshot
from sim.checks.ledger import Violations
from sim.checks.subject import Subject
from sim.people.resuming import ResumingPhone

SNAPSHOTS = (DriverSnapshot, PassengerSnapshot)


class Streams:
    """An observer. On each connection numbers rise by one. An app that resumes says up to which number it has heard, and the connection
    goes on from there.

    A snapshot that is not `recovered` tells the whole state, and numbers go on from it. An earlier number is a repetition. The answer
    to a `Resume` repeats all numbers after the last one that was heard, in order, within one turn of the actor.
    """

    def __init__(self, violations: Violations) -> None:
        self._violations = violations
        self._last: dict[str, int] = {}
        self._owed: dict[str, int] = {}
        self._actor: dict[str, str] = {}
        self._said: dict[tuple[str, str, int], Any] = {}
        self._spoke: dict[str, None] = {}
        """Actors that told some app anything: on the next connection they begin with a snapshot."""

    def __call__(self, now: float, address: str, message: Any) -> None:
        if kind_of(address) != SESSION:
            self._owed.pop(address, None)
            self._heard(address, message)
        elif getattr(message, "seq", None) is not None:
            self._told(now, address, message)

    def _heard(self, address: str, message: Any) -> None:
        """A turn of this actor begins."""
        if type(message) is Attach:
            self._actor[message.session] = address
            if message.resume is not None:
                self._last[message.session] = message.resume.last_seq
        elif type(message) is Resume:
            self._owed[address] = message.last_seq + 1

    def _told(self, now: float, address: str, message: Any) -> None:
        actor, seq, last = self._actor.get(address, address), message.seq, self._last.get(address)
        number = (actor, message.epoch, seq)
        is_again = number in self._said
        known = self._said.setdefault(number, message)
        if known != message:
            self._violations.add(now, "one-number", f"{actor} says {known} and then {message}")
        is_whole = type(message) in SNAPSHOTS and not message.recovered
        spoke_before = actor in self._spoke
        self._spoke[actor] = None
        if last is None and (is_again or spoke_before) and not is_whole:
            return  # a repeated command got its old answer, said perhaps while nobody was connected, before the snapshot came
        owed = self._owed.get(actor)
        if last is not None and seq <= last:
            if owed is not None and seq > owed:
                self._skipped(now, address, message, owed - 1)
            if owed == seq:
                self._owed[actor] = seq + 1
            return
        if last is not None and seq != last + 1 and not is_whole:
            self._skipped(now, address, message, last)
        self._last[address] = seq

    def _skipped(self, now: float, address: str, message: Any, last: int) -> None:
        text = f"{address} hears {type(message).__name__} {message.seq} after {last}"
        self._violations.add(now, "no-gap", text)


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
