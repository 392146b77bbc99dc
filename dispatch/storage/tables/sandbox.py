"""The mark of a sandbox in its file. In a sandbox anybody on this machine can be anybody, so it shares its file with nobody else."""

from pathlib import Path
from typing import Final

from sqlite_utils import Database

from dispatch.errors import SettingError
from dispatch.storage.failures import explained
from dispatch.storage.tables.kept import keep, kept
from dispatch.storage.tables.opening import reading

NAME: Final = "sandbox"
MARK: Final = "yes"
_HOLDERS: Final = ("events", "people", "drivers", "passengers", "rides")


class IsASandbox(SettingError):
    """A file with the mark is not served to people."""

    def __init__(self, path: str | Path) -> None:
        super().__init__(
            "db", f"{path} is a sandbox, in which anybody can be anybody: add --sandbox N, or name another file"
        )


class IsNoSandbox(SettingError):
    """A file without the mark is not given to simulated people."""

    def __init__(self, path: str | Path) -> None:
        super().__init__(
            "db", f"{path} holds something that is no sandbox, so none is served from it: name another file"
        )


def is_sandbox(db: Database) -> bool:
    """Whether the file has the mark."""
    return kept(db, NAME) == MARK


def holds_sandbox(path: str | Path) -> bool:
    """The same of a file that nobody has opened. Raises DatabaseError."""
    with reading(path) as db:
        return is_sandbox(db)


def require_no_sandbox(db: Database, path: str | Path) -> None:
    """Raise IsASandbox for a file that has the mark."""
    with explained(str(path)):
        if is_sandbox(db):
            raise IsASandbox(path)


def marked_sandbox(db: Database, path: str | Path) -> None:
    """Mark a file that holds nothing yet. Raises IsNoSandbox for one that holds something and has no mark."""
    with explained(str(path)):
        if is_sandbox(db):
            return
        if any(db.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() for table in _HOLDERS):
            raise IsNoSandbox(path)
        keep(db, NAME, MARK)
