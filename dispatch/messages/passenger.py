"""Between a ride and its passenger's own actor: one ride at a time. Nothing of it is recorded, since open rides say it themselves."""

from __future__ import annotations

from dispatch.ids import PassengerId, RideId
from dispatch.messages.base import Message


class TakePassenger(Message, frozen=True, gc=False):
    """Ride -> passenger: may I be your open ride? The answer names the same `number`."""

    ride_id: RideId
    number: int


class PassengerTaken(Message, frozen=True, gc=False):
    """Passenger -> ride: you may."""

    number: int


class PassengerBusy(Message, frozen=True, gc=False):
    """Passenger -> ride: `open_ride` is open."""

    number: int
    open_ride: RideId


class AnnounceHold(Message, frozen=True, gc=False):
    """Passenger -> ride: are you open still? Another ride of this passenger is to be booked."""

    passenger_id: PassengerId


class HoldPassenger(Message, frozen=True, gc=False):
    """Ride -> passenger: I am open. Also unasked: after a restart, and when the search of a ride booked ahead begins."""

    ride_id: RideId


class LeavePassenger(Message, frozen=True, gc=False):
    """Ride -> passenger: I am over, or was never booked."""

    ride_id: RideId
