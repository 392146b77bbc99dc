"""What staff did, read of a file: to rides (`StaffActed`) and to people (events that say `by` whom). No phones and names, ids alone."""

from typing import Any, Final

import msgspec
from sqlite_utils import Database

from dispatch.messages.base import Message
from dispatch.messages.events import (
    DocumentKept,
    PersonAdded,
    PersonRemoved,
    PersonRenamed,
    PhoneMoved,
    RoleChanged,
    StaffActed,
)
from dispatch.storage.log.on_file import BODY, read
from dispatch.storage.tables.schema import AUDITED
from dispatch.timestamps import rfc3339

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
    return [
        {"at": rfc3339(at), "staff_id": staff, **told(read(path, n, body))} for n, at, body, staff in rows[:limit]
    ], last


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
