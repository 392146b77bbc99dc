"""Takes out of a file what is older than it is kept: where rides went, what was asked for a price, where rides began and ended.

It rewrites history, in one transaction: points are known to about a kilometre afterwards, and addresses and notes are empty. Who rode,
when, with whom and for how much stays. Called by `dispatch db purge`.
"""

from collections.abc import Iterator
from typing import Any, Final

import msgspec
from sqlite_utils import Database

from dispatch import addresses
from dispatch.config import RetentionSettings
from dispatch.messages.events import Purged
from dispatch.messages.journal import by_nobody
from dispatch.storage.failures import StorageDamaged, explained
from dispatch.storage.log import wiping
from dispatch.storage.log.on_file import BODY, Writer
from dispatch.storage.people import erasing
from dispatch.storage.people.coarse_rows import coarse_quote, coarse_ride, coarse_track
from dispatch.storage.tables.schema import FILED_BY_STREAM
from dispatch.storage.tables.views import Change

DAY_S: Final = 86_400.0
_OF_RIDES: Final = f"""
    SELECT e.n, e.at, {BODY.replace("body", "e.body")} FROM rides r JOIN events e ON e.ride_no = r.ride_no
    WHERE r.ended_at >= ?1 AND r.ended_at < ?2 AND e.kind {{}} ORDER BY e.n"""
_OF_QUOTES: Final = f"""
    SELECT e.n, e.at, {BODY.replace("body", "e.body")} FROM quotes q JOIN events e ON e.stream = 'quote/' || q.quote_id
    WHERE q.expires_at >= ?1 AND q.expires_at < ?2 AND e.kind = 'QuoteMade'
    AND {FILED_BY_STREAM.replace("stream", "e.stream")} ORDER BY e.n"""
_EVENTS: Final = {
    "tracks": _OF_RIDES.format("= 'TrackRecorded'"),
    "quotes": _OF_QUOTES,
    "addresses": _OF_RIDES.format("IN ('RideRequested', 'RideScheduled', 'NoteChanged')"),
}
"""The events of each kind, of rides that ended, or quotes that ran out, from one second until before another."""


class Keep(msgspec.Struct, frozen=True):
    """For how many days each kind is kept, counted from the end of the ride or the quote. 0: for ever."""

    keep_tracks_days: int = RetentionSettings.keep_tracks_days
    keep_quotes_days: int = RetentionSettings.keep_quotes_days
    keep_addresses_days: int = RetentionSettings.keep_addresses_days


class Gone(msgspec.Struct):
    """What goes of one kind: how many events, and when the `oldest` and the `newest` of them were written (Unix seconds)."""

    count: int = 0
    oldest: float | None = None
    newest: float | None = None

    def take(self, at: float) -> None:
        """Count one more."""
        self.count += 1
        self.oldest = at if self.oldest is None else min(self.oldest, at)
        self.newest = at if self.newest is None else max(self.newest, at)


Told = dict[str, Gone]
"""What goes, by kind."""


def plan(db: Database, path: str, keep: Keep, now: float) -> tuple[Told, list[Change], Purged | None]:
    """What would go at Unix second `now`, what would be changed for that, and the event that would tell of it; None: nothing would go.

    Raises StorageDamaged.
    """
    told: Told = {kind: Gone() for kind in _EVENTS}
    changes: list[Change] = []
    with explained(path):
        since = _purged_until(db)
        until = {kind: max(since[kind], _cutoff(keep, kind, now)) for kind in _EVENTS}
        for kind, query in _EVENTS.items():
            for n, at, body in db.execute(query, (since[kind], until[kind])).fetchall():
                event = _decoded(path, n, body)
                before = event.get("points")
                if _loses(event):
                    told[kind].take(at)
                    changes.append(("UPDATE events SET body = ? WHERE n = ?", (erasing.encode(event), n)))
                    changes += _rows(db, event, before)
    if not changes:
        return told, [], None
    return told, changes, Purged(until["tracks"], until["quotes"], until["addresses"], sum(map(_count, told.values())))


def purge(writer: Writer, keep: Keep, now: float, by: str = "") -> Told:
    """Take out what is older than it is kept, in one transaction. Free pages may have it still: `wiping` comes next.

    Returns what is gone. `by`: the id of the member of staff who had it done. Raises StorageDamaged.
    """
    told, changes, event = plan(writer.db, writer.path, keep, now)
    if event is not None:
        with wiping.thorough(writer):
            appended = by_nobody(addresses.PURGES, now, msgspec.structs.replace(event, by=by))
            writer.write([appended], [*changes, wiping.IS_DUE])
    return told


def _count(gone: Gone) -> int:
    return gone.count


def _cutoff(keep: Keep, kind: str, now: float) -> float:
    """Whatever ended before this Unix second goes; 0: nothing does."""
    days: int = getattr(keep, f"keep_{kind}_days")
    return now - days * DAY_S if days else 0.0


def _purged_until(db: Database) -> dict[str, float]:
    """Up to which Unix second the purges before have gone through the file, by kind."""
    row = db.execute(
        f"SELECT {BODY} FROM events WHERE stream = ? AND {FILED_BY_STREAM} ORDER BY n DESC LIMIT 1", (addresses.PURGES,)
    ).fetchone()
    last = erasing.decode(row[0]) if row is not None else {}
    return {kind: last.get(f"{kind}_until", 0.0) for kind in _EVENTS}


def _decoded(path: str, n: int, body: bytes) -> erasing.Body:
    try:
        return erasing.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise StorageDamaged(path, f"event {n} cannot be read: {error}") from error


def _loses(event: erasing.Body) -> bool:
    """Take places, addresses and notes out of an event, and of a quote whose it is. Whether that changed anything."""
    is_changed = erasing.make_coarse(event)
    if event["type"] == "QuoteMade" and event.get("passenger_id") is not None:
        event["passenger_id"] = None
        is_changed = True
    return is_changed


def _rows(db: Database, event: erasing.Body, before: Any) -> Iterator[Change]:
    """What follows in the tables."""
    if event["type"] == "TrackRecorded":
        key = tuple(event[name] for name in ("ride_id", "driver_id", "leg", "start_at"))
        yield coarse_track(key, erasing.encode(before))
    elif event["type"] == "QuoteMade":
        yield from coarse_quote(db, event["quote_id"])
        yield "UPDATE quotes SET passenger_id = NULL WHERE quote_id = ?", (event["quote_id"],)
    else:
        yield from coarse_ride(db, event["ride_id"])
