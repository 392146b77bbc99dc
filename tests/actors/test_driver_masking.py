"""What a driver's app hears again of a ride that is over: all for a quarter of an hour, then no more than who was asked."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from dispatch.actors.driver import DriverOptions
from dispatch.masking.rides import WHOLE_AFTER_END_S, RideMask
from dispatch.messages.commands import AcceptOffer, Attach, Resume
from dispatch.messages.matching import ClaimGranted, ForDriver, OfferRide
from dispatch.messages.notices import DriverSnapshot, RideAccepted, RideEnded
from dispatch.values import RideCard
from tests.actors.rig import ANN, AS_DAN, CARD, OFFER, RIDE, Rig, command, lease

APP, NEWER, ME = "session/5", "session/6", "driver/d1"
AREA = RideMask(masks_phones=True, by_area=True)
WHOLE = replace(CARD, passenger=replace(ANN, name="Ann Smith"))
ACCEPT = AcceptOffer(AS_DAN, RIDE, OFFER, command("k1"))


def after_the_ride(mask: RideMask = AREA) -> Rig:
    """A driver who accepted, came back meanwhile, and is free of the ride again."""
    rig = Rig()
    rig.listen(APP, NEWER, "dispatcher/0", "ride/r1")
    rig.driver(DriverOptions(mask=mask))
    rig.tell(ME, Attach(AS_DAN, APP, (0, 5)), OfferRide(lease(), mask.shown(WHOLE)), ACCEPT)
    rig.tell(ME, ClaimGranted(WHOLE, OFFER, "accepted"), Attach(AS_DAN, APP, (0, 6)))
    rig.tell(ME, ForDriver(RideEnded(RIDE, by="ops", reason="", fee=0), releases="cancelled"))
    rig.heard(APP)
    return rig


def cards_heard(rig: Rig, address: str) -> list[RideCard]:
    return [
        notice.ride
        for notice in rig.heard(address)
        if isinstance(notice, RideAccepted | DriverSnapshot) and notice.ride is not None
    ]


def heard_again(rig: Rig, number: int = 7) -> list[Any]:
    """An app that has heard nothing yet goes on from the beginning."""
    rig.tell(ME, Attach(AS_DAN, NEWER, (0, number), Resume(AS_DAN, (0, number), "", 0)))
    return cards_heard(rig, NEWER)


def test_a_driver_reads_all_of_the_ride_until_a_quarter_of_an_hour_after_its_end() -> None:
    rig = after_the_ride()
    rig.wait(WHOLE_AFTER_END_S - 1)
    assert heard_again(rig) == [WHOLE, WHOLE]
    rig.wait(2)
    assert heard_again(rig, 8) == [AREA.shown(WHOLE)] * 2
    assert AREA.shown(WHOLE).passenger.phone != WHOLE.passenger.phone


def test_an_accept_that_is_sent_again_is_answered_with_as_much() -> None:
    rig = after_the_ride()
    rig.tell(ME, ACCEPT)
    assert cards_heard(rig, APP) == [WHOLE]
    rig.wait(WHOLE_AFTER_END_S + 1)
    rig.tell(ME, ACCEPT)
    assert cards_heard(rig, APP) == [AREA.shown(WHOLE)]


def test_a_driver_who_has_the_ride_again_by_then_reads_all_of_it() -> None:
    rig = after_the_ride()
    rig.wait(WHOLE_AFTER_END_S - 100)
    again = lease(serial=2, expires_at=10_000.0)
    rig.tell(ME, OfferRide(again, AREA.shown(WHOLE)), AcceptOffer(AS_DAN, RIDE, again.offer_id, command("k2")))
    rig.tell(ME, ClaimGranted(WHOLE, again.offer_id, "accepted"))
    rig.wait(200)
    assert set(heard_again(rig)) == {WHOLE}


def test_where_offers_show_all_nothing_is_taken_back() -> None:
    rig = after_the_ride(RideMask())
    rig.wait(WHOLE_AFTER_END_S + 1)
    assert heard_again(rig) == [WHOLE, WHOLE]
