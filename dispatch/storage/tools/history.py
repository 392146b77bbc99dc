"""All that is on file about one ride, with when it was written. Called by the commands that tell or replay a ride."""

from contextlib import closing
from pathlib import Path
from typing import Any, Final, NamedTuple

from dispatch.errors import DatabaseError
from dispatch.messages.events import Event
from dispatch.storage.failures import explained
from dispatch.storage.log.on_file import BODY, read
from dispatch.storage.tables.schema import open_read_only

_EVENTS: Final = f"""
    SELECT n, at, stream, {BODY} FROM events
    WHERE ride_no = (SELECT ride_no FROM rides WHERE ride_id = ?) ORDER BY n"""
_ANY_RIDES: Final = "SELECT ride_id FROM rides ORDER BY ride_no DESC LIMIT 3"


class NoSuchRideOnFile(DatabaseError):
    """Nobody ever booked under this id in this file."""

    def __init__(self, path: str, ride_id: str, others: list[str]) -> None:
        newest = f"; its newest are {', '.join(others)}" if others else ", nor any other ride"
        super().__init__(f"{path} has no ride {ride_id!r}{newest}")


class Recorded(NamedTuple):
    """One event: the Unix time when it was written, the address of the actor whose it is, and what happened."""

    at: float
    stream: str
    event: Event


def history_of(path: str | Path, ride_id: str) -> list[Recorded]:
    """Every event that names this ride, oldest first. Raises NoSuchRideOnFile, and DatabaseError for a file that cannot be read."""
    with closing(open_read_only(path)) as db, explained(str(path)):
        rows: list[Any] = db.conn.execute(_EVENTS, (ride_id,)).fetchall()
        if not rows:
            others = [row[0] for row in db.conn.execute(_ANY_RIDES)]
            raise NoSuchRideOnFile(str(path), ride_id, others)
    return [Recorded(at, stream, read(str(path), n, body)) for n, at, stream, body in rows]
