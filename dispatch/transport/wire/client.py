"""Frames that apps send, by who sends them. A field that need not be there may also be null; fields not named here are ignored.

A frame says which command it `asks` for, where one takes its fields as they are: sessions need nothing else to pass it on.
"""

from typing import Annotated, ClassVar, Final, get_args

from msgspec import Meta, Struct

from dispatch.messages import commands
from dispatch.messages.commands import Request
from dispatch.transport.wire.fields import (
    Accuracy,
    Address,
    Amount,
    DriverIdText,
    Epoch,
    FrameId,
    Heading,
    Latitude,
    Longitude,
    Moment,
    OfferIdText,
    PaymentMethod,
    PersonName,
    PhoneNumber,
    Pin,
    QuoteIdText,
    Remark,
    RideIdText,
    SequenceNumber,
    Speed,
    Switch,
    Token,
    VehicleType,
)
from dispatch.transport.wire.forms import WHOLE, form

MOST_POSITIONS: Final = 200
"""In one message; a frame has room for about as many."""


class ClientMessage(Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """Any frame of an app. With an `id` it is answered by `ack` or `error`, and repeating it does nothing twice."""

    asks: ClassVar[type[Request]]
    id: FrameId | None = None


class Ping(ClientMessage, tag="ping", frozen=True, gc=False):
    """I am here; are you?"""


class Resume(ClientMessage, tag="resume", frozen=True, gc=False):
    """I heard the stream up to `last_seq` in this `epoch`: what came after it?"""

    epoch: Epoch
    last_seq: SequenceNumber


class Authenticate(ClientMessage, tag="authenticate", frozen=True, gc=False):
    """I am the person of this access token; or I still am, and this is a newer one."""

    token: Token


# -- from the passenger


class FindDriver(ClientMessage, tag="find_driver", frozen=True, gc=False):
    """Book this trip, at the price of `quote_id` if there is one. With `require_pin` the driver starts only with four digits
    that the passenger is told.

    The last two fields say who rides, where nobody has to prove it.
    """

    pickup_latitude: Latitude
    pickup_longitude: Longitude
    dropoff_latitude: Latitude
    dropoff_longitude: Longitude
    pickup_address: Address
    dropoff_address: Address
    distance_km: Amount
    estimated_duration_minutes: Amount
    fare_amount: Amount
    quote_id: QuoteIdText | None = None
    vehicle_type: VehicleType | None = None
    note: Remark | None = None
    require_pin: Switch | None = None
    pickup_at: Moment | None = None
    payment_method: PaymentMethod | None = None
    passenger_name: PersonName | None = None
    passenger_phone: PhoneNumber | None = None


class CancelRide(ClientMessage, tag="cancel_ride", frozen=True, gc=False):
    """The passenger does not want the ride any more."""

    asks = commands.CancelRide
    reason: Remark | None = None


Rating = Annotated[int, Meta(ge=1, le=5, description="a whole number from 1 to 5", extra=form(WHOLE))]


class RateDriver(ClientMessage, tag="rate_driver", frozen=True, gc=False):
    """What the passenger thinks of the driver, after the ride."""

    asks = commands.RateRide
    rating: Rating
    comment: Remark | None = None


# -- from the driver


class DriverMessage(ClientMessage, frozen=True, gc=False, kw_only=True):
    """Any frame of a driver but `ping` and `resume`. `driver_id` decides nothing: one that is not the speaker's own is refused."""

    driver_id: DriverIdText | None = None


class Position(Struct, frozen=True, gc=False, omit_defaults=True):
    """What `location_update` says, as one of several."""

    latitude: Latitude
    longitude: Longitude
    heading: Heading | None = None
    speed_mps: Speed | None = None
    accuracy_m: Accuracy | None = None
    recorded_at: Moment | None = None


class LocationUpdate(DriverMessage, tag="location_update", frozen=True, gc=False):
    """Where the driver is, and since when if that is not now."""

    latitude: Latitude
    longitude: Longitude
    heading: Heading | None = None
    speed_mps: Speed | None = None
    accuracy_m: Accuracy | None = None
    recorded_at: Moment | None = None


Positions = Annotated[
    tuple[Position, ...],
    Meta(min_length=1, max_length=MOST_POSITIONS, description=f"a list of 1 to {MOST_POSITIONS} positions"),
]


class LocationBatch(DriverMessage, tag="location_batch", frozen=True, gc=False):
    """Where the driver was while the phone was offline, oldest first."""

    positions: Positions


class AcceptRide(ClientMessage, tag="accept_ride", frozen=True, gc=False):
    """Yes. Without `offer_id`: to whatever is open for that ride."""

    asks = commands.AcceptOffer
    ride_id: RideIdText
    driver_id: DriverIdText
    offer_id: OfferIdText | None = None


class DeclineRide(DriverMessage, tag="decline_ride", frozen=True, gc=False):
    """No."""

    asks = commands.DeclineOffer
    ride_id: RideIdText
    offer_id: OfferIdText | None = None
    reason: Remark | None = None


class SetAvailability(DriverMessage, tag="set_availability", frozen=True, gc=False):
    """The driver wants offers, or wants none."""

    asks = commands.SetAvailability
    available: Switch


class Arrived(DriverMessage, tag="arrived", frozen=True, gc=False):
    """At the pickup."""

    asks = commands.ReportArrived
    ride_id: RideIdText


class StartRide(DriverMessage, tag="start_ride", frozen=True, gc=False):
    """The passenger is in, and said the `pin` where the ride asks for one."""

    asks = commands.StartRide
    ride_id: RideIdText
    pin: Pin | None = None


class CompleteRide(DriverMessage, tag="complete_ride", frozen=True, gc=False):
    """The passenger is out."""

    asks = commands.CompleteRide
    ride_id: RideIdText


class NoShow(DriverMessage, tag="no_show", frozen=True, gc=False):
    """Nobody came to the pickup."""

    asks = commands.ReportNoShow
    ride_id: RideIdText


class DriverCancelRide(DriverMessage, tag="cancel_ride", frozen=True, gc=False):
    """The driver cannot take the ride after all."""

    asks = commands.CancelRide
    ride_id: RideIdText
    reason: Remark | None = None


class RatePassenger(DriverMessage, tag="rate_passenger", frozen=True, gc=False):
    """What the driver thinks of the passenger, after the ride."""

    asks = commands.RateRide
    ride_id: RideIdText
    rating: Rating
    comment: Remark | None = None


# -- from the desk


class OpsCancelRide(ClientMessage, tag="cancel_ride", frozen=True, gc=False):
    """The operator's people end this ride. The passenger and the driver read the reason."""

    ride_id: RideIdText
    reason: Remark | None = None


FromPassenger = FindDriver | CancelRide | RateDriver | Authenticate | Resume | Ping
FromDriver = (
    LocationUpdate | LocationBatch | AcceptRide | DeclineRide | SetAvailability
    | Arrived | StartRide | CompleteRide | NoShow | DriverCancelRide | RatePassenger | Authenticate | Resume | Ping
)  # fmt: skip
FromStaff = OpsCancelRide | Authenticate | Resume | Ping
PASSENGER_FRAMES: tuple[type[ClientMessage], ...] = get_args(FromPassenger)
DRIVER_FRAMES: tuple[type[ClientMessage], ...] = get_args(FromDriver)
STAFF_FRAMES: tuple[type[ClientMessage], ...] = get_args(FromStaff)
