"""Random worlds: people are removed and the past is purged in any order, between starts, and the file stays whole."""

import random
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from dispatch import addresses
from dispatch.domain.driver.record import DriverRecord
from dispatch.domain.ride.record import RideRecord
from dispatch.identity.people import Document, NewPerson, NoSuchPerson, RideIsOpen
from dispatch.ids import DriverId, PassengerId, PersonId, RideId
from dispatch.messages.events import DriverOnline, DriverRegistered, RideRequested
from dispatch.storage.health.check import findings
from dispatch.storage.health.startup_check import require_sound
from dispatch.storage.log import wiping
from dispatch.storage.log.on_file import Reader, Writer, newest_at
from dispatch.storage.log.restart import mark_all_disconnected
from dispatch.storage.people import people
from dispatch.storage.people.retention import DAY_S
from dispatch.storage.tools.orders import perform
from dispatch.storage.tools.privacy_orders import PurgeOld, RemovePerson
from dispatch.values import DriverCard, Passenger, Place, Trip
from dispatch.words import PersonRole
from tests.storage.people.test_removal import bytes_of, ride
from tests.storage.stories import Town, append

A_DAY = {"keep_tracks_days": 1, "keep_quotes_days": 2, "keep_addresses_days": 3}


class World:
    """People, rides of ten days, and what was done to them, drawn from a seed."""

    def __init__(self, seed: int, path: Path) -> None:
        self.dice, self.path = random.Random(f"removals/{seed}"), path
        self.riders = [Passenger(PassengerId(f"2781000{n:04}"), f"Rider{n:02}x", f"2781000{n:04}") for n in range(8)]
        self.drivers = [
            DriverCard(DriverId(f"2782000{n:04}"), f"Drove{n:02}x", f"2782000{n:04}", 4.5, "sedan", f"PLATE{n:02}x")
            for n in range(6)
        ]
        self.words: dict[str, list[str]] = {each.phone: [each.phone, each.name] for each in self.riders}
        self.words |= {each.phone: [each.phone, each.name, each.vehicle_registration] for each in self.drivers}
        self.gone: set[str] = set()
        self.writer = Writer(path, "off")
        for each in Town(seed, 20).story():
            self.writer.write([each])
        for card in self.drivers:
            self.writer.write([append(addresses.driver(card.driver_id), DriverRegistered(card), at=9_000.0)])
        for n in range(25):
            self._ride(n)
        for rider in self.dice.sample(self.riders, 2):  # open for ever
            open_ride = RideRequested(RideId(f"open-{rider.phone}"), 1, rider, self._trip(rider), 10_000.0)
            self.writer.write([append(addresses.ride(open_ride.ride_id), open_ride, at=10_000.0)])
        self._file()

    def _trip(self, rider: Passenger) -> Trip:
        place = Place(self.dice.uniform(-26.3, -26.1), self.dice.uniform(28.0, 28.2), f"{rider.name} street 7")
        return Trip(place, place, 3.0, 9.0, 50.0, note=f"ring {rider.name} at {rider.phone}")

    def _ride(self, n: int) -> None:
        rider, card = self.dice.choice(self.riders), self.dice.choice(self.drivers)
        for each in ride(n, rider, card, 10_000.0 + n * 0.4 * DAY_S, self._trip(rider)):
            self.writer.write([each])

    def _file(self) -> None:
        """Some have files of their own, other phones by now, or several roles; some are connected."""
        for rider in self.dice.sample(self.riders, 3):
            people.add(self.writer, NewPerson(role=PersonRole.STAFF, name=rider.name, phone=rider.phone), 9_500.0)
        for card in self.dice.sample(self.drivers, 3):
            licence = (Document("licence", f"LIC-{card.name}", 2e9),)
            new = NewPerson(role=PersonRole.DRIVER, name=card.name, phone=card.phone, documents=licence)
            people.add(self.writer, new, 9_501.0)
        for card in self.dice.sample(self.drivers, 2):
            self.writer.write([append(addresses.driver(card.driver_id), DriverOnline(card.driver_id), at=9_502.0)])
        for moved in self.dice.sample(self.drivers, 2):
            phone = moved.phone.replace("2782000", "2783999")
            people.move_phone(self.writer, PersonId(moved.driver_id), phone, 9_503.0)
            self.words[phone] = [phone, *self.words.pop(moved.phone)]

    def remove_somebody(self) -> None:
        phone = self.dice.choice(sorted(self.words))
        with suppress(RideIsOpen, NoSuchPerson):
            answer = perform(self.writer, RemovePerson(who=phone), 10_000.0 + 20 * DAY_S)
            assert answer["unwiped"] == ""
            self.gone.add(phone)

    def purge(self) -> None:
        now = 10_000.0 + self.dice.uniform(0.0, 15.0) * DAY_S
        assert perform(self.writer, PurgeOld(**A_DAY), now)["unwiped"] == ""

    def start(self) -> None:
        """As a server does, before anyone is served."""
        self.writer.close()
        self.writer = Writer(self.path, "off", trusts=lambda db: require_sound(db, str(self.path)))
        mark_all_disconnected(self.writer, newest_at(self.writer.db))
        with closing(Reader(self.path)) as reader:
            ids = self.writer.db.execute("SELECT driver_id FROM drivers").fetchall()
            for (ident,) in ids:
                wake(DriverRecord(DriverId(ident)), reader.events_of(addresses.driver(DriverId(ident))))
            for (ident,) in self.writer.db.execute("SELECT ride_id FROM rides").fetchall():
                wake(RideRecord(RideId(ident)), reader.events_of(addresses.ride(RideId(ident))))


def wake(record: Any, events: Any) -> None:
    """What an actor does when it is woken. Raises what cannot be."""
    for event in events:
        record.apply(event)


@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_removed_and_purged_the_file_is_sound_and_has_no_byte_of_it(seed: int, tmp_path: Path) -> None:
    world = World(seed, tmp_path / "rides.db")
    for _ in range(12):
        world.dice.choice((world.remove_somebody, world.remove_somebody, world.purge, world.start))()
    world.start()
    assert world.gone and list(findings(world.path)) == []
    held = bytes_of(world.path)
    left = [word for phone in world.gone for word in world.words[phone] if word.encode() in held]
    kept = [word for phone in set(world.words) - world.gone for word in world.words[phone] if word.encode() not in held]
    assert (left, kept) == ([], [])
    world.writer.close()
    assert not wiping.is_due(Writer(world.path).db)
