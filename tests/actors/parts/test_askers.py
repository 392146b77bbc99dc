"""Who asks a ride something, and how each of them is answered."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from dispatch.actors.parts.askers import booker_of
from dispatch.messages.base import Command
from dispatch.messages.commands import Attach, CancelRide, CompleteRide, EditRide, FindDriver, RateRide
from dispatch.messages.events import StaffActed
from dispatch.messages.notices import Ack, PassengerSnapshot
from dispatch.principals import OPERATIONS
from dispatch.words import RefusalCode
from tests.actors.rig import ANN, AS_ANN, AS_DAN, DAN, RIDE, TRIP, Rig, command
from tests.actors.test_ride_desk import CALL, CHANGES, DESK, PASSENGER, claim, ride_of_a_caller

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


KEY = Command("k1", 1, staff_id="ops")
DEEDS = tuple(replace(change, command=KEY) for change in CHANGES)
EVERY_DEED = pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: type(deed).__name__)


def acts(rig: Rig) -> list[str]:
    """What staff did under a key."""
    return [
        each.action for each in rig.journal.events_of("ride/r1") if isinstance(each, StaffActed) and each.command == KEY
    ]


def driven() -> Rig:
    """Dan drives for a caller, whose app looks on."""
    rig = ride_of_a_caller()
    rig.tell("ride/r1", Attach(AS_ANN, PASSENGER, (0, 5)), CALL, claim(DAN))
    for address in (PASSENGER, DESK, DRIVER):
        rig.heard(address)
    return rig


def another_life(rig: Rig) -> None:
    """The process dies, and another one goes on."""
    rig.runtime.lose(frozenset(("ride",)))
    rig.ride()


@EVERY_DEED
def test_what_staff_ask_twice_under_one_key_is_done_once_and_answered_twice(deed: Any) -> None:
    rig = driven()
    rig.tell("ride/r1", deed, deed)
    first, again = rig.heard(DESK)
    assert len(acts(rig)) == 1 and again == replace(first, again=True) and first.code == ""
    assert not [notice for notice in rig.heard(PASSENGER) if isinstance(notice, Ack)], "it is no command of the app"


@EVERY_DEED
def test_another_life_of_the_ride_knows_it_too(deed: Any) -> None:
    rig = driven()
    rig.tell("ride/r1", deed)
    (first,) = rig.heard(DESK)
    another_life(rig)
    rig.tell("ride/r1", deed)
    (again,) = rig.heard(DESK)
    assert len(acts(rig)) == 1 and again == replace(first, again=True)


@EVERY_DEED
def test_another_request_under_the_key_is_refused_and_does_nothing(deed: Any) -> None:
    rig = driven()
    rig.tell("ride/r1", deed, replace(deed, command=replace(KEY, fingerprint=2)))
    assert [answer.code for answer in rig.heard(DESK)] == ["", RefusalCode.ID_REUSED]
    assert len(acts(rig)) == 1


@EVERY_DEED
def test_the_same_key_of_somebody_else_is_another_one(deed: Any) -> None:
    rig = driven()
    rig.tell("ride/r1", deed, replace(deed, command=replace(KEY, staff_id="p-max", fingerprint=2)))
    assert RefusalCode.ID_REUSED not in [answer.code for answer in rig.heard(DESK)]


@EVERY_DEED
def test_what_never_reached_the_disk_may_be_asked_again(deed: Any) -> None:
    rig = driven()
    rig.disk_is_full(True)
    rig.tell("ride/r1", deed)
    rig.disk_is_full(False)
    rig.tell("ride/r1", deed)
    assert [answer.code for answer in rig.heard(DESK)] == [RefusalCode.UNAVAILABLE, ""]
    assert len(acts(rig)) == 1


def test_what_was_refused_is_judged_again() -> None:
    rig = ride_of_a_caller()
    fare = replace(DEEDS[2], command=KEY)
    rig.tell("ride/r1", CALL, fare, claim(DAN), fare)
    assert [answer.code for answer in rig.heard(DESK)] == ["", RefusalCode.ILLEGAL_NOW, ""]


def test_a_request_that_found_nothing_to_do_is_not_done_later_either() -> None:
    """The ride is closed already; a note was written again."""
    rig = driven()
    same = EditRide(OPERATIONS, RIDE, DESK, command=KEY)
    rig.tell("ride/r1", same)
    another_life(rig)
    rig.tell("ride/r1", same, replace(same, note="gate", command=replace(KEY, fingerprint=2)))
    assert [(answer.code, answer.again) for answer in rig.heard(DESK)] == [
        ("", False),
        ("", True),
        (RefusalCode.ID_REUSED, False),
    ]
    assert acts(rig) == []


@pytest.mark.parametrize("who", [AS_ANN, AS_DAN], ids=["passenger", "driver"])
def test_a_rating_over_http_is_given_once_under_its_key(who: Any) -> None:
    rig = driven()
    rig.tell("ride/r1", CompleteRide(AS_DAN, RIDE))
    rating = RateRide(who, RIDE, 5, "", Command("k1", 1, who.id if who is AS_DAN else None), DESK)
    rig.tell("ride/r1", rating, rating, replace(rating, command=None))
    another_life(rig)
    rig.tell("ride/r1", rating)
    assert [(each.code, each.again) for each in rig.heard(DESK)] == [
        ("", False),
        ("", True),
        (RefusalCode.ILLEGAL_NOW, False),
        ("", True),
    ]
