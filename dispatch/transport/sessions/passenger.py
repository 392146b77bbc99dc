"""The passenger's connection: it speaks for one ride, the one of its path."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from msgspec.structs import replace

from dispatch import addresses, principals
from dispatch.domain.pricing.payment import CARD, CASH
from dispatch.errors import BadField
from dispatch.ids import PassengerId, QuoteId, RideId
from dispatch.messages import commands
from dispatch.phones import FEWEST_DIGITS, MOST_DIGITS, read_phone
from dispatch.text import excerpt
from dispatch.transport import wire
from dispatch.transport.sessions.booking_times import bookable
from dispatch.transport.sessions.frames import FOR_PASSENGER
from dispatch.transport.sessions.session import Handlers, Link, Session
from dispatch.values import UNNAMED, Passenger, Place, Trip

if TYPE_CHECKING:
    from dispatch.transport.sessions.gateway import Gateway


class PassengerSession(Session):
    """Frames of the passenger's app to the ride actor, its notices back."""

    __slots__ = ("ride_id",)
    incoming = wire.FROM_PASSENGER
    frames = FOR_PASSENGER

    def __init__(self, gateway: Gateway, number: int, ride_id: RideId, link: Link) -> None:
        super().__init__(gateway, number, principals.passenger_of(ride_id), addresses.ride(ride_id), link)
        self.ride_id = ride_id

    def _find_driver(self, message: wire.FindDriver) -> None:
        phone = phone_of(message.passenger_phone, self._gateway.limits.phone_region)
        passenger = self._passenger(message, phone)
        self._check_vehicle(message.vehicle_type or "")
        self._check_payment(message.payment_method or CASH)
        pickup_at = self._pickup_at(message.pickup_at) if message.pickup_at is not None else None
        asked = (self.principal, self.ride_id, trip_of(message), passenger, self._command_of(message))
        known = bool(phone)
        self._tell(commands.FindDriver(*asked, pickup_at, quote_of(message), known))

    def _check_vehicle(self, wanted: str) -> None:
        vehicles = self._gateway.limits.vehicles
        if not vehicles.can_be_asked_for(wanted):
            *others, last = vehicles.served_by
            known = f"{', '.join(others)} or {last}" if others else last
            raise BadField("vehicle_type", f"vehicle_type must be {known}, got {excerpt(wanted)}")

    def _check_payment(self, wanted: str) -> None:
        takes_cards, got = self._gateway.limits.takes_cards, excerpt(wanted)
        if wanted == CARD and not takes_cards:
            text = f"payment_method must be cash, got {got}: this server has no payment provider for cards"
            raise BadField("payment_method", text)
        if wanted not in (CASH, CARD):
            raise BadField(
                "payment_method", f"payment_method must be cash{' or card' if takes_cards else ''}, got {got}"
            )

    def _pickup_at(self, text: str) -> float:
        """The runtime second that is booked."""
        gateway = self._gateway
        at, now = self._runtime_second("pickup_at", text), gateway.runtime.now
        return bookable(at, now, gateway.limits.schedule_ahead_s, text)

    def _cancel_ride(self, message: wire.CancelRide) -> None:
        reason = message.reason or ""
        self._tell(commands.CancelRide(self.principal, self.ride_id, reason, self._command_of(message)))

    def _rate_driver(self, message: wire.RateDriver) -> None:
        comment = message.comment or ""
        self._tell(commands.RateRide(self.principal, self.ride_id, message.rating, comment, self._command_of(message)))

    def _ride_of(self, message: wire.ClientMessage) -> str | None:
        return self.ride_id

    def _passenger(self, message: wire.FindDriver, phone: str) -> Passenger:
        """Who rides, as far as the frame says it: nobody has to prove it here. A name that it does not say is on file, if anywhere."""
        name = (message.passenger_name or "").strip()
        if phone:
            return Passenger(PassengerId(phone), name or UNNAMED, phone)
        if name:
            return Passenger(PassengerId(self.principal.id), name, "")
        return replace(self._gateway.default_passenger, name=UNNAMED)

    handlers: ClassVar[Handlers] = {
        wire.FindDriver: _find_driver,
        wire.CancelRide: _cancel_ride,
        wire.RateDriver: _rate_driver,
        wire.Ping: Session._ping,
        wire.Resume: Session._resume,
    }


def quote_of(message: wire.FindDriver) -> QuoteId | None:
    """The quote whose price is asked for."""
    return QuoteId(message.quote_id) if message.quote_id is not None else None


def phone_of(given: str | None, region: str) -> str:
    """The passenger's phone in its canonical form, which is the passenger's id while nobody has to prove it; empty where none is given.

    `region`: of numbers that name no country. Raises BadField.
    """
    phone = read_phone(given or "", region)
    if phone is None:
        got = excerpt(given or "")
        wanted = f"a phone number of {FEWEST_DIGITS} to {MOST_DIGITS} digits"
        raise BadField("passenger_phone", f"passenger_phone must be {wanted}, got {got}")
    return phone


def trip_of(message: wire.FindDriver) -> Trip:
    """What is asked for, without who asks."""
    return Trip(
        pickup=Place(message.pickup_latitude, message.pickup_longitude, message.pickup_address),
        dropoff=Place(message.dropoff_latitude, message.dropoff_longitude, message.dropoff_address),
        distance_km=message.distance_km,
        duration_min=message.estimated_duration_minutes,
        fare=message.fare_amount,
        vehicle_type=message.vehicle_type or "",
        note=message.note or "",
        pin=bool(message.require_pin),
        payment_method=CARD if message.payment_method == CARD else "",
    )
