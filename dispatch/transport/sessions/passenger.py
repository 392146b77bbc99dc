"""The passenger's connection. It speaks for the ride that its path names."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from msgspec.structs import replace

from dispatch import addresses
from dispatch.config import Settings
from dispatch.domain.matching.vehicles import Vehicles
from dispatch.domain.places.geo import haversine_m
from dispatch.errors import BadField, NoSuchRide
from dispatch.ids import Number, PassengerId, QuoteId, RideId
from dispatch.messages import commands
from dispatch.messages.commands import Request
from dispatch.messages.notices import NotYours
from dispatch.phones import FEWEST_DIGITS, MOST_DIGITS, read_phone
from dispatch.principals import Principal
from dispatch.text import excerpt
from dispatch.timestamps import unix_time
from dispatch.transport import wire
from dispatch.transport.sessions.context import SessionContext
from dispatch.transport.sessions.frames import FOR_PASSENGER
from dispatch.transport.sessions.session import FrameHandler, Link, Session, command_of, request_of
from dispatch.values import CARD, CASH, UNNAMED, Passenger, Place, Trip
from dispatch.words import LinkEnd

LATE_S: Final = 60.0
"""A `pickup_at` that is past by no more than this counts as now: the frame took its time on the way."""

LONGEST_TRIP_KM: Final = 1_000
"""In a straight line. What is longer has most likely its latitude and longitude swapped."""


class PassengerSession(Session):
    """Speaks for a ride's actor.

    Who has logged in and did not book the ride is a guest there. A guest speaks for nobody: the session answers alone, and does the
    same whether the ride is somebody else's or was never booked. Only a booking leads on to the ride's actor, which knows for sure.
    """

    __slots__ = ("_is_guest", "_unsure")
    ride_id: RideId
    incoming = wire.FROM_PASSENGER
    frames = FOR_PASSENGER

    def __init__(
        self, context: SessionContext, number: Number, principal: Principal, ride_id: RideId, link: Link
    ) -> None:
        super().__init__(context, number, principal, addresses.ride(ride_id), link, ride_id)
        self._is_guest = False
        self._unsure: list[wire.ClientMessage] | None = None
        """What was passed on to a ride that may say it is not theirs; None: it is theirs, or everybody's."""

    # -- whose ride it is

    def _attach(self, resume: commands.Resume | None = None) -> None:
        if self.claims is None:
            super()._attach(resume)
        elif self._context.may_be_ride_of(self.ride_id, self.principal.id):
            self._unsure = []
            super()._attach(resume)
        else:
            self._attached = self._is_guest = True

    def _resume(self, message: wire.Resume) -> Request | None:
        was_attached = self._attached
        request = super()._resume(message)
        if not was_attached and self._is_guest:
            raise NoSuchRide
        if not was_attached and self._unsure is not None:
            self._unsure.append(message)
        return request

    def _pass_on(self, request: Request, message: wire.ClientMessage) -> None:
        if self._is_guest:
            if not isinstance(request, commands.FindDriver):
                self._refuse(NoSuchRide(), message)
                return
            self._is_guest, self._unsure = False, []
            self._context.note_booking(self.ride_id, self.principal.id)
            super()._attach()
        if self._unsure is not None:
            self._unsure.append(message)
        super()._pass_on(request, message)

    def deliver(self, notice: Any) -> None:
        if self._unsure is not None and type(notice) in self.frames:
            self._unsure = None  # the ride speaks to this connection: it is on file
            self._context.forget_booking(self.ride_id, self.principal.id)
        if type(notice) is NotYours:
            self._turn_away()
        else:
            super().deliver(notice)

    def _turn_away(self) -> None:
        """The ride is somebody else's: whatever was passed on is answered as by a ride that nobody booked."""
        unanswered, self._unsure = self._unsure or (), None
        self._is_guest = True
        self._context.forget_booking(self.ride_id, self.principal.id)
        for message in unanswered:
            self._refuse(NoSuchRide(), message)

    def _detach(self, reason: LinkEnd) -> None:
        if not self._is_guest:
            super()._detach(reason)

    def _is_needed(self) -> bool:
        return not self._is_guest and self._context.on_file.is_open(self.ride_id)

    # -- what the passenger asks for

    def _find_driver(self, message: wire.FindDriver) -> Request:
        phone = message.passenger_phone if self.claims is None else None
        if phone is not None:
            phone = phone_of(phone, self._context.settings.phone_region)
        if message.vehicle_type:
            require_vehicle(message.vehicle_type, self._context.vehicles)
        if message.payment_method and message.payment_method != CASH:
            require_cards(message.payment_method, self._context.settings)
        trip = trip_of(message)
        if self._context.area is not None:
            self._context.area.require(trip.pickup.point, trip.dropoff.point)
        return commands.FindDriver(
            self.principal,
            self.ride_id,
            trip,
            self._passenger(message, phone),
            command_of(message) if message.id is not None else None,
            pickup_at=self._pickup_at(message.pickup_at) if message.pickup_at is not None else None,
            quote_id=QuoteId(message.quote_id) if message.quote_id is not None else None,
            known=bool(phone) or self.claims is not None,
        )

    def _pickup_at(self, text: str) -> float:
        """The second that is booked. Raises BadField."""
        context = self._context
        return bookable(text, context.runtime.now, context.settings.schedule_ahead_s)

    def _ask(self, message: wire.ClientMessage) -> Request:
        return request_of(message, self.principal, ride_id=self.ride_id, command=command_of(message))

    def _passenger(self, message: wire.FindDriver, phone: str | None) -> Passenger:
        """The passenger as the frame names them; without a phone and a name it is the default passenger. Who has logged in is who they
        are on file, whatever the frame says.
        """
        if self.claims is not None:
            own = self._context.on_file.passenger(self.principal.id)
            return own or Passenger(PassengerId(self.principal.id), UNNAMED, "")
        name = (message.passenger_name or "").strip()
        if phone:
            return Passenger(PassengerId(self._context.on_file.id_of(phone)), name or UNNAMED, phone)
        if name:
            return Passenger(PassengerId(self.principal.id), name, "")
        return replace(self._context.default_passenger, name=UNNAMED)

    handlers: ClassVar[Mapping[type[wire.ClientMessage], FrameHandler]] = {
        **dict.fromkeys(wire.PASSENGER_FRAMES, _ask),
        wire.FindDriver: _find_driver,
        wire.Authenticate: Session._authenticate,
        wire.Ping: Session._ping,
        wire.Resume: _resume,
    }


def phone_of(given: str | None, region: str, field: str = "passenger_phone", *, afresh: bool = False) -> str:
    """The passenger's phone in its canonical form; empty: none is given.

    `region`: of numbers that name no country. `afresh`: see `read_phone`. Raises BadField for this `field`.
    """
    phone = read_phone(given or "", region, afresh=afresh)
    if phone is None:
        got = excerpt(given or "")
        wanted = f"a phone number of {FEWEST_DIGITS} to {MOST_DIGITS} digits"
        raise BadField(field, f"{field} must be {wanted}, got {got}")
    return phone


def require_vehicle(wanted: str, vehicles: Vehicles) -> None:
    """Raise BadField if no driver here may serve this type."""
    if not vehicles.can_be_asked_for(wanted):
        *others, last = vehicles.served_by
        known = f"{', '.join(others)} or {last}" if others else last
        raise BadField("vehicle_type", f"vehicle_type must be {known}, got {excerpt(wanted)}")


def require_cards(wanted: str, settings: Settings) -> None:
    """Raise BadField if this is no way to pay, or a card on a server without a payment provider."""
    takes_cards = settings.payment != "none"
    if wanted == CARD and takes_cards:
        return
    told = f"payment_method must be cash{' or card' if takes_cards else ''}, got {excerpt(wanted)}"
    why = ": this server has no payment provider for cards" if wanted == CARD else ""
    raise BadField("payment_method", told + why)


def require_place(of: str, place: Place) -> None:
    """Raise BadField for latitude 0 with longitude 0, which phones send that do not know where they are. `of`: pickup or dropoff."""
    if not (place.lat or place.lon):
        wanted = f"{of}_latitude and {of}_longitude must be a place"
        raise BadField(f"{of}_latitude", f"{wanted}, got 0, 0: the phone does not know where it is")


def require_trip(pickup: Place, dropoff: Place) -> None:
    """Raise BadField where one of both is no place, or they are too far apart for a trip."""
    require_place("pickup", pickup)
    require_place("dropoff", dropoff)
    km = haversine_m(*pickup.point, *dropoff.point) / 1000.0
    if km > LONGEST_TRIP_KM:
        wanted = f"dropoff_latitude and dropoff_longitude must lie within {LONGEST_TRIP_KM} km of the pickup"
        got = f"{dropoff.lat:g}, {dropoff.lon:g}, {km:.0f} km from {pickup.lat:g}, {pickup.lon:g}"
        raise BadField("dropoff_latitude", f"{wanted}, got {got}; are a latitude and a longitude swapped?")


def trip_of(message: wire.FindDriver) -> Trip:
    """The trip that the frame asks for. Raises BadField where it is none."""
    pickup = Place(message.pickup_latitude, message.pickup_longitude, message.pickup_address)
    dropoff = Place(message.dropoff_latitude, message.dropoff_longitude, message.dropoff_address)
    require_trip(pickup, dropoff)
    return Trip(
        pickup=pickup,
        dropoff=dropoff,
        distance_km=message.distance_km,
        duration_min=message.estimated_duration_minutes,
        fare=message.fare_amount,
        vehicle_type=message.vehicle_type or "",
        note=message.note or "",
        pin=bool(message.require_pin),
        payment_method=CARD if message.payment_method == CARD else "",
    )


def bookable(text: str, now: float, ahead_s: float) -> float:
    """The Unix second of a `pickup_at` as the app wrote it.

    Raises BadField where it is no time, past, or farther ahead than `ahead_s` seconds.
    """
    at = unix_time("pickup_at", text)
    if at < now - LATE_S:
        raise BadField("pickup_at", f"pickup_at must not be in the past, got {excerpt(text)}")
    if at > now + ahead_s:
        raise BadField("pickup_at", f"pickup_at must be within {ahead_s / 86_400:g} days, got {excerpt(text)}")
    return at
