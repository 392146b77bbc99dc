"""People on file: one phone, one person, whatever they are."""

from contextlib import closing
from pathlib import Path

import pytest

from dispatch.domain.driver.record import stranger
from dispatch.identity.people import NewPerson, NoSuchPerson, PhoneTaken, RoleOnFile
from dispatch.ids import DriverId, PassengerId, PersonId
from dispatch.messages.events import DriverRegistered
from dispatch.messages.journal import by_nobody
from dispatch.storage.health.check import findings
from dispatch.storage.log.on_file import Reader, Writer
from dispatch.storage.people import people
from dispatch.storage.tools.seed import MICHAEL, SARAH, seed_into
from dispatch.values import Document
from dispatch.words import PersonRole, PersonStatus

NOW = 1_800_000_000.0
PHONE, OTHER_PHONE = "27821234570", "27821234571"
LICENCE = Document("licence", "L 1", NOW + 1e6)
DRIVER = NewPerson(
    role=PersonRole.DRIVER,
    name="Thabo Zulu",
    phone=PHONE,
    vehicle_type="van",
    registration="CA 1",
    documents=(LICENCE,),
)
STAFF = NewPerson(role=PersonRole.STAFF, name="Ann Dube", phone=OTHER_PHONE, is_manager=True)


def add(writer: Writer, new: NewPerson = DRIVER) -> PersonId:
    return people.add(writer, new, NOW, draw=lambda: PersonId("p-of-" + new.name.split()[0]))[0].person_id


def test_a_driver_who_is_added_has_a_file_and_a_card(writer: Writer, path: Path) -> None:
    person_id = add(writer)
    found = people.find(writer.db, PHONE)
    assert found is not None and (found.person_id, found.name, found.documents) == (person_id, "Thabo Zulu", (LICENCE,))
    assert found.roles == (RoleOnFile(PersonRole.DRIVER, PersonStatus.INVITED),)
    with closing(Reader(path)) as reader:
        card = reader.driver_card(DriverId(person_id))
    assert card is not None and (card.name, card.phone, card.vehicle_type, card.vehicle_registration) == (
        "Thabo Zulu", PHONE, "van", "CA 1"
    )  # fmt: skip


def test_ids_are_drawn_and_look_like_no_phone() -> None:
    assert people.draw_id() != people.draw_id()
    assert people.draw_id().startswith("p") and len(people.draw_id()) == 33


def test_who_is_on_file_by_rides_keeps_the_id_in_every_role(writer: Writer) -> None:
    seed_into(writer, 0, NOW)
    assert add(writer, NewPerson(role=PersonRole.DRIVER, name="Mike", phone=MICHAEL.phone)) == MICHAEL.driver_id
    assert add(writer, NewPerson(role=PersonRole.STAFF, name="Sarah J.", phone=SARAH.phone)) == SARAH.passenger_id
    sarah = people.require(writer.db, PersonId(SARAH.passenger_id))
    assert sarah.name == "Sarah J."
    assert {role.role for role in sarah.roles} == {PersonRole.STAFF, PersonRole.PASSENGER}


def test_a_card_on_record_keeps_rating_and_vehicle_that_nobody_names_anew(writer: Writer, path: Path) -> None:
    seed_into(writer, 0, NOW)
    add(writer, NewPerson(role=PersonRole.DRIVER, name="Mike", phone=MICHAEL.phone))
    with closing(Reader(path)) as reader:
        card = reader.driver_card(MICHAEL.driver_id)
    assert card is not None and (card.name, card.rating, card.vehicle_registration) == ("Mike", 4.9, "CA 999 GP")


def test_adding_the_same_person_twice_is_once(writer: Writer) -> None:
    add(writer)
    before = writer.db.execute("SELECT count(*) FROM events").fetchone()
    assert people.add(writer, DRIVER, NOW)[1] is False
    assert writer.db.execute("SELECT count(*) FROM events").fetchone() == before


def test_one_phone_may_be_driver_staff_and_passenger(writer: Writer) -> None:
    ids = {add(writer, NewPerson(role=role, name="Thabo Zulu", phone=PHONE)) for role in PersonRole}
    assert len(ids) == 1
    assert [person.name for person in people.everybody(writer.db, PersonRole.STAFF)] == ["Thabo Zulu"]


def test_a_moved_phone_leads_to_the_same_person_and_the_old_one_to_nobody(writer: Writer, path: Path) -> None:
    seed_into(writer, 0, NOW)
    assert people.move_phone(writer, PersonId(MICHAEL.driver_id), PHONE, NOW)
    assert people.id_of_phone(writer.db, PHONE) == MICHAEL.driver_id
    assert people.find(writer.db, MICHAEL.phone) is None
    with closing(Reader(path)) as reader:
        card = reader.driver_card(MICHAEL.driver_id)
        assert card is not None and (card.phone, card.rating) == (PHONE, 4.9)
        assert reader.passenger(PassengerId(SARAH.passenger_id)) == SARAH
    assert not people.move_phone(writer, PersonId(MICHAEL.driver_id), PHONE, NOW)


def test_who_comes_with_a_number_that_somebody_gave_up_is_somebody_else(writer: Writer) -> None:
    seed_into(writer, 0, NOW)
    michael = PersonId(MICHAEL.driver_id)
    assert people.id_meant(writer.db, MICHAEL.phone) == michael
    people.move_phone(writer, michael, OTHER_PHONE, NOW)
    assert people.id_meant(writer.db, OTHER_PHONE) == michael
    second = people.id_meant(writer.db, MICHAEL.phone)
    assert second == f"{MICHAEL.phone}_2" == people.id_meant(writer.db, MICHAEL.phone), "the same, asked again"
    registered = DriverRegistered(stranger(DriverId(second)))
    writer.write([by_nobody(f"driver/{second}", NOW, registered)])
    assert people.id_meant(writer.db, MICHAEL.phone) == second, "and when they are on file"
    people.move_phone(writer, second, "27821234572", NOW)
    assert people.id_meant(writer.db, MICHAEL.phone) == f"{MICHAEL.phone}_3"
    assert people.id_meant(writer.db, "27821234572") == second


def test_what_is_no_phone_or_was_never_given_up_stands_for_itself(writer: Writer) -> None:
    person_id = add(writer)
    people.move_phone(writer, person_id, OTHER_PHONE, NOW)
    for ident in ("d9", person_id, PHONE):
        assert people.id_meant(writer.db, ident) == ident
    assert people.named(writer.db, "+27 82 123 4571", "") == people.named(writer.db, "082 123 4571", "ZA") == person_id


def test_a_driver_gets_another_vehicle_and_the_file_says_by_whom(writer: Writer, path: Path) -> None:
    person_id = add(writer)
    assert people.change(writer, person_id, NOW, "p-boss", registration="CA 2", name="Thabo M.")
    assert not people.change(writer, person_id, NOW, "p-boss", registration="CA 2", vehicle_type="van")
    with closing(Reader(path)) as reader:
        card = reader.driver_card(DriverId(person_id))
    assert card is not None and (card.name, card.vehicle_type, card.vehicle_registration) == ("Thabo M.", "van", "CA 2")
    (by,) = writer.db.execute(
        "SELECT body ->> '$.by' FROM events WHERE body ->> '$.name' = 'Thabo M.' ORDER BY n"
    ).fetchone()
    assert by == "p-boss"
    staff = add(writer, NewPerson(role=PersonRole.STAFF, name="Eve", phone="27821234577"))
    with pytest.raises(NoSuchPerson):
        people.change(writer, staff, NOW, vehicle_type="van")


def test_a_phone_of_somebody_else_cannot_be_moved_to(writer: Writer) -> None:
    person_id, staff = add(writer), add(writer, STAFF)
    with pytest.raises(PhoneTaken, match=r"2782•••4570 belongs to another person"):
        people.move_phone(writer, staff, PHONE, NOW)
    assert people.id_of_phone(writer.db, PHONE) == person_id


def test_a_role_is_suspended_and_taken_up_again(writer: Writer) -> None:
    person_id = add(writer)
    assert people.set_status(writer, person_id, PersonRole.DRIVER, PersonStatus.SUSPENDED, NOW)
    assert people.require(writer.db, person_id).roles == (RoleOnFile(PersonRole.DRIVER, PersonStatus.SUSPENDED),)
    assert not people.set_status(writer, person_id, PersonRole.DRIVER, PersonStatus.SUSPENDED, NOW)
    add(writer)
    assert people.require(writer.db, person_id).roles[0].status == PersonStatus.SUSPENDED, "an import frees nobody"
    with pytest.raises(NoSuchPerson):
        people.set_status(writer, person_id, PersonRole.STAFF, PersonStatus.ACTIVE, NOW)


def test_what_was_done_is_sound_to_the_check(writer: Writer, path: Path) -> None:
    seed_into(writer, 2, NOW)
    person_id = add(writer)
    add(writer, STAFF)
    people.change(writer, person_id, NOW, "p-of-Ann", name="Thabo M. Zulu")
    people.move_phone(writer, person_id, "27821234579", NOW)
    people.move_phone(writer, PersonId(MICHAEL.driver_id), "27821234578", NOW)
    people.set_status(writer, person_id, PersonRole.DRIVER, PersonStatus.ACTIVE, NOW)
    writer.close()
    assert list(findings(path)) == []
