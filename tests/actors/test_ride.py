"""The ride actor: in every status, what it makes of every message that can reach it, as a table written by hand says."""

import ast
import csv
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dispatch.actors.ride import (
    MEANING,
    AskedInVain,
    RideActor,
    _AskAgain,
    _Decide,
    _Overdue,
    _PassengerGone,
    _Rebuilt,
    _Retire,
    _TimeHasCome,
)
from dispatch.domain.places.following import GIVEN_UP, TOLD, WARNED
from dispatch.domain.ride.agreement import FREE
from dispatch.domain.ride.record import STATUSES, VERBS, RideRules
from dispatch.ids import OfferId, RideId
from dispatch.messages.base import Recorded
from dispatch.messages.commands import (
    AssignRide,
    Attach,
    CancelRide,
    ChangeFare,
    CompleteRide,
    Detach,
    EditRide,
    FindDriver,
    RateRide,
    ReassignRide,
    ReportArrived,
    ReportNoShow,
    Resume,
    StartRide,
)
from dispatch.messages.events import RideAssigned, RideCancelled, RideCompleted, RideRequested
from dispatch.messages.journal import Appended, NotAppended
from dispatch.messages.matching import (
    AnnounceHold,
    AnnounceState,
    ClaimRide,
    DeskAnswered,
    DriverStalled,
    EndSearch,
    ForDriver,
    PassengerBusy,
    PassengerTaken,
    RoundOpened,
    SearchDriver,
    SearchExhausted,
    TrackGrown,
)
from dispatch.messages.notices import (
    Ack,
    DriverAssigned,
    PassengerSnapshot,
    Refused,
    RideEnded,
    RideProgress,
    Searching,
)
from dispatch.messages.providers import (
    FareCollected,
    FareDeclined,
    FareUnknown,
    NotPriced,
    Priced,
    QuoteGranted,
    QuoteRefused,
    TextSent,
)
from dispatch.principals import OPERATIONS
from dispatch.runtime.actor import Actor
from dispatch.values import DriverCard, FareLine, Money, Place, Price, RideTerms
from tests.actors.rig import ANN, AS_ANN, AS_DAN, AS_EVE, DAN, DEARER, EVE, RIDE, TRIP, Rig, command, in_short

D1, D2 = DAN.driver_id, EVE.driver_id
PASSENGER, NEWER, DISPATCHER = "session/5", "session/6", "dispatcher/0"
ROOT = Path(__file__).parents[2]
TABLE = ROOT / "tests" / "data" / "ride_messages.csv"
with TABLE.open(encoding="utf-8", newline="") as rows:
    CELLS = list(csv.DictReader(rows))
DESK = "request/1"
BOOKED = FindDriver(AS_ANN, RIDE, TRIP, ANN)
LATER = FindDriver(AS_ANN, RIDE, TRIP, ANN, pickup_at=7200.0)
_AFTER_FIVE_MINUTES = ReportNoShow(AS_DAN, RIDE)


def claim(driver: DriverCard, search_no: int = 1) -> ClaimRide:
    return ClaimRide(RIDE, search_no, 1, OfferId(f"r1.{search_no}.{driver.driver_id}"), driver, -26.195, 28.0473)


PRICE = Price(Money(9000, "ZAR"), (FareLine("base", 9000),), 5200, 900)
"""That nobody asked for."""
MESSAGES: dict[str, Any] = {
    "Attach": Attach(AS_ANN, NEWER, (0, 6)),
    "Attach of an older connection": Attach(AS_ANN, "session/4", (0, 4)),
    "Detach": Detach(AS_ANN, (0, 5)),
    "Detach of an older connection": Detach(AS_ANN, (0, 4)),
    "Resume": Resume(AS_ANN, (0, 5), "", 0),
    "Resume of an older connection": Resume(AS_ANN, (0, 4), "", 0),
    "FindDriver": BOOKED,
    "FindDriver at other terms": FindDriver(AS_ANN, RIDE, DEARER, ANN),
    "FindDriver for later": LATER,
    "CancelRide by the passenger": CancelRide(AS_ANN, RIDE),
    "CancelRide by the driver": CancelRide(AS_DAN, RIDE),
    "CancelRide by a stranger": CancelRide(AS_EVE, RIDE),
    "CancelRide by operations": CancelRide(OPERATIONS, RIDE, "a complaint", reply_to=DESK),
    "AssignRide": AssignRide(OPERATIONS, RIDE, DESK, D2),
    "ReassignRide": ReassignRide(OPERATIONS, RIDE, DESK, "late"),
    "ChangeFare": ChangeFare(OPERATIONS, RIDE, DESK, 80.0, "agreed"),
    "EditRide of the note": EditRide(OPERATIONS, RIDE, DESK, note="the blue gate"),
    "EditRide of the pickup": EditRide(OPERATIONS, RIDE, DESK, pickup=Place(-26.21, 28.05, "9 Elm St")),
    "RoundOpened": RoundOpened(1, 1, 5, 30.0),
    "RoundOpened of an older search": RoundOpened(0, 1, 5, 30.0),
    "SearchExhausted": SearchExhausted(1, "nobody near", 4, 0),
    "SearchExhausted of an older search": SearchExhausted(0, "nobody near", 4, 0),
    "ClaimRide by the driver": claim(DAN),
    "ClaimRide by another": claim(EVE),
    "ClaimRide of an older search": claim(EVE, 0),
    "ReportArrived": ReportArrived(AS_DAN, RIDE),
    "StartRide": StartRide(AS_DAN, RIDE),
    "CompleteRide": CompleteRide(AS_DAN, RIDE),
    "ReportArrived by a stranger": ReportArrived(AS_EVE, RIDE),
    "StartRide by a stranger": StartRide(AS_EVE, RIDE),
    "CompleteRide by a stranger": CompleteRide(AS_EVE, RIDE),
    "ReportNoShow": ReportNoShow(AS_DAN, RIDE),
    "ReportNoShow by a stranger": ReportNoShow(AS_EVE, RIDE),
    "Priced": Priced((0, 0), PRICE),
    "NotPriced": NotPriced((0, 0), "down"),
    "QuoteGranted": QuoteGranted(RIDE, (0, 0), PRICE),
    "QuoteRefused": QuoteRefused(RIDE, (0, 0), "quote_expired", "too old"),
    "AskedInVain": AskedInVain((0, 0), "nobody knows"),
    "PassengerTaken": PassengerTaken((0, 0)),
    "PassengerBusy": PassengerBusy((0, 0), RideId("r9")),
    "AnnounceHold": AnnounceHold(ANN.passenger_id),
    "Overdue": _Overdue(0.0),
    "DriverStalled and to be warned": DriverStalled(D1, "standing_still", WARNED),
    "DriverStalled and to be told": DriverStalled(D1, "standing_still", TOLD),
    "DriverStalled for too long": DriverStalled(D1, "standing_still", GIVEN_UP),
    "DriverStalled of another driver": DriverStalled(D2, "standing_still", GIVEN_UP),
    "TrackGrown": TrackGrown(D1),
    "RateRide by the passenger": RateRide(AS_ANN, RIDE, 4),
    "RateRide by the driver": RateRide(AS_DAN, RIDE, 5),
    "RateRide by a stranger": RateRide(AS_EVE, RIDE, 1),
    "TimeHasCome": _TimeHasCome(7200.0),
    "PassengerGone": _PassengerGone((0, 5)),
    "Retire": _Retire((0, 5)),
    "Rebuilt": _Rebuilt(),
    "Decide": _Decide(7.0),
    "FareCollected": FareCollected(1, "ch_1"),
    "FareDeclined": FareDeclined(1, "refused"),
    "FareUnknown": FareUnknown(1, "down"),
    "AskAgain": _AskAgain(1),
    "AnnounceState": AnnounceState(),
    "TextSent": TextSent(1),
}
AWAY = ("PassengerGone", "Retire")
"""Messages that concern a passenger without a connection."""
WAYS: dict[str, tuple[Any, ...]] = {
    "unbooked": (),
    "scheduled": (LATER,),
    "pending": (BOOKED,),
    "accepted": (BOOKED, claim(DAN)),
    "arrived": (BOOKED, claim(DAN), ReportArrived(AS_DAN, RIDE)),
    "in_progress": (BOOKED, claim(DAN), ReportArrived(AS_DAN, RIDE), StartRide(AS_DAN, RIDE)),
    "completed": (BOOKED, claim(DAN), ReportArrived(AS_DAN, RIDE), StartRide(AS_DAN, RIDE), CompleteRide(AS_DAN, RIDE)),
    "cancelled": (BOOKED, CancelRide(AS_ANN, RIDE)),
    "no_drivers": (BOOKED, SearchExhausted(1, "nobody near", 4, 0)),
    "no_show": (BOOKED, claim(DAN), ReportArrived(AS_DAN, RIDE), _AFTER_FIVE_MINUTES),
}


def a_ride_that_is(status: str, away: bool = False, **options: Any) -> tuple[Rig, RideActor]:
    """A ride led to this status by the shortest whole way; what was said on the way is forgotten."""
    rig = Rig(**options)
    rig.listen(PASSENGER, NEWER, DISPATCHER, "driver/d1", "driver/d2")
    actor = rig.ride()
    rig.tell("ride/r1", Attach(AS_ANN, PASSENGER, (0, 5)))
    for step in WAYS[status]:
        if step is _AFTER_FIVE_MINUTES:
            rig.wait(300.0)
        rig.tell("ride/r1", step)
    if away:
        rig.tell("ride/r1", Detach(AS_ANN, (0, 5)))
    for address in (PASSENGER, DISPATCHER, "driver/d1", "driver/d2"):
        rig.heard(address)
    assert actor.ride.status == status
    return rig, actor


def said(rig: Rig, *addresses: str) -> str:
    return " ".join(in_short(message) for address in addresses for message in rig.heard(address))


def test_the_written_table_has_every_cell_once() -> None:
    written = [(cell["status"], cell["message"]) for cell in CELLS]
    assert sorted(written) == sorted((status, message) for status in STATUSES for message in MESSAGES)


def test_every_message_that_a_ride_handles_is_in_the_table() -> None:
    handled = set(RideActor.handlers) - set(Actor.handlers) - {Appended, NotAppended}
    assert handled == {type(message) for message in MESSAGES.values()}


def test_every_event_of_a_ride_says_what_it_means_to_whom() -> None:
    assert set(MEANING) == set(VERBS), "the record knows these"


def test_a_ride_is_read_in_seven_files() -> None:
    """The shell, and what it imports of actors and of the ride's own rules, all the way down."""
    read, found = [ROOT / "dispatch" / "actors" / "ride.py"], set()
    while read:
        file = read.pop()
        found.add(file.relative_to(ROOT / "dispatch").as_posix())
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith(
                ("dispatch.actors", "dispatch.domain.ride")
            ):
                module = ROOT.joinpath(*str(node.module).split("."))
                files = (
                    [module / f"{alias.name}.py" for alias in node.names]
                    if module.is_dir()
                    else [module.with_suffix(".py")]
                )
                read += [file for file in files if file.relative_to(ROOT / "dispatch").as_posix() not in found]
    assert found == {
        "actors/ride.py",
        "actors/recorded.py",
        "actors/parts/askers.py",
        "actors/parts/conversation.py",
        "domain/ride/record.py",
        "domain/ride/agreement.py",
        "domain/ride/journey.py",
    }


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: f"{cell['status']}: {cell['message']}")
def test_a_ride_does_what_the_written_table_says(cell: dict[str, str]) -> None:
    rig, actor = a_ride_that_is(cell["status"], away=cell["message"] in AWAY)
    rig.tell("ride/r1", MESSAGES[cell["message"]])
    assert said(rig, PASSENGER) == cell["passenger"]
    assert said(rig, NEWER) == cell["newer connection"]
    assert said(rig, "driver/d1", "driver/d2") == cell["driver"]
    assert said(rig, DISPATCHER) == cell["dispatcher"]
    awake = rig.runtime.actor("ride/r1") is not None
    assert (actor.ride.status if awake else "asleep") == cell["next"]


def test_a_booking_is_acknowledged_when_its_first_round_is_told() -> None:
    rig, _ = a_ride_that_is("unbooked")
    rig.tell("ride/r1", FindDriver(AS_ANN, RIDE, TRIP, ANN, command()))
    assert rig.heard(PASSENGER) == []
    rig.tell("ride/r1", RoundOpened(1, 1, 5, 30.0, 4, 5))
    told = Searching(
        RIDE, round=1, rounds_max=4, drivers_notified=5, asked_total=5, fare=85.5, expires_at=30.0,
        search_expires_at=180.0, seq=1,
    )  # fmt: skip
    assert rig.heard(PASSENGER) == [told, Ack("ok", "k1")]
    rig.tell("ride/r1", RoundOpened(1, 2, 5, 60.0, 4, 8))
    again = msgspec.structs.replace(told, round=2, asked_total=8, expires_at=60.0, seq=2)
    assert rig.heard(PASSENGER) == [again], "only the first is acknowledged"


def test_the_search_is_asked_for_with_its_number_and_its_second() -> None:
    rig, _ = a_ride_that_is("unbooked")
    rig.wait(3.0)
    rig.tell("ride/r1", BOOKED)
    rig.wait(4.0)
    rig.tell("ride/r1", FindDriver(AS_ANN, RIDE, DEARER, ANN))
    first, second = rig.heard(DISPATCHER)
    assert [(type(m), m.ride.search_no, m.ride.trip.fare, m.since) for m in (first, second)] == [
        (SearchDriver, 1, 85.5, 3.0),
        (SearchDriver, 2, 120.0, 7.0),
    ]


def test_whoever_books_first_owns_the_ride() -> None:
    rig, actor = a_ride_that_is("pending")
    rig.tell("ride/r1", FindDriver(AS_ANN, RIDE, DEARER, msgspec.structs.replace(ANN, name="Eve")))
    assert actor.ride.passenger == ANN


def test_an_assignment_tells_who_comes_how_far_they_are_and_ends_that_search() -> None:
    rig, _ = a_ride_that_is("pending")
    rig.wait(5.0)
    rig.tell("ride/r1", claim(DAN))
    (assigned,) = rig.heard(PASSENGER)
    assert (assigned.driver, assigned.lat, assigned.lon) == (DAN, -26.195, 28.0473)
    assert assigned.distance_m == pytest.approx(1.3 * 1012, rel=0.01)
    assert assigned.eta_s == pytest.approx(1.3 * 1012 / (25 / 3.6), rel=0.01)
    assert rig.heard(DISPATCHER) == [EndSearch(RIDE, 1, "taken")]
    event = rig.journal.events_of("ride/r1")[-1]
    assert event == RideAssigned(RIDE, DAN, OfferId("r1.1.d1"), 1, 5.0, assigned.eta_s)


def test_a_driver_whose_position_is_unknown_is_assigned_without_one() -> None:
    rig, _ = a_ride_that_is("pending")
    rig.tell("ride/r1", ClaimRide(RIDE, 1, 1, OfferId("r1.1.d1"), DAN))
    assert rig.heard(PASSENGER) == [DriverAssigned(RIDE, DAN, cancel=FREE, seq=1)]


def test_the_time_of_the_trip_is_measured_from_its_start_or_is_what_the_app_said() -> None:
    for status, minutes in (("accepted", 15.0), ("in_progress", 12.0)):
        rig, _ = a_ride_that_is(status)
        rig.wait(720.0)
        rig.tell("ride/r1", CompleteRide(AS_DAN, RIDE, command()))
        assert [message.duration_min for message in rig.heard(PASSENGER)] == [minutes]
        (moved,) = rig.heard("driver/d1")
        assert (moved.command, moved.releases, moved.notice.duration_min) == (command(), "completed", minutes)


@pytest.mark.parametrize(
    ("status", "skipped"), [("accepted", ("arrived", "started")), ("arrived", ("started",)), ("in_progress", ())]
)
def test_what_a_driver_never_reported_is_on_record_as_skipped(status: str, skipped: tuple[str, ...]) -> None:
    rig, _ = a_ride_that_is(status)
    rig.tell("ride/r1", CompleteRide(AS_DAN, RIDE))
    assert rig.journal.events_of("ride/r1")[-1] == RideCompleted(RIDE, D1, 85.5, skipped)


def test_a_refusal_says_what_cannot_be_done_and_why() -> None:
    rig, _ = a_ride_that_is("arrived")
    rig.tell("ride/r1", ReportArrived(AS_DAN, RIDE, command()))
    (refused,) = rig.heard("driver/d1")
    assert (refused.text, refused.command) == ("cannot arrive at a ride that is arrived", command())


def test_a_passenger_who_is_gone_for_a_minute_while_searching_is_cancelled_by_the_system() -> None:
    rig, actor = a_ride_that_is("pending", away=True)
    rig.wait(59.9)
    assert actor.ride.status == "pending"
    rig.wait(0.1)
    assert rig.journal.events_of("ride/r1")[-1] == RideCancelled(RIDE, "system", "the passenger left")
    assert rig.heard(DISPATCHER) == [EndSearch(RIDE, 1, "cancelled")]


def test_a_passenger_who_returns_within_the_minute_loses_nothing() -> None:
    rig, actor = a_ride_that_is("pending", away=True)
    rig.wait(59.0)
    rig.tell("ride/r1", Attach(AS_ANN, NEWER, (0, 6)))
    rig.wait(600.0)
    assert actor.ride.status == "pending"
    assert rig.heard(NEWER) == [PassengerSnapshot(RIDE, "pending", 85.5, trip=TRIP, terms=RideTerms(FREE), seq=1)]


def test_once_assigned_the_ride_goes_on_without_the_passengers_connection() -> None:
    rig, actor = a_ride_that_is("accepted", away=True)
    rig.wait(600.0)
    assert actor.ride.status == "accepted"


def test_a_ride_that_is_over_leaves_memory_a_minute_after_its_passenger_and_comes_back_for_whoever_asks() -> None:
    rig, _ = a_ride_that_is("completed", away=True)
    rig.wait(59.9)
    assert rig.runtime.actor("ride/r1") is not None
    rig.wait(0.1)
    assert rig.runtime.actor("ride/r1") is None
    rig.tell("ride/r1", Attach(AS_ANN, NEWER, (0, 6)))
    (snapshot,) = rig.heard(NEWER)
    assert snapshot.epoch != "", "its numbers begin anew"
    assert (snapshot.status, snapshot.driver, snapshot.seq) == ("completed", DAN, 1)


def test_a_ride_stays_in_memory_while_its_passenger_is_connected() -> None:
    rig, _ = a_ride_that_is("completed")
    rig.wait(600.0)
    assert rig.runtime.actor("ride/r1") is not None


def test_cancelling_twice_hears_the_same_end_twice() -> None:
    rig, _ = a_ride_that_is("pending")
    rig.tell("ride/r1", CancelRide(AS_ANN, RIDE, "late", command=command()), CancelRide(AS_ANN, RIDE))
    ended = RideEnded(RIDE, by="passenger", reason="late", seq=1, fee=0)
    assert rig.heard(PASSENGER) == [ended, Ack("ok", "k1"), ended]


def test_a_cancel_that_did_not_reach_the_disk_leaves_the_ride_as_it_was() -> None:
    rig, _ = a_ride_that_is("accepted")
    rig.disk_is_full(True)
    rig.tell("ride/r1", CancelRide(AS_ANN, RIDE, command=command()))
    rig.disk_is_full(False)
    actor = rig.runtime.actor("ride/r1")
    assert isinstance(actor, RideActor) and actor.ride.status == "accepted"
    assert rig.heard("driver/d1") == []
    refused = [message for message in rig.heard(PASSENGER) if isinstance(message, Refused)]
    assert [(message.code, message.id) for message in refused] == [("unavailable", "k1")]


def test_a_step_that_did_not_reach_the_disk_is_told_to_the_driver_who_took_it() -> None:
    rig, _ = a_ride_that_is("accepted")
    rig.disk_is_full(True)
    rig.tell("ride/r1", ReportArrived(AS_DAN, RIDE, command()))
    rig.disk_is_full(False)
    assert [(message.code, message.command) for message in rig.heard("driver/d1")] == [("unavailable", command())]
    assert not any(isinstance(message, RideProgress) for message in rig.heard(PASSENGER))


def test_nothing_is_told_before_it_is_on_disk() -> None:
    rig, _ = a_ride_that_is("unbooked", delay_s=(0.01, 0.01))
    rig.tell("ride/r1", BOOKED, CancelRide(AS_ANN, RIDE))
    assert rig.heard(PASSENGER) == []
    rig.wait(0.01)
    assert rig.journal.events_of("ride/r1")[0] == RideRequested(RIDE, 1, ANN, TRIP, 0.0)
    assert [type(message) for message in rig.heard(PASSENGER)] == [RideEnded]


@pytest.mark.parametrize(
    ("status", "told", "receiver", "message_type"),
    [
        ("unbooked", BOOKED, DISPATCHER, SearchDriver),
        ("in_progress", CompleteRide(AS_DAN, RIDE), "driver/d1", ForDriver),
    ],
)
def test_who_records_something_because_of_it_hears_it_before_and_what_it_hangs_on(
    status: str, told: Any, receiver: str, message_type: type
) -> None:
    rig, actor = a_ride_that_is(status)
    rig.journal._delay_s = (0.01, 0.01)
    rig.tell("ride/r1", told)
    (message,) = rig.heard(receiver)
    assert type(message) is message_type
    assert message.after == Recorded("ride/r1", actor.incarnation, len(rig.journal.events_of("ride/r1")) + 1)


def test_other_steps_wait_for_the_disk() -> None:
    rig, _ = a_ride_that_is("accepted")
    rig.journal._delay_s = (0.01, 0.01)
    rig.tell("ride/r1", ReportArrived(AS_DAN, RIDE))
    assert rig.heard("driver/d1") == []
    rig.wait(0.01)
    (moved,) = rig.heard("driver/d1")
    assert (moved.notice.status, moved.after) == ("arrived", None)


def test_times_are_settings() -> None:
    rig = Rig()
    rig.listen(PASSENGER, DISPATCHER)
    rig.ride(RideRules(link_grace_s=5.0, retire_after_s=2.0))
    rig.tell("ride/r1", Attach(AS_ANN, PASSENGER, (0, 5)), BOOKED, Detach(AS_ANN, (0, 5)))
    rig.wait(5.0)
    assert isinstance(rig.journal.events_of("ride/r1")[-1], RideCancelled)
    rig.wait(2.0)
    assert rig.runtime.actor("ride/r1") is None


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        ("unbooked", DeskAnswered("unbooked", "no_such_ride", "there is no such ride")),
        ("in_progress", DeskAnswered("cancelled", by="ops", reason="a complaint")),
        ("completed", DeskAnswered("completed", code="illegal_now", text="cannot cancel a ride that is completed")),
        ("cancelled", DeskAnswered("cancelled", by="passenger", reason="")),
    ],
)
def test_operations_hear_what_became_of_it(status: str, answer: DeskAnswered) -> None:
    rig, _ = a_ride_that_is(status)
    rig.listen(DESK)
    rig.tell("ride/r1", MESSAGES["CancelRide by operations"])
    assert rig.heard(DESK) == [answer]
