"""What sockets ask the file about people."""

from pathlib import Path

from dispatch.ids import DriverId, PassengerId, RideId
from dispatch.messages.events import RideRequested
from dispatch.messages.journal import Append
from dispatch.storage.log.on_file import Writer
from dispatch.storage.people import people
from dispatch.storage.people.directory import Directory
from dispatch.values import Passenger
from dispatch.words import PersonRole
from tests.actors.rig import TRIP


def test_people_are_found_by_phone_and_told_by_name(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    writer = Writer(path, "full")
    directory = Directory(path)
    assert directory.id_of("27821234567") == "27821234567", "nobody has it yet"
    new = people.NewPerson(role=PersonRole.PASSENGER, name="Ann", phone="27821234567")
    ann = people.add(writer, new, 1.0)[0].person_id
    assert directory.id_of("27821234567") == ann
    told = directory.passenger(ann)
    assert told is not None and (told.passenger_id, told.name, told.phone) == (ann, "Ann", "27821234567")
    assert directory.passenger("p0") is None
    people.move_phone(writer, ann, "27821234569", 2.0)
    assert (directory.id_of("27821234567"), directory.id_of("27821234569")) == ("27821234567", ann)
    assert not directory.is_open(RideId("r1")) and not directory.has_ride(DriverId(ann))
    ride = RideId("r1")
    booked = RideRequested(ride, 1, Passenger(PassengerId(ann), "Ann", "27821234567"), TRIP, 3.0)
    writer.write([Append(f"ride/{ride}", 0, 1, 3.0, (booked,))])
    whose = [(ride, ann), (ride, "p0"), (RideId("r2"), ann)]
    assert [directory.is_ride_of(*each) for each in whose] == [True, False, False]
    assert directory.is_open(ride)
    assert directory.revoked_since(0.0) == ()
    directory.close()
    writer.close()
