"""Devices on file that a push can wake. Each is bound to the login session that registered it, and goes with it.

What a push service calls a device is a secret: it is on file alone, and the device is named by a hash of it.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Final, NamedTuple

from sqlite_utils import Database

from dispatch.ids import PersonId
from dispatch.storage.failures import explained
from dispatch.storage.log.on_file import Writer
from dispatch.storage.tables.views import Change

MOST: Final = 5
"""Devices of one person; with one more the oldest goes."""
ID_LETTERS: Final = 32


class Device(NamedTuple):
    """A device on file. `at`: when it was registered last (Unix seconds)."""

    device_id: str
    platform: str
    at: float


def device_id_of(token: str) -> str:
    """By what a device is named: it tells nobody the token."""
    return sha256(token.encode()).hexdigest()[:ID_LETTERS]


def register(
    writer: Writer, person_id: PersonId, session: str, token: str, platform: str, now: float
) -> tuple[Device, PersonId | None]:
    """Keep this device for the person, as long as the login session lasts. Returns it, and whose it was before and is no more."""
    device = Device(device_id_of(token), platform, now)
    with explained(writer.path):
        row = writer.db.execute("SELECT person_id FROM devices WHERE device_id = ?", (device.device_id,)).fetchone()
    keep: Change = (
        "INSERT OR REPLACE INTO devices (device_id, token, platform, person_id, session_id, at) VALUES (?, ?, ?, ?, ?, ?)",
        (device.device_id, token, platform, person_id, session, now),
    )
    crowd: Change = (
        "DELETE FROM devices WHERE person_id = ?1 AND device_id NOT IN"
        " (SELECT device_id FROM devices WHERE person_id = ?1 ORDER BY at DESC, device_id LIMIT ?2)",
        (person_id, MOST),
    )
    ended: Change = (
        "DELETE FROM devices WHERE person_id = ? AND session_id IN"
        " (SELECT session_id FROM login_sessions WHERE revoked_at IS NOT NULL OR ends_at <= ?)",
        (person_id, now),
    )
    writer.write([], [keep, ended, crowd])
    return device, PersonId(row[0]) if row is not None and row[0] != person_id else None


def drop(writer: Writer, person_id: PersonId, device_id: str) -> None:
    """Forget a device of this person, if there is such a one."""
    writer.write([], [("DELETE FROM devices WHERE person_id = ? AND device_id = ?", (person_id, device_id))])


def of_person(db: Database, person_id: str) -> Sequence[Device]:
    """The devices of this person, the one that was registered last first."""
    rows = db.execute(
        "SELECT device_id, platform, at FROM devices WHERE person_id = ? ORDER BY at DESC, device_id", (person_id,)
    )
    return [Device(*row) for row in rows.fetchall()]


def gone_with(sessions: Sequence[str]) -> list[Change]:
    """What is forgotten because these login sessions ended."""
    return [
        (
            "DELETE FROM devices WHERE session_id = ?1"
            " AND person_id IN (SELECT person_id FROM login_sessions WHERE session_id = ?1)",
            (session,),
        )
        for session in sessions
    ]
