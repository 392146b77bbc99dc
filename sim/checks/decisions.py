"""What was decided in a run, apart from how the actors spoke of it: a digest that a change of the inside must not change.

The digest of messages (`runtime.trace`) differs as soon as one actor tells another something more. This one holds what people see of a
dispatcher: who was asked about which ride and when, what each driver answered, who got it, how it ended, what was charged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import blake2b
from typing import Any, Final

import msgspec

from dispatch.messages.events import (
    ChargeDeclined,
    ChargeRequested,
    ChargeSettled,
    DriverReserved,
    OfferDeclined,
    OffersClosed,
    OffersMade,
    PassengerNoShow,
    RideAssigned,
    RideCancelled,
    RideCompleted,
    RideUnassigned,
    SearchFailed,
)
from dispatch.messages.journal import Append

Decision = tuple[str, str, str, object]
"""Ride, driver (empty: none), what was decided, and how."""
DIGEST_BYTES: Final = 16
DIGITS_OF_A_SECOND: Final = 2
"""A hundredth: what only rounds otherwise, by a microsecond, decides nothing else."""
_encode: Final = msgspec.json.Encoder().encode


class Decisions:
    """Adds up what is committed. The sum does not depend on the order in which the decisions of different actors reach the disk."""

    def __init__(self, start: float = 0.0) -> None:
        """`start`: when the run began, in runtime seconds."""
        self.count = 0
        self._start = start
        self._sum = 0

    def take(self, append: Append) -> None:
        """These events are on disk."""
        for event in append.events:
            decided = _DECIDED.get(type(event))
            if decided is not None:
                at = round(append.at - self._start, DIGITS_OF_A_SECOND)
                for decision in decided(event):
                    self._add(at, decision)

    def digest(self) -> str:
        """The sum of the hashes of all decisions, each with the seconds since the start, as hex. Equal decisions give equal digests."""
        return f"{self._sum % (1 << 8 * DIGEST_BYTES):0{2 * DIGEST_BYTES}x}"

    def _add(self, at: float, decision: Decision) -> None:
        self.count += 1
        self._sum += int.from_bytes(blake2b(_encode((at, *decision)), digest_size=DIGEST_BYTES).digest())


def _asked(event: OffersMade) -> Iterator[Decision]:
    for placed in event.offers:
        yield event.ride_id, placed.driver_id, "asked", event.round_no


def _not_answered(event: OffersClosed) -> Iterator[Decision]:
    for driver_id in event.drivers:
        yield event.ride_id, driver_id, "answered", event.reason


def _alone(tell: Callable[[Any], Decision]) -> Callable[[Any], tuple[Decision]]:
    return lambda event: (tell(event),)


_DECIDED: Final[dict[type, Callable[[Any], Any]]] = {
    OffersMade: _asked,
    OffersClosed: _not_answered,
    OfferDeclined: _alone(lambda event: (event.ride_id, event.driver_id, "answered", "declined")),
    DriverReserved: _alone(lambda event: (event.ride_id, event.driver_id, "answered", "accepted")),
    RideAssigned: _alone(lambda event: (event.ride_id, event.driver.driver_id, "assigned", event.round_no)),
    RideUnassigned: _alone(lambda event: (event.ride_id, event.driver_id, "unassigned", event.by)),
    RideCompleted: _alone(lambda event: (event.ride_id, event.driver_id, "ended", ("completed", event.fare))),
    RideCancelled: _alone(
        lambda event: (event.ride_id, event.driver_id or "", "ended", ("cancelled", event.by, event.fee))
    ),
    PassengerNoShow: _alone(lambda event: (event.ride_id, event.driver_id, "ended", ("no_show", event.fee))),
    SearchFailed: _alone(lambda event: (event.ride_id, "", "ended", ("no_drivers", event.rounds))),
    ChargeRequested: _alone(lambda event: (event.ride_id, "", "charged", event.amount.minor)),
    ChargeSettled: _alone(lambda event: (event.ride_id, "", "charged", "collected")),
    ChargeDeclined: _alone(lambda event: (event.ride_id, "", "charged", "declined")),
}
