"""What rides, drivers and dispatchers tell one another while a ride finds its driver and afterwards."""

from dispatch.ids import DriverId, Number, OfferId, PassengerId, RideId
from dispatch.messages.base import Command, Message, SentBeforeCommit
from dispatch.messages.notices import DriverWarned, FareNews, NoteNews, PaymentChanged, RideEnded, RideProgress
from dispatch.values import DriverCard, Lease, Place, Point, RideCard, WaitTerms
from dispatch.words import (
    DriverStatus,
    OfferOutcome,
    RefusalCode,
    ReleaseReason,
    Result,
    RideStatus,
    RideWarning,
    SearchEnd,
)

# -- ride <-> dispatcher


class SearchDriver(SentBeforeCommit, frozen=True, gc=False):
    """Ride -> dispatcher: find a driver. A higher `search_no` than the one under way supersedes it.

    `again`: the ride was rebuilt and does not know how far its search came; one that is not under way goes on from its events.
    """

    ride: RideCard
    since: float
    again: bool = False


class AskDriver(Message, frozen=True, gc=False):
    """Ride -> dispatcher: staff want this driver asked, beside the rounds of that search; or, to `bind`, reserved without an answer.
    `reply_to` hears `DeskAnswered`.
    """

    ride_id: RideId
    search_no: int
    driver_id: DriverId
    bind: bool
    reply_to: str
    staff_id: str = ""
    command: Command | None = None


class AskSoonest(Message, frozen=True, gc=False):
    """Whoever asks for a price -> dispatcher: how soon could a free driver be there? `reply_to` hears `SoonestTold`."""

    place: Place
    vehicle_type: str
    reply_to: str


class SoonestTold(Message, frozen=True, gc=False):
    """Dispatcher -> whoever asked: the nearest free driver with such a vehicle takes so many seconds; None: nobody is in reach."""

    eta_s: float | None


class AskFree(Message, frozen=True, gc=False):
    """Whoever may book -> dispatcher: where are free drivers near this place? `reply_to` hears `FreeTold`."""

    place: Place
    radius_m: float
    most: int
    reply_to: str


class FreeTold(Message, frozen=True, gc=False):
    """Dispatcher -> whoever asked: where up to `most` free drivers are, the nearest first."""

    points: tuple[Point, ...]


class EndSearch(Message, frozen=True, gc=False):
    """Ride -> dispatcher: stop, because the ride is `taken` or `cancelled`."""

    ride_id: RideId
    search_no: int
    reason: OfferOutcome


class RoundOpened(Message, frozen=True, gc=False):
    """Dispatcher -> ride: this round asked so many drivers; they are told that they have until `expires_at` (Unix seconds).

    `rounds_max`: how many rounds there will be at most. `asked_total`: drivers whom this search has asked so far.
    """

    search_no: int
    round_no: int
    drivers_notified: int
    expires_at: float
    rounds_max: int | None = None
    asked_total: int | None = None


class SearchExhausted(Message, frozen=True, gc=False):
    """Dispatcher -> ride: rounds and search cap are spent."""

    search_no: int
    reason: SearchEnd
    rounds: int
    drivers_asked: int


# -- dispatcher <-> driver


class OfferRide(Message, frozen=True, gc=False):
    """Dispatcher -> driver: yours if you accept while the lease runs. `pickup_eta_s`: how long your way to the pickup takes.

    `bind`: staff have accepted it for you.
    """

    lease: Lease
    ride: RideCard
    pickup_eta_s: float = 0.0
    bind: bool = False


class CloseOffer(Message, frozen=True, gc=False):
    """Dispatcher -> driver: that offer is over (`taken` `expired` `cancelled` `superseded` `unavailable`)."""

    offer_id: OfferId
    ride_id: RideId
    reason: OfferOutcome


class DriverState(Message, frozen=True, gc=False):
    """Driver -> dispatcher: all that matters of me, never a delta. An older `version` is ignored.

    A higher `incarnation` has forgotten every offer it does not name in `offers`, and so has one who was `asked`. `ended` names the
    one offer whose end made me speak, `outcome` how it ended.
    """

    driver_id: DriverId
    incarnation: Number
    version: int
    status: DriverStatus
    offers: tuple[OfferId, ...] = ()
    ended: OfferId | None = None
    outcome: OfferOutcome | None = None
    ride_id: RideId | None = None
    asked: bool = False
    vehicle_type: str = ""


class DriverGone(Message, frozen=True, gc=False):
    """Driver -> dispatcher: my actor of this `incarnation` leaves memory, after everything that it announced. Forget me."""

    driver_id: DriverId
    incarnation: Number


class AnnounceState(Message, frozen=True, gc=False):
    """Dispatcher -> driver: say your whole state; I was rebuilt. Dispatcher -> ride: ask anew, if you still look for a driver."""


class DevicesChanged(Message, frozen=True, gc=False):
    """Whoever keeps devices -> driver: one that a push could wake is gone, or new."""


class DriverFileChanged(Message, frozen=True, gc=False):
    """Whoever changed the file -> driver: look at it again."""


class DriverAt(Message, frozen=True, gc=False):
    """Gateway -> positions of a zone: where a driver was at Unix second `at`. The most frequent message of all; it has no answer."""

    driver_id: DriverId
    lat: float
    lon: float
    at: float


Seen = tuple[float, float, float, float | None]
"""Latitude and longitude, when the driver was there (Unix seconds), and the heading in degrees, if it is known."""


class ReportPositions(Message, frozen=True, gc=False):
    """Gateway -> positions of a zone: where a driver was, oldest first. A word stands for a position that the gateway refused itself.

    `reply_to`: an address that hears `PositionsJudged`, with the `id` of the frame and `is_batch`; None: nobody wants to know.
    """

    driver_id: DriverId
    seen: tuple[Seen | str, ...]
    reply_to: str | None = None
    id: str = ""
    is_batch: bool = False


class PositionsJudged(Message, frozen=True, gc=False):
    """Positions of a zone -> session: a verdict on each position of the frame with this `id` (`domain.places.positions`)."""

    id: str
    verdicts: tuple[str, ...]
    is_batch: bool


class DriverSeen(Message, frozen=True, gc=False):
    """Positions of a zone -> its dispatcher: the position board knows this driver again after it did not."""

    driver_id: DriverId


# -- driver <-> ride


class ClaimRide(SentBeforeCommit, frozen=True, gc=False):
    """Reserved driver -> ride: I accept. Repeated until answered; the ride's answer depends on its state alone.

    `closes_at`: when the offer ends (Unix seconds).
    """

    ride_id: RideId
    search_no: int
    round_no: int
    offer_id: OfferId
    driver: DriverCard
    lat: float | None = None
    lon: float | None = None
    closes_at: float | None = None


class ClaimGranted(Message, frozen=True, gc=False):
    """Ride -> driver: you have it. `status` is the ride's, for a driver who was rebuilt on the way.

    `waiting`: on which terms the driver waits at the pickup, if that is so.
    """

    ride: RideCard
    offer_id: OfferId
    status: RideStatus
    waiting: WaitTerms | None = None


class ClaimRefused(Message, frozen=True, gc=False):
    """Ride -> driver: you do not have it (`taken` `cancelled` `superseded` `expired`)."""

    ride_id: RideId
    offer_id: OfferId
    reason: OfferOutcome


class ForDriver(SentBeforeCommit, frozen=True, gc=False):
    """Ride -> its driver: tell your app this, which answers `command` if there is one. `releases`: why you are free now; None: you
    are not. The driver's stream gives the notice its number.
    """

    notice: RideProgress | RideEnded | PaymentChanged | DriverWarned | FareNews | NoteNews
    command: Command | None = None
    releases: ReleaseReason | None = None


class RideAnswered(Message, frozen=True, gc=False):
    """Ride -> driver: that is done, with this `result`; what came of it has been said, if there was anything to say."""

    ride_id: RideId
    result: Result
    command: Command | None


class RideRefused(Message, frozen=True, gc=False):
    """Ride -> driver: what you asked cannot be done, and why. `wait_s`, `tries_left`: as in the ride's refusal."""

    ride_id: RideId
    code: RefusalCode
    text: str
    command: Command | None = None
    wait_s: float = 0.0
    tries_left: int | None = None


# -- ride -> operations


class DeskAnswered(Message, frozen=True, gc=False):
    """Ride -> whoever of staff asked something of it: it is done, on disk, and the ride is in this `status` now; or, with a `code`,
    nothing was done. `again`: it was done before. `by` and `reason`: of a ride that was cancelled.
    """

    status: RideStatus
    code: str = ""
    text: str = ""
    field: str = ""
    again: bool = False
    by: str = ""
    reason: str = ""


# -- session of a desk -> overview of a zone, which tells it `Board`, and from then on `BoardChanged` and `BoardMoved`


class WatchOverview(Message, frozen=True, gc=False):
    """A desk wants to see the zone. `reply_to`: its session."""

    reply_to: str


class LeaveOverview(Message, frozen=True, gc=False):
    """The desk at this address is gone."""

    reply_to: str


# -- ride <-> tracker of its zone, which follows drivers on a ride and shows passengers where they are


class FollowDriver(Message, frozen=True, gc=False):
    """Ride -> tracker: follow this driver, who drives to this place. Sent again when any field changes.

    `to_pickup`: the driver should come nearer, and the ride is told if not. `link`: the passenger's connection, if there is one.
    """

    ride_id: RideId
    driver_id: DriverId
    lat: float
    lon: float
    to_pickup: bool
    link: str | None = None


class StopFollowing(Message, frozen=True, gc=False):
    """Ride -> tracker: the driver does not drive for this ride any more."""

    ride_id: RideId


class DriverStalled(Message, frozen=True, gc=False):
    """Tracker -> ride: the driver does not come, and why: `standing_still`, `driving_away` or `not_heard`. `stage`: what to do about it
    (`domain.places.following`).
    """

    driver_id: DriverId
    what: RideWarning
    stage: int


class TrackGrown(Message, frozen=True, gc=False):
    """Tracker -> ride: the track of the driver has grown. Record it, so that little of it can be lost with this process."""

    driver_id: DriverId


# -- ride <-> passenger, who has one ride at a time: none of it is recorded, since open rides say it themselves


class TakePassenger(Message, frozen=True, gc=False):
    """Ride -> passenger: may I be your open ride? The answer names the same `number`."""

    ride_id: RideId
    number: Number


class PassengerTaken(Message, frozen=True, gc=False):
    """Passenger -> ride: you may."""

    number: Number


class PassengerBusy(Message, frozen=True, gc=False):
    """Passenger -> ride: `open_ride` is open."""

    number: Number
    open_ride: RideId


class AnnounceHold(Message, frozen=True, gc=False):
    """Passenger -> ride: are you open still? Another ride of this passenger is to be booked."""

    passenger_id: PassengerId


class HoldPassenger(Message, frozen=True, gc=False):
    """Ride -> passenger: I am open. Also unasked: after a restart, and when the search of a ride booked ahead begins."""

    ride_id: RideId


class LeavePassenger(Message, frozen=True, gc=False):
    """Ride -> passenger: I am over, or was never booked."""

    ride_id: RideId
