"""The journal on file: events as rows and back, the writer that commits them with their tables, the reader that wakes actors.

The writer belongs to the journal's thread, a simulation or a command. The reader is asked on the event loop's thread, so each of its
answers is one look-up by key or by index. Neither is ever used from two threads.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
from sqlite_utils import Database

from dispatch import addresses
from dispatch.config import Server
from dispatch.ids import DriverId, PassengerId, RideId
from dispatch.messages.events import Event
from dispatch.messages.journal import Append
from dispatch.storage.failures import UNUSABLE, EventRefused, StorageDamaged, explained, failure_of
from dispatch.storage.file.closing import part
from dispatch.storage.file.in_place import InPlace
from dispatch.storage.file.owner import Ownership
from dispatch.storage.tables.opening import open_database, open_read_only
from dispatch.storage.tables.region import kept_region
from dispatch.storage.tables.schema import FILED_BY_STREAM
from dispatch.storage.tables.views import VIEWS, Change, teach
from dispatch.values import Document, DriverCard, DriverFile, Passenger
from dispatch.words import PersonStatus, RideStatus

# ---------------------------------------------------------------------------------------------------------------- events

BODY: Final = "CAST(body AS BLOB)"
"""How a body is selected: as text it could not even be fetched once a byte of it is damaged."""

_encode = msgspec.json.Encoder().encode
_decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


def encode(event: Event) -> tuple[str, str]:
    """`(kind, body)`: the class name, and the JSON that `decode` reads. Raises ValueError for text that is not Unicode."""
    return type(event).__name__, _encode(event).decode()


def decode(body: str | bytes) -> Event:
    """The event of this body. Raises msgspec.DecodeError for one that no version of this journal wrote."""
    try:
        return _decoder.decode(body)
    except UnicodeDecodeError as error:
        raise msgspec.DecodeError(f"it is not Unicode: {error.reason} (byte {error.start})") from error


def read(path: str, n: int, body: bytes) -> Event:
    """Event `n` of this file. Raises StorageDamaged, which names both."""
    try:
        return decode(body)
    except msgspec.MsgspecError as error:
        raise StorageDamaged(path, f"event {n} cannot be read: {error}") from error


# --------------------------------------------------------------------------------------------------------------- writing

ADD_EVENT: Final = """
    INSERT INTO events (at, stream, ride_id, ride_no, kind, body)
    VALUES (?1, ?2, ?3, (SELECT ride_no FROM rides WHERE ride_id = ?3), ?4, ?5)"""
HURRIED_MS: Final = 250
NORMAL: Final = 1
"""Of `PRAGMA synchronous`: in a file with a log, commits are in order and whole, and do not wait for the disk."""


class Writer:
    """One connection that writes. It belongs to the thread that made it."""

    def __init__(
        self,
        database: Database | str | Path,
        synchronous: str = Server.synchronous,
        trusts: Callable[[Database], object] | None = None,
    ) -> None:
        """A path is opened as `open_database` does, and may raise so."""
        self.db = database if isinstance(database, Database) else open_database(database, synchronous, trusts=trusts)
        teach(self.db.conn)
        (self._synchronous,) = self.db.execute("PRAGMA synchronous").fetchone()
        self._file = next(row[2] for row in self.db.execute("PRAGMA database_list"))
        self.path = self._file if isinstance(database, Database) else str(database)
        self._cursor = self.db.conn.cursor()
        self._place: InPlace | None = None
        self._is_one_commit = False
        (self._busy_timeout_ms,) = self._cursor.execute("PRAGMA busy_timeout").fetchone()

    def write_soon(self, changes: Sequence[Change]) -> None:
        """Commit changes that no event tells of, without waiting for the disk: the next commit that waits takes them along. The end of
        this process loses nothing of them, but a loss of power may. Raises as `write` does.
        """
        with explained(self.path):
            self._cursor.execute(f"PRAGMA synchronous = {min(self._synchronous, NORMAL)}")
            try:
                self._commit([], [*changes])
            finally:
                self._cursor.execute(f"PRAGMA synchronous = {self._synchronous}")

    def write(self, batch: Sequence[Append], first: Sequence[Change] = ()) -> None:
        """Commit these events, in this order, or nothing of them. `first`: what is changed before them in the same commit.

        Raises EventRefused when the events themselves are at fault, another DatabaseError (StorageFull, StorageBusy, …) when
        the file or the disk is.
        """
        try:  # and no context manager: this is the way of every commit
            rows, changes = _drawn(batch)
            self._commit(rows, [*first, *changes])
        except sqlite3.Error as error:
            raise failure_of(error, self.path) from error
        except (ValueError, TypeError, OverflowError, msgspec.MsgspecError) as error:
            raise EventRefused(self.path, str(error)) from error  # a value has no JSON, or no place in a column

    @contextmanager
    def one_commit(self) -> Iterator[None]:
        """Whatever is written inside is one commit at its end, or nothing of it is, whatever is raised. Raises as `write` does."""
        with explained(self.path):
            self._cursor.execute("BEGIN IMMEDIATE")
        self._is_one_commit = True
        try:
            yield
            with explained(self.path):
                self._end_commit()
        except BaseException:
            self._undo()
            raise
        finally:
            self._is_one_commit = False
        self.note_commit()

    def touch(self) -> None:
        """Commit a page that says nothing new: raises what keeps the next batch from being written."""
        with explained(self.path):
            (version,) = self._cursor.execute("PRAGMA user_version").fetchone()
            self._commit([], [(f"PRAGMA user_version = {version}", ())])

    def hurry(self, hurries: bool) -> None:
        """Wait for others' locks a moment only, or again as long as the file was opened with."""
        timeout_ms = min(HURRIED_MS, self._busy_timeout_ms) if hurries else self._busy_timeout_ms
        self._cursor.execute(
            f"PRAGMA busy_timeout = {timeout_ms}"
        ).fetchall()  # it answers; a statement left open would hold the file

    def _commit(self, rows: list[tuple[object, ...]], changes: list[Change]) -> None:
        execute = self._cursor.execute
        is_part = self._is_one_commit
        try:
            if not is_part:
                execute("BEGIN IMMEDIATE")
            for statement, values in changes:
                execute(statement, values)
            if rows:
                self._cursor.executemany(ADD_EVENT, rows)
            if is_part:
                return
            self._end_commit()
        except BaseException:
            self._undo()
            raise
        self.note_commit()

    def _end_commit(self) -> None:
        if self._place is not None:
            self._place.require(quick=True)
        self._cursor.execute("COMMIT")

    def _undo(self) -> None:
        with suppress(sqlite3.Error):  # SQLite may have rolled back by itself; the first error is the one to tell
            self.db.rollback()

    def watch(self, path: str | Path, ownership: Ownership | None = None) -> None:
        """From now on nothing is committed while `path` names another file than the open one, or after `ownership` lost it to a rival.

        `path`: as the user named the file.
        """
        with explained(str(path)):
            self._place = InPlace(path, ownership)

    def require_in_place(self, *, quick: bool = False) -> None:
        """Raises StorageReplaced when a watched file is not where it was. `quick`: what seems unchanged is, as before a commit."""
        if self._place is not None:
            self._place.require(quick=quick)

    def note_commit(self) -> None:
        """Called after each commit to a watched file, so that what a checkpoint wrote with it is not taken for somebody else's."""
        if self._place is not None:
            self._place.note()

    def close(self) -> str:
        """Move the log into the file and let go of it. Nothing waits in a writer. Returns what people must know, or nothing."""
        with suppress(sqlite3.Error):
            self.hurry(True)
        place, self._place = self._place, None
        return part(self.db.conn, self._file, place)


def _drawn(batch: Sequence[Append]) -> tuple[list[tuple[object, ...]], list[Change]]:
    """All rows and changes of a batch, before the file is locked."""
    rows: list[tuple[object, ...]] = []
    changes: list[Change] = []
    for append in batch:
        at, stream = append.at, append.reply_to
        for event in append.events:
            kind, body = encode(event)
            rows.append((at, stream, getattr(event, "ride_id", None), kind, body))
            changes.extend(VIEWS[type(event)](event, at))
    return rows, changes


# --------------------------------------------------------------------------------------------------------------- reading

_READ_FROM: Final = """ifnull(
    (SELECT n FROM events WHERE stream = ? AND kind = 'DriverFolded' ORDER BY n DESC LIMIT 1 OFFSET 1), 0)"""
"""From the last fold but one: what came between the two last ones tells of commands that may still be repeated."""
OF_RIDE: Final = "ride_no = (SELECT ride_no FROM rides WHERE ride_id = ?)"
OF_DRIVER: Final = f"stream = ? AND {FILED_BY_STREAM} AND n >= {_READ_FROM}"
"""What a driver is woken from. Takes the stream twice."""
_FILE_OF_DRIVER: Final = """
    SELECT status, kind, number, expires_at FROM roles LEFT JOIN documents USING (person_id)
    WHERE person_id = ? AND role = 'driver' ORDER BY kind"""


_UNSERVED: Final = f"""
    SELECT ride_id FROM rides WHERE ride_no > (SELECT max(ride_no) FROM rides) - 1000
    AND status = '{RideStatus.NO_DRIVERS}' AND ended_at > ? ORDER BY ride_no"""
"""Of the last thousand rides: a start looks through no more."""


Made = TypeVar("Made")


LAST_EVENTS = 1000
"""Among so many of the last rows stands the newest event, even if the system's clock was set back between two runs."""


def newest_at(db: Database) -> float:
    """Unix time of the newest event in `db`; 0: there is none."""
    (at,) = db.execute("SELECT max(at) FROM (SELECT at FROM events ORDER BY n DESC LIMIT ?)", (LAST_EVENTS,)).fetchone()
    return float(at or 0.0)


class Reader:
    """`JournalReads` over a connection of its own that cannot write. It belongs to the thread that made it."""

    def __init__(self, path: str | Path, is_writing: Callable[[], bool] = lambda: True) -> None:
        """`is_writing`: whether the writer succeeds.
        Raises as `open_read_only` does.
        """
        self._is_writing = is_writing
        self._path = str(path)
        self._db = open_read_only(path)

    keeps_at_once = False

    def keep_now(self, append: Append) -> bool:
        """Never: the disk takes its time, and a thread of its own."""
        return False

    def may_send_ahead(self, address: str) -> bool:
        """While the writer succeeds. All actors record in this file."""
        return self._is_writing()

    def events_of(self, stream: str) -> tuple[Event, ...]:
        if addresses.kind_of(stream) == addresses.RIDE:
            return self._events(f"{OF_RIDE} AND stream = ?", addresses.name_of(stream), stream)
        if addresses.kind_of(stream) == addresses.DISPATCHER:  # looks through all of them, for nobody who is in a hurry
            return self._events("stream = ?", stream)
        return self._events(OF_DRIVER, stream, stream)

    def events_of_ride(self, ride_id: RideId) -> tuple[Event, ...]:
        return self._events(OF_RIDE, ride_id)

    def was_asked(self, driver_id: DriverId, ride_id: RideId) -> bool:
        return bool(self._rows("SELECT 1 FROM offers WHERE ride_id = ? AND driver_id = ? LIMIT 1", ride_id, driver_id))

    def ride_exists(self, ride_id: RideId) -> bool:
        return bool(self._rows("SELECT 1 FROM rides WHERE ride_id = ?", ride_id))

    def unserved_since(self, at: float) -> list[RideId]:
        return self._each(RideId, _UNSERVED, at)

    def unpaid_rides(self) -> list[RideId]:
        return self._each(RideId, "SELECT ride_id FROM charges WHERE status = 'pending' ORDER BY requested_at, ride_id")

    def unsettled(self) -> tuple[int, float | None]:
        """How many charges the provider has not settled, and when the oldest was requested (Unix seconds); None: there is none."""
        query = "SELECT count(*), min(requested_at) FROM charges WHERE status = 'pending'"
        [(count, oldest_at)] = self._rows(query)
        return count, oldest_at

    def open_rides(self) -> list[RideId]:
        return self._each(RideId, "SELECT ride_id FROM rides WHERE ended_at IS NULL ORDER BY requested_at, ride_id")

    def reserved_drivers(self) -> list[DriverId]:
        return self._each(DriverId, "SELECT driver_id FROM drivers WHERE ride_id IS NOT NULL ORDER BY driver_id")

    def driver_card(self, driver_id: DriverId) -> DriverCard | None:
        card = "driver_id, name, phone, rating, vehicle_type, vehicle_registration"
        return self._one(DriverCard, f"SELECT {card} FROM drivers WHERE driver_id = ?", driver_id)

    def driver_file(self, driver_id: DriverId) -> DriverFile | None:
        rows = self._rows(_FILE_OF_DRIVER, driver_id)
        documents = tuple([Document(*document) for _, *document in rows if document[0] is not None])
        return DriverFile(PersonStatus(rows[0][0]), documents) if rows else None

    def has_device(self, driver_id: DriverId) -> bool:
        return bool(self._each(str, "SELECT 1 FROM devices WHERE person_id = ? LIMIT 1", driver_id))

    def devices_of(self, driver_id: DriverId) -> list[tuple[str, str, str]]:
        """Each device of the driver: its id, what the push service calls it, and its platform."""
        return self._each(
            lambda *row: row, "SELECT device_id, token, platform FROM devices WHERE person_id = ?", driver_id
        )

    def person_of_login(self, session: str) -> list[DriverId]:
        """Whose login session this is, or was; empty: there is none on file."""
        return self._each(DriverId, "SELECT person_id FROM login_sessions WHERE session_id = ?", session)

    def passenger(self, passenger_id: PassengerId) -> Passenger | None:
        return self._one(
            Passenger, "SELECT passenger_id, name, phone FROM passengers WHERE passenger_id = ?", passenger_id
        )

    def default_passenger(self) -> Passenger | None:
        return self._one(
            Passenger,
            "SELECT passenger_id, name, phone FROM passengers WHERE is_default ORDER BY passenger_id LIMIT 1",
        )

    def blocked_drivers(self, passenger_id: PassengerId) -> tuple[DriverId, ...]:
        blocked = "SELECT driver_id FROM blocked_pairs WHERE passenger_id = ? ORDER BY driver_id"
        return tuple(self._each(DriverId, blocked, passenger_id))

    def phone_region(self) -> str:
        """The region of phone numbers that name no country; empty: the file keeps none."""
        with explained(self._path):
            return kept_region(self._db)

    def newest_at(self) -> float:
        """Unix time of the newest event on file; 0: there is none."""
        with explained(self._path):
            return newest_at(self._db)

    def forget(self, ride_id: RideId) -> None:
        """Nothing: what is on disk stays."""

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def _rows(self, query: str, *values: object) -> list[Any]:
        try:  # and no context manager: a ride that books asks three times
            return self._db.conn.execute(query, values).fetchall()
        except UNUSABLE as error:
            raise failure_of(error, self._path) from error

    def _each(self, made: Callable[..., Made], query: str, *values: object) -> list[Made]:
        """What `made` makes of the columns of each row."""
        return [made(*row) for row in self._rows(query, *values)]

    def _one(self, made: Callable[..., Made], query: str, *values: object) -> Made | None:
        """The first of them; None: there is no row."""
        return next(iter(self._each(made, query, *values)), None)

    def _events(self, condition: str, *values: str) -> tuple[Event, ...]:
        rows = self._rows(f"SELECT n, {BODY} FROM events WHERE {condition} ORDER BY n", *values)
        return tuple(read(self._path, n, body) for n, body in rows)
