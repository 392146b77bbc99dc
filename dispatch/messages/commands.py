"""What a principal asks of ride and driver actors. The principal comes with the connection or the request, never from its body."""

from dispatch.ids import DriverId, Number, OfferId, QuoteId, RideId
from dispatch.messages.base import Command, Message
from dispatch.principals import Principal, Role
from dispatch.values import Passenger, Place, Trip
from dispatch.words import LinkEnd


class Request(Message, frozen=True, gc=False):
    """The base of all commands."""

    principal: Principal

    @property
    def driver_id(self) -> DriverId | None:
        """The driver who asks; None: somebody else does."""
        return DriverId(self.principal.id) if self.principal.role is Role.DRIVER else None


class DriverRequest(Request, frozen=True, gc=False):
    """The base of what only drivers ask."""

    @property
    def driver_id(self) -> DriverId:
        """The driver who asks."""
        return DriverId(self.principal.id)


class Resume(Request, frozen=True, gc=False):
    """The app of connection `number` has heard its stream up to `last_seq` of that `epoch`, and wants the rest."""

    number: Number
    epoch: str
    last_seq: int
    command: Command | None = None


class Attach(Request, frozen=True, gc=False):
    """A connection speaks for this ride or driver from now on. `number` is the session's own: mail of a lower one is old.

    `resume`: its app goes on where an earlier connection ended, instead of hearing first how things stand.
    """

    session: str
    number: Number
    resume: Resume | None = None


class Detach(Request, frozen=True, gc=False):
    """That connection is gone (`closed`) or was not heard for too long (`silent`)."""

    number: Number
    reason: LinkEnd = LinkEnd.CLOSED


class FindDriver(Request, frozen=True, gc=False):
    """Passenger -> ride: book this trip, now or for `pickup_at` (Unix seconds), at the price of this quote if there is one.

    `known`: the passenger said who they are, and may be held to one ride at a time.

    From staff, who book for a caller: `reply_to` is an address that hears `DeskAnswered`, and `body` the fingerprint of the request, by
    which the same booking is known from another one under the same id.
    """

    ride_id: RideId
    trip: Trip
    passenger: Passenger
    command: Command | None = None
    pickup_at: float | None = None
    quote_id: QuoteId | None = None
    known: bool = False
    reply_to: str | None = None
    body: int = 0


class CancelRide(Request, frozen=True, gc=False):
    """Passenger, driver by way of the driver's own actor, staff or system -> ride. `reply_to`: of staff, an address that hears
    `DeskAnswered`.
    """

    ride_id: RideId
    reason: str = ""
    command: Command | None = None
    reply_to: str | None = None


class DeskRequest(Request, frozen=True, gc=False):
    """The base of what only staff ask of a ride. `reply_to`: an address that hears `DeskAnswered`. With a `command` it is done once,
    however often it is asked for.
    """

    ride_id: RideId
    reply_to: str


class AssignRide(DeskRequest, frozen=True, gc=False):
    """Staff -> ride: offer it to this driver, beside the rounds. `bind`: without asking the driver."""

    driver: DriverId
    bind: bool = False
    command: Command | None = None


class ReassignRide(DeskRequest, frozen=True, gc=False):
    """Staff -> ride: take it from its driver, and ask others."""

    reason: str = ""
    command: Command | None = None


class ChangeFare(DeskRequest, frozen=True, gc=False):
    """Staff -> ride: it costs so much from now on, in major units. Passenger and driver read the reason."""

    fare: float
    reason: str = ""
    command: Command | None = None


class EditRide(DeskRequest, frozen=True, gc=False):
    """Staff -> ride: another pickup or drop-off, until it has a driver, or another note for the driver, until it is over. None: as it
    is. An address belongs to its place: of a new place without one nobody knows it.
    """

    pickup: Place | None = None
    dropoff: Place | None = None
    note: str | None = None
    command: Command | None = None


class RateRide(Request, frozen=True, gc=False):
    """Passenger, or driver by way of the driver's own actor, -> ride: what they think of the other one. `rating` is 1 to 5. `reply_to`:
    of either over HTTP, an address that hears `DeskAnswered`.
    """

    ride_id: RideId
    rating: int
    comment: str = ""
    command: Command | None = None
    reply_to: str | None = None


class AcceptOffer(DriverRequest, frozen=True, gc=False):
    """Driver -> the driver's own actor. Without `offer_id`: whatever is open for that ride, as the seed's apps say it."""

    ride_id: RideId
    offer_id: OfferId | None = None
    command: Command | None = None


class DeclineOffer(DriverRequest, frozen=True, gc=False):
    """Driver -> the driver's own actor."""

    ride_id: RideId
    offer_id: OfferId | None = None
    reason: str = ""
    command: Command | None = None


class SetAvailability(DriverRequest, frozen=True, gc=False):
    """Driver -> the driver's own actor: I want offers, or I want none."""

    available: bool
    command: Command | None = None


class DriverReport(DriverRequest, frozen=True, gc=False):
    """The base of what a driver reports. Driver -> the driver's own actor -> the ride."""

    ride_id: RideId
    command: Command | None = None


class ReportArrived(DriverReport, frozen=True, gc=False):
    """At the pickup."""


class StartRide(DriverReport, frozen=True, gc=False):
    """The passenger is in. `pin`: the passenger's, where the ride asks for one."""

    pin: str = ""


class ReportNoShow(DriverReport, frozen=True, gc=False):
    """Nobody came to the pickup."""


class CompleteRide(DriverReport, frozen=True, gc=False):
    """The passenger is out."""


RideCommand = ReportArrived | StartRide | CompleteRide | ReportNoShow | CancelRide | RateRide
"""What a driver asks of a ride."""
