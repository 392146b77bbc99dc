"""What the migrations make of an empty file, worked out once in a process for new files and for looks at a schema."""

from contextlib import closing
from functools import cache
from typing import Final, NamedTuple

from sqlite_utils import Database

from dispatch.storage.tables.schema import APPLICATION_ID, migrations

NOW_TEXT: Final = "strftime('%Y-%m-%d %H:%M:%f000+00:00', 'now')"
"""As the migrations write when they were applied."""


class MadeTables(NamedTuple):
    """`schema`: name and statement of every table and index, in the order in which they were made. `applied`: the migrations' names."""

    schema: tuple[tuple[str, str], ...]
    applied: tuple[str, ...]


@cache
def made() -> MadeTables:
    """All tables and indexes as the migrations make them one after the other."""
    with closing(Database(memory=True, execute_plugins=False)) as fresh:
        migrations.apply(fresh)
        schema = fresh.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid").fetchall()
        return MadeTables(tuple(schema), tuple(applied.name for applied in migrations.applied(fresh)))


@cache
def known() -> frozenset[str]:
    """The names of all migrations. Runs none."""
    with closing(Database(memory=True, execute_plugins=False)) as empty:  # it lacks them all
        return frozenset(migration.name for migration in migrations.pending(empty))


def lay_tables(db: Database) -> None:
    """Make all tables in a file that has none: in one go, a fifth of what the migrations take. Raises sqlite3.Error."""
    for name, sql in made().schema:
        if not name.startswith("sqlite_"):
            db.execute(sql)
    added = f"INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES (?, ?, {NOW_TEXT})"
    db.conn.executemany(added, [(migrations.name, name) for name in made().applied])
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
