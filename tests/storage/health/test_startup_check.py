"""What a start looks at in a file that opens: schema, pages, and the events that are needed now."""

import sqlite3
from pathlib import Path
from random import Random

import pytest

from dispatch.errors import DatabaseError
from dispatch.messages.events import AvailabilitySet
from dispatch.storage.failures import StorageDamaged
from dispatch.storage.health import startup_check
from dispatch.storage.health.startup_check import require_sound
from dispatch.storage.log.on_file import Writer
from dispatch.storage.tables.opening import open_database
from tests.storage.damage import closed_file, flip
from tests.storage.stories import DRIVER_ID, append, booked


def looked_at(path: Path) -> None:
    db = open_database(path)
    try:
        require_sound(db, path)
    finally:
        db.close()


def garble(path: Path, word: bytes, bit: int = 2) -> None:
    """Damage the middle of the first place where it stands."""
    flip(path, path.read_bytes().index(word) + len(word) // 2, bit)


def test_a_new_file_and_a_towns_are_sound(path: Path, tmp_path: Path) -> None:
    looked_at(path)
    looked_at(closed_file(tmp_path / "town.db"))


def test_what_others_added_to_the_schema_is_theirs(path: Path) -> None:
    with sqlite3.connect(closed_file(path)) as connection:
        connection.execute("CREATE VIEW busy AS SELECT * FROM drivers WHERE ride_id IS NOT NULL")
    looked_at(path)


def test_a_schema_that_is_not_ours_is_told(path: Path) -> None:
    garble(closed_file(path), b"WHERE ended_at IS", bit=5)
    with pytest.raises(StorageDamaged, match="the schema of rides_open is not what dispatch wrote"):
        looked_at(path)


def test_an_index_that_is_gone_is_told(path: Path) -> None:
    with sqlite3.connect(closed_file(path)) as connection:
        connection.execute("DROP INDEX events_folds")
    with pytest.raises(StorageDamaged, match="events_folds is missing"):
        looked_at(path)


def test_an_event_that_cannot_be_read_is_told_by_its_number(path: Path) -> None:
    garble(closed_file(path), b'"DriverRegistered"')
    with pytest.raises(StorageDamaged, match=r"event \d+ cannot be read"):
        looked_at(path)


def test_text_that_is_no_unicode_is_told_by_its_number(path: Path) -> None:
    garble(closed_file(path), b'"name":"Driver 11"', bit=7)
    with pytest.raises(StorageDamaged, match=r"event \d+ cannot be read: it is not Unicode"):
        looked_at(path)


def test_an_event_that_is_missing_is_told(path: Path) -> None:
    with sqlite3.connect(closed_file(path)) as connection:
        connection.execute("DELETE FROM events WHERE n = 5")
    with pytest.raises(StorageDamaged, match="event 5 is missing"):
        looked_at(path)


def test_an_old_event_of_a_ride_under_way_is_read(path: Path) -> None:
    writer = Writer(path, "off")
    writer.write([booked("ride-1")])
    writer.write([append("driver/1", *[AvailabilitySet(DRIVER_ID, True)] * startup_check.NEWEST_EVENTS)])
    writer.close()
    garble(path, b'"RideRequested"')
    with pytest.raises(StorageDamaged, match="event 1 cannot be read"):
        looked_at(path)


def test_of_a_large_file_only_the_tables_that_stay_small_are_walked(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = open_database(path)
    asked: list[str] = []
    db.conn.set_trace_callback(asked.append)
    require_sound(db, path)
    monkeypatch.setattr(startup_check, "WALKED_WHOLE_BYTES", 0)
    require_sound(db, path)
    walks = [query.split("PRAGMA ")[1] for query in asked if "quick_check" in query]
    assert walks == ["quick_check(1)", *(f"quick_check({table})" for table in startup_check._WALKED)]


def test_any_bit_is_told_as_damage_or_does_no_harm(path: Path) -> None:
    data = closed_file(path, rides=8).read_bytes()
    dice, refused = Random(3), 0
    for _ in range(90):
        path.write_bytes(data)
        flip(path, dice.randrange(100, len(data)), dice.randrange(8))
        try:
            looked_at(path)
        except DatabaseError as refusal:
            refused += 1
            assert str(path) in str(refusal)
            assert "\n" not in str(refusal)
    assert refused > 8
