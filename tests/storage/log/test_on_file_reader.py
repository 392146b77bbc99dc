"""One contract for both read sides: the file's reader and the journal in memory answer alike."""

import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec
import pytest

from dispatch.domain.driver.record import stranger
from dispatch.ids import DriverId, OfferId, PassengerId, PersonId, RideId
from dispatch.messages.base import Command
from dispatch.messages.events import (
    AvailabilitySet,
    DocumentKept,
    DriverFolded,
    DriverOnline,
    DriverRegistered,
    Event,
    OfferPlaced,
    OffersMade,
    PersonAdded,
    RideCancelled,
    RideRequested,
    RideScheduled,
    RoleChanged,
)
from dispatch.messages.journal import Append
from dispatch.ports import JournalReads
from dispatch.runtime import VirtualRuntime
from dispatch.storage.failures import StorageDamaged
from dispatch.storage.log.memory import MemoryJournal
from dispatch.storage.log.on_file import Reader, Writer
from dispatch.storage.tools.seed import SARAH, seed
from dispatch.values import Document, DriverFile, Passenger
from dispatch.words import PersonRole, PersonStatus
from tests.storage.stories import DISPATCHER, DRIVER_ID, MICHAEL, Town, append, booked

Stored = Callable[[Iterable[Append]], JournalReads]


def in_memory(path: Path) -> Stored:
    runtime = VirtualRuntime(1)
    journal = MemoryJournal(runtime, default_passenger=SARAH)

    def stored(story: Iterable[Append]) -> JournalReads:
        for told in story:
            journal.deliver(told)
        return journal

    return stored


def in_a_file(path: Path) -> Stored:
    seed(path, fleet=0)
    writer = Writer(path, "off")
    reader = Reader(path)

    def stored(story: Iterable[Append]) -> JournalReads:
        for told in story:
            writer.write([told])
        return reader

    return stored


@pytest.fixture(params=[in_memory, in_a_file])
def stored(request: pytest.FixtureRequest, path: Path) -> Stored:
    return request.param(path)


@pytest.mark.parametrize("seed_of_town", range(3))
def test_streams_and_rides_are_told_in_the_order_of_the_journal(stored: Stored, seed_of_town: int) -> None:
    story = list(Town(seed_of_town, rides=15).story())
    store = stored(story)
    told = [(each.reply_to, event) for each in story for event in each.events]
    for stream in sorted({stream for stream, _ in told}):
        mine = [event for by, event in told if by == stream]
        assert store.events_of(stream) == tuple(mine)
    for ride_id in sorted({event.ride_id for _, event in told if hasattr(event, "ride_id")}):
        about = [event for _, event in told if getattr(event, "ride_id", None) == ride_id]
        assert store.events_of_ride(ride_id) == tuple(about)


def test_the_file_of_a_driver_is_what_staff_said_last(stored: Stored) -> None:
    who, address = PersonId("d9"), "person/d9"
    driver, staff = PersonRole.DRIVER, PersonRole.STAFF
    store = stored(
        [
            append(address, PersonAdded(who, staff, "Ann", "27821234570", PersonStatus.SUSPENDED)),
            append(address, PersonAdded(who, driver, "Ann", "27821234570", PersonStatus.INVITED)),
            append(address, DocumentKept(who, "permit", "P 1", 5.0), DocumentKept(who, "licence", "L 1", 7.0)),
            append(address, DocumentKept(who, "permit", "P 2", 9.0)),
            append(address, RoleChanged(who, driver, PersonStatus.ACTIVE)),
            append("person/s", PersonAdded(PersonId("s"), staff, "Eve", "27821234571", PersonStatus.ACTIVE)),
            append("person/e", PersonAdded(PersonId("e"), driver, "Bo", "27821234572", PersonStatus.SUSPENDED)),
        ]
    )
    documents = Document("licence", "L 1", 7.0), Document("permit", "P 2", 9.0)
    assert store.driver_file(DriverId("d9")) == DriverFile(PersonStatus.ACTIVE, documents)
    assert store.driver_file(DriverId("e")) == DriverFile(PersonStatus.SUSPENDED)
    assert store.driver_file(DriverId("s")) is None
    assert store.driver_file(DriverId("nobody")) is None


def test_a_driver_is_read_from_the_last_fold_but_one(stored: Stored) -> None:
    """So what was answered before the newest fold is still known, and a long past costs nothing."""
    who = DriverId("d9")
    stream, fold = f"driver/{who}", DriverFolded(who, None, None, True, ())
    wishes = [AvailabilitySet(who, bool(n % 2), Command(f"k{n}", n, who)) for n in range(6)]
    told: list[Event] = [DriverOnline(who)]
    store = stored([append(stream, DriverOnline(who))])
    for event in (wishes[0], fold, wishes[1]):
        told.append(event)
        stored([append(stream, event)])
    assert store.events_of(stream) == tuple(told), "of one fold nothing is left out"
    for event in (wishes[2], fold, wishes[3]):
        stored([append(stream, event)])
    assert store.events_of(stream) == (fold, *wishes[1:3], fold, wishes[3])
    stored([append(stream, wishes[4], fold, wishes[5])])
    assert store.events_of(stream) == (fold, *wishes[3:5], fold, wishes[5])


def test_what_nobody_recorded_is_nothing(stored: Stored) -> None:
    store = stored([booked("r1")])
    assert store.events_of("ride/r2") == ()
    assert store.events_of(DISPATCHER) == ()
    assert store.events_of_ride(RideId("r2")) == ()
    assert not store.ride_exists(RideId("r2"))
    assert store.driver_card(DriverId("nobody")) is None
    assert store.passenger(PassengerId("nobody")) is None


def test_who_was_asked_for_a_ride_is_known_and_who_was_not_is_told_from_nobody(stored: Stored) -> None:
    ride_id, d1, d2 = RideId("r1"), DriverId("d1"), DriverId("d2")
    offers = (OfferPlaced(OfferId("r1.1.1"), d1, 1000.0),)
    store = stored([booked("r1"), append(DISPATCHER, OffersMade(ride_id, 1, 1, offers, 30.0))])
    assert [store.was_asked(d1, ride_id), store.was_asked(d2, ride_id), store.was_asked(d1, RideId("r2"))] == [
        True,
        False,
        False,
    ]


def test_a_ride_exists_from_its_booking_on_and_for_ever(stored: Stored) -> None:
    store = stored([booked("r1")])
    assert store.ride_exists(RideId("r1"))
    stored([append("ride/r1", RideCancelled(RideId("r1"), "passenger"))])
    assert store.ride_exists(RideId("r1"))


def test_open_rides_are_those_that_have_not_ended_the_longest_waiting_first(stored: Stored) -> None:
    store = stored([booked("late", at=9.0), booked("b", at=4.0), booked("a", at=4.0), booked("first", at=1.0)])
    assert store.open_rides() == ["first", "a", "b", "late"]
    stored([append("ride/a", RideCancelled(RideId("a"), "passenger"), at=10.0)])
    assert store.open_rides() == ["first", "b", "late"]


@pytest.mark.parametrize("seed_of_town", range(3))
def test_both_agree_on_which_rides_of_a_town_are_open(path: Path, seed_of_town: int) -> None:
    story = list(Town(seed_of_town, rides=40).story())
    opens = [kind(path)(story).open_rides() for kind in (in_memory, in_a_file)]
    assert opens[0] == opens[1]
    assert opens[0]


def test_a_driver_is_known_by_the_card_registered_last(stored: Stored) -> None:
    renamed = MICHAEL.__class__(DRIVER_ID, "M. Brown", MICHAEL.phone, 4.7, "suv", "CA 1 GP")
    store = stored([append("driver/" + DRIVER_ID, DriverRegistered(MICHAEL))])
    assert store.driver_card(DRIVER_ID) == MICHAEL
    stored([append("driver/" + DRIVER_ID, DriverRegistered(renamed))])
    assert store.driver_card(DRIVER_ID) == renamed
    assert store.driver_card(DriverId("+" + DRIVER_ID)) is None


def test_a_passenger_is_known_once_they_have_booked(stored: Stored) -> None:
    ben = Passenger(PassengerId("ben"), "Ben", "27830000000")
    trip = booked("r1").events[0].trip
    store = stored([append("ride/r1", RideRequested(RideId("r1"), 1, ben, trip, 0.0))])
    assert store.passenger(ben.passenger_id) == ben


def test_a_booking_that_says_no_name_leaves_the_name_on_file(stored: Stored) -> None:
    trip = booked("r1").events[0].trip
    unnamed, ben = Passenger(PassengerId("ben"), "Passenger", "ben"), Passenger(PassengerId("ben"), "Ben", "ben")

    def request(ride: str, who: Passenger, is_named: bool) -> Append:
        return append(f"ride/{ride}", RideRequested(RideId(ride), 1, who, trip, 0.0, is_named=is_named))

    def scheduled(ride: str, who: Passenger, is_named: bool) -> Append:
        return append(f"ride/{ride}", RideScheduled(RideId(ride), who, trip, 9.0, 0.0, is_named=is_named))

    store = stored([request("r1", unnamed, False)])
    assert store.passenger(ben.passenger_id) == unnamed
    stored([request("r2", ben, True), request("r3", unnamed, False), scheduled("r4", unnamed, False)])
    assert store.passenger(ben.passenger_id) == ben
    stored([scheduled("r5", unnamed, True)])
    assert store.passenger(ben.passenger_id) == unnamed, "files of older versions do not tell what was said"


def test_a_driver_on_file_who_is_registered_as_a_stranger_stays_as_on_file(stored: Stored) -> None:
    new = DriverId("27830000001")
    known = msgspec.structs.replace(MICHAEL, driver_id=new)
    store = stored([append("driver/" + new, DriverRegistered(stranger(new)))])
    assert store.driver_card(new) == stranger(new)
    stored([append("driver/" + new, DriverRegistered(card)) for card in (known, stranger(new))])
    assert store.driver_card(new) == known


def test_the_seeded_passenger_is_the_default_one(stored: Stored) -> None:
    store = stored([])
    assert store.default_passenger() == SARAH
    assert store.passenger(SARAH.passenger_id) == SARAH


def plans(path: Path, ask: Callable[[Reader], object]) -> list[str]:
    """How SQLite goes about what a reader is asked, a line for each step."""
    reader, asked = Reader(path), list[str]()
    reader._db.conn.set_trace_callback(asked.append)
    ask(reader)
    reader._db.conn.set_trace_callback(None)
    steps = [row[3] for query in asked for row in reader._db.execute(f"EXPLAIN QUERY PLAN {query}").fetchall()]
    reader.close()
    return [step for step in steps if step.startswith(("SEARCH ", "SCAN "))]


RIDE_NO = "SEARCH rides USING COVERING INDEX sqlite_autoindex_rides_1 (ride_id=?)"
OF_RIDE = "SEARCH events USING INDEX events_ride (ride_no=?)"
PLANS: dict[str, tuple[Callable[[Reader], object], list[str]]] = {
    "events of a ride's own": (lambda reader: reader.events_of("ride/r1"), [OF_RIDE, RIDE_NO]),
    "events about a ride": (
        lambda reader: reader.events_of_ride(RideId("r1")),
        [OF_RIDE, RIDE_NO],
    ),
    "events of a driver": (
        lambda reader: reader.events_of("driver/d1"),
        [
            "SEARCH events USING INDEX events_stream (stream=? AND rowid>?)",
            "SEARCH events USING INDEX events_folds (stream=?)",
        ],
    ),
    "events of a quote": (
        lambda reader: reader.events_of("quote/q1"),
        [
            "SEARCH events USING INDEX events_stream (stream=? AND rowid>?)",
            "SEARCH events USING INDEX events_folds (stream=?)",
        ],
    ),
    "whether a driver was asked": (
        lambda reader: reader.was_asked(DRIVER_ID, RideId("r1")),
        ["SEARCH offers USING INDEX sqlite_autoindex_offers_1 (ride_id=?)"],
    ),
    "whether a ride exists": (lambda reader: reader.ride_exists(RideId("r1")), [RIDE_NO]),
    "rides that are not paid": (
        lambda reader: reader.unpaid_rides(),
        ["SCAN charges USING INDEX charges_pending"],
    ),
    "charges that are not settled": (lambda reader: reader.unsettled(), ["SCAN charges USING INDEX charges_pending"]),
    "rides that got no driver": (
        lambda reader: reader.unserved_since(0.0),
        ["SEARCH rides USING INTEGER PRIMARY KEY (rowid>?)", "SEARCH rides"],
    ),
    "open rides": (
        lambda reader: reader.open_rides(),
        ["SCAN rides USING INDEX rides_open"],
    ),
    "drivers who are reserved": (lambda reader: reader.reserved_drivers(), ["SCAN drivers"]),
    "a driver": (lambda reader: reader.driver_card(DRIVER_ID), ["SEARCH drivers USING PRIMARY KEY (driver_id=?)"]),
    "the file of a driver": (
        lambda reader: reader.driver_file(DRIVER_ID),
        [
            "SEARCH roles USING PRIMARY KEY (person_id=? AND role=?)",
            "SEARCH documents USING PRIMARY KEY (person_id=?) LEFT-JOIN",
        ],
    ),
    "whether a push can wake a driver": (
        lambda reader: reader.has_device(DRIVER_ID),
        ["SEARCH devices USING COVERING INDEX devices_person (person_id=?)"],
    ),
    "the devices of a driver": (
        lambda reader: reader.devices_of(DRIVER_ID),
        ["SEARCH devices USING INDEX devices_person (person_id=?)"],
    ),
    "whose login it was": (
        lambda reader: reader.person_of_login("s1"),
        ["SEARCH login_sessions USING PRIMARY KEY (session_id=?)"],
    ),
    "a passenger": (
        lambda reader: reader.passenger(SARAH.passenger_id),
        ["SEARCH passengers USING PRIMARY KEY (passenger_id=?)"],
    ),
    "the default passenger": (lambda reader: reader.default_passenger(), ["SCAN passengers"]),
    "who is never to meet": (
        lambda reader: reader.blocked_drivers(SARAH.passenger_id),
        ["SEARCH blocked_pairs USING PRIMARY KEY (passenger_id=?)"],
    ),
    "the region of phone numbers": (lambda reader: reader.phone_region(), ["SCAN sqlite_schema"]),
    "the newest event": (lambda reader: reader.newest_at(), ["SCAN events", "SEARCH (subquery-1)"]),
    "events of a dispatcher": (lambda reader: reader.events_of(DISPATCHER), ["SCAN events"]),
}
"""Only a start asks for reserved drivers and the default passenger, and nobody in a hurry for a dispatcher's events. A scan of an index
that holds only what is asked for is as long as the answer.
"""
NOT_ASKED = {"forget", "close", "keep_now", "keeps_at_once", "may_send_ahead"}


@pytest.mark.parametrize("question", PLANS)
def test_every_question_is_answered_by_the_index_that_was_made_for_it(
    writer: Writer, path: Path, question: str
) -> None:
    ask, plan = PLANS[question]
    assert plans(path, ask) == plan


def test_every_question_of_a_reader_has_its_plan() -> None:
    asked = {name for ask, _ in PLANS.values() for name in ask.__code__.co_names}
    questions = {name for name in vars(Reader) if not name.startswith("_")} - NOT_ASKED
    assert questions - asked == set()


class TestFile:
    """What only a file can do."""

    def test_a_file_forgets_nothing(self, writer: Writer, path: Path) -> None:
        told = [booked("r1"), append("ride/r1", RideCancelled(RideId("r1"), "passenger"))]
        writer.write(told)
        reader = Reader(path)
        reader.forget(RideId("r1"))
        assert reader.events_of_ride(RideId("r1")) == tuple(event for each in told for event in each.events)

    def test_without_a_seed_there_is_no_default_passenger(self, writer: Writer, path: Path) -> None:
        writer.write([booked("r1")])
        assert Reader(path).default_passenger() is None

    def test_what_is_committed_later_is_seen_without_opening_again(self, writer: Writer, path: Path) -> None:
        reader = Reader(path)
        assert not reader.ride_exists(RideId("r1"))
        writer.write([booked("r1")])
        assert reader.ride_exists(RideId("r1"))

    def test_a_reader_cannot_write(self, writer: Writer, path: Path) -> None:
        reader = Reader(path)
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            reader._db.execute("DELETE FROM events")

    def test_a_damaged_event_is_named_by_its_row(self, writer: Writer, path: Path) -> None:
        writer.write([booked("r1"), append("ride/r1", RideCancelled(RideId("r1"), "passenger"))])
        writer.db.execute("""UPDATE events SET body = '{"type":"RideCancelled","by":7}' WHERE n = 2""")
        with pytest.raises(
            StorageDamaged, match=r"dispatch\.db is damaged \(event 2 cannot be read: .*`dispatch db restore` a backup"
        ):
            Reader(path).events_of("ride/r1")

    def test_a_closed_reader_has_let_go(self, writer: Writer, path: Path) -> None:
        reader = Reader(path)
        reader.close()
        with pytest.raises(sqlite3.ProgrammingError):
            reader._db.execute("SELECT 1")
