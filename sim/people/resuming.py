"""Apps that trust no network: they send again what was not answered, and ask for what they missed."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from dispatch.messages.base import Message
from dispatch.transport import wire
from sim.people.phone import Table
from sim.people.restless import ComeBack, DriverHabits, InsistentPhone, RestlessDriver, RestlessPassenger, Whims

LOOK_EVERY_S: Final = 2.0
QUIET_AFTER_S: Final = 10.0
"""An app that heard nothing new for so long asks whether it missed anything."""
DEAD_AFTER_S: Final = 12.0
"""An app that heard nothing at all for so long makes a new connection."""
SNAPSHOTS: Final = (wire.PassengerSnapshot, wire.DriverSnapshot)


class _Look(Message, frozen=True, gc=False):
    """Time to look whether every frame was answered, and whether anything was missed."""


class ResumingPhone(InsistentPhone):
    """Takes each message of its stream once and in order. `skipped` counts messages that came out of order and were not taken."""

    epoch = ""
    last_seq = 0
    skipped = 0

    def watch_out(self) -> None:
        """Look after the connection from now on."""
        self._new_at = self._heard_at = self.clock.now
        self.later(LOOK_EVERY_S, _Look())

    def on_frame(self, frame: wire.ServerMessage) -> None:
        self._heard_at = self.clock.now
        if not hasattr(frame, "seq") or self._takes(frame):
            super().on_frame(frame)

    def _takes(self, frame: Any) -> bool:
        """Whether this message of the stream is news. If it does not follow on the last one, ask for what is between."""
        epoch, seq, is_snapshot = frame.epoch, frame.seq, isinstance(frame, SNAPSHOTS)
        if epoch == self.epoch and seq <= self.last_seq:
            return False
        follows = epoch == (self.epoch or epoch) and seq == self.last_seq + 1
        if not follows and not (is_snapshot and not frame.recovered):
            self.skipped += 1
            self.epoch = self.epoch or epoch
            self.ask_what_was_missed()
            return False
        self.epoch, self.last_seq, self._new_at = epoch, seq, self.clock.now
        return not (is_snapshot and frame.recovered)

    def ask_what_was_missed(self) -> None:
        """Send `resume`, if anything of the stream was heard before."""
        if self.epoch and self.link is not None:
            self.link.send(wire.Resume(epoch=self.epoch, last_seq=self.last_seq))

    def _on_look(self, message: _Look) -> None:
        self.later(LOOK_EVERY_S, message)
        if self.link is None:
            return
        now = self.clock.now
        if now - self._heard_at >= DEAD_AFTER_S:
            self._heard_at = now
            self._on_come_back(ComeBack(anew=True))
            return
        for frame_id in list(self.unanswered):
            self.link.send(self.unanswered[frame_id])
        if now - self._new_at >= QUIET_AFTER_S:
            self._new_at = now
            self.ask_what_was_missed()

    timers: ClassVar[Table] = {_Look: _on_look}


class ResumingDriver(ResumingPhone, RestlessDriver):
    """A driver with habits and an app like that."""

    def settle_in(self, habits: DriverHabits) -> None:
        super().settle_in(habits)
        self.watch_out()

    timers: ClassVar[Table] = {**RestlessDriver.timers, **ResumingPhone.timers}


class ResumingPassenger(ResumingPhone, RestlessPassenger):
    """A passenger with whims and an app like that."""

    def settle_in(self, whims: Whims) -> None:
        super().settle_in(whims)
        self.watch_out()

    timers: ClassVar[Table] = {**RestlessPassenger.timers, **ResumingPhone.timers}
