"""All tables in one go are those that the migrations make one after the other."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlite_utils import Database

from dispatch.storage.health.startup_check import schema_faults
from dispatch.storage.tables.made import known, lay_tables, made
from dispatch.storage.tables.opening import open_database
from dispatch.storage.tables.schema import APPLICATION_ID, migrations

SCHEMA = "SELECT type, name, tbl_name, sql FROM sqlite_schema"
"""With indexes that SQLite makes itself. Where each begins in the file may differ."""


def empty() -> Database:
    return Database(memory=True, execute_plugins=False)


def test_laid_tables_are_what_the_migrations_make() -> None:
    step_by_step, at_once = empty(), empty()
    migrations.apply(step_by_step)
    lay_tables(at_once)
    assert sorted(at_once.execute(SCHEMA), key=str) == sorted(step_by_step.execute(SCHEMA), key=str)
    for pragma in ("application_id", "user_version", "encoding"):
        assert at_once.execute(f"PRAGMA {pragma}").fetchone() == step_by_step.execute(f"PRAGMA {pragma}").fetchone()
    for table in step_by_step.table_names():
        if table != "_sqlite_migrations":
            assert at_once[table].count == step_by_step[table].count == 0
        columns = f"PRAGMA table_xinfo({table})"
        assert at_once.execute(columns).fetchall() == step_by_step.execute(columns).fetchall()
    (application_id,) = at_once.execute("PRAGMA application_id").fetchone()
    assert application_id == APPLICATION_ID


def test_no_migration_is_left_to_do_and_each_is_noted_with_its_time() -> None:
    db = empty()
    lay_tables(db)
    assert migrations.pending(db) == []
    applied = migrations.applied(db)
    assert [each.name for each in applied] == list(made().applied)
    assert {each.name for each in applied} == known() and len(applied) == len(known()) > 17
    now = datetime.now(UTC)
    for each in applied:
        assert now - timedelta(minutes=1) < datetime.fromisoformat(each.applied_at) <= now + timedelta(seconds=1)


def test_a_new_file_has_them_and_a_start_finds_nothing_amiss(path: Path) -> None:
    db = open_database(path)
    assert list(schema_faults(db)) == []
    assert {name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE sql IS NOT NULL")} == {
        name for name, _ in made().schema
    }
    db.close()
