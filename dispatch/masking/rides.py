"""How much of a ride a driver reads: all of it, or the area form, which is enough to decide. Pure; searches, drivers and pages ask it.

A driver who is asked needs to know where to go first, how far it is and what it pays. Where the passenger lives, and who they are, is
told with the ride itself, and not for longer than something may be left behind in the car.
"""

from typing import Final

import msgspec
from msgspec.structs import replace

from dispatch.masking.house_numbers import without_house_number
from dispatch.masking.phones import mask_within, masked
from dispatch.values import Place, RideCard

WHOLE_AFTER_END_S: Final = 900.0
"""So long after the end of a ride its driver reads all of it still."""
AREA_DIGITS: Final = 2
"""Decimals of a degree of latitude and longitude that are told: about a kilometre."""


class RideMask(msgspec.Struct, frozen=True):
    """What is hidden from drivers who are asked: whole phones, and all that is more than the area."""

    masks_phones: bool = False
    by_area: bool = False

    def shown(self, card: RideCard) -> RideCard:
        """The ride as drivers are asked about it. Every field of the seed is there."""
        passenger, trip = card.passenger, card.trip
        if self.masks_phones:
            passenger = replace(passenger, phone=masked(passenger.phone))
        if self.by_area:
            passenger = replace(passenger, name=first_name(passenger.name))
            trip = replace(trip, dropoff=area_of(trip.dropoff))
        if trip.note and (self.masks_phones or self.by_area):
            trip = replace(trip, note="")  # people write phones and names into it
        return replace(card, passenger=passenger, trip=trip)

    def read_by_driver(self, card: RideCard, ended_at: float | None, now: float) -> RideCard:
        """The ride as the driver reads it who has it, or had it at its end. `ended_at`: Unix seconds; None: it is not over."""
        is_whole = ended_at is None or now < ended_at + WHOLE_AFTER_END_S
        return card if is_whole or not self.by_area else self.shown(card)


def first_name(name: str) -> str:
    """`Sarah` of `Sarah Johnson` and of `Johnson, Sarah`. A phone number in the place of a name is masked."""
    _, comma, given = name.partition(",")
    words = mask_within(given if comma and given.strip() else name).split()
    return words[0] if words else ""


def area_of(place: Place) -> Place:
    """About where it is."""
    return Place(round(place.lat, AREA_DIGITS), round(place.lon, AREA_DIGITS), without_house_number(place.address))
