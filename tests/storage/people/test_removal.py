"""After a removal no byte of the person is left in the file, everybody else is as before, and the file is sound."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from dispatch import addresses
from dispatch.identity.people import Document, NewPerson, NoSuchPerson, RideIsOpen, StillConnected
from dispatch.ids import DriverId, OfferId, PassengerId, PersonId, QuoteId, RideId
from dispatch.messages.base import Command
from dispatch.messages.events import (
    ChargeRequested,
    ChargeSettled,
    DriverOffline,
    DriverOnline,
    DriverRegistered,
    DriverReleased,
    DriverReserved,
    OfferDeclined,
    QuoteMade,
    QuoteTaken,
    RideAssigned,
    RideCancelled,
    RideCompleted,
    RideRated,
    RideRequested,
    RideStarted,
    TrackRecorded,
)
from dispatch.storage.health.check import findings
from dispatch.storage.log.on_file import Reader, Writer
from dispatch.storage.log.wiping import wipe
from dispatch.storage.people import devices, erasing, people, removal, requests
from dispatch.storage.people.removal import Removed, named, whereabouts
from dispatch.storage.tables.schema import TABLES
from dispatch.storage.tools.blocks import block
from dispatch.values import DriverCard, Money, Passenger, Place, Trip
from dispatch.words import PersonRole
from tests.storage.stories import DRIVER_ID, EVERY_KIND, MICHAEL, PRICE, SARAH, Town, append

HOME, WORK = Place(-26.20417, 28.04731, "7 Canary Close"), Place(-26.18533, 28.05577, "9 Canary Court")
DEVICE_TOKEN = "what-the-push-service-calls-it"
ROSA = Passenger(PassengerId("27820000777"), "Rosa Kanarienvogel", "27820000777")
TOM = DriverCard(DriverId("27820000888"), "Tom Kanarienhahn", "27820000888", 4.5, "sedan", "CNRY 88 GP")
CANARY_TRIP = Trip(HOME, WORK, 3.0, 9.0, 50.0, note="ring Rosa at 082 000 0777")
WRITTEN: dict[str, tuple[bytes, ...]] = {
    ROSA.passenger_id: (b"27820000777", b"0820000777", b"082 000 0777", b"Rosa", b"Kanarienvogel", b"Canary", b"CaNaRyR",
                        b"-26.20417", b"28.05577"),
    TOM.driver_id: (b"27820000888", b"0820000888", b"Tom", b"Kanarienhahn", b"CNRY 88", b"LIC-888", b"CaNaRyT"),
}  # fmt: skip
"""What must not be left of each: the number as it is written anywhere, names, plates, places and texts."""


def ride(n: int, passenger: Passenger, card: DriverCard, at: float, trip: Trip = CANARY_TRIP) -> Iterator[Any]:
    """A whole ride, with a decline, a quote, a track, ratings with comments, and a charge."""
    ride_id, offer, quote = RideId(f"canary-{n}"), OfferId(f"canary-o{n}"), QuoteId(f"canary-q{n}")
    stream, driver = addresses.ride(ride_id), addresses.driver(card.driver_id)
    own = "CaNaRyR" if passenger is ROSA else ""
    said = own + ("CaNaRyT" if card is TOM else "")
    way = ((0.0, trip.pickup.lat, trip.pickup.lon), (20.0, trip.dropoff.lat, trip.dropoff.lon))
    owner = passenger.passenger_id if n % 2 else None
    yield append(
        addresses.quote(quote), QuoteMade(quote, owner, trip.pickup, trip.dropoff, "sedan", PRICE, at, at + 300), at=at
    )
    yield append(addresses.quote(quote), QuoteTaken(quote, ride_id, at), at=at)
    yield append(stream, RideRequested(ride_id, 1, passenger, trip, at, price=PRICE, claim=trip, quote_id=quote), at=at)
    yield append(driver, OfferDeclined(ride_id, card.driver_id, offer, f"{said}: too far for me"), at=at)
    yield append(driver, DriverReserved(ride_id, card.driver_id, offer, 1, 1), at=at + 1)
    yield append(stream, RideAssigned(ride_id, card, offer, 1, at + 1), at=at + 1)
    yield append(stream, RideStarted(ride_id, card.driver_id, at + 2), at=at + 2)
    yield append(stream, TrackRecorded(ride_id, card.driver_id, "on_trip", at + 2, way, 1490.5), at=at + 9)
    yield append(
        stream,
        RideCompleted(ride_id, card.driver_id, 50.0),
        ChargeRequested(ride_id, passenger.passenger_id, Money(5000, "ZAR")),
        ChargeSettled(ride_id, f"ch_{n}"),
        RideRated(ride_id, "passenger", 4, f"{said}: a fine drive", card.driver_id, passenger.passenger_id),
        RideRated(ride_id, "driver", 5, f"{said}: a fine guest", card.driver_id, passenger.passenger_id),
        at=at + 10,
    )
    yield append(driver, DriverReleased(ride_id, card.driver_id, offer, "completed"), at=at + 10)
    over = RideId(f"canary-x{n}")
    yield append(addresses.ride(over), RideRequested(over, 1, passenger, trip, at + 20), at=at + 20)
    yield append(addresses.ride(over), RideCancelled(over, "passenger", f"{own}: my plans"), at=at + 21)


def canaries(at: float = 10_000.0) -> Iterator[Any]:
    """Rosa rides with Tom and with Michael, Sarah with Tom."""
    driver = addresses.driver(TOM.driver_id)
    yield append(driver, DriverRegistered(TOM), DriverOnline(TOM.driver_id), at=at)
    yield from ride(1, ROSA, TOM, at + 100)
    yield from ride(2, ROSA, MICHAEL, at + 200)
    plain = Trip(Place(-26.1, 28.1, "Main"), Place(-26.2, 28.2, "Oak"), 3.0, 9.0, 50.0)
    yield from ride(3, SARAH, TOM, at + 300, plain)
    yield append(driver, DriverOffline(TOM.driver_id, "closed"), at=at + 400)


def fill(writer: Writer, seed: int | None = None) -> None:
    """A lively file: one of each kind of event, or a town of this seed; the canaries; files, documents and blocked pairs."""
    for each in EVERY_KIND if seed is None else Town(seed, 30).story():
        writer.write([each])
    if seed is not None:
        writer.write([append(addresses.driver(DRIVER_ID), DriverRegistered(MICHAEL), at=9_000.0)])
    for each in canaries():
        writer.write([each])
    licence = Document("licence", "LIC-888", 2e9)
    new = NewPerson(role=PersonRole.DRIVER, name=TOM.name, phone=TOM.phone, documents=(licence,))
    people.add(writer, new, 11_000.0)
    people.add(writer, NewPerson(role=PersonRole.STAFF, name=ROSA.name, phone=ROSA.phone), 11_001.0)
    block(writer, ROSA.phone, TOM.phone, now=11_002.0)
    writer.db.execute(
        "INSERT INTO login_codes (request_id, phone, address, role, for_nobody, key_id, mac, made_at)"
        " VALUES ('r', ?, '10.0.0.1', 'driver', 0, 'k', 'm', 1.0)",
        (TOM.phone,),
    )
    writer.db.execute(
        "INSERT INTO login_sessions (session_id, person_id, role, key_id, generation, made_at, rotated_at, ends_at)"
        " VALUES ('s', ?, 'driver', 'k', 0, 1.0, 1.0, 9e9)",
        (TOM.driver_id,),
    )
    devices.register(writer, PersonId(TOM.driver_id), "s", DEVICE_TOKEN, "android", 11_003.0)


def bytes_of(path: Path) -> bytes:
    """The file, its log and its index, as they lie on the disk now."""
    return b"".join(Path(f"{path}{end}").read_bytes() for end in ("", "-wal", "-shm") if Path(f"{path}{end}").exists())


def rows_without(path_or_writer: Writer, person_id: str) -> dict[str, set[Any]]:
    """All rows of all tables in which nothing is of this person, or of a ride of theirs."""
    rides = {
        row[0]
        for row in path_or_writer.db.execute(
            "SELECT ride_id FROM rides WHERE passenger_id = ?1 OR driver_id = ?1", (person_id,)
        )
    }
    quotes = [f"canary-q{n}" for n in (1, 2, 3)]
    mine = {person_id, *rides, *quotes, *map(addresses.quote, map(QuoteId, quotes))}
    return {
        table: {
            row
            for row in path_or_writer.db.execute(f"SELECT {columns.columns} FROM {table}").fetchall()
            if not any(cell in mine or (isinstance(cell, str) and person_id in cell) for cell in row)
        }
        for table, columns in TABLES.items()
    }


def remove(writer: Writer, person_id: PersonId, now: float, **more: Any) -> Removed:
    """Take the person out, and out of free pages."""
    removed = removal.remove(writer, person_id, now, **more)
    wipe(writer)
    return removed


@pytest.mark.parametrize("person", [ROSA.passenger_id, TOM.driver_id])
@pytest.mark.parametrize("seed", [None, 1, 2, 3])
def test_no_byte_of_the_person_is_left_and_all_else_is_as_it_was(
    writer: Writer, path: Path, person: str, seed: int | None
) -> None:
    fill(writer, seed)
    assert list(findings(path)) == []
    assert all(word in bytes_of(path) for word in WRITTEN[person] if word != b"0820000777" and word != b"0820000888")
    before = rows_without(writer, person)
    removed = remove(writer, PersonId(person), 12_000.0)
    assert [word for word in WRITTEN[person] if word in bytes_of(path)] == []
    after = rows_without(writer, person)
    assert {table: rows - after[table] for table, rows in before.items() if rows - after[table]} == {}
    assert list(findings(path)) == []
    assert removed.pseudonym.startswith("removed-") and list(removed.ids) == [person]


def test_their_rides_hang_together_under_one_pseudonym(writer: Writer, path: Path) -> None:
    fill(writer)
    removed = remove(writer, PersonId(TOM.driver_id), 12_000.0, draw=lambda: "removed-tt")
    query = "SELECT ride_id, passenger_id FROM rides WHERE driver_id = 'removed-tt' ORDER BY ride_id"
    assert writer.db.execute(query).fetchall() == [("canary-1", ROSA.passenger_id), ("canary-3", SARAH.passenger_id)]
    assert removed.ids == {TOM.driver_id: "removed-tt"}
    with closing(Reader(path)) as reader:
        card = reader.driver_card(DriverId("removed-tt"))
        assert card is not None and (card.name, card.phone, card.vehicle_registration) == (*("removed-tt",) * 2, "-")
        kinds = [type(event).__name__ for event in reader.events_of(addresses.driver(DriverId("removed-tt")))]
        assert kinds[:2] == ["DriverRegistered", "DriverOnline"] and "DriverReserved" in kinds
        (last,) = reader.events_of("person/removed-tt")[-1:]
    assert (type(last).__name__, last) == ("PersonRemoved", type(last)(PersonId("removed-tt")))


def test_a_driver_s_rides_keep_the_places_of_their_passengers(writer: Writer) -> None:
    fill(writer)
    remove(writer, PersonId(TOM.driver_id), 12_000.0)
    query = "SELECT pickup_lat, pickup_address FROM rides WHERE ride_id = 'canary-1'"
    assert writer.db.execute(query).fetchone() == (HOME.lat, HOME.address)
    remove(writer, PersonId(ROSA.passenger_id), 12_001.0)
    assert writer.db.execute(query).fetchone() == (-26.2, "")


@pytest.mark.parametrize(
    ("last", "says"),
    [
        (lambda: [append("ride/open", RideRequested(RideId("open"), 1, ROSA, CANARY_TRIP, 1.0))], "is not over"),
        (
            lambda: [
                append(
                    "ride/canary-1",
                    ChargeRequested(RideId("unpaid"), ROSA.passenger_id, Money(1, "ZAR")),
                    at=99_999.0,
                )
            ],
            "is not paid",
        ),
    ],
)
def test_nobody_is_removed_whose_ride_is_open_or_not_paid(
    writer: Writer, last: Callable[[], list[Any]], says: str
) -> None:
    fill(writer)
    if "paid" in says:
        over = RideId("unpaid")
        writer.write(
            [append("ride/unpaid", RideRequested(over, 1, ROSA, CANARY_TRIP, 1.0), RideCancelled(over, "ops"))]
        )
    writer.write(last())
    before = writer.db.execute("SELECT count(*), total(length(body)) FROM events").fetchone()
    with pytest.raises(RideIsOpen, match=says):
        remove(writer, PersonId(ROSA.passenger_id), 12_000.0)
    assert writer.db.execute("SELECT count(*), total(length(body)) FROM events").fetchone() == before


def test_nobody_is_removed_who_is_connected(writer: Writer) -> None:
    fill(writer)
    writer.write([append(addresses.driver(TOM.driver_id), DriverOnline(TOM.driver_id), at=11_500.0)])
    with pytest.raises(StillConnected):
        remove(writer, PersonId(TOM.driver_id), 12_000.0)


def test_a_number_that_another_person_has_by_now_stays_theirs(writer: Writer, path: Path) -> None:
    fill(writer)
    people.move_phone(writer, PersonId(ROSA.passenger_id), "27820000779", 11_100.0)
    ben, _ = people.add(writer, NewPerson(role=PersonRole.PASSENGER, name="Ben", phone=ROSA.phone), 11_101.0)
    remove(writer, PersonId(ROSA.passenger_id), 12_000.0)
    assert people.id_of_phone(writer.db, ROSA.phone) == ben.person_id
    assert b"27820000779" not in bytes_of(path) and b"Kanarienvogel" not in bytes_of(path)
    assert list(findings(path)) == []


def test_a_text_of_somebody_else_loses_the_number(writer: Writer, path: Path) -> None:
    fill(writer)
    trip = Trip(Place(1.0, 2.0, f"at {ROSA.phone}"), Place(1.0, 2.1), 1.0, 1.0, 1.0, note=f"ring +{ROSA.phone}")
    other = RideId("other")
    writer.write([append("ride/other", RideRequested(other, 1, SARAH, trip, 5.0), RideCancelled(other, "ops"))])
    remove(writer, PersonId(ROSA.passenger_id), 12_000.0)
    assert ROSA.phone.encode() not in bytes_of(path)
    assert list(findings(path)) == []


def test_people_are_named_by_phone_in_any_form_or_by_id(writer: Writer) -> None:
    fill(writer)
    for text in ("+27 82 000 0888", "0027820000888", TOM.driver_id):
        assert named(writer, text) == TOM.driver_id
    pseudonym = remove(writer, PersonId(TOM.driver_id), 12_000.0).pseudonym
    for gone in (TOM.phone, "+27 82 000 0888", pseudonym, "nobody"):
        with pytest.raises(NoSuchPerson):
            named(writer, gone)


def test_a_stranger_is_one_afterwards(writer: Writer, path: Path) -> None:
    """Their card is made of their number, and replaces no card that somebody has entered."""
    from dispatch.domain.driver.record import stranger

    fill(writer)
    ident = DriverId("27820000999")
    writer.write([append(addresses.driver(ident), DriverRegistered(stranger(ident)), at=11_000.0)])
    removed = remove(writer, PersonId(ident), 12_000.0)
    with closing(Reader(path)) as reader:
        assert reader.driver_card(DriverId(removed.pseudonym)) == stranger(DriverId(removed.pseudonym))
    assert list(findings(path)) == []
    assert b"0999" not in bytes_of(path)


NOBODYS = {
    *(
        "ride_id",
        "offer_id",
        "quote_id",
        "request_id",
        "session_id",
        "currency",
        "vehicle_type",
        "status",
        "outcome",
        "leg",
    ),
    *("by", "ended_by", "role", "kind", "key_id", "reference"),
}
"""Ids of apps and of ours, and words that the server chooses."""
TAKEN_ALONG = {
    *("name", "phone", "vehicle_registration", "number", "mac", "address", "points", "stream", "body", "answer"),
    *("pickup_address", "dropoff_address", "reason", "comment"),
    *("device_id", "token", "platform"),
}
"""What stands beside a person's id or phone, and goes with it."""


def test_every_text_of_every_table_is_a_person_s_or_known_to_be_nobody_s(writer: Writer) -> None:
    """A new column with text fails here until somebody says which it is, and `removal` takes a person's out."""
    tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB '_*'"
    for (table,) in writer.db.execute(tables).fetchall():
        columns = writer.db.execute(f"PRAGMA table_xinfo({table})").fetchall()
        texts = {name for _, name, kind, *_ in columns if kind == "TEXT"}
        assert texts - NOBODYS - TAKEN_ALONG - set(erasing.IDS) == set(), table


def test_answers_to_staff_are_forgotten(writer: Writer) -> None:
    fill(writer)
    requests.keep(writer, Command("k1", 7, staff_id="p-max"), {"mistakes": ["row 2: 27820000777"]}, 11_000.0)
    remove(writer, PersonId(ROSA.passenger_id), 12_000.0)
    assert writer.db.execute("SELECT count(*) FROM staff_requests").fetchone() == (0,)


def test_pseudonyms_are_drawn_and_cannot_be_told_from_the_person(writer: Writer) -> None:
    fill(writer)
    first = remove(writer, PersonId(TOM.driver_id), 12_000.0).pseudonym
    second = remove(writer, PersonId(ROSA.passenger_id), 12_001.0).pseudonym
    assert first != second and not set(first) & set("0123456789")


def test_it_is_known_beforehand_where_a_person_is_named(writer: Writer) -> None:
    fill(writer)
    rosa = whereabouts(writer, PersonId(ROSA.passenger_id))
    assert rosa.ids == (ROSA.passenger_id,) and rosa.driven == ()
    assert set(rosa.rides) == {"canary-1", "canary-2", "canary-x1", "canary-x2"}
    assert set(whereabouts(writer, PersonId(TOM.driver_id)).driven) == {"canary-1", "canary-3"}
    writer.write([append("ride/open", RideRequested(RideId("open"), 1, ROSA, CANARY_TRIP, 1.0))])
    with pytest.raises(RideIsOpen):
        whereabouts(writer, PersonId(ROSA.passenger_id))


def test_logins_end_and_stay_on_file_so_that_no_token_of_theirs_holds_after_a_restart(writer: Writer) -> None:
    fill(writer)
    removed = remove(writer, PersonId(TOM.driver_id), 12_000.0)
    sessions = writer.db.execute("SELECT person_id, revoked_at FROM login_sessions").fetchall()
    assert sessions == [(removed.pseudonym, 12_000.0)]
