"""The whole look: nothing is found in what the writer wrote, and whatever was changed behind its back is."""

import sqlite3
from pathlib import Path
from random import Random

import pytest

from dispatch.errors import DatabaseError
from dispatch.messages.events import EVENT_TYPES, RideAssigned
from dispatch.storage.check import findings
from dispatch.storage.seed import seed
from dispatch.storage.writer import Writer
from dispatch.types import DriverCard, DriverId
from tests.storage.damage import closed_file, flip
from tests.storage.stories import EVERY_KIND, MICHAEL, OFFER, RIDE, Town, append, booked


def changed(path: Path, statement: str) -> list[str]:
    with sqlite3.connect(closed_file(path)) as connection:
        connection.execute(statement)
    return list(findings(path))


@pytest.mark.parametrize("town", range(10))
def test_nothing_is_found_in_a_towns_file(path: Path, town: int) -> None:
    assert list(findings(closed_file(path, town))) == []


def test_nothing_is_found_in_a_seeded_file_that_is_being_written(path: Path) -> None:
    seed(path, now=3.5)
    writer = Writer(path, "off", wall_zero=1_700_000_000.123)
    writer.write(list(Town(2, rides=20).story()))
    assert list(findings(path)) == []
    writer.close()


def test_every_kind_of_event_is_taken(path: Path) -> None:
    writer = Writer(path, "off", wall_zero=1_700_000_000.123)
    writer.write(EVERY_KIND)
    writer.close()
    assert {type(event) for append in EVERY_KIND for event in append.events} == set(EVENT_TYPES)
    assert list(findings(path)) == []


@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        ("UPDATE rides SET status = 'odd' WHERE ride_no = 3", "rides: ride-2 has status odd instead of"),
        ("UPDATE drivers SET ride_id = NULL, updated_at = 9 WHERE driver_id = 'd3'", "drivers: d3 has "),
        ("DELETE FROM offers WHERE offer_id = 'o5'", "is missing, though events tell of it"),
        ("INSERT INTO passengers VALUES ('x', 'X', '', 0, 0, 0, 5)", "passengers: x is there, though no event"),
        ("UPDATE ratings SET rating = 6 - rating", "instead of"),
        ("DELETE FROM events WHERE n BETWEEN 7 AND 9", "events 7 to 9 are missing"),
        ("UPDATE events SET body = substr(body, 2) WHERE n = 4", "event 4 cannot be read"),
        ("UPDATE events SET kind = 'DriverOnline' WHERE n = 1", "event 1 is not filed under its own kind and ride"),
        ("UPDATE events SET ride_no = ride_no + 1 WHERE ride_id = 'ride-2'", "is filed under ride number 4, which is"),
        ("DROP INDEX rides_open", "rides_open is missing from its schema"),
    ],
    ids=lambda told: told[:40],
)
def test_what_was_changed_behind_the_journals_back_is_found(path: Path, statement: str, finding: str) -> None:
    found = changed(path, statement)
    assert any(finding in line for line in found), found
    assert all("\n" not in line for line in found)


def test_a_ride_with_two_drivers_is_found(path: Path) -> None:
    writer = Writer(path, "off")
    other = DriverCard(DriverId("d2"), "Ben", "")
    writer.write(
        [booked("ride-1"), *(append("ride/ride-1", RideAssigned(RIDE, him, OFFER, 1, 2.5)) for him in (MICHAEL, other))]
    )
    writer.close()
    assert list(findings(path)) == ["ride ride-1 has driver d2 by event 3 and 2782•••4568 as well"]


def test_any_bit_is_found_or_does_no_harm(path: Path) -> None:
    data = closed_file(path, rides=8).read_bytes()
    dice, seen = Random(5), 0
    for _ in range(40):
        path.write_bytes(data)
        flip(path, dice.randrange(100, len(data)), dice.randrange(8))
        try:
            found = list(findings(path))
        except DatabaseError as refusal:
            found = [str(refusal)]
        seen += bool(found)
        assert all("\n" not in line for line in found)
    assert seen > 8
