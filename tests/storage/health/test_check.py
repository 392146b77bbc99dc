"""The whole look: nothing is found in what the writer wrote, and whatever was changed behind its back is."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from dispatch.errors import DatabaseError
from dispatch.ids import DriverId
from dispatch.messages.events import EVENT_TYPES, RideAssigned
from dispatch.storage.health.check import findings
from dispatch.storage.log.on_file import Writer
from dispatch.storage.tables.schema import FOLLOWING
from dispatch.storage.tools.seed import seed
from dispatch.values import DriverCard
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
    writer = Writer(path, "off")
    writer.write(list(Town(2, rides=20).story()))
    assert list(findings(path)) == []
    writer.close()


def test_every_kind_of_event_is_taken(path: Path) -> None:
    every_kind(path)
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
        [
            booked("ride-1"),
            *(append("ride/ride-1", RideAssigned(RIDE, driver_id, OFFER, 1, 2.5)) for driver_id in (MICHAEL, other)),
        ]
    )
    writer.close()
    assert list(findings(path)) == ["ride ride-1 has driver d2 by event 3 and 2782•••4568 as well"]


def test_a_word_of_another_version_is_read_and_told(path: Path) -> None:
    file = every_kind(path)
    with closing(sqlite3.connect(file)) as rows:
        (n, held) = rows.execute("SELECT n, body FROM events WHERE kind = 'SearchFailed'").fetchone()
        word = str(json.loads(held)["reason"])
        rows.execute("UPDATE events SET body = replace(body, ?, 'nobody dared') WHERE n = ?", (word, n))
        rows.execute("UPDATE rides SET reason = 'nobody dared' WHERE reason = ?", (word,))
        rows.commit()
    assert list(findings(file)) == [f"event {n}, SearchFailed, has an unknown word for reason: nobody dared"]


def test_any_bit_is_found_or_does_no_harm(path: Path) -> None:
    data = closed_file(path, rides=40).read_bytes()
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


ASIDE = {("passengers", "is_default")}
"""What no event tells: a passenger is made the default one by `dispatch db seed`."""
NOT_FROM_EVENTS = {
    "events",
    "blocked_pairs",
    "_sqlite_migrations",
    "login_codes",
    "login_failures",
    "login_sessions",
    "staff_requests",
    "devices",
}


def columns(path: Path) -> list[tuple[str, str]]:
    """Every cell that a table has: its table and column. What SQLite works out itself is none."""
    with closing(sqlite3.connect(path)) as file:
        tables = [name for (name,) in file.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        return [(table, row[1]) for table in tables for row in file.execute(f"PRAGMA table_info({table})")]


def every_kind(path: Path) -> Path:
    """At least one row in every table that follows from the events."""
    writer = Writer(path, "off")
    writer.write(EVERY_KIND)
    writer.close()
    return path


@pytest.fixture(scope="module")
def full_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return every_kind(tmp_path_factory.mktemp("full") / "dispatch.db")


def found_after(full_file: Path, path: Path, statement: str) -> list[str]:
    """What is found once one row was changed behind the journal's back."""
    shutil.copyfile(full_file, path)
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        assert file.execute(statement).rowcount == 1
    return list(findings(path))


def test_every_table_follows_from_events_or_is_known_not_to(full_file: Path) -> None:
    assert {table for table, _ in columns(full_file)} == {*FOLLOWING, *NOT_FROM_EVENTS}


def test_a_change_of_any_cell_of_any_table_is_found(full_file: Path, path: Path) -> None:
    missed = []
    for table, column in columns(full_file):
        if table in FOLLOWING and (table, column) not in ASIDE:
            other = f"CASE typeof({column}) WHEN 'null' THEN 7 WHEN 'text' THEN {column} || '7' ELSE {column} + 7 END"
            keys = ", ".join(FOLLOWING[table].key)
            found = found_after(
                full_file,
                path,
                f"UPDATE {table} SET {column} = {other} WHERE ({keys}) = (SELECT {keys} FROM {table} LIMIT 1)",
            )
            if not any(table in line or "ride number" in line for line in found):
                missed.append((table, column))
    assert missed == []


UNIQUE = {"people": "phone"}
"""Columns beside the key that hold no value twice."""


@pytest.mark.parametrize("table", FOLLOWING)
def test_a_row_that_is_lost_or_invented_is_found(full_file: Path, path: Path, table: str) -> None:
    key = FOLLOWING[table].key[0]
    keys = ", ".join(FOLLOWING[table].key)
    lost = found_after(full_file, path, f"DELETE FROM {table} WHERE ({keys}) = (SELECT {keys} FROM {table} LIMIT 1)")
    assert any(line.startswith(f"{table}: ") and "is missing, though events tell of it" in line for line in lost)
    names = [name for of, name in columns(full_file) if of == table and name != "ride_no"]
    cells = [f"{name} || '-7'" if name in (key, UNIQUE.get(table)) else name for name in names]
    copy = f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(cells)} FROM {table} LIMIT 1"
    assert any("is there, though no event tells of it" in line for line in found_after(full_file, path, copy))


def test_a_piece_of_a_track_that_is_there_twice_is_found(full_file: Path, path: Path) -> None:
    found = found_after(full_file, path, "INSERT INTO tracks SELECT * FROM tracks LIMIT 1")
    assert [line for line in found if "is there 2 times, though events tell of it 1 times" in line]
