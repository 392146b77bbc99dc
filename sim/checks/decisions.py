"""A digest of what was decided in a run. A change that only concerns the inside of the dispatcher leaves it the same.

The digest of messages (`dispatch.runtime.trace`) differs as soon as one actor tells another something more. This one holds what people
see: which driver was asked about which ride and when, what the driver answered, who got the ride, how it ended, what was charged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
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

DecisionRow = tuple[float, str, str, str, object]
"""Seconds since the start, ride, driver (empty: none), what was decided, and how."""
DIGEST_BYTES: Final = 16
DIGITS_OF_A_SECOND: Final = 2
"""Hundredths: times that differ by the rounding of a microsecond are the same."""
DECISIONS_A_BLOCK: Final = 64
"""Hashed at once, which is cheaper than one by one."""
_encode_lines: Final = msgspec.json.Encoder().encode_lines
_number: Final = int.from_bytes
_blank: Final = blake2b(digest_size=DIGEST_BYTES)
"""Copied for each decision: half the price of a new one."""


class Decisions:
    """Adds up the hashes of committed decisions, so the order in which different actors reach the disk does not matter."""

    def __init__(self, start: float = 0.0) -> None:
        """`start`: when the run began, in Unix seconds."""
        self._start = start
        self._hashed = 0
        self._sum = 0
        self._block: list[DecisionRow] = []
        self._at, self._said_at = start, 0.0
        """When the last decision was committed, in Unix seconds, and as it is hashed."""

    def take(self, append: Append) -> None:
        """These events are on disk."""
        for event in append.events:
            decided = _DECIDED.get(type(event))
            if decided is not None:
                if append.at != self._at:
                    self._at, self._said_at = append.at, round(append.at - self._start, DIGITS_OF_A_SECOND)
                self._block += decided(self._said_at, event)
        if len(self._block) >= DECISIONS_A_BLOCK:
            self._hash()

    @property
    def count(self) -> int:
        """How many there were."""
        return self._hashed + len(self._block)

    def digest(self) -> str:
        """The sum of the hashes of all decisions, each with the seconds since the start, as hex. Equal decisions give equal digests."""
        self._hash()
        return f"{self._sum % (1 << 8 * DIGEST_BYTES):0{2 * DIGEST_BYTES}x}"

    def _hash(self) -> None:
        total = self._sum
        for decision in _encode_lines(self._block).splitlines():
            hashed = _blank.copy()
            hashed.update(decision)
            total += _number(hashed.digest(), "big")
        self._sum = total
        self._hashed += len(self._block)
        self._block.clear()


def _asked(at: float, event: OffersMade) -> list[DecisionRow]:
    return [(at, event.ride_id, placed.driver_id, "asked", event.round_no) for placed in event.offers]


def _not_answered(at: float, event: OffersClosed) -> list[DecisionRow]:
    return [(at, event.ride_id, driver_id, "answered", event.reason) for driver_id in event.drivers]


_DECIDED: Final[dict[type, Callable[[float, Any], Sequence[DecisionRow]]]] = {
    OffersMade: _asked,
    OffersClosed: _not_answered,
    OfferDeclined: lambda at, event: ((at, event.ride_id, event.driver_id, "answered", "declined"),),
    DriverReserved: lambda at, event: ((at, event.ride_id, event.driver_id, "answered", "accepted"),),
    RideAssigned: lambda at, event: ((at, event.ride_id, event.driver.driver_id, "assigned", event.round_no),),
    RideUnassigned: lambda at, event: ((at, event.ride_id, event.driver_id, "unassigned", event.by),),
    RideCompleted: lambda at, event: ((at, event.ride_id, event.driver_id, "ended", ("completed", event.fare)),),
    RideCancelled: lambda at, event: (
        (at, event.ride_id, event.driver_id or "", "ended", ("cancelled", event.by, event.fee)),
    ),
    PassengerNoShow: lambda at, event: ((at, event.ride_id, event.driver_id, "ended", ("no_show", event.fee)),),
    SearchFailed: lambda at, event: ((at, event.ride_id, "", "ended", ("no_drivers", event.rounds)),),
    ChargeRequested: lambda at, event: ((at, event.ride_id, "", "charged", event.amount.minor),),
    ChargeSettled: lambda at, event: ((at, event.ride_id, "", "charged", "collected"),),
    ChargeDeclined: lambda at, event: ((at, event.ride_id, "", "charged", "declined"),),
}
