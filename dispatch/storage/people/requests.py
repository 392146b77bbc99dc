"""The keys under which staff changed people in the last day: a change that is asked for again is not made again. No event tells of it.

It is on file in one commit with what was done. An answer keeps ids and numbers alone, and what was wrong with the rows of a list.
"""

from typing import Any, Final

import msgspec

from dispatch.errors import IdReused
from dispatch.messages.base import Command
from dispatch.storage.failures import explained
from dispatch.storage.log.on_file import Writer
from dispatch.storage.tables.views import Change

KEPT_S: Final = 86_400.0
FORGET_ALL: Final[Change] = ("DELETE FROM staff_requests", ())
"""Who is taken out of the file may be named in an answer."""
Answer = dict[str, Any]


def answered(writer: Writer, command: Command) -> Answer | None:
    """What was answered to this request; None: it is new. Raises IdReused where another one had its key."""
    with explained(writer.path):
        row = writer.db.execute(
            "SELECT fingerprint, answer FROM staff_requests WHERE staff_id = ? AND request_id = ?",
            (command.staff_id, command.id),
        ).fetchone()
    if row is None:
        return None
    if row[0] != command.fingerprint:
        raise IdReused("this Idempotency-Key was used for another request")
    answer: Answer = msgspec.json.decode(row[1])
    return answer


def keep(writer: Writer, command: Command, answer: Answer, now: float) -> None:
    """This was answered, at `now` (Unix seconds). Of a person the id alone is kept."""
    person = answer.get("person")
    kept = {**answer, "person": {"id": person["id"]}} if person is not None else answer
    told = msgspec.json.encode(kept).decode()
    insert: Change = (
        "INSERT INTO staff_requests (staff_id, request_id, fingerprint, answer, at) VALUES (?, ?, ?, ?, ?)",
        (command.staff_id, command.id, command.fingerprint, told, now),
    )
    writer.write([], [("DELETE FROM staff_requests WHERE at < ?", (now - KEPT_S,)), insert])
