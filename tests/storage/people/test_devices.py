"""Devices on file: whose each is, and what they go with."""

from collections.abc import Iterator

import pytest

from dispatch.identity.people import NewPerson
from dispatch.ids import PersonId
from dispatch.storage.log.on_file import Reader, Writer
from dispatch.storage.people import devices, logins, people
from dispatch.storage.people.devices import MOST, device_id_of
from dispatch.storage.tools.people_show import shown
from dispatch.words import PersonRole
from tests.storage.people.test_logins import NOW, RING, Desk

DAN, EVE = PersonId("p-dan"), PersonId("p-eve")


@pytest.fixture()
def reader(writer: Writer) -> Iterator[Reader]:
    reader = Reader(writer.path)
    yield reader
    reader.close()


def held(writer: Writer, person_id: PersonId) -> list[str]:
    return [device.device_id for device in devices.of_person(writer.db, person_id)]


def test_a_device_is_named_by_what_tells_nobody_its_token(writer: Writer, reader: Reader) -> None:
    device, before = devices.register(writer, DAN, "s1", "secret-token", "android", NOW)
    assert (device.platform, device.at, before) == ("android", NOW, None)
    assert "secret" not in device.device_id
    assert device.device_id == device_id_of("secret-token") != device_id_of("secret-token2")
    assert reader.devices_of(DAN) == [(device.device_id, "secret-token", "android")]  # type: ignore[arg-type]
    assert reader.has_device(DAN) and not reader.has_device(EVE)  # type: ignore[arg-type]


def test_one_that_is_registered_again_is_kept_once_and_anew(writer: Writer) -> None:
    devices.register(writer, DAN, "s1", "a", "android", NOW)
    devices.register(writer, DAN, "s2", "a", "ios", NOW + 5.0)
    (device,) = devices.of_person(writer.db, DAN)
    assert (device.platform, device.at) == ("ios", NOW + 5.0)


def test_one_that_goes_to_somebody_else_leaves_whoever_had_it(writer: Writer) -> None:
    devices.register(writer, DAN, "s1", "a", "android", NOW)
    _, before = devices.register(writer, EVE, "s2", "a", "android", NOW)
    assert (before, held(writer, DAN), held(writer, EVE)) == (DAN, [], [device_id_of("a")])


def test_a_person_has_so_many_and_the_oldest_goes(writer: Writer) -> None:
    for number in range(MOST + 2):
        devices.register(writer, DAN, "s1", str(number), "android", NOW + number)
    assert held(writer, DAN) == [device_id_of(str(number)) for number in range(MOST + 1, 1, -1)]


def test_one_may_be_dropped_by_whose_it_is_and_by_nobody_else(writer: Writer) -> None:
    devices.register(writer, DAN, "s1", "a", "android", NOW)
    devices.drop(writer, EVE, device_id_of("a"))
    assert held(writer, DAN) == [device_id_of("a")]
    devices.drop(writer, DAN, device_id_of("a"))
    assert held(writer, DAN) == []


@pytest.mark.parametrize("how", ["log out", "end all logins"])
def test_it_goes_with_the_login_that_registered_it(writer: Writer, how: str) -> None:
    desk = Desk(writer)
    first, second = desk.use(desk.ask()), desk.use(desk.ask())
    who = first.person.person_id
    for login in (first, second):
        devices.register(writer, who, login.session, login.session, "android", NOW)
    if how == "log out":
        logins.log_out(writer, first.refresh_token, RING, NOW)
        assert held(writer, who) == [device_id_of(second.session)]
    else:
        logins.revoke(writer, NOW, person_id=who)
        assert held(writer, who) == []


def test_one_of_a_login_that_ran_out_goes_when_the_next_is_registered(writer: Writer) -> None:
    desk = Desk(writer)
    login = desk.use(desk.ask())
    who = login.person.person_id
    devices.register(writer, who, login.session, "old", "android", NOW)
    devices.register(writer, who, "another", "new", "android", NOW + 10 * 365 * 86_400.0)
    assert held(writer, who) == [device_id_of("new")]


def test_a_reader_knows_whose_login_it_was(writer: Writer, reader: Reader) -> None:
    desk = Desk(writer)
    login = desk.use(desk.ask())
    assert reader.person_of_login(login.session) == [login.person.person_id]
    assert reader.person_of_login("none") == []


def test_people_are_shown_with_how_many_they_have(writer: Writer) -> None:
    who = people.add(writer, NewPerson(role=PersonRole.DRIVER, name="Dan", phone="27821234599"), NOW)[0].person_id
    for token in ("a", "b"):
        devices.register(writer, who, "s1", token, "android", NOW)
    assert shown(writer.path, who, NOW, "UTC", 0.0)["devices"] == 2
