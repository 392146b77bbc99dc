"""Times as apps write and read them: RFC 3339. Sessions and pages use it."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, datetime
from functools import lru_cache

from dispatch.errors import BadField
from dispatch.transport import wire

A_MINUTE_S = 60.0
"""So late a `pickup_at` still counts as now: it took its time on the way."""
_RFC3339 = re.compile(
    r"(?P<minute>\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d):(?P<second>\d\d)(?P<rest>(\.\d+)?([Zz]|[+-]\d\d:\d\d))", re.ASCII
)
WANTED = "an RFC 3339 time such as 2026-11-23T08:00:00Z"


def unix_time(field: str, text: str) -> float:
    """The Unix time that an app wrote. Raises BadField where it is none, or has no offset."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is not None and moment.tzinfo is not None:
        return moment.timestamp()
    unusual = _unusual(text.strip())
    if unusual is None:
        raise BadField(field, f"{field} must be {WANTED}, got {wire.excerpt(text)}")
    return unusual


def _unusual(text: str) -> float | None:
    """What RFC 3339 allows and Python does not read: a small z, and a leap second, which is the first of the next day."""
    match = _RFC3339.fullmatch(text)
    if match is None:
        return None
    is_leap = match["second"] == "60"
    try:
        moment = datetime.fromisoformat(
            f"{match['minute']}:{'59' if is_leap else match['second']}{match['rest'].upper()}"
        )
        return moment.timestamp() if not is_leap else moment.timestamp() + 1.0 if _ends_month(moment) else None
    except (ValueError, OverflowError):
        return None


def _ends_month(moment: datetime) -> bool:
    """Whether a leap second may follow."""
    utc = moment.astimezone(UTC)
    return (utc.day, utc.hour, utc.minute) == (monthrange(utc.year, utc.month)[1], 23, 59)


def bookable(at: float, now: float, ahead_s: float, text: str) -> float:
    """The runtime second of a `pickup_at`. Raises BadField where it is past, or farther ahead than rides are booked here."""
    if at < now - A_MINUTE_S:
        raise BadField("pickup_at", f"pickup_at must not be in the past, got {wire.excerpt(text)}")
    if at > now + ahead_s:
        raise BadField("pickup_at", f"pickup_at must be within {ahead_s / 86_400:g} days, got {wire.excerpt(text)}")
    return at


def rfc3339(wall_s: float) -> str:
    """Unix time as apps read it: `2026-11-23T08:00:30.000Z`."""
    second, millisecond = divmod(round(wall_s * 1000.0), 1000)
    return f"{_to_the_second(second)}.{millisecond:03d}Z"


@lru_cache(maxsize=256)
def _to_the_second(wall_s: int) -> str:
    """Times that are told lie close together, and a date is made slowly."""
    return datetime.fromtimestamp(wall_s, UTC).isoformat()[:-6]
