"""The state of a world as its committed events tell it, and the invariants that broke. `Watch` compares messages with it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from math import inf
from typing import Any

from dispatch.ids import DriverId, Number, OfferId, PassengerId, QuoteId, RideId
from dispatch.messages.base import Recorded
from dispatch.messages.events import (
    ChargeDeclined,
    ChargeRequested,
    ChargeSettled,
    DriverReleased,
    DriverReserved,
    FareChanged,
    NoteChanged,
    OfferDeclined,
    OffersMade,
    PassengerNoShow,
    QuoteTaken,
    RideArrived,
    RideAssigned,
    RideCancelled,
    RideCompleted,
    RideRequested,
    RideScheduled,
    RideStarted,
    RideUnassigned,
    SearchFailed,
    StaffActed,
)
from dispatch.messages.journal import Append, Appended, NotAppended
from dispatch.values import Place
from dispatch.words import SystemReason
from sim.checks.charges import Charges
from sim.checks.decisions import Decisions

ENDS: dict[type, str] = {
    RideCompleted: "completed",
    RideCancelled: "cancelled",
    SearchFailed: "no_drivers",
    PassengerNoShow: "no_show",
}
STATUS_OF: dict[type, str] = {
    RideRequested: "pending",
    RideScheduled: "scheduled",
    RideAssigned: "accepted",
    RideUnassigned: "pending",
    RideArrived: "arrived",
    RideStarted: "in_progress",
    **ENDS,
}
ABOUT_MONEY = frozenset((RideRequested, RideScheduled, *ENDS, ChargeRequested, ChargeSettled, ChargeDeclined)) - {
    SearchFailed
}
KEPT_VIOLATIONS = 100


class Violations(list[str]):
    """The first hundred broken invariants, in words, each with its Unix second. `total` counts all."""

    def __init__(self) -> None:
        super().__init__()
        self.total = 0

    def add(self, now: float, name: str, what: str) -> None:
        """The invariant of this name does not hold."""
        self.total += 1
        if len(self) < KEPT_VIOLATIONS:
            self.append(f"{now:.3f} s {name}: {what}")


class Ledger:
    """Rides that are not over, their drivers, their offers, and the ride that each driver is reserved for.

    `decided`: the offers of each ride that got its driver, or ended without one. Whoever reads the list clears it.
    """

    def __init__(self, violations: Violations, start: float = 0.0) -> None:
        self._violations = violations
        self._flying: dict[tuple[str, Number], deque[Append]] = {}
        self.status: dict[RideId, str] = {}
        self.driver_of: dict[RideId, DriverId] = {}
        self.ride_of: dict[DriverId, RideId] = {}
        self.reserved: dict[DriverId, RideId] = {}
        self.refused: dict[RideId, dict[DriverId, None]] = {}
        self.offered: dict[RideId, dict[OfferId, DriverId]] = {}
        self.restarted: dict[RideId, tuple[DriverId, ...]] = {}
        """The drivers who gave a ride up, by ride."""
        self.ended: dict[RideId, str] = {}
        self.decided: list[dict[OfferId, DriverId]] = []
        self.agreed: dict[RideId, float] = {}
        self._free_until: dict[RideId, float] = {}
        """Rides that cost no waiting so far, each with the second until which waiting is free, as both sides were told."""
        self.one_ride_each = True
        """Whether a known passenger may have only one open ride at a time. Rides that were booked ahead do not count."""
        self._now_of: dict[PassengerId, tuple[RideId, ...]] = {}
        self.taken: dict[QuoteId, RideId] = {}
        self.by_desk: dict[OfferId, tuple[RideId, DriverId]] = {}
        """Offers that staff had made."""
        self.named_by_staff: dict[tuple[RideId, DriverId], None] = {}
        """Whom staff had asked, or bound."""
        self.fares: dict[RideId, list[float]] = {}
        """Fares that staff set."""
        self.pickups: dict[RideId, list[Place]] = {}
        self.notes: dict[RideId, list[str]] = {}
        """Pickups and notes that each open ride had so far."""
        self.keeps_edits = False
        """Whether they are kept of rides that are over, too: where staff may still hear of an edit."""
        self._by_phone: dict[RideId, None] = {}
        self.charges = Charges(violations.add)
        self.decisions = Decisions(start)

    @property
    def is_settled(self) -> bool:
        """Whether no commit is on its way to the disk."""
        return not self._flying

    def crashed(self, now: float, is_on_disk: Callable[[Append], bool]) -> None:
        """The process died. What had reached the disk stays, even if nobody was told; the rest is lost."""
        flying, self._flying = self._flying, {}
        for append in [append for appends in flying.values() for append in appends if is_on_disk(append)]:
            self.take(now, append)

    def take(self, now: float, append: Append) -> None:
        """These events are on disk."""
        self.decisions.take(append)
        for event in append.events:
            take = _TAKE.get(type(event))
            if take is not None:
                take(self, now, event)
            if type(event) in ABOUT_MONEY:
                self.charges.take(now, event)
        if self.charges.due:
            self.charges.committed(now)

    def append(self, message: Append) -> None:
        """These events are on their way to the disk."""
        self._flying.setdefault((message.reply_to, message.incarnation), deque()).append(message)

    def appended(self, now: float, address: str, message: Appended) -> None:
        """These events are on disk. So is whatever they build on, even where its own `Appended` is still on its way."""
        self._landed(now, Recorded(address, message.incarnation, message.through))

    def _landed(self, now: float, recorded: Recorded) -> None:
        speaker = recorded.address, recorded.incarnation
        flying = self._flying.get(speaker)
        while flying and flying[0].through <= recorded.through:
            append = flying.popleft()
            if append.after is not None:
                self._landed(now, append.after)
            self.take(now, append)
        if not flying:
            self._flying.pop(speaker, None)

    def not_appended(self, address: str, message: NotAppended) -> None:
        """These events are lost."""
        self._flying.pop((address, message.incarnation), None)

    # -- events

    def _ride_moved(self, now: float, event: Any) -> None:
        ride_id, kind = event.ride_id, type(event)
        if ride_id in self.ended:
            self._violations.add(now, "terminal-stays", f"{kind.__name__} of {ride_id}, which is {self.ended[ride_id]}")
            return
        self.status[ride_id] = STATUS_OF[kind]
        if kind in ENDS:
            self._ride_over(ride_id, ENDS[kind])

    def _requested(self, now: float, event: RideRequested) -> None:
        self._ride_moved(now, event)
        self.agreed[event.ride_id] = event.trip.fare
        self.pickups.setdefault(event.ride_id, []).append(event.trip.pickup)
        self.notes.setdefault(event.ride_id, []).append(event.trip.note)
        if event.booked_by:
            self._by_phone[event.ride_id] = None
        if event.known and event.pickup_at is None and self.one_ride_each:
            self._rides_now(now, event)

    def _rides_now(self, now: float, event: RideRequested) -> None:
        passenger_id, ride_id = event.passenger.passenger_id, event.ride_id
        others = [other for other in self._now_of.get(passenger_id, ()) if other not in self.ended and other != ride_id]
        self._now_of[passenger_id] = (*others, ride_id)
        if others:
            self._violations.add(now, "one-ride-each", f"{ride_id} is booked while {others} of {passenger_id} are open")

    def _arrived(self, now: float, event: RideArrived) -> None:
        self._ride_moved(now, event)
        if event.free_wait_ends_at is not None:
            self._free_until[event.ride_id] = event.free_wait_ends_at

    def _started(self, now: float, event: RideStarted) -> None:
        self._ride_moved(now, event)
        if event.at > self._free_until.get(event.ride_id, inf):
            del self._free_until[event.ride_id]

    def _completed(self, now: float, event: RideCompleted) -> None:
        """A ride costs what was agreed, and beyond that only waiting that was not told to be free."""
        waits_free = event.ride_id in self._free_until
        self._ride_moved(now, event)
        agreed, price = self.agreed.pop(event.ride_id, event.fare), event.price
        waiting = price.breakdown.get("waiting", 0.0) if price is not None and not waits_free else 0.0
        if abs(event.fare - waiting - agreed) > 1e-6:
            self._violations.add(now, "agreed-fare", f"{event.ride_id} costs {event.fare}, agreed was {agreed}")
        if price is not None and sum(line.minor for line in price.lines) != price.fare.minor:
            self._violations.add(
                now, "lines-add-up", f"{event.ride_id} costs {price.fare.minor}, made of {price.lines}"
            )

    def _fare_changed(self, now: float, event: FareChanged) -> None:
        self.agreed[event.ride_id] = event.fare
        self.fares.setdefault(event.ride_id, []).append(event.fare)

    def _note_changed(self, now: float, event: NoteChanged) -> None:
        self.notes.setdefault(event.ride_id, []).append(event.note)

    def _cancelled(self, now: float, event: RideCancelled) -> None:
        self._ride_moved(now, event)
        if event.ride_id in self._by_phone and event.reason in (
            SystemReason.PASSENGER_LEFT,
            SystemReason.BOOKED_ANOTHER,
        ):
            self._violations.add(now, "no-app-needed", f"{event.ride_id} is booked by phone and ends: {event.reason}")

    def _quote_taken(self, now: float, event: QuoteTaken) -> None:
        if self.taken.setdefault(event.quote_id, event.taken_by) != event.taken_by:
            taken_by = self.taken[event.quote_id]
            self._violations.add(
                now, "one-ride-a-quote", f"{event.quote_id} is {taken_by}'s and goes to {event.taken_by}"
            )

    def _assigned(self, now: float, event: RideAssigned) -> None:
        ride_id, driver_id = event.ride_id, event.driver.driver_id
        if ride_id in self.driver_of:
            self._violations.add(now, "one-driver", f"{ride_id} has {self.driver_of[ride_id]} and gets {driver_id}")
        if driver_id in self.ride_of:
            self._violations.add(now, "one-ride", f"{driver_id} is on {self.ride_of[driver_id]} and gets {ride_id}")
        if self.offered.get(ride_id, {}).get(event.offer_id) != driver_id:
            self._violations.add(now, "offered-first", f"{driver_id} gets {ride_id} by {event.offer_id}, never offered")
        self.driver_of[ride_id] = driver_id
        self.ride_of[driver_id] = ride_id
        # A copy: if the driver gives the ride up, more offers follow.
        self.decided.append(dict(self.offered.get(ride_id, ())))
        self._ride_moved(now, event)

    def _withdrawn(self, now: float, event: RideUnassigned) -> None:
        ride_id, driver_id = event.ride_id, event.driver_id
        if self.driver_of.pop(ride_id, None) != driver_id and ride_id not in self.ended:
            self._violations.add(now, "one-driver", f"{driver_id} gives up {ride_id}, which is not its ride")
        self.ride_of.pop(driver_id, None)
        self.refused.setdefault(ride_id, {})[driver_id] = None
        self.restarted[ride_id] = (*self.restarted.get(ride_id, ()), driver_id)
        self._ride_moved(now, event)

    def _ride_over(self, ride_id: RideId, status: str) -> None:
        self.ended[ride_id] = status
        self.status.pop(ride_id, None)
        if status != "completed":
            self.agreed.pop(ride_id, None)
        self.refused.pop(ride_id, None)
        self._free_until.pop(ride_id, None)
        if not self.keeps_edits:
            self.pickups.pop(ride_id, None)
            self.notes.pop(ride_id, None)
        offered = self.offered.pop(ride_id, None)
        driver_id = self.driver_of.pop(ride_id, None)
        if driver_id is not None:
            self.ride_of.pop(driver_id, None)
        elif offered is not None:
            self.decided.append(offered)

    def _offers_made(self, now: float, event: OffersMade) -> None:
        if event.by_desk:
            self.by_desk.update({placed.offer_id: (event.ride_id, placed.driver_id) for placed in event.offers})
        if event.ride_id in self.ended:
            return
        offered = self.offered.setdefault(event.ride_id, {})
        for placed in event.offers:
            offered[placed.offer_id] = placed.driver_id

    def _staff_acted(self, now: float, event: StaffActed) -> None:
        if event.driver_id is not None:
            self.named_by_staff[event.ride_id, event.driver_id] = None

    def _declined(self, now: float, event: OfferDeclined) -> None:
        self.refused.setdefault(event.ride_id, {})[event.driver_id] = None

    def _reserved(self, now: float, event: DriverReserved) -> None:
        if event.driver_id in self.reserved:
            held = self.reserved[event.driver_id]
            self._violations.add(
                now, "one-reservation", f"{event.driver_id} is reserved for {held} and takes {event.ride_id}"
            )
        self.reserved[event.driver_id] = event.ride_id

    def _released(self, now: float, event: DriverReleased) -> None:
        self.reserved.pop(event.driver_id, None)


_TAKE: dict[type, Callable[[Ledger, float, Any], None]] = {
    RideRequested: Ledger._requested,
    RideScheduled: Ledger._ride_moved,
    RideAssigned: Ledger._assigned,
    RideUnassigned: Ledger._withdrawn,
    RideArrived: Ledger._arrived,
    RideStarted: Ledger._started,
    RideCompleted: Ledger._completed,
    RideCancelled: Ledger._cancelled,
    FareChanged: Ledger._fare_changed,
    NoteChanged: Ledger._note_changed,
    SearchFailed: Ledger._ride_moved,
    PassengerNoShow: Ledger._ride_moved,
    OffersMade: Ledger._offers_made,
    StaffActed: Ledger._staff_acted,
    OfferDeclined: Ledger._declined,
    DriverReserved: Ledger._reserved,
    DriverReleased: Ledger._released,
    QuoteTaken: Ledger._quote_taken,
}
