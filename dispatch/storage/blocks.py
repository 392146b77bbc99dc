"""Pairs of a passenger and a driver who are never to meet. Called by `dispatch db block` and `unblock`, also beside a running server,
which reads them when a search begins.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import ClassVar

from dispatch.errors import DispatchError
from dispatch.storage.failures import explained
from dispatch.storage.owner import owned
from dispatch.storage.schema import open_database

_KEEP = "INSERT INTO blocked_pairs (passenger_id, driver_id, blocked_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING RETURNING 1"
_DROP = "DELETE FROM blocked_pairs WHERE passenger_id = ? AND driver_id = ? RETURNING 1"


class NobodyThere(DispatchError):
    """No such passenger or driver is on file: a misspelt id would block nobody, and nobody would know."""

    code: ClassVar[str] = "no_such_person"

    def __init__(self, path: str | Path, what: str, identity: str) -> None:
        super().__init__(f"there is no {what} {identity} in {path}")


def block(path: str | Path, passenger: str, driver: str, *, now: float) -> bool:
    """Keep these two apart from the next search on; False: they were. Ids as on file, a leading + does not count.

    `now`: unix time. Raises NobodyThere, DatabaseError.
    """
    passenger_id, driver_id = passenger.removeprefix("+"), driver.removeprefix("+")
    with owned(path), closing(open_database(path)) as db, explained(str(path)):
        for what, identity in (("passenger", passenger_id), ("driver", driver_id)):
            found = db.execute(f"SELECT 1 FROM {what}s WHERE {what}_id = ?", (identity,)).fetchone()
            if found is None:
                raise NobodyThere(path, what, identity)
        return db.execute(_KEEP, (passenger_id, driver_id, now)).fetchone() is not None


def unblock(path: str | Path, passenger: str, driver: str) -> bool:
    """Let them meet again; False: nobody kept them apart. Raises DatabaseError."""
    pair = (passenger.removeprefix("+"), driver.removeprefix("+"))
    with owned(path), closing(open_database(path)) as db, explained(str(path)):
        return db.execute(_DROP, pair).fetchone() is not None
