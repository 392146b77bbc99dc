"""Who is in a sandbox: the three whom people play themselves, and everybody who is simulated. The n-th is always the same person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from random import Random
from typing import Final, NamedTuple

from dispatch import addresses
from dispatch.identity.people import NewPerson
from dispatch.ids import DriverId, PersonId
from dispatch.messages.events import DriverRegistered
from dispatch.messages.journal import by_nobody
from dispatch.storage.log.on_file import Writer
from dispatch.storage.people import people
from dispatch.storage.tools.blocks import block
from dispatch.storage.tools.seed import MICHAEL, SARAH
from dispatch.values import DriverCard
from dispatch.words import PersonRole

PASSENGERS, FRIENDS = 400, 60
"""On file from the start. Each has one ride at a time. Only friends may meet the driver whom people play: see `CastOnFile`."""
FIRST_DRIVER, FIRST_PASSENGER = 358_500_000_001, 358_400_000_001

_FIRST_NAMES: Final = (
    *("Aino", "Aleksi", "Amina", "Anna", "Antti", "Eero", "Eeva", "Elias", "Ella", "Fatima", "Hanna", "Heikki"),
    *("Helmi", "Ilmari", "Isla", "Jari", "Johanna", "Juha", "Kaisa", "Kalle", "Laura", "Leo", "Liisa", "Maria"),
    *("Matti", "Mikko", "Minna", "Mohamed", "Nguyen", "Niina", "Oona", "Otto", "Paula", "Pekka", "Riikka", "Saara"),
    *("Sami", "Sanna", "Sofia", "Tiina", "Timo", "Tuomas", "Veera", "Ville", "Väinö", "Yusuf"),
)
_LAST_NAMES: Final = (
    *("Aalto", "Ahmed", "Ahonen", "Berg", "Eskola", "Hakala", "Hämäläinen", "Heikkinen", "Holm", "Järvinen"),
    *("Karjalainen", "Kinnunen", "Korhonen", "Koskinen", "Laine", "Lehtonen", "Lindqvist", "Mäkelä", "Mäkinen"),
    *("Nieminen", "Nyman", "Ojala", "Peltonen", "Rantanen", "Saarinen", "Salminen", "Savolainen", "Tran", "Virtanen"),
)
_VEHICLES: Final = ("sedan", "sedan", "sedan", "suv", "van")
_LETTERS: Final = "ABCEFGHIJKLMNPRSTUVXYZ"


class Player(NamedTuple):
    """Somebody whom whoever tries the sandbox can be. `page`: where they log in."""

    page: str
    role: PersonRole
    name: str
    phone: str
    vehicle_type: str = ""
    registration: str = ""


class CastOnFile(NamedTuple):
    """Ids of all who are simulated. `strangers`: passengers who are kept apart from Michael, so that nobody who plays that driver is
    asked for rides they know nothing of. `friends`: those who are not.
    """

    drivers: list[PersonId]
    strangers: list[PersonId]
    friends: list[PersonId]


PLAYERS: Final = (
    Player("passenger", PersonRole.PASSENGER, SARAH.name, SARAH.phone),
    Player(
        "driver", PersonRole.DRIVER, MICHAEL.name, MICHAEL.phone, MICHAEL.vehicle_type, MICHAEL.vehicle_registration
    ),
    Player("desk", PersonRole.STAFF, "Ann Lindqvist", "358500999999"),
)


def drivers() -> Iterator[DriverCard]:
    """The fleet, without end."""
    number = 0
    while True:
        dice = Random(f"sandbox driver/{number}")
        phone = str(FIRST_DRIVER + number)
        plate = f"{''.join(dice.choices(_LETTERS, k=3))}-{dice.randrange(100, 1000)}"
        rating = round(dice.triangular(4.2, 5.0, 4.8), 1)
        yield DriverCard(DriverId(phone), _name(dice), phone, rating, dice.choice(_VEHICLES), plate)
        number += 1


def passengers() -> list[NewPerson]:
    """Everybody who books."""
    names = (_name(Random(f"sandbox passenger/{number}")) for number in range(PASSENGERS))
    return [
        NewPerson(role=PersonRole.PASSENGER, phone=str(FIRST_PASSENGER + number), name=name)
        for number, name in enumerate(names)
    ]


def put_on_file(writer: Writer, fleet: int, now: float) -> CastOnFile:
    """Put everybody on file who is not there yet."""
    played = [
        NewPerson(
            role=player.role,
            phone=player.phone,
            name=player.name,
            is_manager=player.role == PersonRole.STAFF,
            vehicle_type=player.vehicle_type,
            registration=player.registration,
        )
        for player in PLAYERS
    ]
    with writer.one_commit():  # hundreds that wait for the disk would take seconds
        _register(writer, [MICHAEL], now)
        _added(writer, played, now)
        booking = _added(writer, passengers(), now)
        friends, strangers = booking[:FRIENDS], booking[FRIENDS:]
        for stranger in strangers:
            block(writer, stranger, MICHAEL.driver_id, now=now)
        return CastOnFile(add_drivers(writer, 0, fleet, now), strangers, friends)


def add_drivers(writer: Writer, first: int, count: int, now: float) -> list[PersonId]:
    """Put these drivers of the fleet on file: `count` of them from number `first` on. Returns their ids."""
    cards = list(islice(drivers(), first, first + count))
    new = [
        NewPerson(
            role=PersonRole.DRIVER,
            phone=card.phone,
            name=card.name,
            vehicle_type=card.vehicle_type,
            registration=card.vehicle_registration,
        )
        for card in cards
    ]
    _register(writer, cards, now)
    return _added(writer, new, now)


def _register(writer: Writer, cards: Sequence[DriverCard], now: float) -> None:
    """A file of people has no ratings: a driver's first one is told by this event."""
    unknown = [card for card in cards if people.id_of_phone(writer.db, card.phone) is None]
    if unknown:
        writer.write([by_nobody(addresses.driver(card.driver_id), now, DriverRegistered(card)) for card in unknown])


def _added(writer: Writer, new: Sequence[NewPerson], now: float) -> list[PersonId]:
    """Their ids. In a sandbox the id of a person is the phone: it is read in tables and frames, and nobody is kept from guessing it."""
    unknown = [person for person in new if people.id_of_phone(writer.db, person.phone) is None]
    ids = iter([people.id_meant(writer.db, person.phone) for person in unknown])
    return [person_id for person_id, _ in people.add_all(writer, new, now, draw=lambda: next(ids))]


def _name(dice: Random) -> str:
    return f"{dice.choice(_FIRST_NAMES)} {dice.choice(_LAST_NAMES)}"
