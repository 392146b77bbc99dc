"""What must hold of the money: a ride by card has one charge, of the right amount, in the same commit as its end, settled once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dispatch.domain.pricing.money import in_minor, rounded
from dispatch.ids import RideId
from dispatch.messages.events import (
    ChargeDeclined,
    ChargeRequested,
    ChargeSettled,
    PassengerNoShow,
    RideCancelled,
    RideCompleted,
    RideRequested,
    RideScheduled,
)
from dispatch.values import CARD, Money

Violation = Callable[[float, str, str], None]
"""Called with Unix seconds, the name of the invariant, and what broke it."""


class Charges:
    """Call `take` for each event of a commit, then `committed`; and `finish` at the end of a world."""

    def __init__(self, broken: Violation) -> None:
        self._broken = broken
        self._by_card: dict[RideId, None] = {}
        self.due: dict[RideId, Any] = {}
        """Rides by card that ended in this commit and have no charge yet, each with the event that ended it."""
        self.requested: dict[RideId, Money] = {}
        self.settled: dict[RideId, str] = {}

    def take(self, now: float, event: Any) -> None:
        """This event is on disk."""
        kind, ride_id = type(event), event.ride_id
        if kind in (RideRequested, RideScheduled):
            if event.trip.payment_method == CARD:
                self._by_card[ride_id] = None
            else:
                self._by_card.pop(ride_id, None)
        elif kind is ChargeRequested:
            self._charge(now, event)
        elif kind in (ChargeSettled, ChargeDeclined):
            self._settle(now, event)
        elif ride_id in self._by_card:
            self.due[ride_id] = event

    def committed(self, now: float) -> None:
        """The commit is complete: each ride that ended in it has its charge by now."""
        for ride_id, end in self.due.items():
            if _costs(end):
                self._broken(now, "charged-with-its-end", f"{ride_id} is over by card without a charge: {end}")
        self.due.clear()

    def _charge(self, now: float, event: ChargeRequested) -> None:
        ride_id, amount = event.ride_id, event.amount
        if ride_id in self.requested:
            self._broken(now, "one-charge-a-ride", f"{ride_id} is charged again: {amount}")
        self.requested[ride_id] = amount
        end = self.due.pop(ride_id, None)
        if end is None:
            self._broken(now, "charged-with-its-end", f"{ride_id} is charged {amount} at no end of it by card")
        elif amount.minor != _minor(end, amount.digits) or not amount.currency:
            self._broken(now, "charged-what-is-due", f"{ride_id} is charged {amount} for {end}")

    def _settle(self, now: float, event: ChargeSettled | ChargeDeclined) -> None:
        ride_id = event.ride_id
        if ride_id not in self.requested or ride_id in self.settled:
            self._broken(now, "settled-once", f"{event}, and before {self.settled.get(ride_id, 'never asked for')}")
        self.settled[ride_id] = "paid" if type(event) is ChargeSettled else "declined"

    def finish(self, now: float, collected: Mapping[RideId, Money], declined: Mapping[RideId, Money]) -> None:
        """The world is at rest: provider and record agree, and no charge is pending.

        Args:
            collected: what the provider collected, by ride.
            declined: what it refused to collect.
        """
        for ride_id, amount in self.requested.items():
            status = self.settled.get(ride_id, "pending")
            told = {"paid": collected, "declined": declined}.get(status, {})
            if told.get(ride_id) != amount:
                self._broken(now, "settled-in-the-end", f"the charge of {ride_id}, {amount}, is {status}")
        for ride_id in collected:
            if ride_id not in self.requested:
                self._broken(now, "collected-on-request", f"{ride_id} paid and nobody asked for it")


def _costs(end: RideCompleted | RideCancelled | PassengerNoShow) -> bool:
    return (end.fare if type(end) is RideCompleted else end.fee) > 0  # type: ignore[union-attr]


def _minor(end: RideCompleted | RideCancelled | PassengerNoShow, digits: int) -> int:
    return rounded(in_minor(end.fare, digits)) if type(end) is RideCompleted else end.fee  # type: ignore[union-attr]
