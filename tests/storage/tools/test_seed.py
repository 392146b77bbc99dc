"""People to try the product with."""

from pathlib import Path

from dispatch.messages.events import DriverRegistered
from dispatch.storage.log.on_file import Reader, Writer
from dispatch.storage.tools.seed import MICHAEL, SARAH, Seeded, demo_fleet, seed
from dispatch.values import DriverCard, Passenger
from tests.storage.stories import append


def test_the_two_of_the_walkthrough_are_there(path: Path) -> None:
    assert seed(path, fleet=0) == Seeded(1, 1)
    reader = Reader(path)
    assert reader.default_passenger() == Passenger("27821234567", "Sarah Johnson", "27821234567")
    assert reader.driver_card("27821234568") == DriverCard(
        "27821234568", "Michael Brown", "27821234568", 4.9, "sedan", "CA 999 GP"
    )


def test_seeding_again_adds_only_who_is_missing(path: Path) -> None:
    assert seed(path, fleet=20) == Seeded(1, 21)
    assert seed(path, fleet=20) == Seeded(0, 0)
    assert seed(path, fleet=25) == Seeded(0, 5)


def test_a_known_driver_keeps_their_own_card(path: Path) -> None:
    mine = DriverCard(MICHAEL.driver_id, "Mike", "0", 3.0)
    writer = Writer(path, "off")
    writer.write([append("driver/" + MICHAEL.driver_id, DriverRegistered(mine))])
    writer.close()
    seed(path, fleet=0)
    assert Reader(path).driver_card(MICHAEL.driver_id) == mine


def test_seeded_drivers_are_registered_in_the_journal_like_any_other(path: Path) -> None:
    seed(path, fleet=3)
    for card in (MICHAEL, *demo_fleet(3)):
        assert Reader(path).events_of("driver/" + card.driver_id) == (DriverRegistered(card),)


def test_the_demo_fleet_is_the_same_every_time_and_nobody_is_there_twice() -> None:
    fleet = list(demo_fleet(300))
    assert fleet == list(demo_fleet(300))
    assert fleet[:10] == list(demo_fleet(10))
    assert len({card.driver_id for card in fleet} | {MICHAEL.driver_id, SARAH.passenger_id}) == 302
    assert len({card.name for card in fleet}) > 200
    assert all(4.2 <= card.rating <= 5.0 and card.phone == card.driver_id for card in fleet)
