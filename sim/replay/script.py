"""What people did about one ride, read off its events: the script by which it is played again. Pure.

Drivers and the passenger are named d1, d2, … and r1 in the order in which they appear, and stand where the stored offers say: so far
north of the stage's pickup. So a script holds nobody's phone and nobody's address.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Literal

import msgspec

from dispatch.errors import DispatchError
from dispatch.ids import DriverId, OfferId
from dispatch.messages.base import Message
from dispatch.messages.events import (
    ChargeDeclined,
    ChargeRequested,
    ChargeSettled,
    DriverReserved,
    OfferDeclined,
    OffersClosed,
    OffersMade,
    PassengerNoShow,
    PinRefused,
    RideArrived,
    RideCancelled,
    RideCompleted,
    RideRequested,
    RideScheduled,
    RideStarted,
    RideUnassigned,
)
from dispatch.values import CARD, Money
from sim.stories.stage import PICKUP

RIDE: Final = "r1"
BEFORE_S: Final = 1.0
"""Drivers who were there when the passenger booked came online so long before."""
AT_ONCE_S: Final = 0.05
"""A place that stayed open for longer had no driver to take it."""
LEFT: Final = "the passenger left"
TimedEvent = tuple[float, Any]
"""Unix time and event, as they are on file."""


class ScriptLine(msgspec.Struct, frozen=True):
    """`who` does `what` so many seconds after the booking: a frame of their app, or `returns`, `leaves`, `closes` (operations)."""

    at: float
    who: str
    what: str
    fields: dict[str, Any] = {}


class Script(msgspec.Struct):
    """Lines in the order of time.

    `north_km`: how far north of the pickup each driver is. `names`: the short name of each driver. `vehicles`: the types that drivers
    must have to be asked. `is_priced`: the server set the fare. `charge`: what was to be collected by card, `charge_ended`: what the
    provider answered. `fees_minor`: fees of a ride that did not take place, by setting. `unplayable`: what no person did.
    """

    begins_at: float
    lines: list[ScriptLine] = []
    north_km: dict[str, float] = {}
    names: dict[DriverId, str] = {}
    vehicles: dict[str, str] = {}
    is_priced: bool = False
    charge: Money | None = None
    charge_ended: Literal["", "paid", "declined"] = ""
    fees_minor: dict[str, int] = {}
    unplayable: list[str] = []
    ends_at: float = 0.0


LONGEST_S: Final = 33 * 86_400.0
"""No ride that this program served took longer, from a booking a month ahead to its end."""


class NotPlayable(DispatchError, code="not_playable"):
    """What is on file of a ride is no ride that could be played."""


def script_of(history: Sequence[TimedEvent], link_grace_s: float) -> Script:
    """The script of this ride. `link_grace_s`: how long before the system's cancel a passenger had left.

    Raises NotPlayable for times that no ride has: the file was tampered with.
    """
    first = history[0][1]
    script = Script(begins_at=history[0][0] if not hasattr(first, "at") else first.at)
    author = _Author(script, link_grace_s)
    for at, event in history:
        for moment in (at, getattr(event, "pickup_at", None) or at):
            if not abs(moment - script.begins_at) <= LONGEST_S:
                told = f"{type(event).__name__} is {moment - script.begins_at:g} s from its booking"
                raise NotPlayable(
                    f"this ride cannot be played: {told}, and {LONGEST_S:g} s are the most that is played"
                )
        author.take(at, event)
    script.lines.sort(key=lambda line: line.at)
    script.ends_at = max(at for at, _ in history) - script.begins_at
    return script


class _Author:
    """Writes the lines of a script, event by event."""

    def __init__(self, script: Script, link_grace_s: float) -> None:
        self.script = script
        self.link_grace_s = link_grace_s
        self._farthest_m = 0.0
        self._freed_at = 0.0
        self._told_until = 0.0
        self._thinking: dict[OfferId, None] = {}
        self._scheduled_for: float | None = None
        self._vehicle_type = ""

    def take(self, at: float, event: Any) -> None:
        """Write what a person did to cause this event."""
        write = _WRITE.get(type(event))
        if write is not None:
            write(self, at - self.script.begins_at, event)

    def add(self, at: float, who: str, what: str, **fields: Any) -> None:
        # Nobody asked them: a manager bound them, or the file is wrong.
        if who != RIDE and who not in self.script.north_km:
            self.script.unplayable.append(f"{at:.1f} s: {what} of driver {who}, who was asked in no round")
            return
        self.script.lines.append(ScriptLine(round(at, 3), who, what, fields))

    def name(self, driver_id: DriverId) -> str:
        return self.script.names.setdefault(driver_id, f"d{len(self.script.names) + 1}")

    def says(self, at: float, driver_id: DriverId, what: str, **fields: Any) -> None:
        self.add(at, self.name(driver_id), what, ride_id=RIDE, **fields)

    # -- the passenger

    def requested(self, at: float, event: RideRequested) -> None:
        if self._scheduled_for is not None and event.pickup_at == self._scheduled_for:
            return  # the time had come: nobody did anything
        self.book(min(at, event.at - self.script.begins_at), event)

    def scheduled(self, at: float, event: RideScheduled) -> None:
        self._scheduled_for = event.pickup_at
        self.book(at, event)

    def book(self, at: float, event: RideRequested | RideScheduled) -> None:
        trip, pickup_at = event.trip, event.pickup_at
        self.script.is_priced = event.price is not None
        fields: dict[str, Any] = {
            "dropoff_latitude": round(PICKUP[0] + trip.dropoff.lat - trip.pickup.lat, 6),
            "dropoff_longitude": round(PICKUP[1] + trip.dropoff.lon - trip.pickup.lon, 6),
            "distance_km": trip.distance_km,
            "estimated_duration_minutes": trip.duration_min,
            "fare_amount": trip.fare,
        }
        if trip.vehicle_type:
            fields["vehicle_type"] = trip.vehicle_type
        if trip.pin:
            fields["require_pin"] = True
        if trip.payment_method == CARD:
            fields["payment_method"] = CARD
        if pickup_at is not None:
            fields["pickup_in_s"] = round(pickup_at - self.script.begins_at, 3)
        self._freed_at, self._vehicle_type = max(at, 0.0), trip.vehicle_type
        self.add(max(at, 0.0), RIDE, "find_driver", **fields)

    def cancelled(self, at: float, event: RideCancelled) -> None:
        if event.fee:
            self.script.fees_minor["cancellation_fee"] = event.fee
        if event.by == "passenger":
            self.add(at, RIDE, "cancel_ride", reason=event.reason)
        elif event.by == "ops":
            self.add(at, RIDE, "closes", reason=event.reason)
        elif event.reason == LEFT:
            self.add(at - self.link_grace_s, RIDE, "leaves")
        else:
            self.script.unplayable.append(f"{at:.1f} s: cancelled by {event.by}: {event.reason}")

    # -- the money

    def charged(self, at: float, event: ChargeRequested) -> None:
        self.script.charge = event.amount

    def paid(self, at: float, event: ChargeSettled) -> None:
        self.script.charge_ended = "paid"

    def refused(self, at: float, event: ChargeDeclined) -> None:
        self.script.charge_ended = "declined"

    # -- drivers

    def offered(self, at: float, event: OffersMade) -> None:
        """A driver who is asked as soon as a place is open was there from the start. Any other driver came online just then."""
        somebody_thinks = bool(self._thinking) and not event.refill
        free_since = max(self._freed_at, self._told_until) if somebody_thinks else self._freed_at
        farthest_m, waited = self._farthest_m, at - free_since > AT_ONCE_S
        for placed in event.offers:
            self._thinking[placed.offer_id] = None
            name = self.name(placed.driver_id)
            is_new = name not in self.script.north_km
            if self._vehicle_type:
                self.script.vehicles[name] = self._vehicle_type
            if is_new:
                self.script.north_km[name] = round(placed.pickup_distance_m / 1000.0, 4)
                came_late = waited or placed.pickup_distance_m < farthest_m
                self.add(at if came_late else -BEFORE_S, name, "returns")
            self._farthest_m = max(self._farthest_m, placed.pickup_distance_m)
        self._told_until = event.expires_at - self.script.begins_at

    def closed(self, at: float, event: OffersClosed) -> None:
        self._answered(at, *event.offers)
        if event.reason in ("vanished", "unavailable", "driver_busy"):
            for driver_id in event.drivers:
                self.add(at, self.name(driver_id), "leaves")

    def declined(self, at: float, event: OfferDeclined) -> None:
        self._answered(at, event.offer_id)
        self.says(at, event.driver_id, "decline_ride")

    def _answered(self, at: float, *offers: OfferId) -> None:
        self._freed_at = at
        for offer_id in offers:
            self._thinking.pop(offer_id, None)

    def reserved(self, at: float, event: DriverReserved) -> None:
        name = self.name(event.driver_id)
        self.add(at, name, "accept_ride", ride_id=RIDE, driver_id=name)

    def mistyped(self, at: float, event: PinRefused) -> None:
        """The pin of a replay is drawn anew; no pin at all is never the right one."""
        self.says(at, event.driver_id, "start_ride", pin="")

    def no_show(self, at: float, event: PassengerNoShow) -> None:
        if event.fee:
            self.script.fees_minor["no_show_fee"] = event.fee
        self.says(at, event.driver_id, "no_show")

    def unassigned(self, at: float, event: RideUnassigned) -> None:
        if event.by == "driver":
            self.says(at, event.driver_id, "cancel_ride", reason=event.reason)
        else:
            self.script.unplayable.append(f"{at:.1f} s: taken from its driver by {event.by}: {event.reason}")


def _step(what: str) -> Callable[[_Author, float, Any], None]:
    return lambda author, at, event: author.says(at, event.driver_id, what)


_WRITE: dict[type[Message], Callable[[_Author, float, Any], None]] = {
    RideRequested: _Author.requested,
    RideScheduled: _Author.scheduled,
    RideCancelled: _Author.cancelled,
    OffersMade: _Author.offered,
    OffersClosed: _Author.closed,
    OfferDeclined: _Author.declined,
    DriverReserved: _Author.reserved,
    RideUnassigned: _Author.unassigned,
    RideArrived: _step("arrived"),
    PinRefused: _Author.mistyped,
    RideStarted: _step("start_ride"),
    RideCompleted: _step("complete_ride"),
    PassengerNoShow: _Author.no_show,
    ChargeRequested: _Author.charged,
    ChargeSettled: _Author.paid,
    ChargeDeclined: _Author.refused,
}
