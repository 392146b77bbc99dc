"""What staff did, read of a file: to rides (`StaffActed`) and to people (events that say `by` whom). No phones and names, ids alone."""

from collections.abc import Callable
from typing import Any, Final

import msgspec
from sqlite_utils import Database

from dispatch import addresses
from dispatch.domain.ride.record import RideRecord
from dispatch.messages.base import Message
from dispatch.messages.events import (
    DocumentKept,
    FareChanged,
    PersonAdded,
    PersonRemoved,
    PersonRenamed,
    PhoneMoved,
    RideUnassigned,
    RoleChanged,
    StaffActed,
)
from dispatch.storage.log.on_file import BODY, OF_RIDE, read
from dispatch.storage.tables.schema import AUDITED, FILED_BY_STREAM
from dispatch.timestamps import time_told
from dispatch.words import StaffAction

Told = dict[str, Any]
_ACTS: Final[dict[type[Message], str]] = {
    PersonAdded: "add_person",
    PersonRenamed: "rename",
    PhoneMoved: "move_phone",
    RoleChanged: "set_status",
    DocumentKept: "keep_document",
    PersonRemoved: "remove_person",
}
"""What the audit calls what was done to people."""
CHANGE: Final = "change_person"
"""And another name or vehicle of somebody who had the role."""
_PAGE: Final = f"""
    SELECT n, at, {BODY}, coalesce(body ->> '$.staff_id', body ->> '$.by', '') AS staff FROM events WHERE {AUDITED}
        AND staff <> '' AND (:staff = '' OR staff = :staff)
        AND (:ride = '' OR body ->> '$.ride_id' = :ride)
        AND (:person = '' OR :person IN (body ->> '$.person_id', body ->> '$.driver_id'))
        AND n < :before AND at >= :since AND at < :until
    ORDER BY n DESC LIMIT :limit"""
_OF_PERSON: Final = f"SELECT n, {BODY} FROM events WHERE stream = ? AND {FILED_BY_STREAM} AND n < ? ORDER BY n DESC"
_OF_RIDE: Final = f"SELECT n, at, {BODY} FROM events WHERE {OF_RIDE} AND stream = ? AND at <= ? ORDER BY n"


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Whose acts, on which ride or person, and when (Unix seconds, the end not included). Empty: any."""

    staff: str = ""
    ride: str = ""
    person: str = ""
    since: float = 0.0
    until: float = 1e15


def audit_page(db: Database, path: str, wanted: Wanted, before: int, limit: int) -> tuple[list[Told], int | None]:
    """Up to `limit` acts, the newest first, older than act number `before`; and the number to go on before, None: there are no more."""
    asked = {**msgspec.structs.asdict(wanted), "before": before, "limit": limit + 1}
    rows = db.conn.execute(_PAGE, asked).fetchall()
    last = rows[limit - 1][0] if len(rows) > limit else None
    acts = []
    for n, at, body, staff in rows[:limit]:
        event = read(path, n, body)
        acts.append({"at": time_told(at), "staff_id": staff, **told(event), **_changed(db, path, n, at, event)})
    return acts, last


def told(event: Any) -> Told:
    """What was done, and to whom."""
    if isinstance(event, StaffActed):
        act: Told = {"action": event.action, "ride_id": event.ride_id, "driver_id": event.driver_id}
    else:
        names = ("role", "status", "is_manager", "kind", "reason")
        is_change = isinstance(event, PersonAdded) and event.has_role
        act = {"action": CHANGE if is_change else _ACTS[type(event)], "person_id": event.person_id}
        act |= {name: getattr(event, name) for name in names if hasattr(event, name)}
    return {name: value for name, value in act.items() if value not in (None, "")}


# -- what it was before


def _changed(db: Database, path: str, n: int, at: float, event: Any) -> Told:
    """What the act changed, as it was before and as it is since, where an event of before tells it."""
    if isinstance(event, StaffActed):
        return _changed_ride(db, path, at, event) if event.action in (StaffAction.FARE, StaffAction.REASSIGN) else {}
    if isinstance(event, RoleChanged):
        before = _last(
            db, path, n, event, lambda one: isinstance(one, RoleChanged | PersonAdded) and one.role == event.role
        )
        return {"status_before": before.status} if before is not None else {}
    if isinstance(event, DocumentKept):
        before = _last(db, path, n, event, lambda one: isinstance(one, DocumentKept) and one.kind == event.kind)
        was = {"expires_before": time_told(before.expires_at)} if before is not None else {}
        return {"expires_at": time_told(event.expires_at), **was}
    return {}


def _last(db: Database, path: str, n: int, event: Any, fits: Callable[[Any], bool]) -> Any:
    """The last event of the same person before number `n` that fits; None: there is none."""
    rows = db.conn.execute(_OF_PERSON, (addresses.person(event.person_id), n))
    return next((one for number, body in rows if fits(one := read(path, number, body))), None)


def _changed_ride(db: Database, path: str, at: float, acted: StaffActed) -> Told:
    """Fare and driver of a ride, as its own events tell. What staff did and that they did it are of one moment."""
    ride = RideRecord(acted.ride_id)
    now: Told = {}
    for number, moment, body in db.conn.execute(_OF_RIDE, (acted.ride_id, addresses.ride(acted.ride_id), at)):
        event = read(path, number, body)
        if moment < at:
            ride.apply(event)
        elif isinstance(event, FareChanged):
            now = {"fare": event.fare} | ({"fare_before": ride.fare} if ride.trip is not None else {})
        elif isinstance(event, RideUnassigned):
            now = {"driver_before": event.driver_id}
    return now
