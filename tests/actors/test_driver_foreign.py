"""A driver and rides for which they were never asked: one that others have, and one that nobody ever booked."""

from __future__ import annotations

from typing import Any

import pytest

from dispatch.ids import DriverId, RideId
from dispatch.messages.commands import AcceptOffer, Attach, CancelRide, CompleteRide, DeclineOffer, RateRide, StartRide
from dispatch.messages.events import OfferPlaced, OffersMade
from dispatch.messages.journal import Append
from tests.actors.rig import AS_DAN, OFFER, RIDE, Rig, command

APP, ME, THE_RIDE = "session/5", "driver/d1", "ride/r1"
SAID: list[Any] = [
    AcceptOffer(AS_DAN, RIDE, None, command()),
    AcceptOffer(AS_DAN, RIDE, OFFER, command()),
    DeclineOffer(AS_DAN, RIDE, None, "", command()),
    StartRide(AS_DAN, RIDE, command()),
    CompleteRide(AS_DAN, RIDE, command()),
    CancelRide(AS_DAN, RIDE, "", command()),
    RateRide(AS_DAN, RIDE, 1, "", command()),
]


def answered(message: Any, asked: str = "") -> tuple[list[Any], list[Any], list[str]]:
    """What the app hears, what the ride does, and what of the record was read. `asked`: who was asked for the ride; empty: nobody."""
    rig = Rig()
    rig.listen(APP, THE_RIDE, "dispatcher/0")
    rig.driver()
    if asked:
        offers = (OfferPlaced(OFFER, DriverId(asked), 1.0),)
        rig.tell("journal", Append("dispatcher/0", 0, 1, 0.0, (OffersMade(RideId("r1"), 1, 1, offers, 0.0),)))
    rig.tell(ME, Attach(AS_DAN, APP, (0, 5)))
    rig.heard(APP)
    read: list[str] = []
    for name in ("was_asked", "events_of_ride", "events_of", "driver_card"):
        _note(rig.journal, name, read)
    rig.tell(ME, message)
    return rig.heard(APP), rig.heard(THE_RIDE), read


def _note(store: Any, name: str, read: list[str]) -> None:
    question = getattr(store, name)

    def noted(*about: Any) -> Any:
        before = len(read)
        answer = question(*about)
        read[before:] = [name]  # and not what the journal in memory asks itself for it
        return answer

    setattr(store, name, noted)


@pytest.mark.parametrize("message", SAID, ids=lambda message: type(message).__name__)
def test_a_ride_of_others_gets_the_answer_and_the_work_of_one_that_nobody_booked(message: Any) -> None:
    foreign, unknown = answered(message, asked="d2"), answered(message)
    assert foreign == unknown
    (told,), reached, read = unknown
    assert (told.code, told.ride_id, told.id) == ("no_such_ride", RIDE, "k1")
    assert (reached, read) == ([], ["was_asked"])


@pytest.mark.parametrize("message", SAID[3:], ids=lambda message: type(message).__name__)
def test_who_was_asked_may_know_of_the_ride_which_answers_itself(message: Any) -> None:
    told, reached, _ = answered(message, asked="d1")
    assert (told, reached) == ([], [message])
