"""What a file keeps about itself, by name: the region of its phone numbers, whether it is a sandbox.

The table is made when there is something to keep, and not by a migration: files without it open as they did.
"""

from typing import Final

from sqlite_utils import Database

_MADE: Final = (
    "CREATE TABLE IF NOT EXISTS kept_settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID"
)
_KEEP: Final = "INSERT INTO kept_settings (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value"


def kept(db: Database, name: str) -> str:
    """The value under this name; empty: the file keeps none."""
    if not db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'kept_settings'").fetchone():
        return ""
    row = db.execute("SELECT value FROM kept_settings WHERE name = ?", (name,)).fetchone()
    return str(row[0]) if row is not None else ""


def keep(db: Database, name: str, value: str) -> None:
    """In the transaction that is open, or at once."""
    db.execute(_MADE)
    db.execute(_KEEP, (name, value))
