"""Values that every room shares: places, trips, money and the cards that describe people and rides.

Units: latitude and longitude are WGS 84 degrees, distances metres (`_m`) unless the name says kilometres, durations seconds
(`_s`), points in time Unix seconds (`_at`). A `fare` that is a number is in major units, as on the wire, and the passenger's app's
own until the server sets prices; whatever the server computes is `Money`.
"""

from __future__ import annotations

from typing import Final

import msgspec

from dispatch.ids import DriverId, OfferId, PassengerId, RideId
from dispatch.words import PersonStatus

CLOCK_SLACK_S: Final = 1e-6
"""Sums of Unix seconds are rounded by about as much: a timer may seem that early."""
UNDECODABLE: Final = (msgspec.DecodeError, UnicodeError, RecursionError)
"""What reading JSON of others raises: it is none, is not of the type wanted, is no text, or is nested without end."""
Point = tuple[float, float]
"""Latitude and longitude."""


class Place(msgspec.Struct, frozen=True, gc=False):
    """A point and what people call it."""

    lat: float
    lon: float
    address: str = ""

    @property
    def point(self) -> Point:
        """Without the address."""
        return self.lat, self.lon


CASH: Final = "cash"
CARD: Final = "card"
"""How a ride can be paid, as apps say it."""


class Trip(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What a passenger asks for. Two equal trips are one booking; a different one restarts the search.

    `pin`: the driver may start only with the passenger's four digits. `payment_method`: `card`; empty: cash. `by_agreement`: nobody has
    named a fare, and `fare` is 0.
    """

    pickup: Place
    dropoff: Place
    distance_km: float
    duration_min: float
    fare: float
    vehicle_type: str = ""
    note: str = ""
    pin: bool = False
    payment_method: str = ""
    by_agreement: bool = False


class Money(msgspec.Struct, frozen=True, gc=False):
    """An amount in the smallest units of its currency, cents as a rule; `digits` of them stand after the point of the larger unit."""

    minor: int
    currency: str = ""
    digits: int = 2

    @property
    def major(self) -> float:
        """The number that apps read: 85.5 for 8550 cents."""
        return self.minor / int(10**self.digits)


class FareLine(msgspec.Struct, frozen=True, gc=False):
    """What one reason adds to a fare, in minor units; a discount is less than zero."""

    name: str
    minor: int


class Price(msgspec.Struct, frozen=True, gc=False):
    """What the server says a trip costs, how it comes to that, and which way it had in mind. The lines add up to the fare."""

    fare: Money
    lines: tuple[FareLine, ...]
    distance_m: int
    duration_s: int
    vehicle_type: str = ""

    @property
    def breakdown(self) -> dict[str, float]:
        """The lines as apps read them, in major units."""
        return {line.name: line.minor / int(10**self.fare.digits) for line in self.lines}


def as_said(number: float) -> float:
    """Return a whole number as an int, so that an app that sent 15 reads 15 again, not 15.0."""
    whole = int(number)
    return whole if whole == number else number


UNNAMED: Final = "Passenger"
"""The name of a passenger whose name nobody has said yet. Whoever says this has said no name."""


class Passenger(msgspec.Struct, frozen=True, gc=False):
    """Who rides."""

    passenger_id: PassengerId
    name: str
    phone: str

    @property
    def is_named(self) -> bool:
        """Whether somebody said this name."""
        return self.name not in ("", UNNAMED)


class DriverCard(msgspec.Struct, frozen=True, gc=False):
    """What a passenger may see of a driver."""

    driver_id: DriverId
    name: str
    phone: str
    rating: float = 5.0
    vehicle_type: str = "sedan"
    vehicle_registration: str = "-"


class Document(msgspec.Struct, frozen=True, gc=False):
    """A driver's document, such as a licence. It holds until `expires_at` (Unix seconds)."""

    kind: str
    number: str
    expires_at: float


class DriverFile(msgspec.Struct, frozen=True, gc=False):
    """What staff keep about a driver beside the card."""

    status: PersonStatus
    documents: tuple[Document, ...] = ()


class RideCard(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A ride as drivers are asked about it. `search_no` counts the searches of one ride, from 1.

    `pickup_at`: when the passenger wants to be fetched, if that is not now (Unix seconds).
    """

    ride_id: RideId
    search_no: int
    passenger: Passenger
    trip: Trip
    pickup_at: float | None = None


class CancelTerms(msgspec.Struct, frozen=True, gc=False):
    """What a passenger who cancels owes: `fee`, in major units, once it is later than `free_until` (Unix seconds). A fee of 0 has no
    such time.
    """

    fee: float
    free_until: float | None = None


class WaitTerms(msgspec.Struct, frozen=True, gc=False):
    """A driver waits at the pickup: for nothing until `free_until`, then at `per_minute`. At `no_show_at` the driver may leave, and the
    passenger owes `no_show_fee`. Unix seconds and major units.
    """

    free_until: float
    no_show_at: float
    per_minute: float
    no_show_fee: float


class RideTerms(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What cancelling and waiting cost at one moment of a ride."""

    cancel: CancelTerms | None = None
    waiting: WaitTerms | None = None


class Lease(msgspec.Struct, frozen=True, gc=False):
    """One offer to one driver, told to last until `expires_at`, honoured until `closes_at` (both Unix seconds)."""

    offer_id: OfferId
    ride_id: RideId
    driver_id: DriverId
    search_no: int
    round_no: int
    expires_at: float
    closes_at: float
    pickup_distance_m: float


class Fix(msgspec.Struct, gc=False):
    """Where a driver was heard to be: position and when (Unix seconds)."""

    lat: float
    lon: float
    at: float
    heading: float | None = None
