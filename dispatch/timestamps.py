"""Points in time as people and apps read and write them: RFC 3339, and the local time of a zone.

Inside the program every time is Unix seconds.
"""

import re
from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from dispatch.errors import BadField
from dispatch.text import excerpt

_RFC3339 = re.compile(
    r"(?P<minute>\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d):(?P<second>\d\d)(?P<rest>(\.\d+)?([Zz]|[+-]\d\d:\d\d))", re.ASCII
)
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
AN_EXAMPLE: Final = "an RFC 3339 time such as 2026-11-23T08:00:00Z"


def unix_time(field: str, text: str) -> float:
    """The Unix time that `text` names. Raises BadField, about this `field`, for text that is no RFC 3339 time or has no offset."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is not None and moment.tzinfo is not None:
        return moment.timestamp()
    unusual = _unusual(text.strip())
    if unusual is None:
        raise BadField(field, f"{field} must be {AN_EXAMPLE}, got {excerpt(text)}")
    return unusual


def _unusual(text: str) -> float | None:
    """What RFC 3339 allows and Python does not read: a small z, and a leap second, which counts as the first second of the next day."""
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
    """Whether a leap second may follow this minute."""
    utc = moment.astimezone(UTC)
    return (utc.day, utc.hour, utc.minute) == (monthrange(utc.year, utc.month)[1], 23, 59)


def rfc3339(unix_s: float) -> str:
    """Unix time to the millisecond: `2026-11-23T08:00:30.000Z`.

    Raises ValueError, OverflowError or OSError for a year that the calendar does not have.
    """
    minute, milliseconds = divmod(round(unix_s * 1000.0), 60_000)
    return f"{_to_the_minute(minute)}:{_DIGITS[milliseconds // 1000][1:]}.{_DIGITS[milliseconds % 1000]}Z"


def time_told(unix_s: float) -> str:
    """As RFC 3339. A number that no calendar has, of a file that was tampered with, is told as it is."""
    try:
        return rfc3339(unix_s)
    except (ValueError, OverflowError, OSError):
        return f"{unix_s:g} s"


_DIGITS: Final = tuple(f"{number:03d}" for number in range(1000))
"""Looked up, since a format is read anew each time."""


@lru_cache(maxsize=256)
def _to_the_minute(minute: int) -> str:
    """Remembered: times that are told lie close together, and making a date is slow."""
    return datetime.fromtimestamp(minute * 60, UTC).isoformat()[: -len(":00+00:00")]


class LocalTime:
    """Unix seconds as local times of one zone."""

    def __init__(self, zone: str) -> None:
        """`zone`: a name of the IANA database."""
        self._zone = ZoneInfo(zone)
        self._minute, self._hour = -1.0, 0.0

    def minute_of_day(self, at: float) -> int:
        """Local minutes since midnight, 0 to 1439."""
        moment = datetime.fromtimestamp(at, self._zone)
        return 60 * moment.hour + moment.minute

    def hour(self, at: float) -> float:
        """Local hours since midnight with a fraction, in [0, 24): 17.5 is half past five in the afternoon."""
        minute, seconds = divmod(at, 60.0)
        if minute != self._minute:  # every offer of a minute asks this
            moment = datetime.fromtimestamp(minute * 60.0, self._zone)
            self._minute, self._hour = minute, moment.hour + moment.minute / 60.0
        return self._hour + seconds / 3600.0

    def moment(self, written: str, now: float) -> float:
        """The Unix second that a local date and time stands for; a time of day alone is today's."""
        if written[2] == ":":
            today = datetime.fromtimestamp(now, self._zone)
            moment = datetime.combine(today.date(), time.fromisoformat(written), self._zone)
        else:
            moment = datetime.fromisoformat(written).replace(tzinfo=self._zone)
        return moment.timestamp()

    def end_of(self, day: str) -> float:
        """The Unix second at which a local day (`2027-03-31`) is over. Raises ValueError for text that is no day."""
        return self.bounds(day)[1]

    def bounds(self, day: str) -> tuple[float, float]:
        """The Unix seconds at which a local day begins and is over. Raises ValueError for text that is no day."""
        if not _DAY.fullmatch(day):
            raise ValueError(day)
        first = date.fromisoformat(day)
        since, until = (
            datetime.combine(each, time(), self._zone).timestamp() for each in (first, first + timedelta(days=1))
        )
        return since, until

    def day(self, at: float) -> str:
        """The local day of a Unix second: `2027-03-31`."""
        return datetime.fromtimestamp(at, self._zone).date().isoformat()
