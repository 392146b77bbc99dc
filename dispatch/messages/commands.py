"""What sessions ask of ride and driver actors on behalf of an app. Identity comes from the session, never from the frame's body."""

from __future__ import annotations

from dispatch.ids import DriverId, OfferId, QuoteId, RideId
from dispatch.messages.base import Command, Message
from dispatch.values import Passenger, Trip


class Resume(Message, frozen=True, gc=False):
    """The app of connection `number` has heard its stream up to `last_seq`, in that `life` of it, and wants the rest.

    A `life` of -1 is none that this process knows.
    """

    number: int
    life: int
    last_seq: int
    command: Command | None = None


class Attach(Message, frozen=True, gc=False):
    """A connection speaks for this ride or driver from now on. `number` is the session's own: mail of a lower one is old.

    `resume`: its app goes on where an earlier connection ended, instead of hearing first how things stand.
    """

    session: str
    number: int
    resume: Resume | None = None


class Detach(Message, frozen=True, gc=False):
    """That connection is gone (`closed`) or was not heard for too long (`silent`)."""

    number: int
    reason: str = "closed"


class FindDriver(Message, frozen=True, gc=False):
    """Passenger -> ride: book this trip, now or for `pickup_at` (runtime seconds), at the price of this quote if there is one.

    `known`: the passenger said who they are, and may be held to one ride at a time.
    """

    ride_id: RideId
    trip: Trip
    passenger: Passenger
    command: Command | None = None
    pickup_at: float | None = None
    quote_id: QuoteId | None = None
    known: bool = False


class CancelRide(Message, frozen=True, gc=False):
    """Passenger, driver, ops or system -> ride. `driver_id` is the driver who speaks, if one does; `reply_to` whoever else does."""

    ride_id: RideId
    by: str
    reason: str = ""
    driver_id: DriverId | None = None
    command: Command | None = None
    reply_to: str | None = None


class RateRide(Message, frozen=True, gc=False):
    """Passenger, or driver by way of his own actor, -> ride: what he thinks of the other one. `rating` is 1 to 5."""

    ride_id: RideId
    rating: int
    comment: str = ""
    driver_id: DriverId | None = None
    command: Command | None = None


class AcceptOffer(Message, frozen=True, gc=False):
    """Driver -> his own actor. Without `offer_id`: whatever is open for that ride, as the seed's apps say it."""

    ride_id: RideId
    offer_id: OfferId | None = None
    command: Command | None = None


class DeclineOffer(Message, frozen=True, gc=False):
    """Driver -> his own actor."""

    ride_id: RideId
    offer_id: OfferId | None = None
    reason: str = ""
    command: Command | None = None


class SetAvailability(Message, frozen=True, gc=False):
    """Driver -> his own actor: I want offers, or I want none."""

    available: bool
    command: Command | None = None


class ReportArrived(Message, frozen=True, gc=False):
    """Driver -> his own actor -> the ride: at the pickup."""

    ride_id: RideId
    driver_id: DriverId
    command: Command | None = None


class StartRide(Message, frozen=True, gc=False):
    """Driver -> his own actor -> the ride: the passenger is in. `pin`: the passenger's, where the ride asks for one."""

    ride_id: RideId
    driver_id: DriverId
    command: Command | None = None
    pin: str = ""


class ReportNoShow(Message, frozen=True, gc=False):
    """Driver -> his own actor -> the ride: nobody came to the pickup."""

    ride_id: RideId
    driver_id: DriverId
    command: Command | None = None


class CompleteRide(Message, frozen=True, gc=False):
    """Driver -> his own actor -> the ride: the passenger is out."""

    ride_id: RideId
    driver_id: DriverId
    command: Command | None = None
