"""A simulated passenger of the sandbox: says the pin at the car, and now and then rates the driver."""

from __future__ import annotations

from typing import ClassVar, Final

from dispatch.messages.base import Message
from dispatch.transport import wire
from sim.people.passenger import PassengerPhone
from sim.people.phone import Table

RATES_SHARE: Final = 0.4
"""So many of the passengers rate."""
STARS: Final = {5: 70, 4: 20, 3: 6, 2: 2, 1: 2}
LEAVES_AFTER_S: Final = 1.0
"""The rating is on its way for so long."""


class Leave(Message, frozen=True, gc=False):
    """The passenger puts the phone away."""


class SandboxPassenger(PassengerPhone):
    """`pin`: what the passenger has to say at the car; empty: nothing."""

    pin = ""

    def on_frame(self, frame: wire.ServerMessage) -> None:
        self.pin = getattr(frame, "start_pin", None) or self.pin
        super().on_frame(frame)

    def _on_ride_completed(self, frame: wire.RideCompleted) -> None:
        self.figures.completed()
        self.status = "completed"
        if self.rng.random() >= RATES_SHARE:
            self._end("completed")
            return
        (stars,) = self.rng.choices(list(STARS), list(STARS.values()))
        self.send(wire.RateDriver(rating=stars))
        self.later(LEAVES_AFTER_S, Leave())

    def _on_leave(self, message: Leave) -> None:
        self._end("completed")

    frames: ClassVar[Table] = {**PassengerPhone.frames, wire.RideCompleted: _on_ride_completed}
    timers: ClassVar[Table] = {**PassengerPhone.timers, Leave: _on_leave}
