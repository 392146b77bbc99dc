"""The driver's actor: what it does with every message in every situation, as a table written by hand says."""

import csv
from pathlib import Path
from typing import Any

import pytest

from dispatch.actors.driver import (
    DriverActor,
    DriverOptions,
    _ConnectAgain,
    _LongOver,
    _Rebuilt,
    _Retire,
    _SleptOut,
)
from dispatch.actors.parts.claim import ClaimAgain
from dispatch.actors.parts.standing import LookAtFile
from dispatch.domain.driver.record import BOUND, RESERVED
from dispatch.ids import OfferId, RideId
from dispatch.messages.base import Recorded, Undelivered
from dispatch.messages.commands import (
    AcceptOffer,
    Attach,
    CancelRide,
    CompleteRide,
    DeclineOffer,
    Detach,
    RateRide,
    ReportArrived,
    ReportNoShow,
    Resume,
    SetAvailability,
    StartRide,
)
from dispatch.messages.events import DriverOffline, DriverOnline, DriverRegistered, DriverReleased, DriverReserved
from dispatch.messages.journal import Appended, NotAppended, by_nobody
from dispatch.messages.matching import (
    AnnounceState,
    ClaimGranted,
    ClaimRefused,
    ClaimRide,
    CloseOffer,
    DevicesChanged,
    DriverFileChanged,
    DriverGone,
    ForDriver,
    OfferRide,
    RideAnswered,
    RideRefused,
)
from dispatch.messages.notices import (
    DriverWarned,
    OfferClosed,
    OfferMade,
    PaymentChanged,
    RideEnded,
    RideProgress,
)
from dispatch.runtime.actor import Actor
from dispatch.values import DriverCard, RideCard
from tests.actors.rig import ANN, AS_DAN, CARD, DAN, OFFER, OTHER_RIDE, RIDE, TRIP, Rig, command, in_short, lease

D1 = DAN.driver_id
APP, NEWER, DISPATCHER, RIDE_ACTOR, ME = "session/5", "session/6", "dispatcher/0", "ride/r1", "driver/d1"
OTHER_CARD = RideCard(OTHER_RIDE, 1, ANN, TRIP)
UNKNOWN = OfferId("r1.1.9")
TABLE = Path(__file__).parent.parent / "data" / "driver_messages.csv"
with TABLE.open(encoding="utf-8", newline="") as rows:
    CELLS = list(csv.DictReader(rows))


DONE = RideProgress(RIDE, "completed", 85.5, 5.2, 15.0)
CLAIM, OTHER_CLAIM = (ClaimRide(RIDE, 1, 1, offer_id, DAN) for offer_id in (OFFER, UNKNOWN))
MESSAGES: dict[str, Any] = {
    "Attach": Attach(AS_DAN, NEWER, (0, 6)),
    "Attach of an older connection": Attach(AS_DAN, "session/4", (0, 4)),
    "Detach": Detach(AS_DAN, (0, 5)),
    "Detach of an older connection": Detach(AS_DAN, (0, 4)),
    "Resume": Resume(AS_DAN, (0, 5), "", 0),
    "Resume of an older connection": Resume(AS_DAN, (0, 4), "", 0),
    "RideAnswered": RideAnswered(RIDE, "ok", command()),
    "OfferRide": OfferRide(lease(OTHER_RIDE), OTHER_CARD),
    "OfferRide of the same ride": OfferRide(lease(serial=2), CARD),
    "OfferRide that is over": OfferRide(lease(OTHER_RIDE, expires_at=-2.0), OTHER_CARD),
    "CloseOffer": CloseOffer(OFFER, RIDE, "taken"),
    "CloseOffer of another offer": CloseOffer(UNKNOWN, RIDE, "taken"),
    "AcceptOffer": AcceptOffer(AS_DAN, RIDE),
    "AcceptOffer by its id": AcceptOffer(AS_DAN, RIDE, OFFER),
    "AcceptOffer of another offer": AcceptOffer(AS_DAN, RIDE, UNKNOWN),
    "AcceptOffer of another ride": AcceptOffer(AS_DAN, OTHER_RIDE),
    "DeclineOffer": DeclineOffer(AS_DAN, RIDE),
    "DeclineOffer of another ride": DeclineOffer(AS_DAN, OTHER_RIDE),
    "SetAvailability off": SetAvailability(AS_DAN, False),
    "SetAvailability on": SetAvailability(AS_DAN, True),
    "ClaimAgain": ClaimAgain(OFFER),
    "ClaimGranted": ClaimGranted(CARD, OFFER, "accepted"),
    "ClaimGranted of another offer": ClaimGranted(CARD, UNKNOWN, "accepted"),
    "ClaimRefused": ClaimRefused(RIDE, OFFER, "taken"),
    "ClaimRefused of another offer": ClaimRefused(RIDE, UNKNOWN, "taken"),
    "ReportArrived": ReportArrived(AS_DAN, RIDE),
    "StartRide": StartRide(AS_DAN, RIDE),
    "CompleteRide": CompleteRide(AS_DAN, RIDE),
    "ReportNoShow": ReportNoShow(AS_DAN, RIDE),
    "RateRide": RateRide(AS_DAN, RIDE, 5),
    "CancelRide": CancelRide(AS_DAN, RIDE),
    "CompleteRide of a ride that does not exist": CompleteRide(AS_DAN, RideId("r9")),
    "ForDriver: arrived": ForDriver(RideProgress(RIDE, "arrived", 85.5, 5.2, 15.0)),
    "ForDriver: completed": ForDriver(DONE, releases="completed"),
    "ForDriver: ended": ForDriver(RideEnded(RIDE, by="passenger", reason="", fee=0), releases="cancelled"),
    "ForDriver: given up": ForDriver(RideEnded(RIDE, by="driver", reason="", fee=0), releases="gave_up"),
    "ForDriver: warned": ForDriver(DriverWarned(RIDE, reason="standing_still")),
    "ForDriver: warned of another ride": ForDriver(DriverWarned(OTHER_RIDE, reason="standing_still")),
    "ForDriver: payment declined": ForDriver(PaymentChanged(RIDE, status="declined", amount=85.5, currency="ZAR")),
    "RideRefused": RideRefused(RIDE, "illegal_now", "cannot"),
    "Undelivered: a claim, and the ride is gone": Undelivered(RIDE_ACTOR, CLAIM, True),
    "Undelivered: a claim of another offer, and the ride is gone": Undelivered(RIDE_ACTOR, OTHER_CLAIM, True),
    "Undelivered: a claim, and the ride is too busy": Undelivered(RIDE_ACTOR, CLAIM, False),
    "Undelivered: a step, and the ride is too busy": Undelivered(RIDE_ACTOR, CompleteRide(AS_DAN, RIDE), False),
    "AnnounceState": AnnounceState(),
    "DriverFileChanged": DriverFileChanged(),
    "DevicesChanged": DevicesChanged(),
    "SleptOut of an earlier sleep": _SleptOut(1.0),
    "LookAtFile at another second": LookAtFile(1.0),
    "Rebuilt": _Rebuilt(()),
    "ConnectAgain": _ConnectAgain(),
    "LongOver": _LongOver(RIDE),
    "Retire of an older connection": _Retire((0, 4), 0.0),
}
ONLINE = Attach(AS_DAN, APP, (0, 5))
OFFERED = OfferRide(lease(), CARD)
WAYS: dict[str, tuple[Any, ...]] = {
    "offline": (ONLINE, Detach(AS_DAN, (0, 5))),
    "asleep": (ONLINE, Detach(AS_DAN, (0, 5))),
    "asked in their sleep": (ONLINE, Detach(AS_DAN, (0, 5)), OFFERED),
    "available": (ONLINE,),
    "unavailable": (ONLINE, SetAvailability(AS_DAN, False)),
    "offered": (ONLINE, OFFERED),
    "reserved": (ONLINE, OFFERED, AcceptOffer(AS_DAN, RIDE)),
    "bound": (ONLINE, OFFERED, AcceptOffer(AS_DAN, RIDE), ClaimGranted(CARD, OFFER, "accepted")),
}


def situation_of(driver: DriverActor) -> str:
    if driver.driver.binding in (RESERVED, BOUND):
        return driver.driver.binding
    if driver.app.link is None and driver.driver.wakes_until:
        return "asked in their sleep" if driver.offers.open else "asleep"
    if driver.app.link is None:
        return "offline"
    if not driver.driver.wants_offers:
        return "unavailable"
    return "offered" if driver.offers.open else "available"


def a_driver_who_is(situation: str, **options: Any) -> tuple[Rig, DriverActor]:
    """A driver led to this situation; what was said on the way is forgotten. The ride is a listener and answers nothing."""
    rig = Rig(**options)
    rig.listen(APP, NEWER, DISPATCHER, RIDE_ACTOR)
    actor = rig.driver()
    if "sleep" in situation:
        rig.journal.devices[D1] = None
    rig.tell(ME, *WAYS[situation])
    for address in (APP, DISPATCHER, RIDE_ACTOR):
        rig.heard(address)
    assert situation_of(actor) == situation
    return rig, actor


def now_awake(rig: Rig) -> DriverActor:
    actor = rig.runtime.actor(ME)
    assert isinstance(actor, DriverActor)
    return actor


def said(rig: Rig, address: str) -> str:
    return " ".join(in_short(message) for message in rig.heard(address))


def test_the_written_table_has_every_cell_once() -> None:
    written = [(cell["situation"], cell["message"]) for cell in CELLS]
    assert sorted(written) == sorted((situation, message) for situation in WAYS for message in MESSAGES)


def test_every_message_that_a_driver_handles_is_in_the_table() -> None:
    handled = set(DriverActor.handlers) - set(Actor.handlers) - {Appended, NotAppended}
    assert handled == {type(message) for message in MESSAGES.values()}


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: f"{cell['situation']}: {cell['message']}")
def test_a_driver_does_what_the_written_table_says(cell: dict[str, str]) -> None:
    rig, actor = a_driver_who_is(cell["situation"])
    rig.tell(ME, MESSAGES[cell["message"]])
    assert said(rig, APP) == cell["app"]
    assert said(rig, NEWER) == cell["newer connection"]
    assert said(rig, RIDE_ACTOR) == cell["ride"]
    assert said(rig, DISPATCHER) == cell["dispatcher"]
    assert situation_of(actor) == cell["next"]


def test_a_driver_of_whom_nobody_heard_is_registered_with_what_the_id_tells() -> None:
    rig, _ = a_driver_who_is("available")
    stranger = DriverCard(D1, "Driver d1", "d1", 5.0, "sedan", "-")
    assert rig.journal.events_of(ME) == (DriverRegistered(stranger), DriverOnline(D1))


def test_a_driver_who_was_registered_keeps_the_card() -> None:
    rig = Rig()
    rig.listen(APP, DISPATCHER, RIDE_ACTOR)
    rig.journal.deliver(by_nobody(ME, 0.0, DriverRegistered(DAN)))
    rig.driver()
    rig.tell(ME, *WAYS["reserved"])
    (claim,) = rig.heard(RIDE_ACTOR)
    assert claim.driver == DAN


@pytest.mark.parametrize(("at", "in_time"), [(31.9, True), (32.0, False), (40.0, False)])
def test_an_accept_counts_until_the_late_grace_is_over(at: float, in_time: bool) -> None:
    rig, actor = a_driver_who_is("offered")
    rig.wait(at)
    rig.tell(ME, AcceptOffer(AS_DAN, RIDE))
    assert situation_of(actor) == ("reserved" if in_time else "available")
    assert said(rig, APP) == ("" if in_time else "OfferClosed:expired")
    assert said(rig, DISPATCHER) == ("DriverState:busy:accepted" if in_time else "DriverState:available:expired")


@pytest.mark.parametrize(
    "answer",
    [AcceptOffer(AS_DAN, RIDE), AcceptOffer(AS_DAN, RIDE, OFFER), DeclineOffer(AS_DAN, RIDE, OFFER)],
    ids=in_short,
)
def test_an_answer_to_a_closed_offer_hears_that_closing_again(answer: Any) -> None:
    rig, _ = a_driver_who_is("offered")
    rig.tell(ME, CloseOffer(OFFER, RIDE, "expired"), answer)
    closing = OfferClosed(RIDE, offer_id=OFFER, reason="expired", seq=2)
    assert rig.heard(APP) == [closing, closing]


def test_closings_are_remembered_for_a_bounded_number_of_offers() -> None:
    rig, _ = a_driver_who_is("available")
    for serial in range(1, 101):
        rig.tell(ME, OfferRide(lease(serial=serial), CARD), CloseOffer(lease(serial=serial).offer_id, RIDE, "taken"))
    rig.heard(APP)
    rig.tell(
        ME, AcceptOffer(AS_DAN, RIDE, lease(serial=100).offer_id), AcceptOffer(AS_DAN, RIDE, lease(serial=1).offer_id)
    )
    assert said(rig, APP) == "OfferClosed:taken Refused:no_such_ride"


def test_who_declined_a_ride_is_not_shown_it_again_and_says_why() -> None:
    rig, _ = a_driver_who_is("offered")
    rig.tell(ME, DeclineOffer(AS_DAN, RIDE))
    rig.heard(APP), rig.heard(DISPATCHER)
    rig.tell(ME, OfferRide(lease(serial=2), CARD))
    (state,) = rig.heard(DISPATCHER)
    assert (state.ended, state.outcome, state.ride_id) == (lease(serial=2).offer_id, "declined_before", RIDE)
    assert rig.heard(APP) == []


def test_who_accepts_one_of_two_offers_gives_the_other_back() -> None:
    rig = Rig()
    rig.listen(APP, DISPATCHER, RIDE_ACTOR)
    rig.driver(DriverOptions(live_offers=2))
    rig.tell(ME, ONLINE, OFFERED, MESSAGES["OfferRide"])
    assert [type(message) for message in rig.heard(APP)] == [OfferMade, OfferMade]
    rig.heard(DISPATCHER)
    rig.tell(ME, AcceptOffer(AS_DAN, RIDE))
    assert said(rig, APP) == "OfferClosed:driver_busy"
    assert said(rig, DISPATCHER) == "DriverState:busy:accepted DriverState:busy:driver_busy"


def test_a_driver_without_a_connection_whose_ride_ends_is_offline() -> None:
    rig, actor = a_driver_who_is("bound")
    rig.tell(ME, Detach(AS_DAN, (0, 5), "silent"), ForDriver(DONE, releases="completed"))
    assert situation_of(actor) == "offline"
    assert rig.journal.events_of(ME)[-3:] == (
        DriverOffline(D1, "silent"),
        DriverReleased(RIDE, D1, OFFER, "completed"),
        DriverOffline(D1, "closed"),
    )
    assert said(rig, DISPATCHER).endswith("DriverState:offline")


def test_every_word_to_the_dispatcher_has_a_higher_version() -> None:
    rig, _ = a_driver_who_is("available")
    rig.tell(ME, OFFERED, DeclineOffer(AS_DAN, RIDE), AnnounceState(), AnnounceState())
    states = rig.heard(DISPATCHER)
    assert [state.version for state in states] == sorted({state.version for state in states})
    assert [state.asked for state in states] == [False, True, True]


def test_open_offers_are_named_in_every_word_to_the_dispatcher() -> None:
    rig, _ = a_driver_who_is("offered")
    rig.tell(ME, AnnounceState(), DeclineOffer(AS_DAN, RIDE))
    assert [state.offers for state in rig.heard(DISPATCHER)] == [(OFFER,), ()]


class TestRebuilt:
    """What a driver is after the actor was lost between two messages."""

    def test_an_offer_of_the_life_before_is_closed_and_can_be_answered_no_more(self) -> None:
        rig, _ = a_driver_who_is("offered")
        rig.runtime.rebuild(ME)
        rig.tell(ME, AcceptOffer(AS_DAN, RIDE))
        heard = [in_short(message) for message in rig.heard(APP)]
        assert "OfferClosed:unavailable" in heard and heard[-1] == "OfferClosed:unavailable"
        assert situation_of(now_awake(rig)) == "available"
        assert rig.heard(RIDE_ACTOR) == []

    def test_the_dispatcher_hears_of_a_higher_incarnation_without_offers(self) -> None:
        rig, before = a_driver_who_is("offered")
        rig.runtime.rebuild(ME)
        rig.tell(ME)
        (state,) = rig.heard(DISPATCHER)
        assert state.incarnation > before.life and state.offers == () and state.asked

    def test_a_reserved_driver_asks_the_ride_at_once_and_is_busy(self) -> None:
        rig, _ = a_driver_who_is("reserved")
        rig.runtime.rebuild(ME)
        rig.tell(ME)
        assert [type(message) for message in rig.heard(RIDE_ACTOR)] == [ClaimRide]
        assert said(rig, DISPATCHER) == "DriverState:busy"

    @pytest.mark.parametrize("status", ["accepted", "arrived", "in_progress"])
    def test_a_bound_driver_asks_and_is_bound_again_without_being_told_twice(self, status: str) -> None:
        rig, _ = a_driver_who_is("bound")
        rig.runtime.rebuild(ME)
        rig.tell(ME, ClaimGranted(CARD, OFFER, status))
        assert situation_of(now_awake(rig)) == "bound"
        assert now_awake(rig).claim.status == status
        assert "RideAccepted" not in said(rig, APP)

    def test_the_wish_for_no_offers_is_kept(self) -> None:
        rig, _ = a_driver_who_is("unavailable")
        rig.runtime.rebuild(ME)
        rig.tell(ME)
        assert situation_of(now_awake(rig)) == "unavailable"

    def test_a_driver_whose_coming_was_lost_comes_again_and_is_asked_nothing_until_then(self) -> None:
        rig = Rig()
        rig.listen(APP, DISPATCHER, RIDE_ACTOR)
        rig.driver()
        rig.disk_is_full(True)
        rig.tell(ME, ONLINE)
        rig.disk_is_full(False)
        rig.heard(DISPATCHER)
        rig.tell(ME, OFFERED)
        (state,) = rig.heard(DISPATCHER)
        assert (state.status, state.outcome) == ("unavailable", "unavailable")
        rig.wait(1.0)
        (state,) = rig.heard(DISPATCHER)
        assert state.status == "available"
        assert [type(event) for event in rig.journal.events_of(ME)] == [DriverRegistered, DriverOnline]

    def test_a_reservation_that_did_not_reach_the_disk_is_none(self) -> None:
        rig, _ = a_driver_who_is("offered")
        rig.disk_is_full(True)
        rig.tell(ME, AcceptOffer(AS_DAN, RIDE, OFFER, command()))
        rig.disk_is_full(False)
        rig.wait(5.0)
        assert situation_of(now_awake(rig)) == "available"
        assert {claim.after for claim in rig.heard(RIDE_ACTOR)} == {Recorded(ME, (0, 1), 3)}, (
            "and the ride loses it as well"
        )
        assert not any(isinstance(event, DriverReserved) for event in rig.journal.events_of(ME))
        heard = [in_short(message) for message in rig.heard(APP)]
        assert "Refused:unavailable" in heard and "OfferClosed:unavailable" in heard


class TestOutOfMemory:
    def test_a_reserved_driver_stays_until_the_ride_has_answered_however_long_that_takes(self) -> None:
        rig, _ = a_driver_who_is("reserved")
        rig.tell(ME, Detach(AS_DAN, (0, 5)))
        rig.wait(600.0)
        assert situation_of(now_awake(rig)) == "reserved"
        rig.tell(ME, ClaimRefused(RIDE, OFFER, "taken"))
        rig.wait(119.0)
        assert situation_of(now_awake(rig)) == "offline"
        rig.wait(1.0)
        assert rig.runtime.actor(ME) is None
        assert type(rig.heard(DISPATCHER)[-1]) is DriverGone
        assert rig.board.position(D1) is None

    def test_a_driver_who_is_back_stays(self) -> None:
        rig, _ = a_driver_who_is("offline")
        rig.wait(60.0)
        rig.tell(ME, Attach(AS_DAN, NEWER, (0, 6)))
        rig.wait(600.0)
        assert situation_of(now_awake(rig)) == "available"
        assert not any(isinstance(message, DriverGone) for message in rig.heard(DISPATCHER))
