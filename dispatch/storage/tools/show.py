"""Rows of a file for people to read, while a server writes it or after. Called by `dispatch db show`."""

from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import msgspec

from dispatch.errors import SettingError, did_you_mean
from dispatch.masking.phones import masked, masked_id
from dispatch.storage.tables.opening import reading
from dispatch.storage.tables.schema import TABLES
from dispatch.timestamps import time_told

Row = dict[str, Any]


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
    table_row = TABLES[table]
    conditions: list[str] = []
    values: list[object] = []
    if status is not None:
        conditions.append(f"{table_row.status} = ?")
        values.append(_checked_status(table, status))
    if ride is not None:
        if not table_row.ride:
            raise SettingError("--ride", f"{table} have no ride to filter by")
        conditions.append(table_row.ride)
        values.append(ride)
    where = " WHERE " + " AND ".join(conditions) if conditions else ""
    newest_first = ", ".join(f"{column} DESC" for column in table_row.newest)
    query = f"SELECT {table_row.columns} FROM {table}{where} ORDER BY {newest_first} LIMIT ?"
    with reading(path) as db:
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
        return time_told(value)
    if isinstance(value, str) and not full_phones:
        return masked(value) if name == "phone" else masked_id(value) if name in _PEOPLE else value
    return value


_PEOPLE: Final = frozenset(("driver_id", "passenger_id", "drivers"))
"""Names under which the id of a person stands: it often is a phone number."""
