"""Who is put on file for a sandbox."""

from contextlib import closing
from pathlib import Path

from dispatch.storage.health.check import findings
from dispatch.storage.log.on_file import Writer
from dispatch.storage.people import people
from dispatch.words import PersonRole
from sim.sandbox import cast


def test_everybody_is_on_file_once_with_their_phone_as_their_id(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.db"
    for _ in range(2):
        with closing(Writer(path)) as writer:
            on_file = cast.put_on_file(writer, 3, 1.0)
            assert on_file.drivers == [card.driver_id for card, _ in zip(cast.drivers(), range(3), strict=False)]
            assert len({*on_file.strangers, *on_file.friends}) == cast.PASSENGERS
            played = [people.find(writer.db, player.phone) for player in cast.PLAYERS]
            rating = writer.db.execute("SELECT rating FROM drivers WHERE name = 'Michael Brown'").fetchone()
    sarah, michael, ann = (person for person in played if person is not None)
    assert (sarah.name, sarah.as_(PersonRole.PASSENGER) is not None) == ("Sarah Johnson", True)
    assert (michael.name, michael.as_(PersonRole.DRIVER) is not None) == ("Michael Brown", True)
    assert rating == (4.9,)
    staff = ann.as_(PersonRole.STAFF)
    assert staff is not None
    assert staff.is_manager
    assert list(findings(path)) == []


def test_michael_meets_friends_alone_of_those_who_are_simulated(tmp_path: Path) -> None:
    with closing(Writer(tmp_path / "sandbox.db")) as writer:
        on_file = cast.put_on_file(writer, 3, 1.0)
        kept_apart = writer.db.execute("SELECT passenger_id, driver_id FROM blocked_pairs").fetchall()
    assert {driver_id for _, driver_id in kept_apart} == {cast.MICHAEL.driver_id}
    assert {passenger_id for passenger_id, _ in kept_apart} == set(on_file.strangers)
    assert len(on_file.friends) == cast.FRIENDS
    assert set(on_file.friends).isdisjoint(on_file.strangers)


def test_more_drivers_are_others_with_ratings_and_plates_of_their_own(tmp_path: Path) -> None:
    with closing(Writer(tmp_path / "sandbox.db")) as writer:
        first = cast.add_drivers(writer, 0, 2, 1.0)
        more = cast.add_drivers(writer, 2, 2, 1.0)
        assert len({*first, *more}) == 4
        rows = writer.db.execute("SELECT rating, vehicle_registration FROM drivers ORDER BY driver_id").fetchall()
    cards = [card for card, _ in zip(cast.drivers(), range(4), strict=False)]
    assert rows == [(card.rating, card.vehicle_registration) for card in cards]
