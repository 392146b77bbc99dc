"""Rows of a file for people to read, while a server writes it or after. Called by `dispatch db show`."""

from __future__ import annotations

from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from dispatch.errors import SettingError, did_you_mean
from dispatch.phones import masked, masked_id
from dispatch.storage.failures import explained
from dispatch.storage.tables.schema import open_read_only
from dispatch.timestamps import rfc3339

Row = dict[str, Any]


class Shown(NamedTuple):
    """How one table is read: its columns, what makes a row newer, the column of its status, the condition for one ride."""

    columns: str
    newest: tuple[str, ...]
    status: str = ""
    statuses: tuple[str, ...] = ()
    ride: str = ""


TABLES: Final[dict[str, Shown]] = {
    "rides": Shown(
        "ride_id, status, passenger_id, driver_id, pickup_address, dropoff_address, distance_km, duration_min, fare, search_no,"
        " requested_at, assigned_at, arrived_at, started_at, ended_at, ended_by, reason, fee, restarts, pickup_at,"
        " quote_id, fare_minor, currency, claimed_fare",
        newest=("requested_at", "ride_id"),
        status="status",
        statuses=(
            "scheduled",
            "pending",
            "accepted",
            "arrived",
            "in_progress",
            "completed",
            "cancelled",
            "no_drivers",
            "no_show",
        ),
        ride="ride_id = ?",
    ),
    "drivers": Shown(
        "driver_id, name, phone, rating, vehicle_type, vehicle_registration, status, ride_id, updated_at",
        newest=("updated_at", "driver_id"),
        status="status",
        statuses=("available", "busy", "offline"),
        ride="ride_id = ?",
    ),
    "events": Shown(
        "n, at, stream, ride_id, kind, body",
        newest=("n",),
        ride="ride_no = (SELECT ride_no FROM rides WHERE ride_id = ?)",
    ),
    "offers": Shown(
        "offer_id, ride_id, driver_id, search_no, round_no, outcome, pickup_distance_m, made_at, expires_at, closed_at",
        newest=("made_at", "offer_id"),
        status="outcome",
        statuses=(
            *("open", "accepted", "declined", "expired", "taken", "cancelled", "superseded"),
            *("vanished", "unavailable", "driver_busy"),
        ),
        ride="ride_id = ?",
    ),
    "tracks": Shown(
        "ride_id, driver_id, leg, start_at, metres, points", newest=("start_at", "ride_id"), ride="ride_id = ?"
    ),
    "quotes": Shown(
        "quote_id, passenger_id, pickup_lat, pickup_lon, dropoff_lat, dropoff_lon, vehicle_type, fare_minor, currency,"
        " distance_m, duration_s, made_at, expires_at, ride_id, taken_at",
        newest=("made_at", "quote_id"),
        ride="ride_id = ?",
    ),
    "ratings": Shown(
        "ride_id, by, rating, comment, driver_id, passenger_id, at", newest=("at", "ride_id", "by"), ride="ride_id = ?"
    ),
    "charges": Shown(
        "ride_id, passenger_id, amount_minor, currency, status, reference, reason, requested_at, settled_at",
        newest=("requested_at", "ride_id"),
        status="status",
        statuses=("pending", "paid", "declined"),
        ride="ride_id = ?",
    ),
    "blocked_pairs": Shown("passenger_id, driver_id, blocked_at", newest=("blocked_at", "passenger_id", "driver_id")),
    "passengers": Shown("passenger_id, name, phone, rating, is_default", newest=("passenger_id",)),
}


def rows(
    path: str | Path,
    table: str,
    *,
    status: str | None = None,
    ride: str | None = None,
    limit: int = 50,
    full_phones: bool = False,
) -> list[Row]:
    """The newest `limit` rows of `table` (a key of `TABLES`), the newest last: times as RFC 3339, an event's body as an object.

    Phone numbers are masked, also where they serve as ids, unless `full_phones`. Raises SettingError for a filter that this table
    does not have or a status that does not exist, DatabaseError for a file that cannot be read.
    """
    shown = TABLES[table]
    conditions: list[str] = []
    values: list[object] = []
    if status is not None:
        conditions.append(f"{shown.status} = ?")
        values.append(_checked_status(table, status))
    if ride is not None:
        if not shown.ride:
            raise SettingError("--ride", f"{table} have no ride to filter by")
        conditions.append(shown.ride)
        values.append(ride)
    where = " WHERE " + " AND ".join(conditions) if conditions else ""
    newest_first = ", ".join(f"{column} DESC" for column in shown.newest)
    query = f"SELECT {shown.columns} FROM {table}{where} ORDER BY {newest_first} LIMIT ?"
    with closing(open_read_only(path)) as db, explained(str(path)):
        found = list(db.query(query, [*values, limit]))
    return [_readable(row, full_phones) for row in reversed(found)]


def _checked_status(table: str, status: str) -> str:
    statuses = TABLES[table].statuses
    if not statuses:
        raise SettingError("--status", f"{table} have no status to filter by")
    if status not in statuses:
        hint = did_you_mean(status, statuses)
        raise SettingError("--status", f"{table} are {', '.join(statuses)}, never {status!r}{hint}")
    return status


def _readable(row: Row, full_phones: bool) -> Row:
    """The row with its times, phones and body made readable, the columns in their order."""
    if "body" in row:
        with suppress(msgspec.DecodeError):  # a damaged body is shown as it is: whoever looks at it is looking for that
            row["body"] = msgspec.json.decode(row["body"])
    readable = {column: told(column, value, full_phones) for column, value in row.items()}
    if "stream" in row and not full_phones:
        kind, slash, name = row["stream"].rpartition("/")
        readable["stream"] = kind + slash + (name if kind.endswith("ride") else masked_id(name))
    return readable


def told(name: str, value: Any, full_phones: bool) -> Any:
    """What to show of a value that stands under this name, in a row or anywhere inside an event: times as RFC 3339, phones masked."""
    if isinstance(value, dict):
        return {inner: told(inner, held, full_phones) for inner, held in value.items()}
    if isinstance(value, list):
        return [told(name, held, full_phones) for held in value]
    if isinstance(value, int | float) and (name == "at" or name.endswith("_at")):
        return _moment(value)
    if isinstance(value, str) and not full_phones:
        return masked(value) if name == "phone" else masked_id(value) if name in _PEOPLE else value
    return value


def _moment(at: float) -> str:
    """As RFC 3339. A number that no calendar has, of a file that was tampered with, is told as it is."""
    try:
        return rfc3339(at)
    except (ValueError, OverflowError, OSError):
        return f"{at:g} s"


_PEOPLE: Final = frozenset(("driver_id", "passenger_id", "drivers"))
"""Names under which the id of a person stands: it often is a phone number."""
