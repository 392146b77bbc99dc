"""How much of a ride drivers read who are asked, who have it, and who had it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from dispatch.ids import PassengerId, RideId
from dispatch.masking.rides import (
    WHOLE_AFTER_END_S,
    RideMask,
    area_of,
    first_name,
)
from dispatch.values import Passenger, Place, RideCard, Trip

SARAH = Passenger(PassengerId("27821234567"), "Sarah Johnson", "27821234567")
TRIP = Trip(
    Place(-26.20411, 28.04731, "123 Main St"), Place(-26.18512, 28.05567, "456 Oak Ave, Sandton"), 5.2, 15.0, 85.5
)
CARD = RideCard(RideId("r1"), 1, SARAH, TRIP)
AREA = RideMask(masks_phones=True, by_area=True)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Sarah Johnson", "Sarah"),
        ("Sarah", "Sarah"),
        ("Johnson, Sarah Ann", "Sarah"),
        (" Mary-Jane  Smith ", "Mary-Jane"),
        ("Passenger", "Passenger"),
        ("Johnson,", "Johnson,"),
        ("27821234567", "2782•••4567"),
        ("", ""),
    ],
)
def test_who_is_asked_reads_the_first_name(name: str, told: str) -> None:
    assert first_name(name) == told


def test_the_drop_off_is_told_to_two_decimals() -> None:
    assert area_of(TRIP.dropoff) == Place(-26.19, 28.06, "Oak Ave, Sandton")


def test_the_area_form_keeps_the_pickup_and_all_that_the_ride_pays() -> None:
    told = AREA.shown(CARD)
    assert told.passenger == replace(SARAH, name="Sarah", phone="2782•••4567")
    assert told.trip == replace(TRIP, dropoff=Place(-26.19, 28.06, "Oak Ave, Sandton"))


def test_a_note_may_say_anything_and_is_told_with_the_whole_alone() -> None:
    noted = replace(CARD, trip=replace(TRIP, note="ring +27 82 123 4567"))
    assert RideMask().shown(noted) == noted
    for hidden in (AREA, RideMask(masks_phones=True), RideMask(by_area=True)):
        assert hidden.shown(noted).trip.note == ""


def test_each_half_of_it_can_be_had_alone() -> None:
    assert RideMask().shown(CARD) == CARD
    assert RideMask(masks_phones=True).shown(CARD) == replace(CARD, passenger=replace(SARAH, phone="2782•••4567"))
    assert RideMask(by_area=True).shown(CARD).passenger == replace(SARAH, name="Sarah")


def test_a_driver_reads_all_of_their_ride_until_a_quarter_of_an_hour_after_its_end() -> None:
    assert WHOLE_AFTER_END_S == 15 * 60
    assert AREA.read_by_driver(CARD, None, 1e9) == CARD
    assert AREA.read_by_driver(CARD, 1000.0, 1899.9) == CARD
    assert AREA.read_by_driver(CARD, 1000.0, 1900.0) == AREA.shown(CARD)
    assert RideMask(masks_phones=True).read_by_driver(CARD, 1000.0, 1900.0) == CARD
