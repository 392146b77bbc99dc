"""Who is on file: looked up by phone or id, added, renamed, suspended, moved to another phone.

Each function runs where the writer lives, and nothing else writes meanwhile: what it has looked at still holds when it commits.
"""

import secrets
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from sqlite_utils import Database

from dispatch import addresses
from dispatch.identity.people import NewPerson, NoSuchPerson, Person, PhoneTaken, RoleOnFile
from dispatch.ids import DriverId, PersonId
from dispatch.masking.phones import masked
from dispatch.messages.events import (
    DocumentKept,
    DriverRegistered,
    Event,
    PersonAdded,
    PersonRenamed,
    PhoneMoved,
    RoleChanged,
)
from dispatch.messages.journal import Append, by_nobody
from dispatch.phones import identity, next_holder
from dispatch.storage.failures import explained
from dispatch.storage.log.on_file import Writer
from dispatch.values import Document, DriverCard
from dispatch.words import PersonRole, PersonStatus

ID_BYTES: Final = 16
"""Nobody can guess so many random bytes."""
_BY_PHONE: Final = """
    SELECT person_id FROM people WHERE phone = ?1
    UNION ALL SELECT driver_id FROM drivers WHERE phone = ?1
    UNION ALL SELECT passenger_id FROM passengers WHERE phone = ?1 LIMIT 1"""
_NAMED: Final = """
    SELECT name, phone FROM people WHERE person_id = ?1
    UNION ALL SELECT name, phone FROM drivers WHERE driver_id = ?1
    UNION ALL SELECT name, phone FROM passengers WHERE passenger_id = ?1 LIMIT 1"""
_ROLES: Final = """
    SELECT 0, role, status, is_manager FROM roles WHERE person_id = ?1
    UNION ALL SELECT 1, 'driver', 'active', 0 FROM drivers WHERE driver_id = ?1
    UNION ALL SELECT 2, 'passenger', 'active', 0 FROM passengers WHERE passenger_id = ?1 ORDER BY 1, 2"""
"""Those of the person's file first; behind them what the rides on file say."""
_MOVED_AWAY: Final = "SELECT 1 FROM people WHERE person_id = ? AND phone <> ?"
DrawId = Callable[[], PersonId]


def draw_id() -> PersonId:
    """An id that nobody can guess, and that no phone number looks like."""
    return PersonId("p" + secrets.token_hex(ID_BYTES))


# -- looking up


def id_of_phone(db: Database, phone: str) -> PersonId | None:
    """Who has this phone, in its canonical form; None: nobody on file."""
    found = db.execute(_BY_PHONE, (phone,)).fetchone()
    return PersonId(found[0]) if found is not None else None


def id_meant(db: Database, ident: str) -> PersonId:
    """The id that a phone in its canonical form stands for: that of whoever has it. Any other text is an id, and stands for itself.

    A phone that nobody has is the id of whoever comes with it first. Where that id is taken by somebody who has another phone now,
    whoever comes is the next holder: nobody gets the rides and ratings of the person who had the phone before.
    """
    holder = id_of_phone(db, ident)
    if holder is not None:
        return holder
    count, meant = 1, ident
    while ident.isdigit() and db.execute(_MOVED_AWAY, (meant, ident)).fetchone() is not None:
        count += 1
        meant = next_holder(ident, count)
    return PersonId(meant)


def named(db: Database, text: str, region: str) -> PersonId:
    """Whom people mean by a phone in any written form, or by an id. `region`: of numbers that name no country."""
    return id_meant(db, identity(text, region))


def name_and_phone(db: Database, person_id: PersonId) -> tuple[str, str] | None:
    """Of whoever has this id; None: nobody."""
    named: tuple[str, str] | None = db.execute(_NAMED, (person_id,)).fetchone()
    return named


def person(db: Database, person_id: PersonId) -> Person | None:
    """The person with this id; None: nobody. Who is on file by rides alone is a passenger or driver without a file of their own."""
    named = name_and_phone(db, person_id)
    if named is None:
        return None
    documents = db.execute(
        "SELECT kind, number, expires_at FROM documents WHERE person_id = ? ORDER BY kind", (person_id,)
    )
    on_file: dict[PersonRole, RoleOnFile] = {}
    for _, written, status, is_manager in db.execute(_ROLES, (person_id,)).fetchall():
        role = PersonRole(written)
        on_file.setdefault(role, RoleOnFile(role, PersonStatus(status), bool(is_manager)))
    name, phone = named
    return Person(person_id, name, phone, tuple(on_file.values()), tuple(Document(*row) for row in documents))


def find(db: Database, phone: str) -> Person | None:
    """The person who has this phone."""
    person_id = id_of_phone(db, phone)
    return person(db, person_id) if person_id is not None else None


def require(db: Database, person_id: PersonId) -> Person:
    """The person with this id. Raises NoSuchPerson."""
    found = person(db, person_id)
    if found is None:
        raise NoSuchPerson
    return found


def everybody(db: Database, role: PersonRole | None = None) -> Iterator[Person]:
    """All people with a file of their own, in this role if one is named, by name."""
    query = (
        "SELECT person_id FROM people WHERE ?1 IS NULL OR person_id IN (SELECT person_id FROM roles WHERE role = ?1)"
    )
    for (person_id,) in db.execute(f"{query} ORDER BY name, person_id", (role,)).fetchall():
        yield require(db, PersonId(person_id))


# -- what is done


def add(writer: Writer, new: NewPerson, now: float, by: str = "", draw: DrawId = draw_id) -> tuple[Person, bool]:
    """Put this person on file in this role. Returns the person, and whether that changed anything.

    Who has the phone already keeps the id, and has the role from now on; a role that they have already keeps its status.
    """
    ((person_id, is_news),) = add_all(writer, [new], now, by, draw)
    return require(writer.db, person_id), is_news


def add_all(
    writer: Writer, people: Iterable[NewPerson], now: float, by: str = "", draw: DrawId = draw_id
) -> list[tuple[PersonId, bool]]:
    """Add people whose phones are all different, in one transaction. Returns the id of each, and whether anything changed."""
    appends: list[Append] = []
    outcome: list[tuple[PersonId, bool]] = []
    for new in people:
        with explained(writer.path):
            person_id, own = _addition(writer.db, new, now, by, draw)
        appends += own
        outcome.append((person_id, bool(own)))
    if appends:
        writer.write(appends)
    return outcome


def _addition(db: Database, new: NewPerson, now: float, by: str, draw: DrawId) -> tuple[PersonId, list[Append]]:
    """The id of a person who is added, and what is to be written for it; nothing where all of it is on file."""
    known = find(db, new.phone)
    person_id = known.person_id if known is not None else draw()
    own = known.as_(new.role) if known is not None else None
    has_file = db.execute("SELECT 1 FROM roles WHERE person_id = ? AND role = ?", (person_id, new.role)).fetchone()
    status = own.status if own is not None and has_file else new.status
    added = PersonAdded(person_id, new.role, new.name, new.phone, status, new.is_manager, by, bool(has_file))
    events: list[Event] = []
    if known is None or not has_file or (known.name, own and own.is_manager) != (new.name, new.is_manager):
        events.append(added)
    before = {document.kind: document for document in known.documents} if known is not None else {}
    events += [
        DocumentKept(person_id, document.kind, document.number, document.expires_at, by)
        for document in new.documents
        if before.get(document.kind) != document
    ]
    appends = [by_nobody(addresses.person(person_id), now, *events)] if events else []
    card = _card(db, DriverId(person_id), new) if new.role == PersonRole.DRIVER else None
    if card is not None:
        appends.append(by_nobody(addresses.driver(card.driver_id), now, DriverRegistered(card)))
    return person_id, appends


def _card(db: Database, driver_id: DriverId, new: NewPerson) -> DriverCard | None:
    """The driver's card by this file; None: it is on record already."""
    row = db.execute(
        "SELECT name, phone, registered_rating, vehicle_type, vehicle_registration FROM drivers WHERE driver_id = ?",
        (driver_id,),
    ).fetchone()
    bare = DriverCard(driver_id, new.name, new.phone)
    before = DriverCard(driver_id, *row) if row is not None else bare
    card = DriverCard(
        driver_id,
        new.name,
        new.phone,
        before.rating,
        new.vehicle_type or before.vehicle_type,
        new.registration or before.vehicle_registration,
    )
    return card if row is None or card != before else None


def set_status(
    writer: Writer,
    person_id: PersonId,
    role: PersonRole,
    status: PersonStatus,
    now: float,
    by: str = "",
    reason: str = "",
) -> bool:
    """Whether the person may act in this role from now on, and why. Returns whether that is news. Raises NoSuchPerson."""
    own = require(writer.db, person_id).as_(role)
    if own is None:
        raise NoSuchPerson(f"this person is no {role}")
    if own.status == status:
        return False
    _write(writer, person_id, now, RoleChanged(person_id, role, status, own.is_manager, by, reason))
    return True


def keep_document(writer: Writer, person_id: PersonId, document: Document, now: float, by: str = "") -> bool:
    """Put a driver's document on file; a newer one of its kind replaces it. Returns whether that is news. Raises NoSuchPerson."""
    known = require(writer.db, person_id)
    if known.as_(PersonRole.DRIVER) is None:
        raise NoSuchPerson("this person is no driver")
    if document in known.documents:
        return False
    _write(writer, person_id, now, DocumentKept(person_id, document.kind, document.number, document.expires_at, by))
    return True


def change(
    writer: Writer,
    person_id: PersonId,
    now: float,
    by: str = "",
    *,
    name: str | None = None,
    vehicle_type: str | None = None,
    registration: str | None = None,
) -> bool:
    """Another name for the person, or another vehicle for a driver; None: as it is. Returns whether that is news.

    Raises NoSuchPerson.
    """
    known = require(writer.db, person_id)
    own, card = known.as_(PersonRole.DRIVER), None
    named = name or known.name
    if vehicle_type or registration:
        if own is None:
            raise NoSuchPerson("this person is no driver")
        new = NewPerson(
            role=own.role,
            name=named,
            phone=known.phone,
            vehicle_type=vehicle_type or "",
            registration=registration or "",
        )
        card = _card(writer.db, DriverId(person_id), new)
    appends = []
    if card is not None and own is not None:
        # The driver's event does not say who of staff did it; the person's does.
        added = PersonAdded(person_id, own.role, named, known.phone, own.status, own.is_manager, by, True)
        appends.append(by_nobody(addresses.person(person_id), now, added))
        appends.append(by_nobody(addresses.driver(card.driver_id), now, DriverRegistered(card)))
    elif named != known.name:
        appends.append(by_nobody(addresses.person(person_id), now, PersonRenamed(person_id, named, by)))
    if appends:
        writer.write(appends)
    return bool(appends)


def move_phone(writer: Writer, person_id: PersonId, phone: str, now: float, by: str = "") -> bool:
    """The person has this phone from now on, in its canonical form. Returns whether that is news.

    Raises NoSuchPerson, and PhoneTaken when it is another person's.
    """
    known = require(writer.db, person_id)
    if known.phone == phone:
        return False
    holder = id_of_phone(writer.db, phone)
    if holder is not None:
        raise PhoneTaken(f"phone {masked(phone)} belongs to another person")
    has_file = writer.db.execute("SELECT 1 FROM people WHERE person_id = ?", (person_id,)).fetchone() is not None
    files = (
        ()
        if has_file
        else tuple(
            PersonAdded(person_id, role.role, known.name, phone, role.status, role.is_manager, by)
            for role in known.roles
        )
    )
    _write(writer, person_id, now, *files, PhoneMoved(person_id, phone, by))
    return True


def _write(writer: Writer, person_id: PersonId, now: float, *events: Event) -> None:
    writer.write([by_nobody(addresses.person(person_id), now, *events)])
