"""Pairs of a passenger and a driver who are never to meet. Ordered by `dispatch db block` and `unblock`, read when a search begins."""

from pathlib import Path

from sqlite_utils import Database

from dispatch.phones import identity, read_phone
from dispatch.storage.failures import StorageFailure, explained
from dispatch.storage.log.on_file import Writer
from dispatch.storage.tables.region import agreed_region

_KEEP = "INSERT INTO blocked_pairs (passenger_id, driver_id, blocked_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING RETURNING 1"
_DROP = "DELETE FROM blocked_pairs WHERE passenger_id IN (?, ?) AND driver_id IN (?, ?) RETURNING 1"


class NobodyThere(StorageFailure, code="no_such_person", says="there is no {detail} in {path}"):
    """No such passenger or driver is on file: a misspelt id would block nobody, and nobody would know."""


def block(writer: Writer, passenger: str, driver: str, *, now: float, phone_region: str = "") -> bool:
    """Keep these two apart from the next search on; False: they were. Their ids, or phone numbers in any written form.

    `now`: unix time. `phone_region`: of numbers that name no country, where the file keeps none. Raises NobodyThere, RegionDiffers,
    DatabaseError.
    """
    db, path = writer.db, writer.path
    with explained(path):
        region = agreed_region(db, path, phone_region)
        passenger_id = _on_file(db, path, "passenger", _passenger(passenger, region))
        driver_id = _on_file(db, path, "driver", _driver(driver, region))
        return db.execute(_KEEP, (passenger_id, driver_id, now)).fetchone() is not None


def unblock(writer: Writer, passenger: str, driver: str, *, phone_region: str = "") -> bool:
    """Let them meet again; False: nobody kept them apart. Names and errors as of `block`; they need not be on file."""
    db = writer.db
    with explained(writer.path):
        region = agreed_region(db, writer.path, phone_region)
        return db.execute(_DROP, (*_passenger(passenger, region), *_driver(driver, region))).fetchone() is not None


def _passenger(named: str, region: str) -> tuple[str, str]:
    """As named, and as the server would call whoever has this phone."""
    return named, read_phone(named, region) or identity(named, region)


def _driver(named: str, region: str) -> tuple[str, str]:
    return named, identity(named, region)


def _on_file(db: Database, path: str | Path, what: str, names: tuple[str, str]) -> str:
    for name in names:
        if db.execute(f"SELECT 1 FROM {what}s WHERE {what}_id = ?", (name,)).fetchone() is not None:
            return name
    raise NobodyThere(path, f"{what} {names[-1]}")
