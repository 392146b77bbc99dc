"""People who make trouble: apps that are late or repeat themselves, drivers who pause, passengers who change their minds.

Small worlds are full of them. They act on whole beats of the clock, so that much of what they do falls on the same instant.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from typing import Any, ClassVar, Protocol, runtime_checkable

import msgspec

from dispatch.messages.base import Message
from dispatch.ports import Clock
from dispatch.transport import wire
from sim.people.driver import Decide, DriverPhone
from sim.people.passenger import LosePatience, PassengerPhone
from sim.people.phone import AppLink, Phone, Table

TRY_AGAIN = ("unavailable", "internal", "rate_limited")
"""Codes of errors after which the same frame may succeed."""
AGAIN_AFTER_S = 1.0
BOOK_AGAIN_S = 5.0


class Beats:
    """A clock whose timers fire on whole beats. `beat_s` is a power of two, so that equal times are equal numbers."""

    def __init__(self, clock: Clock, beat_s: float) -> None:
        self._clock = clock
        self._beat_s = beat_s

    @property
    def now(self) -> float:
        """Runtime seconds of the clock behind this one."""
        return self._clock.now

    def read_clock(self) -> None:
        """Take `now` from the clock behind this one."""
        self._clock.read_clock()

    def set_timer(self, delay_s: float, address: str, message: Any) -> None:
        """Set the timer to the first beat that is not earlier."""
        now, beat_s = self._clock.now, self._beat_s
        self._clock.set_timer(ceil((now + delay_s) / beat_s) * beat_s - now, address, message)


class _SayAgain(Message, frozen=True, gc=False):
    """Send the frame with this id again: the server could not take it a moment ago."""

    id: str


class LoseLink(Message, frozen=True, gc=False):
    """The connection ends: the phone hangs up, or goes `silent` without a word."""

    silent: bool


class ComeBack(Message, frozen=True, gc=False):
    """The phone connects if it has no connection. `anew`: even if it has one."""

    anew: bool = False


@runtime_checkable
class Silenceable(Protocol):
    """A link that a fault can make silent."""

    def close(self) -> None: ...
    def silence(self) -> None: ...


class InsistentPhone(Phone):
    """Gives every frame an `id`, and sends it again after a failure or a gap until it is answered.

    Ids are counted, so every app uses the same ones. `repeats`: the share of frames that are sent twice at once. `connect` opens a new
    connection; whoever makes the phone sets it.
    """

    repeats = 0.0
    connect: Callable[[], object]

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.unanswered: dict[str, wire.ClientMessage] = {}
        self._said = 0
        self._heard = ("", 0)

    def on_frame(self, frame: wire.ServerMessage) -> None:
        """Ignore notices that were heard before: the answer to a repeated command is older than the last snapshot."""
        seq: int | None = getattr(frame, "seq", None)
        if seq is not None:
            epoch, last = self._heard
            if frame.epoch == epoch and seq <= last:  # type: ignore[union-attr]
                return
            self._heard = (frame.epoch, seq)  # type: ignore[union-attr]
        super().on_frame(frame)

    def send(self, message: wire.ClientMessage) -> None:
        self._said += 1
        frame_id = str(self._said)
        message = self.unanswered[frame_id] = msgspec.structs.replace(message, id=frame_id)
        super().send(message)
        if self.rng.random() < self.repeats:
            super().send(message)

    def lost_link(self, link: AppLink, code: int) -> None:
        """The server ended this connection: make a new one in a moment, unless there is another by now."""
        if self.link is link:
            self.link = None
            self.later(AGAIN_AFTER_S, ComeBack())

    def _on_lose_link(self, message: LoseLink) -> None:
        link: object = self.link
        self.link = None
        if isinstance(link, Silenceable):
            (link.silence if message.silent else link.close)()

    def _on_come_back(self, message: ComeBack) -> None:
        """Connect, and send again what was not answered."""
        if self.link is not None and not message.anew:
            return
        self.connect()
        for unanswered in list(self.unanswered.values()):
            super().send(unanswered)

    def _on_ack(self, frame: wire.Ack) -> None:
        self.unanswered.pop(frame.id or "", None)

    def _on_error(self, frame: wire.Refused) -> None:
        if frame.id is None:
            return
        if frame.code in TRY_AGAIN:
            self.later(AGAIN_AFTER_S, _SayAgain(frame.id))
        else:
            self.unanswered.pop(frame.id, None)

    def _on_say_again(self, message: _SayAgain) -> None:
        unanswered = self.unanswered.get(message.id)
        if unanswered is not None:
            super().send(unanswered)

    frames: ClassVar[Table] = {wire.Ack: _on_ack, wire.Refused: _on_error}
    timers: ClassVar[Table] = {LoseLink: _on_lose_link, ComeBack: _on_come_back, _SayAgain: _on_say_again}


class DriverHabits(msgspec.Struct, frozen=True, kw_only=True):
    """Shares from 0 to 1, times in seconds.

    `is_late`: the driver answers offers that have closed already. `repeats`: see `InsistentPhone`. `gives_up`: the share of rides that
    the driver cancels on the way to the pickup. `pauses_every_s`: mean time between pauses; 0: none. `pause_s`: how long a pause is.
    `pauses_until_s`: no pause begins after this Unix second.
    """

    is_late: bool = False
    repeats: float = 0.0
    gives_up: float = 0.0
    pauses_every_s: float = 0.0
    pause_s: float = 20.0
    pauses_until: float = 0.0


class _Pause(Message, frozen=True, gc=False):
    """The driver wants no offers for a while, or wants them again."""

    available: bool


class _GiveUp(Message, frozen=True, gc=False):
    """The driver does not want to drive to this pickup any more."""

    ride_id: str


class RestlessDriver(InsistentPhone, DriverPhone):
    """A driver with habits."""

    habits = DriverHabits()

    def settle_in(self, habits: DriverHabits) -> None:
        """Act by these habits from now on."""
        self.habits, self.repeats = habits, habits.repeats
        self._asked: dict[str, str] = {}
        self._pause_later()

    def _on_ride_request(self, frame: wire.RideRequest) -> None:
        super()._on_ride_request(frame)
        self._asked[frame.offer_id] = frame.ride_id

    def _on_decide(self, message: Decide) -> None:
        is_late = self.habits.is_late and message.offer_id not in self.offers
        if is_late:
            self.offers[message.offer_id] = self._asked[message.offer_id]
        super()._on_decide(message)
        if is_late:
            del self.offers[message.offer_id]

    def _on_ride_accepted(self, frame: wire.RideAccepted) -> None:
        super()._on_ride_accepted(frame)
        if self.rng.random() < self.habits.gives_up:
            self.later(self.rng.random() * 60.0, _GiveUp(frame.ride_id))

    def _on_give_up(self, message: _GiveUp) -> None:
        if self._is_on(message.ride_id):
            self.send(wire.DriverCancelRide(ride_id=message.ride_id, reason="a flat tyre"))

    def _on_pause(self, message: _Pause) -> None:
        if not message.available and self.clock.now >= self.habits.pauses_until:
            return
        self.send(wire.SetAvailability(available=message.available))
        if message.available:
            self._pause_later()
        else:
            self.later(self.habits.pause_s, _Pause(True))

    def _pause_later(self) -> None:
        if self.habits.pauses_every_s:
            self.later(self.rng.expovariate(1.0 / self.habits.pauses_every_s), _Pause(False))

    frames: ClassVar[Table] = {
        **DriverPhone.frames,
        **InsistentPhone.frames,
        wire.RideRequest: _on_ride_request,
        wire.RideAccepted: _on_ride_accepted,
    }
    timers: ClassVar[Table] = {
        **DriverPhone.timers,
        **InsistentPhone.timers,
        Decide: _on_decide,
        _GiveUp: _on_give_up,
        _Pause: _on_pause,
    }


class Whims(msgspec.Struct, frozen=True, kw_only=True):
    """What a passenger does besides waiting, in seconds after booking; None: not at all. `repeats`: see `InsistentPhone`.

    `haggles_after_s`: the passenger books again at another fare. `regrets_after_s`: the passenger cancels so long after the assignment.
    `leaves_after_s`: the passenger closes the app for good.
    """

    repeats: float = 0.0
    haggles_after_s: float | None = None
    regrets_after_s: float | None = None
    leaves_after_s: float | None = None


class _Haggle(Message, frozen=True, gc=False):
    """The passenger offers more."""


class _Regret(Message, frozen=True, gc=False):
    """The passenger does not want this driver."""


class _BookAgain(Message, frozen=True, gc=False):
    """Book again: another ride of this passenger was open, and may be over by now."""


class _Leave(Message, frozen=True, gc=False):
    """The passenger closes the app for good."""


class RestlessPassenger(InsistentPhone, PassengerPhone):
    """A passenger with whims."""

    whims = Whims()
    _was_refused = False
    _will_book_again = False

    def settle_in(self, whims: Whims) -> None:
        """Act by these whims from now on."""
        self.whims, self.repeats = whims, whims.repeats
        for after_s, message in ((whims.haggles_after_s, _Haggle()), (whims.leaves_after_s, _Leave())):
            if after_s is not None:
                self.later(after_s, message)

    def _on_driver_assigned(self, frame: wire.DriverAssigned) -> None:
        is_news = self.driver_id is None
        super()._on_driver_assigned(frame)
        if is_news and self.whims.regrets_after_s is not None:
            self.later(self.whims.regrets_after_s, _Regret())

    def _on_haggle(self, message: _Haggle) -> None:
        """Book again at a higher fare. A passenger who has a driver by now hears that it is too late."""
        self.trip = msgspec.structs.replace(self.trip, fare=self.trip.fare + 1.0)
        self.ask()

    def _on_regret(self, message: _Regret) -> None:
        self.send(wire.CancelRide(reason="changed my mind"))

    def _on_error(self, frame: wire.Refused) -> None:
        """A passenger who has another open ride tries again while patience lasts."""
        super()._on_error(frame)
        if frame.code == "illegal_now" and not self.status and not self._will_book_again:
            self._was_refused = self._will_book_again = True
            self.later(BOOK_AGAIN_S, _BookAgain())

    def _on_book_again(self, message: _BookAgain) -> None:
        self._will_book_again = False
        if not self.status:
            self.ask()

    def _on_lose_patience(self, message: LosePatience) -> None:
        if self._was_refused and not self.status:
            self.on_end(self)
        else:
            super()._on_lose_patience(message)

    def _on_leave(self, message: _Leave) -> None:
        self.on_end(self)

    frames: ClassVar[Table] = {
        **PassengerPhone.frames,
        **InsistentPhone.frames,
        wire.DriverAssigned: _on_driver_assigned,
        wire.Refused: _on_error,
    }
    timers: ClassVar[Table] = {
        **PassengerPhone.timers,
        **InsistentPhone.timers,
        LosePatience: _on_lose_patience,
        _BookAgain: _on_book_again,
        _Haggle: _on_haggle,
        _Regret: _on_regret,
        _Leave: _on_leave,
    }
