"""Words that the server chooses: statuses, outcomes, reasons, codes. Text that apps and people write stays text.

Every member is its word: it compares, hashes, prints and is stored as that text. A word of another version, which this one does not
know, is read all the same, as an instance of its class that is no member: `is_known` is False.
Looking a member up on its class is slow beside comparing text, so code that runs for every position or message binds members to
module constants.
"""

from enum import StrEnum
from typing import Self


class Word(StrEnum):
    """Base of all classes of words."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        """An unknown word becomes an instance that is no member, so that files with it can be read. None for what is no text."""
        if not isinstance(value, str):
            return None
        unknown = str.__new__(cls, value)
        unknown._name_ = unknown._value_ = value
        return unknown

    @property
    def is_known(self) -> bool:
        """Whether this version has a member for the word."""
        return self._value_ in type(self)._value2member_map_


# ---------------------------------------------------------------------------------------------------------------- a ride


class RideStatus(Word):
    """Where a ride is in its life."""

    UNBOOKED = "unbooked"
    """A socket is open for this id, and nobody has booked yet. Never stored."""
    SCHEDULED = "scheduled"
    """Booked ahead; the search begins later."""
    PENDING = "pending"
    """A driver is searched for."""
    ACCEPTED = "accepted"
    ARRIVED = "arrived"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    NO_DRIVERS = "no_drivers"
    NO_SHOW = "no_show"


class Party(Word):
    """Who did something to a ride: cancelled it, gave it up, or rated the other side."""

    PASSENGER = "passenger"
    DRIVER = "driver"
    OPS = "ops"
    SYSTEM = "system"


class SystemReason(Word):
    """Why the system itself cancels a ride. Passengers, drivers and operators give reasons in their own words."""

    PASSENGER_LEFT = "the passenger left"
    TOOK_TOO_LONG = "it took too long"
    BOOKED_ANOTHER = "the passenger booked another ride"
    OUT_OF_SERVICE = "out of service"
    TWO_HISTORIES = "two histories of one file"
    """Two servers wrote one file, and the ride contradicts another one (`dispatch db mend`)."""


class SearchEnd(Word):
    """Why a search ended without a driver."""

    NOBODY_ACCEPTED = "nobody accepted"
    NOBODY_NEAR = "nobody near"
    GIVEN_UP = "the driver gave it up"
    """The ride lost its driver once more than `max_restarts` allows."""


class SkippedStep(Word):
    """A step that the driver's app never reported before it completed the ride."""

    ARRIVED = "arrived"
    STARTED = "started"


class Leg(Word):
    """A part of the driver's way."""

    TO_PICKUP = "to_pickup"
    ON_TRIP = "on_trip"


class RideWarning(Word):
    """What is wrong with a driver on the way to a pickup, or on arrival there."""

    STANDING_STILL = "standing_still"
    DRIVING_AWAY = "driving_away"
    NOT_HEARD = "not_heard"
    FAR_FROM_PICKUP = "far_from_pickup"


class PaymentStatus(Word):
    """What became of the money for a ride that is over."""

    NOTHING = ""
    """The server collects nothing: cash, or no fare."""
    PENDING = "pending"
    PAID = "paid"
    DECLINED = "declined"


# -------------------------------------------------------------------------------------------------------------- a driver


class DriverStatus(Word):
    """Whether a driver can be asked, as the driver's actor announces it to the dispatcher."""

    OFFLINE = "offline"
    ASLEEP = "asleep"
    """Not connected, and wants offers: the connection was lost, and a push can wake the app."""
    AVAILABLE = "available"
    UNAVAILABLE = "unavailable"
    """Connected, and wants no offers now."""
    SUSPENDED = "suspended"
    """Connected, and suspended by staff."""
    DOCUMENT_ENDED = "document_ended"
    """Connected, and a document on the driver's file does not hold any more."""
    BUSY = "busy"
    """Reserved for a ride, or on one."""


class Binding(Word):
    """Whether a driver belongs to a ride."""

    FREE = "free"
    RESERVED = "reserved"
    """The driver accepted, and the ride has not answered yet."""
    BOUND = "bound"


class ReleaseReason(Word):
    """Why a driver is free again: the ride is over, or refused the claim."""

    COMPLETED = "completed"
    CANCELLED = "cancelled"
    GAVE_UP = "gave_up"
    """The ride goes on without this driver, who is not asked for it again."""
    TAKEN = "taken"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    UNAVAILABLE = "unavailable"


class LinkEnd(Word):
    """Why nobody speaks for a ride or driver any more."""

    CLOSED = "closed"
    SILENT = "silent"
    RESTARTED = "restarted"
    """The server's process ended, and every connection with it."""
    LOGGED_OUT = "logged_out"
    """The login that the connection had proved ended."""


class PositionVerdict(Word):
    """What became of a position."""

    BELIEVED = ""
    NEWS = "news"
    """Believed, and no fresh position of this driver was known before."""
    TOO_OLD = "too_old"
    OUT_OF_ORDER = "out_of_order"
    IMPOSSIBLE_SPEED = "impossible_speed"
    NOT_ACCURATE = "not_accurate"
    NO_PLACE = "no_place"
    SUPERSEDED = "superseded"
    """It had to wait for the rate limit, and a newer one came."""


# -------------------------------------------------------------------------------------------------------------- a person


class PersonRole(Word):
    """What a person may be. One person may be several of them."""

    PASSENGER = "passenger"
    DRIVER = "driver"
    STAFF = "staff"


class PersonStatus(Word):
    """Whether a person may act in a role."""

    INVITED = "invited"
    """On file, and never logged in."""
    ACTIVE = "active"
    SUSPENDED = "suspended"


# -------------------------------------------------------------------------------------------------------------- an offer


class OfferOutcome(Word):
    """How an offer, or a claim that came of it, ended; `open` while it did not."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    DECLINED_BEFORE = "declined_before"
    """The driver had declined this ride already. No event of the driver tells of this offer."""
    EXPIRED = "expired"
    TAKEN = "taken"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"
    """The ride is searched for anew, with other terms."""
    VANISHED = "vanished"
    """The driver's connection is gone."""
    UNAVAILABLE = "unavailable"
    DRIVER_BUSY = "driver_busy"


class AskVerdict(Word):
    """The rule by which a round asked a driver, or did not, in the order in which rules are looked at."""

    ASKED = "asked"
    PUSHED = "pushed"
    """Asked, and asleep: a push has to wake the app."""
    OFFLINE = "offline"
    SUSPENDED = "suspended"
    DOCUMENT_ENDED = "document_ended"
    UNAVAILABLE = "unavailable"
    BUSY = "busy"
    STALE = "stale"
    OUTSIDE_RADIUS = "outside_radius"
    WRONG_VEHICLE = "wrong_vehicle"
    BLOCKED = "blocked"
    DECLINED = "declined"
    THINKING = "thinking"
    """Holds an offer of this ride."""
    SILENT = "silent"
    HOLDS_OFFER = "holds_offer"
    """Holds as many offers of other rides as one driver may."""
    NOT_NEW = "not_new"
    """After the last round only newcomers are asked."""
    ASLEEP = "asleep"
    """Asleep, and enough drivers who are awake could be asked."""
    BEHIND = "behind"
    """Nothing but that others came first."""


# --------------------------------------------------------------------------------------------------------------- answers


class Result(Word):
    """The result of a command that was acknowledged."""

    OK = "ok"
    IGNORED = "ignored"
    DECLINED = "declined"
    EXPIRED = "expired"
    TAKEN = "taken"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"
    DRIVER_BUSY = "driver_busy"
    UNAVAILABLE = "unavailable"


class StaffAction(Word):
    """What somebody of the operator's people did to a ride."""

    BOOK = "book"
    EDIT = "edit"
    ASSIGN = "assign"
    BIND = "bind"
    REASSIGN = "reassign"
    FARE = "fare"
    CLOSE = "close"


class RefusalCode(Word):
    """The `code` of an `error` that an app is answered with (docs/PROTOCOL.md). Codes never change."""

    BAD_JSON = "bad_json"
    BAD_MESSAGE = "bad_message"
    UNKNOWN_TYPE = "unknown_type"
    BAD_FIELD = "bad_field"
    NO_SUCH_RIDE = "no_such_ride"
    FORBIDDEN = "forbidden"
    ID_REUSED = "id_reused"
    RATE_LIMITED = "rate_limited"
    ILLEGAL_NOW = "illegal_now"
    ALREADY_STARTED = "already_started"
    TOO_EARLY = "too_early"
    WRONG_PIN = "wrong_pin"
    QUOTE_EXPIRED = "quote_expired"
    NO_TARIFF = "no_tariff"
    OUTSIDE_AREA = "outside_area"
    UNAVAILABLE = "unavailable"
    NOT_AUTHENTICATED = "not_authenticated"
    TOKEN_EXPIRED = "token_expired"
    NO_SUCH_PERSON = "no_such_person"
    PHONE_TAKEN = "phone_taken"
    SUSPENDED = "suspended"
    WRONG_CODE = "wrong_code"
    CODE_EXPIRED = "code_expired"
    RIDE_OPEN = "ride_open"
    INTERNAL = "internal"
