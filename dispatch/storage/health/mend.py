"""Makes a file whose events contradict one another consistent again, in one commit. Called by `dispatch db mend`.

An event that cannot be true beside those before it is set aside: it stays in the file under `set-aside/` and its old stream, and nobody
reads it as a ride's or a driver's. The rides that such events name end by `system`, and their drivers are released, in events like any
others. So of two rides of one driver the earlier stays; a ride that has two drivers ends.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

from sqlite_utils import Database

from dispatch import addresses
from dispatch.domain.ride.record import TERMINAL, UNBOOKED
from dispatch.ids import RideId
from dispatch.masking.phones import masked_id
from dispatch.messages.events import DriverReleased, Event, RideCancelled
from dispatch.messages.journal import Append, by_nobody
from dispatch.storage.failures import StorageDamaged, explained
from dispatch.storage.file.owner import owned
from dispatch.storage.health.bindings import SET_ASIDE, Bindings
from dispatch.storage.health.check import RowDifference, clause, differing, misfiled, repairs, scratch, taken
from dispatch.storage.log.on_file import BODY, Writer, read
from dispatch.storage.tables.opening import reading
from dispatch.storage.tables.views import Change
from dispatch.words import Party, ReleaseReason, SystemReason

_EVENTS: Final = (
    f"SELECT n, at, stream, ride_id, kind, {BODY} FROM events WHERE stream NOT GLOB '{SET_ASIDE}*' ORDER BY n"
)
_PUT_ASIDE: Final = "UPDATE events SET stream = ? || stream, ride_no = NULL WHERE n = ?"
_ITS_NUMBER: Final = "(SELECT ride_no FROM rides WHERE rides.ride_id = events.ride_id)"
_STRAY: Final = f"ride_no IS NOT {_ITS_NUMBER} AND stream NOT GLOB '{SET_ASIDE}*'"
_FILE_ANEW: Final = f"UPDATE events SET ride_no = {_ITS_NUMBER} WHERE {_STRAY}"


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
        with reading(path) as db:
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
        self._ends: list[tuple[str, Event]] = []
        with closing(scratch()) as made:
            self._look(db, made, path)
            for ride_id in self._rides:
                self._end(ride_id)
            is_consistent = not self.changes
            for difference in differing(db, made):
                if is_consistent:  # else it follows from what was found
                    self.told.found.append(clause(difference))
                self._repair(difference)
        (strays,) = db.execute(f"SELECT count(*) FROM events WHERE ride_no IS NOT NULL AND {_STRAY}").fetchone()
        if strays:
            self.told.found.append(f"{strays} events are filed under the number of another ride")
        if strays or self.changes:
            self.told.done.append("every event is filed under the number of its ride")
            self.changes.append((_FILE_ANEW, ()))

    def appends(self, now: float) -> list[Append]:
        """The events that end it, at `now`."""
        return [by_nobody(stream, now, event) for stream, event in self._ends]

    # -- inside

    def _look(self, db: Database, made: sqlite3.Connection, path: str) -> None:
        """Every event that can be true is taken into the tables of `made`, and every other one is set aside."""
        for n, at, stream, ride_id, kind, body in db.execute(_EVENTS):
            event = read(path, n, body)
            wrong = misfiled(n, event, kind, ride_id) or self._bindings.fault(n, stream, event)
            wrong = wrong or next(taken(made, n, event, at), "")
            if wrong:
                self._set_aside(n, event, wrong)
        newest, count = db.execute("SELECT coalesce(max(n), 0), count(*) FROM events").fetchone()
        if newest != count:
            raise StorageDamaged(path, f"{newest - count} events are missing")

    def _set_aside(self, n: int, event: Event, wrong: str) -> None:
        self.told.found.append(wrong)
        self.told.done.append(f"event {n}, {type(event).__name__}, is set aside")
        self.changes.append((_PUT_ASIDE, (SET_ASIDE, n)))
        ride_id: RideId | None = getattr(event, "ride_id", None)
        if ride_id is not None:
            self._rides[ride_id] = None

    def _end(self, ride_id: RideId) -> None:
        """It ends by `system` if it has not, and whoever is reserved for it is released."""
        bindings = self._bindings
        status = bindings.status.get(ride_id, UNBOOKED)
        if status not in TERMINAL and status != UNBOOKED:
            driver_id = bindings.driver_of.get(ride_id)
            self._add(
                addresses.ride(ride_id), RideCancelled(ride_id, Party.SYSTEM, SystemReason.TWO_HISTORIES, driver_id)
            )
            self.told.done.append(f"ride {ride_id}, which was {status}, is cancelled by system")
        for driver_id, kept in list(bindings.kept.items()):
            if kept.ride_id == ride_id:
                self._add(
                    addresses.driver(driver_id),
                    DriverReleased(ride_id, driver_id, kept.offer_id, ReleaseReason.CANCELLED),
                )
                self.told.done.append(f"driver {masked_id(driver_id)} is released from ride {ride_id}")

    def _add(self, stream: str, event: Event) -> None:
        wrong = self._bindings.fault(0, stream, event)
        assert not wrong, wrong
        self._ends.append((stream, event))

    def _repair(self, difference: RowDifference) -> None:
        """These rows become what the events that are left tell."""
        key = " ".join(map(masked_id, map(str, difference.key)))
        self.told.done.append(f"{difference.table}: {key} becomes what its events tell")
        self.changes += repairs(difference)
