"""The tables: their migrations, their indexes, and that each is catalogued."""

from pathlib import Path

import pytest
from sqlite_utils import Database

from dispatch.ids import DriverId, PassengerId, PersonId, RideId
from dispatch.messages.events import DriverRegistered, PersonRenamed, RideRated, StaffActed
from dispatch.storage.log.on_file import Reader, Writer
from dispatch.storage.tables.opening import open_database
from dispatch.storage.tables.schema import AUDITED, FOLLOWING, TABLES, migrations
from dispatch.storage.tools.desk import RIDES
from dispatch.words import StaffAction
from tests.storage.stories import DRIVER_ID, MICHAEL, RIDE, SARAH, append


def made() -> Database:
    db = Database(memory=True, execute_plugins=False)
    migrations.apply(db)
    return db


def test_every_question_of_the_reader_is_answered_by_an_index(path: Path) -> None:
    open_database(path).close()
    reader = Reader(path)
    asked: list[str] = []
    reader._db.conn.set_trace_callback(asked.append)
    ride_id, driver_id = RideId("r1"), DriverId("d1")
    reader.events_of("ride/r1"), reader.events_of("driver/d1"), reader.events_of_ride(ride_id)
    reader.ride_exists(ride_id), reader.driver_card(driver_id), reader.passenger(PassengerId("p1")), reader.open_rides()
    reader._db.conn.set_trace_callback(None)
    assert len(asked) == 7
    for query in asked:
        plan = [step for *_, step in reader._db.execute(f"EXPLAIN QUERY PLAN {query}")]
        assert not [step for step in plan if step.startswith("SCAN") and "rides_open" not in step], (query, plan)


def test_a_file_from_before_registered_ratings_counted_gets_them_back(path: Path) -> None:
    writer = Writer(path, "off")
    rated = RideRated(RIDE, "passenger", 4, "", DRIVER_ID, SARAH.passenger_id)
    writer.write([append(f"driver/{DRIVER_ID}", DriverRegistered(MICHAEL)), append(f"ride/{RIDE}", rated)])
    writer.db.execute("ALTER TABLE drivers DROP COLUMN registered_rating")
    writer.db.execute("UPDATE drivers SET rating = 4.5")
    writer.db["_sqlite_migrations"].delete_where("name = 'm009_registered_rating'")
    writer.close()
    db = open_database(path)
    assert db.execute("SELECT registered_rating, rating FROM drivers").fetchall() == [(4.9, 4.45)]
    db.close()


def test_a_file_whose_acts_were_filed_in_other_words_is_filed_anew(path: Path) -> None:
    writer = Writer(path, "off")
    writer.write([append(f"ride/{RIDE}", StaffActed(RIDE, "s1", StaffAction.FARE))])
    writer.write([append("person/p1", PersonRenamed(PersonId("p1"), "Sarah"))])
    writer.db.execute("DROP INDEX events_audit")
    writer.db.execute("CREATE INDEX events_audit ON events (n) WHERE kind IN ('StaffActed', 'PersonRenamed')")
    writer.db["_sqlite_migrations"].delete_where("name = 'm019_audit_of_rides_apart'")
    writer.close()
    db = open_database(path)
    question = f"SELECT n FROM events INDEXED BY events_audit WHERE {AUDITED} ORDER BY n"
    assert db.execute(question).fetchall() == [(1,), (2,)]
    db.close()


def test_every_table_that_the_migrations_make_is_catalogued() -> None:
    assert {*made().table_names()} - {"_sqlite_migrations"} == {*TABLES}


def test_every_column_that_is_named_is_there() -> None:
    db = made()
    for name, table in TABLES.items():
        held = {row[1] for row in db.execute(f"PRAGMA table_xinfo({name})")}
        named = {*table.columns.split(", "), *table.newest, *table.key, *table.aside}
        assert named | ({table.status} if table.status else set()) <= held


def test_what_follows_from_no_event_is_known() -> None:
    assert {*TABLES} - {*FOLLOWING} == {
        *("events", "blocked_pairs", "login_codes", "login_failures", "login_sessions", "staff_requests", "devices")
    }


@pytest.mark.parametrize("column", ["passenger_id", "driver_id"])
def test_the_rides_of_a_person_are_found_by_an_index_the_newest_first(column: str) -> None:
    query = f"{RIDES} WHERE r.{column} = ? AND r.ride_no < 9 ORDER BY r.ride_no DESC LIMIT 5"
    plan = str(made().execute(f"EXPLAIN QUERY PLAN {query}", ("p1",)).fetchall())
    assert f"USING INDEX rides_{column.removesuffix('_id')}" in plan and "SCAN r" not in plan and "B-TREE" not in plan
