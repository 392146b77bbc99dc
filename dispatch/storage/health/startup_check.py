"""What a start looks at before it trusts a file: little enough to take no time on a large one. `dispatch db check` looks at all."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Final

from sqlite_utils import Database

from dispatch import addresses
from dispatch.ids import DriverId, RideId
from dispatch.storage.failures import StorageContradicts, StorageDamaged, explained
from dispatch.storage.health.bindings import SET_ASIDE, Bindings
from dispatch.storage.log.on_file import BODY, OF_DRIVER, OF_RIDE, read
from dispatch.storage.tables.made import made
from dispatch.storage.tables.views import EVENTS

WALKED_WHOLE_BYTES: Final = 32 * 2**20
"""Of a larger file only the tables in `_WALKED` are walked, page by page: the others grow with the past."""
NEWEST_EVENTS: Final = 1_000
_WALKED: Final = ("drivers", "passengers", "blocked_pairs", "_sqlite_migrations")


def require_sound(db: Database, path: str | Path) -> None:
    """Refuse a file whose tables are not as the migrations made them, whose pages are damaged, or of which an event that is
    needed now cannot be read.

    Raises StorageDamaged.
    """
    with explained(str(path)):
        faults = chain(schema_faults(db), _walk(db, path), _read_newest(db, path))
        wrong = next(faults, "")
        if wrong:
            raise StorageDamaged(str(path), wrong)
        _read_searches(db, path)
        _require_consistent(db, str(path))


def schema_faults(db: Database) -> Iterator[str]:
    """The tables and indexes that are not as the migrations make them, each as a clause. Others' own beside them are left alone."""
    held = dict(db.execute("SELECT name, sql FROM sqlite_schema").fetchall())
    for name, sql in made().schema:
        if name not in held:
            yield f"{name} is missing from its schema"
        elif held[name] != sql:
            yield f"the schema of {name} is not what dispatch wrote"


def page_faults(db: Database, check: str) -> Iterator[str]:
    """What SQLite's own `check`, a pragma, finds, each a line."""
    for (found,) in db.execute(f"PRAGMA {check}"):
        lines = (line.strip() for line in found.splitlines())
        yield from (line for line in lines if line not in ("ok", "*** in database main ***"))


def _walk(db: Database, path: str | Path) -> Iterator[str]:
    whole = Path(path).stat().st_size <= WALKED_WHOLE_BYTES
    for what in ("1",) if whole else _WALKED:
        yield from page_faults(db, f"quick_check({what})")


def _read_newest(db: Database, path: str | Path) -> Iterator[str]:
    expected = None
    for n, body in db.execute(f"SELECT n, {BODY} FROM events ORDER BY n DESC LIMIT {NEWEST_EVENTS}"):
        read(str(path), n, body)
        if expected is not None and n != expected:
            yield f"event {expected} is missing"
        expected = n - 1


def _require_consistent(db: Database, path: str) -> None:
    """What rides and drivers are woken from, and what the newest events are about, in the order of the file."""
    bindings = Bindings()
    for n, stream, body in sorted(_woken_from(db)):
        wrong = bindings.fault(n, stream, read(path, n, body))
        if wrong:
            raise StorageContradicts(path, wrong)


def _woken_from(db: Database) -> Iterator[tuple[int, str, bytes]]:
    """Each event once: number, stream and body."""
    rides = {ride_id for (ride_id,) in db.execute(_RIDES)}
    drivers = {driver_id for (driver_id,) in db.execute(_DRIVERS)}
    newest = f"SELECT DISTINCT stream FROM (SELECT stream FROM events ORDER BY n DESC LIMIT {NEWEST_EVENTS})"
    for (stream,) in db.execute(newest).fetchall():
        kind, _, name = stream.partition("/")
        if kind == addresses.RIDE:
            rides.add(name)
        elif kind == addresses.DRIVER:
            drivers.add(name)
    for ride_id in rides:
        stream = addresses.ride(RideId(ride_id))
        own = f"{OF_RIDE} AND (stream = ? OR kind IN ({_KINDS})) AND stream NOT GLOB '{SET_ASIDE}*'"
        yield from db.execute(f"SELECT n, stream, {BODY} FROM events WHERE {own}", (ride_id, stream))
    for driver_id in drivers:
        stream = addresses.driver(DriverId(driver_id))
        yield from db.execute(f"SELECT n, stream, {BODY} FROM events WHERE {OF_DRIVER}", (stream, stream))


_KINDS: Final = ", ".join(f"'{kind.__name__}'" for kind, row in EVENTS.items() if row.owner == addresses.RIDE)
"""Of a ride's own events, wherever they stand."""
_RIDES: Final = """
    SELECT ride_id FROM rides WHERE ended_at IS NULL UNION SELECT ride_id FROM charges WHERE status = 'pending'
    UNION SELECT ride_id FROM drivers WHERE ride_id IS NOT NULL"""
_DRIVERS: Final = """
    SELECT driver_id FROM drivers WHERE ride_id IS NOT NULL
    UNION SELECT driver_id FROM rides WHERE ended_at IS NULL AND driver_id IS NOT NULL"""


def _read_searches(db: Database, path: str | Path) -> None:
    """What the dispatcher will go on from once it serves. Rides and drivers under way are woken before."""
    searching = "SELECT ride_no FROM rides WHERE status IN ('pending', 'scheduled') AND ended_at IS NULL"
    for n, body in db.execute(f"SELECT n, {BODY} FROM events WHERE ride_no IN ({searching}) ORDER BY n"):
        read(str(path), n, body)
