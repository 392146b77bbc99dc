"""What sockets ask the file about people."""

from pathlib import Path

from dispatch.ids import DriverId, RideId
from dispatch.storage.log.on_file import Writer
from dispatch.storage.people import people
from dispatch.storage.people.directory import Directory
from dispatch.words import PersonRole


def test_people_are_found_by_phone_and_told_by_name(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    writer = Writer(path, "full")
    directory = Directory(path)
    assert directory.id_of("27821234567") is None
    new = people.NewPerson(role=PersonRole.PASSENGER, name="Ann", phone="27821234567")
    ann = people.add(writer, new, 1.0)[0].person_id
    assert directory.id_of("27821234567") == ann
    told = directory.passenger(ann)
    assert told is not None and (told.passenger_id, told.name, told.phone) == (ann, "Ann", "27821234567")
    assert directory.passenger("p0") is None
    people.move_phone(writer, ann, "27821234569", 2.0)
    assert (directory.id_of("27821234567"), directory.id_of("27821234569")) == (None, ann)
    assert not directory.is_open(RideId("r1")) and not directory.has_ride(DriverId(ann))
    assert directory.revoked_since(0.0) == ()
    directory.close()
    writer.close()
