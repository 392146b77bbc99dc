"""Words that every room shares: identities, places and the cards that describe people.

Units: latitude and longitude are WGS 84 degrees, distances metres (`_m`) unless the name says kilometres, times seconds (`_s`) of
the runtime's clock unless the name says wall. Money is what the passenger's app said until a tariff is set.
"""

from __future__ import annotations

from typing import NewType

import msgspec

RideId = NewType("RideId", str)
DriverId = NewType("DriverId", str)
PassengerId = NewType("PassengerId", str)
OfferId = NewType("OfferId", str)


class Place(msgspec.Struct, frozen=True, gc=False):
    """A point and what people call it."""

    lat: float
    lon: float
    address: str = ""


class Trip(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What a passenger asks for. Two equal trips are one booking; a different one restarts the search.

    `pin`: the driver may start only with the passenger's four digits.
    """

    pickup: Place
    dropoff: Place
    distance_km: float
    duration_min: float
    fare: float
    vehicle_type: str = ""
    note: str = ""
    pin: bool = False


class Passenger(msgspec.Struct, frozen=True, gc=False):
    """Who rides."""

    passenger_id: PassengerId
    name: str
    phone: str


class DriverCard(msgspec.Struct, frozen=True, gc=False):
    """What a passenger may see of a driver."""

    driver_id: DriverId
    name: str
    phone: str
    rating: float = 5.0
    vehicle_type: str = "sedan"
    vehicle_registration: str = "-"


class RideCard(msgspec.Struct, frozen=True, gc=False):
    """A ride as drivers are asked about it. `search_no` counts the searches of one ride, from 1."""

    ride_id: RideId
    search_no: int
    passenger: Passenger
    trip: Trip


class Lease(msgspec.Struct, frozen=True, gc=False):
    """One offer to one driver: his until `expires_at` as he is told, honoured until `closes_at` (both runtime seconds)."""

    offer_id: OfferId
    ride_id: RideId
    driver_id: DriverId
    search_no: int
    round_no: int
    expires_at: float
    closes_at: float
    pickup_distance_m: float


class Fix(msgspec.Struct, gc=False):
    """Where a driver was heard to be: position and when (runtime seconds)."""

    lat: float
    lon: float
    at: float
    heading: float | None = None
