"""Pairs of a passenger and a driver who are never to meet. Ordered by `dispatch db block` and `unblock`, read when a search begins."""

from itertools import product
from pathlib import Path

from sqlite_utils import Database

from dispatch.phones import identity, read_phone
from dispatch.storage.failures import StorageFailure, explained
from dispatch.storage.log.on_file import Writer
from dispatch.storage.people.people import id_meant
from dispatch.storage.tables.region import agreed_region

_KEEP = "INSERT INTO blocked_pairs (passenger_id, driver_id, blocked_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING RETURNING 1"
_DROP = "DELETE FROM blocked_pairs WHERE passenger_id = ? AND driver_id = ? RETURNING 1"


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
        passenger_id = _on_file(db, path, "passenger", _meant(db, passenger, region))
        driver_id = _on_file(db, path, "driver", _meant(db, driver, region))
        return db.execute(_KEEP, (passenger_id, driver_id, now)).fetchone() is not None


def unblock(writer: Writer, passenger: str, driver: str, *, phone_region: str = "") -> bool:
    """Let them meet again; False: nobody kept them apart. Names and errors as of `block`; they need not be on file."""
    db = writer.db
    with explained(writer.path):
        region = agreed_region(db, writer.path, phone_region)
        pairs = product(_meant(db, passenger, region), _meant(db, driver, region))
        dropped = [pair for pair in pairs if db.execute(_DROP, pair).fetchone() is not None]
        return bool(dropped)


def _meant(db: Database, named: str, region: str) -> list[str]:
    """The ids that this may be: as named, and as the server calls whoever has this phone."""
    texts = named, read_phone(named, region) or "", identity(named, region)
    return list(dict.fromkeys(id_meant(db, text) for text in texts if text))


def _on_file(db: Database, path: str | Path, what: str, names: list[str]) -> str:
    for name in names:
        if db.execute(f"SELECT 1 FROM {what}s WHERE {what}_id = ?", (name,)).fetchone() is not None:
            return name
    raise NobodyThere(path, f"{what} {names[-1]}")
