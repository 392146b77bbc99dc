"""What staff did, as it is read of a file."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from dispatch import addresses
from dispatch.identity.people import Document, NewPerson
from dispatch.ids import DriverId, PersonId, RideId
from dispatch.messages.events import Event, FareChanged, RideRequested, RideUnassigned, StaffActed
from dispatch.messages.journal import Append
from dispatch.storage.log.on_file import Writer
from dispatch.storage.people import people
from dispatch.storage.tables.opening import open_read_only
from dispatch.storage.tools.audit import _PAGE, Wanted, audit_page
from dispatch.words import Party, PersonRole, PersonStatus
from tests.storage.stories import RIDE, SARAH, TRIP

MAX, EVA = "p-max", "p-eva"
OTHER = RideId("ride-2")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, str]]:
    path = tmp_path_factory.mktemp("audit") / "dispatch.db"
    writer = Writer(path, "off")

    def happened(at: float, ride: RideId, *events: Event) -> None:
        writer.write([Append(addresses.ride(ride), 1, 1, at, events)])

    happened(10.0, RIDE, RideRequested(RIDE, 1, SARAH, TRIP, 10.0, booked_by=MAX), StaffActed(RIDE, MAX, "book"))
    happened(20.0, OTHER, RideRequested(OTHER, 1, SARAH, TRIP, 20.0))
    happened(30.0, OTHER, StaffActed(OTHER, EVA, "bind", DriverId("d1")))
    happened(40.0, RIDE, StaffActed(RIDE, MAX, "close"))
    new = NewPerson(role=PersonRole.DRIVER, phone="27821234568", name="Dan", is_manager=False)
    dan, _ = people.add(writer, new, 50.0, EVA, lambda: PersonId("d1"))
    people.change(writer, dan.person_id, 55.0, EVA, vehicle_type="van")
    people.set_status(writer, dan.person_id, PersonRole.DRIVER, PersonStatus.SUSPENDED, 60.0)  # by the command line
    people.set_status(writer, dan.person_id, PersonRole.DRIVER, PersonStatus.ACTIVE, 70.0, EVA, "the tyres are new")
    writer.close()
    with closing(open_read_only(path)) as db:
        yield db, str(path)


def test_what_a_status_was_before_is_told_beside_what_it_is_now(file: tuple[Database, str]) -> None:
    told, _ = audit_page(*file, Wanted(person="d1"), 2**62, 50)
    changed = next(act for act in told if act["action"] == "set_status")
    assert (changed["status_before"], changed["status"]) == ("suspended", "active")


def acts(file: tuple[Database, str], **wanted: Any) -> list[tuple[str, str]]:
    told, last = audit_page(*file, Wanted(**wanted), 2**62, 50)
    assert last is None
    return [(act["staff_id"], act["action"]) for act in told]


def test_everything_that_staff_did_is_there_the_newest_first(file: tuple[Database, str]) -> None:
    assert acts(file) == [
        (EVA, "set_status"),
        (EVA, "change_person"),
        (EVA, "add_person"),
        (MAX, "close"),
        (EVA, "bind"),
        (MAX, "book"),
    ]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"staff": MAX}, ["close", "book"]),
        ({"ride": OTHER}, ["bind"]),
        ({"person": "d1"}, ["set_status", "change_person", "add_person", "bind"]),
        ({"since": 30.0, "until": 40.0}, ["bind"]),
        ({"staff": "nobody"}, []),
    ],
)
def test_it_can_be_asked_for_by_staff_ride_person_and_time(
    file: tuple[Database, str], wanted: dict[str, Any], found: list[str]
) -> None:
    assert [action for _, action in acts(file, **wanted)] == found


def test_pages_go_on_where_the_one_before_ended(file: tuple[Database, str]) -> None:
    first, after = audit_page(*file, Wanted(), 2**62, 3)
    assert after is not None
    rest, end = audit_page(*file, Wanted(), after, 3)
    assert [len(first), len(rest), end] == [3, 3, None]


def test_the_reason_stands_beside_what_it_was_given_for(file: tuple[Database, str]) -> None:
    (act, added, *_), _ = audit_page(*file, Wanted(), 2**62, 50)
    assert (act["status"], act["reason"]) == ("active", "the tyres are new")
    assert "reason" not in added


def test_no_phone_and_no_name_is_told(file: tuple[Database, str]) -> None:
    told, _ = audit_page(*file, Wanted(), 2**62, 50)
    assert "27821234568" not in str(told) and "Dan" not in str(told)


def test_it_is_found_by_its_index(file: tuple[Database, str]) -> None:
    asked = {"staff": "", "ride": "", "person": "", "before": 9, "since": 0.0, "until": 9.0, "limit": 9}
    plan = " ".join(row[-1] for row in file[0].conn.execute(f"EXPLAIN QUERY PLAN {_PAGE}", asked))
    assert "events_audit" in plan


def test_a_fare_that_was_changed_is_one_act(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "dispatch.db", "off")
    events = (FareChanged(RIDE, 80.0, "agreed", MAX, 5.0), StaffActed(RIDE, MAX, "fare"))
    writer.write([Append(addresses.ride(RIDE), 1, 1, 5.0, events)])
    writer.close()
    with closing(open_read_only(tmp_path / "dispatch.db")) as db:
        assert acts((db, str(tmp_path / "dispatch.db"))) == [(MAX, "fare")]


def test_what_a_ride_and_a_document_were_before_is_told(tmp_path: Path) -> None:
    path = tmp_path / "dispatch.db"
    writer = Writer(path, "off")
    dan = people.add(writer, NewPerson(role=PersonRole.DRIVER, phone="27821234568", name="Dan"), 1.0)[0].person_id
    for at, ends_at in ((2.0, 86_400.0), (3.0, 172_800.0)):
        people.keep_document(writer, dan, Document("permit", "", ends_at), at, MAX)
    gone = RideUnassigned(OTHER, DriverId("d1"), 2, Party.OPS, "ill", 6.0)
    for ride, at, *events in (
        (RIDE, 4.0, RideRequested(RIDE, 1, SARAH, TRIP, 4.0)),
        (OTHER, 4.0, RideRequested(OTHER, 1, SARAH, TRIP, 4.0)),
        (RIDE, 5.0, FareChanged(RIDE, 80.0, "agreed", MAX, 5.0), StaffActed(RIDE, MAX, "fare")),
        (OTHER, 6.0, gone, StaffActed(OTHER, MAX, "reassign")),
    ):
        writer.write([Append(addresses.ride(ride), 1, 1, at, tuple(events))])
    writer.close()
    with closing(open_read_only(path)) as db:
        (reassigned, fare, second, first), _ = audit_page(db, str(path), Wanted(), 2**62, 50)
    assert reassigned["driver_before"] == "d1"
    assert (fare["fare_before"], fare["fare"]) == (TRIP.fare, 80.0)
    assert (second["expires_before"][:10], second["expires_at"][:10]) == ("1970-01-02", "1970-01-03")
    assert "expires_before" not in first
