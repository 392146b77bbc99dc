"""Makes a file whose events contradict one another consistent again, in one commit. Called by `dispatch db mend`.

An event that cannot be true beside those before it is set aside: it stays in the file under `set-aside/` and its old stream, and nobody
reads it as a ride's or a driver's. The rides that such events name end by `system`, and their drivers are released, in events like any
others. So of two rides of one driver the earlier stays; a ride that has two drivers ends.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final, NamedTuple

from sqlite_utils import Database

from dispatch import addresses
from dispatch.domain.ride import TERMINAL, UNBOOKED
from dispatch.messages.events import DriverReleased, Event, RideCancelled
from dispatch.messages.journal import Append
from dispatch.phones import masked_id
from dispatch.storage.bindings import SET_ASIDE, Bindings
from dispatch.storage.check import FOLLOWING, scratch, taken
from dispatch.storage.events import BODY, read
from dispatch.storage.failures import StorageDamaged, explained
from dispatch.storage.owner import owned
from dispatch.storage.schema import open_read_only
from dispatch.storage.views import Change
from dispatch.storage.writer import Writer
from dispatch.types import RideId

REASON: Final = "two histories of one file"
"""Why a ride is said to have ended."""
_EVENTS: Final = f"SELECT n, at, stream, {BODY} FROM events WHERE stream NOT GLOB '{SET_ASIDE}*' ORDER BY n"
_PUT_ASIDE: Final = "UPDATE events SET stream = ? || stream, ride_no = NULL WHERE n = ?"


class Mended(NamedTuple):
    """What contradicted what, and what was done about it, a clause each. Both are empty of a sound file."""

    found: list[str]
    done: list[str]


def mend(path: str | Path, *, now: float, dry_run: bool = False) -> Mended:
    """End what cannot be. `now`: unix time of the events that do it. `dry_run`: tell only, and leave the file as it is.

    Raises StorageOwned while somebody serves the file, StorageDamaged where an event is missing or cannot be read, since nobody knows
    what it said, and other DatabaseErrors as a start does.
    """
    if dry_run:
        with closing(open_read_only(path)) as db, explained(str(path)):
            return _Plan(db, str(path)).told
    with owned(path), closing(Writer(path)) as writer:
        with explained(str(path)):
            plan = _Plan(writer.db, str(path))
        if plan.changes:
            writer.write(plan.appends(now), first=plan.changes)
    return plan.told


class _Plan:
    """What is wrong with a file, and what would end it."""

    def __init__(self, db: Database, path: str) -> None:
        self.changes: list[Change] = []
        self.told = Mended([], [])
        self._bindings = Bindings()
        self._rides: dict[RideId, None] = {}
        self._people: dict[str, dict[str, None]] = {"drivers": {}, "passengers": {}}
        self._ends: list[tuple[str, Event]] = []
        with closing(scratch()) as made:
            self._look(db, made, path)
            if self.changes:
                for ride_id in self._rides:
                    self._end(ride_id)
                self.changes += self._repairs(db, made)

    def appends(self, now: float) -> list[Append]:
        """The events that end it, at `now`."""
        return [Append(stream, 0, 1, now, (event,)) for stream, event in self._ends]

    # -- inside

    def _look(self, db: Database, made: sqlite3.Connection, path: str) -> None:
        """Every event that can be true is taken into the tables of `made`, and every other one is set aside."""
        for n, at, stream, body in db.execute(_EVENTS):
            event = read(path, n, body)
            wrong = self._bindings.fault(n, stream, event) or next(taken(made, n, event, at), "")
            if wrong:
                self._set_aside(n, event, wrong)
        newest, count = db.execute("SELECT coalesce(max(n), 0), count(*) FROM events").fetchone()
        if newest != count:
            raise StorageDamaged(path, f"{newest - count} events are missing")

    def _set_aside(self, n: int, event: Any, wrong: str) -> None:
        self.told.found.append(wrong)
        self.told.done.append(f"event {n}, {type(event).__name__}, is set aside")
        self.changes.append((_PUT_ASIDE, (SET_ASIDE, n)))
        ride_id: RideId | None = getattr(event, "ride_id", None)
        if ride_id is not None:
            self._rides[ride_id] = None
        for kind, name in (("drivers", "driver"), ("passengers", "passenger")):
            card = getattr(event, name, None)
            ident = getattr(event, f"{name}_id", None) or getattr(card, f"{name}_id", None)
            if ident is not None:
                self._people[kind][ident] = None

    def _end(self, ride_id: RideId) -> None:
        """It ends by `system` if it has not, and whoever is reserved for it is released."""
        bindings = self._bindings
        status = bindings.status.get(ride_id, UNBOOKED)
        if status not in TERMINAL and status != UNBOOKED:
            driver_id = bindings.driver_of.get(ride_id)
            self._add(addresses.ride(ride_id), RideCancelled(ride_id, "system", REASON, driver_id))
            self.told.done.append(f"ride {ride_id}, which was {status}, is cancelled by system")
        for driver_id, kept in list(bindings.kept.items()):
            if kept.ride_id == ride_id:
                self._add(addresses.driver(driver_id), DriverReleased(ride_id, driver_id, kept.offer_id, "cancelled"))
                self.told.done.append(f"driver {masked_id(driver_id)} is released from ride {ride_id}")

    def _add(self, stream: str, event: Event) -> None:
        wrong = self._bindings.fault(0, stream, event)
        assert not wrong, wrong
        self._ends.append((stream, event))

    def _repairs(self, db: Database, made: sqlite3.Connection) -> Iterator[Change]:
        """What makes the rows that these events touched what the others come to."""
        for table, follows in FOLLOWING.items():
            names = self._people.get(table, self._rides if follows.key[0] == "ride_id" else {})
            columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})") if row[1] not in follows.aside]
            for name in names:
                yield from _as_told(db, made, table, follows.key[0], name, columns)


def _as_told(
    db: Database, made: sqlite3.Connection, table: str, key: str, name: str, columns: list[str]
) -> Iterator[Change]:
    select = f"SELECT {', '.join(columns)} FROM {table} WHERE {key} = ?"
    held, true = db.execute(select, (name,)).fetchall(), made.execute(select, (name,)).fetchall()
    if held == true:
        return
    if len(held) == len(true) == 1:
        yield f"UPDATE {table} SET {', '.join(f'{column} = ?' for column in columns)} WHERE {key} = ?", (*true[0], name)
        return
    yield f"DELETE FROM {table} WHERE {key} = ?", (name,)
    for row in true:
        yield f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})", row
