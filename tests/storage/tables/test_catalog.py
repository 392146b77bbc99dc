"""The catalog of tables says the same of each as the schema and the events."""

from sqlite_utils import Database

from dispatch.storage.tables.catalog import FOLLOWING, TABLES
from dispatch.storage.tables.schema import migrations


def made() -> Database:
    db = Database(memory=True, execute_plugins=False)
    migrations.apply(db)
    return db


def test_every_table_that_the_migrations_make_is_catalogued() -> None:
    assert {*made().table_names()} - {"_sqlite_migrations"} == {*TABLES}


def test_every_column_that_is_named_is_there() -> None:
    db = made()
    for name, table in TABLES.items():
        held = {row[1] for row in db.execute(f"PRAGMA table_xinfo({name})")}
        named = {*table.columns.split(", "), *table.newest, *table.key, *table.aside}
        assert named | ({table.status} if table.status else set()) <= held


def test_what_follows_from_no_event_is_known() -> None:
    assert {*TABLES} - {*FOLLOWING} == {"events", "blocked_pairs", "login_codes", "login_failures", "login_sessions"}
