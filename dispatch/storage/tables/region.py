"""The region of phone numbers that name no country, as the file keeps it: all who write ids into one file must read numbers alike.

It has a table of its own, made when there is something to keep, and not by a migration: files without it open as they did.
"""

from pathlib import Path
from typing import Final

from sqlite_utils import Database

from dispatch.errors import SettingError
from dispatch.storage.failures import explained

NAME: Final = "phone_region"
_MADE: Final = (
    "CREATE TABLE IF NOT EXISTS kept_settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID"
)
_KEEP: Final = "INSERT INTO kept_settings (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value"


class RegionDiffers(SettingError):
    """The file keeps another region than the one that was given."""

    def __init__(self, path: str | Path, kept: str, given: str) -> None:
        super().__init__(
            NAME,
            f"{NAME} is {given}, but the ids in {path} were written by {kept}: leave it out, or rewrite them by"
            f" `dispatch db phones --phone-region {given}`",
        )


def kept_region(db: Database) -> str:
    """Two letters; empty: the file keeps none."""
    if not db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'kept_settings'").fetchone():
        return ""
    row = db.execute("SELECT value FROM kept_settings WHERE name = ?", (NAME,)).fetchone()
    return str(row[0]) if row is not None else ""


def keep_region(db: Database, region: str) -> None:
    """In the transaction that is open, or at once."""
    db.execute(_MADE)
    db.execute(_KEEP, (NAME, region))


def agreed_region(db: Database, path: str | Path, given: str) -> str:
    """The region that the file keeps, else the `given` one; empty: none. Raises RegionDiffers, DatabaseError."""
    with explained(str(path)):
        kept = kept_region(db)
    if kept and given and kept != given:
        raise RegionDiffers(path, kept, given)
    return kept or given


def settled_region(db: Database, path: str | Path, given: str) -> str:
    """As `agreed_region`, and the file keeps it from now on."""
    region = agreed_region(db, path, given)
    if region:
        with explained(str(path)):
            if kept_region(db) != region:
                keep_region(db, region)
    return region
