"""People on file for people to read, while a server writes the file or after. Called by `dispatch people list` and `show`."""

from contextlib import closing
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from dispatch.domain.driver.documents import ended, ending, held_back
from dispatch.identity.people import Person
from dispatch.ids import PersonId
from dispatch.masking.phones import masked, masked_id
from dispatch.storage.failures import explained
from dispatch.storage.people import devices, people
from dispatch.storage.tables.opening import open_read_only
from dispatch.storage.tables.region import agreed_region
from dispatch.storage.tools import people_orders
from dispatch.timestamps import LocalTime, time_told
from dispatch.values import DriverFile
from dispatch.words import PersonRole

Row = dict[str, Any]


def listed(
    path: str | Path,
    role: PersonRole | None,
    now: float,
    time_zone: str,
    within_s: float,
    *,
    full_phones: bool = False,
) -> list[Row]:
    """A row for each person with a file of their own, by name; only those with this role, if one is named.

    `documents` says which have ended, and which end within `within_s` seconds; days are those of `time_zone`. Raises DatabaseError.
    """
    zone = LocalTime(time_zone)
    with closing(open_read_only(path)) as db, explained(str(path)):
        return [_row(db, person, now, zone, within_s, full_phones) for person in people.everybody(db, role)]


def shown(
    path: str | Path,
    who: str,
    now: float,
    time_zone: str,
    within_s: float,
    *,
    phone_region: str = "",
    full_phones: bool = False,
) -> Row:
    """All that is on file about one person, named by id or by a phone in any written form. Raises NoSuchPerson, DatabaseError."""
    zone = LocalTime(time_zone)
    with closing(open_read_only(path)) as db, explained(str(path)):
        person = people.require(db, people.named(db, who, agreed_region(db, path, phone_region)))
        row = _row(db, person, now, zone, within_s, full_phones)
        documents = [
            {"kind": each.kind, "number": each.number, "last_day": zone.day(each.expires_at - 1.0)}
            for each in person.documents
        ]
        return {**row, "documents": documents, "devices": len(devices.of_person(db, person.person_id))}


def page_of(db: Database, role: PersonRole | None, after: str, limit: int, now: float) -> tuple[list[Row], str | None]:
    """Up to `limit` people with a file of their own by id, behind the id `after`, and behind which to go on, None: there are no more.
    Who is added, renamed or removed meanwhile moves nobody from one page to another.
    """
    query = """
        SELECT person_id FROM people
        WHERE person_id > ?2 AND (?1 IS NULL OR person_id IN (SELECT person_id FROM roles WHERE role = ?1))
        ORDER BY person_id LIMIT ?3"""
    found = [PersonId(ident) for (ident,) in db.execute(query, (role, after, limit + 1)).fetchall()]
    rows = [_in_full(db, people.require(db, ident), now) for ident in found[:limit]]
    return rows, found[limit - 1] if len(found) > limit else None


def in_full(db: Database, who: str, phone_region: str, now: float) -> Row:
    """All that is on file about one person, named by id or by a phone in any written form. Raises NoSuchPerson."""
    return _in_full(db, people.require(db, people.named(db, who, phone_region)), now)


def _in_full(db: Database, person: Person, now: float) -> Row:
    driver = person.as_(PersonRole.DRIVER)
    held = held_back(DriverFile(driver.status, person.documents), now) if driver is not None else None
    row = people_orders.told(person)
    row["documents"] = [{**document, "expires_at": time_told(document["expires_at"])} for document in row["documents"]]
    if held is not None:
        row["held_back"] = str(held)
    car = _car(db, person.person_id)
    return {**row, **dict(zip(("vehicle_type", "registration", "rating"), car, strict=True))} if car else row


def _car(db: Database, person_id: PersonId) -> tuple[str, str, float] | None:
    query = "SELECT vehicle_type, vehicle_registration, rating FROM drivers WHERE driver_id = ?"
    found: tuple[str, str, float] | None = db.execute(query, (person_id,)).fetchone()
    return found


def _row(db: Database, person: Person, now: float, zone: LocalTime, within_s: float, full_phones: bool) -> Row:
    roles = (
        f"{'manager' if own.is_manager else own.role} ({own.status})"
        for own in sorted(person.roles, key=lambda own: own.role)
    )
    car = _car(db, person.person_id)
    over = [f"{document.kind} ended {zone.day(document.expires_at - 1.0)}" for document in ended(person.documents, now)]
    soon = [
        f"{document.kind} ends {zone.day(document.expires_at - 1.0)}"
        for document in ending(person.documents, now, within_s)
    ]
    vehicle_type, registration, rating = car or ("", "", None)
    return {
        "id": person.person_id if full_phones else masked_id(person.person_id),
        "name": person.name,
        "phone": person.phone if full_phones else masked(person.phone),
        "roles": ", ".join(roles),
        "vehicle_type": vehicle_type,
        "registration": registration,
        "rating": rating,
        "documents": ", ".join([*over, *soon]),
    }
