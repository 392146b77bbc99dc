"""Who asks a ride something, and how each of them is answered."""

from __future__ import annotations

from typing import Any

import pytest

from dispatch.actors.parts.askers import booker_of
from dispatch.messages.commands import Attach, CancelRide, FindDriver, RateRide
from dispatch.messages.notices import PassengerSnapshot
from dispatch.words import RefusalCode
from tests.actors.rig import ANN, AS_ANN, AS_DAN, DAN, RIDE, TRIP, command
from tests.actors.test_ride_desk import CALL, DESK, PASSENGER, claim, ride_of_a_caller

DRIVER = "driver/d1"


@pytest.mark.parametrize(
    ("message", "asker"),
    [
        (RateRide(AS_ANN, RIDE, 5, command=command()), PASSENGER),
        (RateRide(AS_DAN, RIDE, 5, command=command()), DRIVER),
        (RateRide(AS_ANN, RIDE, 5, reply_to=DESK), DESK),
        (RateRide(AS_DAN, RIDE, 5, reply_to=DESK), DESK),
    ],
    ids=["app", "driver", "passenger over HTTP", "driver over HTTP"],
)
def test_a_refusal_goes_to_whoever_asked_and_to_nobody_else(message: Any, asker: str) -> None:
    rig = ride_of_a_caller()
    rig.tell("ride/r1", Attach(AS_ANN, PASSENGER, (0, 5)), CALL, claim(DAN), CancelRide(AS_ANN, RIDE))
    for address in (PASSENGER, DESK, DRIVER):
        rig.heard(address)
    rig.tell("ride/r1", message)
    heard = {address: [each.code for each in rig.heard(address)] for address in (PASSENGER, DESK, DRIVER)}
    assert heard.pop(asker) == [RefusalCode.ILLEGAL_NOW]
    assert not any(heard.values())


def test_an_app_that_books_too_late_hears_how_the_ride_stands_and_staff_that_it_is_too_late() -> None:
    rig = ride_of_a_caller()
    rig.tell("ride/r1", Attach(AS_ANN, PASSENGER, (0, 5)), CALL, claim(DAN))
    by_app, by_staff = FindDriver(AS_ANN, RIDE, TRIP, ANN), CALL
    for address in (PASSENGER, DESK):
        rig.heard(address)
    actor = rig.runtime.actor("ride/r1")
    for booking in (by_app, by_staff):
        booker_of(booking).is_old(actor, booking)  # type: ignore[arg-type]
    rig.wait(0.0)
    assert [type(notice) for notice in rig.heard(PASSENGER)] == [PassengerSnapshot]
    assert [answer.code for answer in rig.heard(DESK)] == [RefusalCode.ILLEGAL_NOW]
