"""The region of phone numbers that name no country, as the file keeps it: all who write ids into one file must read numbers alike."""

from pathlib import Path
from typing import Final

from sqlite_utils import Database

from dispatch.errors import SettingError
from dispatch.storage.failures import explained
from dispatch.storage.tables.kept import keep, kept

NAME: Final = "phone_region"


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
    return kept(db, NAME)


def keep_region(db: Database, region: str) -> None:
    """In the transaction that is open, or at once."""
    keep(db, NAME, region)


def agreed_region(db: Database, path: str | Path, given: str) -> str:
    """The region that the file keeps, else the `given` one; empty: none. Raises RegionDiffers, DatabaseError."""
    with explained(str(path)):
        known = kept_region(db)
    if known and given and known != given:
        raise RegionDiffers(path, known, given)
    return known or given


def settled_region(db: Database, path: str | Path, given: str) -> str:
    """As `agreed_region`, and the file keeps it from now on."""
    region = agreed_region(db, path, given)
    if region:
        with explained(str(path)):
            if kept_region(db) != region:
                keep_region(db, region)
    return region
