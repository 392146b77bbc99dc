"""The actor of a passenger who is known: it alone says whether another ride may be booked, so that no two are open at once.

It records nothing. Open rides say that they are open: when they are booked, when they are woken after a restart, and when they are
asked, because another ride is to be booked. So no message that this actor missed can keep a passenger from riding.
"""

from __future__ import annotations

from dispatch import addresses
from dispatch.ids import Number, PassengerId, RideId
from dispatch.messages.base import Undelivered
from dispatch.messages.matching import (
    AnnounceHold,
    HoldPassenger,
    LeavePassenger,
    PassengerBusy,
    PassengerTaken,
    TakePassenger,
)
from dispatch.runtime import Actor, Runtime, receives


class PassengerActor(Actor):
    """Awake while a ride of this passenger is open, or asks to be."""

    def __init__(self, runtime: Runtime, address: str) -> None:
        super().__init__(runtime, address)
        self._passenger_id = PassengerId(addresses.name_of(address))
        self._open: dict[RideId, bool] = {}
        """Rides that are open, each with whether that is certain: False while it is asked."""
        self._waiting: dict[RideId, Number] = {}
        """Rides that wait for an answer, in the order in which they came, each with the number of its question."""

    def carry_over(self, before: PassengerActor) -> None:
        self._open, self._waiting = before._open, before._waiting

    @receives(TakePassenger)
    def _on_take(self, message: TakePassenger) -> None:
        self._waiting[message.ride_id] = message.number
        for ride_id in [ride_id for ride_id in self._open if ride_id != message.ride_id]:
            self._ask(ride_id)
        self._answer()

    @receives(HoldPassenger)
    def _on_hold(self, message: HoldPassenger) -> None:
        self._open[message.ride_id] = True
        self._answer()

    @receives(LeavePassenger)
    def _on_leave(self, message: LeavePassenger) -> None:
        self._open.pop(message.ride_id, None)
        self._waiting.pop(message.ride_id, None)
        self._answer()

    def _ask(self, ride_id: RideId) -> None:
        self._open[ride_id] = False
        self.runtime.tell(addresses.ride(ride_id), AnnounceHold(self._passenger_id), self.address)

    @receives(Undelivered)
    def _on_undelivered(self, message: Undelivered) -> None:
        """A ride that was asked does not answer: it was never booked or is out of service, or too busy, and then it is open."""
        ride_id = RideId(addresses.name_of(message.address))
        if message.is_gone:
            self._open.pop(ride_id, None)
        else:
            self._open[ride_id] = True
        self._answer()

    def _answer(self) -> None:
        """Whoever waits and can be answered now."""
        tell = self.runtime.tell
        for ride_id, number in list(self._waiting.items()):
            others = [other for other in self._open if other != ride_id]
            certain = next((other for other in others if self._open[other]), None)
            if certain is not None:
                tell(addresses.ride(ride_id), PassengerBusy(number, certain))
            elif not others:
                self._open[ride_id] = True
                tell(addresses.ride(ride_id), PassengerTaken(number))
            else:
                break
            del self._waiting[ride_id]
        if not self._open and not self._waiting:
            self.runtime.retire(self.address)
