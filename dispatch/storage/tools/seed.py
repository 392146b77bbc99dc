"""People to try the product with: the passenger and the driver of the walkthrough, and a fleet with names, cars and ratings.

Ordered by `dispatch db seed`. Seeding again adds only who is missing.
"""

import random
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

from dispatch import addresses
from dispatch.ids import DriverId, PassengerId
from dispatch.messages.events import DriverRegistered
from dispatch.messages.journal import by_nobody
from dispatch.storage.failures import explained
from dispatch.storage.file.owner import owned
from dispatch.storage.log.on_file import Writer
from dispatch.values import DriverCard, Passenger

SARAH: Final = Passenger(PassengerId("27821234567"), "Sarah Johnson", "27821234567")
MICHAEL: Final = DriverCard(DriverId("27821234568"), "Michael Brown", "27821234568", 4.9, "sedan", "CA 999 GP")
DEMO_FLEET: Final = 50
FIRST_DEMO_PHONE: Final = 27830000001

_FIRST_NAMES: Final = (
    *("Amahle", "Ayanda", "Bongani", "Busisiwe", "Carlos", "Chantal", "Daniel", "Elena", "Farah", "Fatima"),
    *("Grace", "Hassan", "Ingrid", "Jabu", "Johan", "Kagiso", "Karim", "Lerato", "Lindiwe", "Maria"),
    *("Mei", "Mpho", "Naledi", "Neo", "Nomsa", "Olga", "Pieter", "Priya", "Rajesh", "Refilwe"),
    *("Sanele", "Sibusiso", "Sofia", "Tariq", "Thabo", "Themba", "Thandi", "Vusi", "Yusuf", "Zanele"),
)
_LAST_NAMES: Final = (
    *("Abrahams", "Adams", "Botha", "Chetty", "Cele", "Dlamini", "Du Plessis", "Fischer", "Govender", "Hadebe"),
    *("Hendricks", "Ismail", "Jacobs", "Khumalo", "Kruger", "Mabaso", "Mahlangu", "Maseko", "Mokoena", "Molefe"),
    *("Mthembu", "Naidoo", "Ndlovu", "Ngcobo", "Nkosi", "Patel", "Pillay", "Radebe", "Sithole", "Smit"),
    *("Solomons", "Tshabalala", "Van Wyk", "Venter", "Williams", "Xaba", "Zulu", "Zwane", "Moyo", "Santos"),
)
_VEHICLES: Final = ("sedan", "sedan", "sedan", "hatchback", "suv", "van")
_LETTERS: Final = "BCDFGHJKLMNPRSTVWXYZ"


class Seeded(NamedTuple):
    """How many were not there before."""

    passengers: int
    drivers: int


def seed(path: str | Path, fleet: int = DEMO_FLEET, *, now: float = 0.0) -> Seeded:
    """Put the two people of the walkthrough and `fleet` demo drivers into the file, making it where it is not.

    `now`: unix time of their registration. Raises DatabaseError.
    """
    with owned(path, make=True) as ownership, closing(Writer(path)) as writer:
        seeded = seed_into(writer, fleet, now)
        ownership.keep()
        return seeded


def seed_into(writer: Writer, fleet: int, now: float) -> Seeded:
    """What `seed` does, by a writer that is open."""
    with explained(writer.path):
        known = {driver_id for (driver_id,) in writer.db.conn.execute("SELECT driver_id FROM drivers")}
    new = [card for card in (MICHAEL, *demo_fleet(fleet)) if card.driver_id not in known]
    writer.write([by_nobody(addresses.driver(card.driver_id), now, DriverRegistered(card)) for card in new])
    return Seeded(_seed_passenger(writer, SARAH), len(new))


def demo_fleet(size: int) -> Iterator[DriverCard]:
    """The first `size` drivers of the demo. The n-th is always the same person."""
    for n in range(size):
        dice = random.Random(f"demo fleet/{n}")
        name = f"{dice.choice(_FIRST_NAMES)} {dice.choice(_LAST_NAMES)}"
        phone = str(FIRST_DEMO_PHONE + n)
        plate = f"{''.join(dice.choices(_LETTERS, k=2))} {dice.randrange(100, 1000)} GP"
        rating = round(dice.triangular(4.2, 5.0, 4.8), 1)
        yield DriverCard(DriverId(phone), name, phone, rating, dice.choice(_VEHICLES), plate)


def _seed_passenger(writer: Writer, passenger: Passenger) -> int:
    """Passengers have no event of their own: one who never booked is only a row."""
    with explained(writer.path):
        added = writer.db.conn.execute(
            "INSERT INTO passengers (passenger_id, name, phone, is_default) VALUES (?, ?, ?, 1)"
            " ON CONFLICT DO UPDATE SET is_default = 1 WHERE NOT is_default RETURNING 1",
            (passenger.passenger_id, passenger.name, passenger.phone),
        ).fetchall()
    return len(added)
