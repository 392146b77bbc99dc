"""All that is on file about one ride, with when it was written. Called by the commands that tell or replay a ride."""

from pathlib import Path
from typing import Any, Final, NamedTuple

from dispatch.messages.events import Event
from dispatch.storage.failures import StorageFailure
from dispatch.storage.log.on_file import BODY, read
from dispatch.storage.tables.opening import reading

_EVENTS: Final = f"""
    SELECT n, at, stream, {BODY} FROM events
    WHERE ride_no = (SELECT ride_no FROM rides WHERE ride_id = ?) ORDER BY n"""
_ANY_RIDES: Final = "SELECT ride_id FROM rides ORDER BY ride_no DESC LIMIT 3"


class NoSuchRideOnFile(StorageFailure, says="{path} has no ride {detail}"):
    """Nobody ever booked under this id in this file."""


class HistoryEvent(NamedTuple):
    """One event: the Unix time when it was written, the address of the actor whose it is, and what happened."""

    at: float
    stream: str
    event: Event


def history_of(path: str | Path, ride_id: str) -> list[HistoryEvent]:
    """Every event that names this ride, oldest first. Raises NoSuchRideOnFile, and DatabaseError for a file that cannot be read."""
    with reading(path) as db:
        rows: list[Any] = db.conn.execute(_EVENTS, (ride_id,)).fetchall()
        if not rows:
            others = [row[0] for row in db.conn.execute(_ANY_RIDES)]
            newest = f"; its newest are {', '.join(others)}" if others else ", nor any other ride"
            raise NoSuchRideOnFile(path, f"{ride_id!r}{newest}")
    return [HistoryEvent(at, stream, read(str(path), n, body)) for n, at, stream, body in rows]
