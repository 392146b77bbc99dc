"""Moments as people and programs write them, as times on one clock."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

MONTHS = {
    name: number
    for number, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1
    )
}
FIRST_YEAR, LAST_YEAR = 1970, 2099
"""A year beyond these stands for a missing time, or the clock of a meter was wrong."""
UNIX_UNITS = {10: 1, 13: 1_000, 16: 1_000_000}
"""How many digits a Unix time of these decades has, and its units a second."""
COMPACT = {14: "%Y%m%d%H%M%S", 12: "%Y%m%d%H%M", 8: "%Y%m%d"}

ZONES = {
    **dict.fromkeys(("z", "utc", "gmt", "wet"), 0),
    "est": -5,
    "edt": -4,
    "cst": -6,
    "cdt": -5,
    "mst": -7,
    "mdt": -6,
    "pst": -8,
    "pdt": -7,
    "bst": 1,
    "west": 1,
    "cet": 1,
    "cest": 2,
    "eet": 2,
    "eest": 3,
    "sast": 2,
    "jst": 9,
}
"""Hours from UTC of the zones that people write by their letters."""
SERIAL_ZERO, SERIAL_DIGITS = datetime(1899, 12, 30), 5
"""Day 0 of spreadsheets. A time of these decades is told there as 42019.333."""

_NUMERIC = r"(?P<a>\d{1,4})(?P<mark>[-/.])(?P<b>\d{1,2})(?P=mark)(?P<c>\d{1,4})"
_DAY_MONTH = r"(?P<day>\d{1,2})[- ](?P<month>[a-z]{3,9})\.?,?[- ](?P<year>\d{4}|\d{2})"
_MONTH_DAY = r"(?P<month_>[a-z]{3,9})\.? +(?P<day_>\d{1,2}),? +(?P<year_>\d{4})"
_CLOCK = r"(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:[.,](?P<part>\d{1,9}))?)?(?: ?(?P<half>[ap])\.?m\b\.?)?"
_ZONE = r"(?P<zone>(?:utc|gmt)?[+-]\d{2}(?::?\d{2})?|[a-z]{1,4}|[a-z]+/[a-z_/]+)(?:\[[a-z_/]+\])?"
_WRITTEN = re.compile(
    rf"(?:[a-z]{{3,9}}\.?,? +)?(?:{_NUMERIC}|{_DAY_MONTH}|{_MONTH_DAY})(?:(?:,? +|t){_CLOCK}(?: ?{_ZONE})?)?",
    re.ASCII | re.IGNORECASE,
)
_DAY_AND_MONTH = re.compile(r"\s*\D{0,12}(\d{1,2})([-/])(\d{1,2})\2\d{2,4}(?!\d)", re.ASCII)


class TripClock:
    """Reads times, all as one clock shows them.

    A time without an offset from UTC is what a local clock showed. One with an offset (`Z`, `UTC`, `+01:00`, or a Unix time, which is
    in UTC) is a moment: it is told as the clock of `zone` shows it, and without a zone as that of the first offset that was met.
    """

    def __init__(self, zone: tzinfo | None = None, day_first: bool | None = None) -> None:
        """`day_first`: whether 2/3/2019 is in March; None: with strokes it is in February, with hyphens in March."""
        self._zone = zone
        self._day_first = day_first

    def read(self, text: str) -> datetime:
        """The local time that `text` stands for. Raises ValueError: it is no time of these decades."""
        when = self._read(text)
        if not FIRST_YEAR <= when.year <= LAST_YEAR:
            raise ValueError(text)
        return when

    def _read(self, text: str) -> datetime:
        if (text[4:5] == "-" and text[7:8] == "-") or text[8:9] == "T":
            try:
                return self._local(datetime.fromisoformat(text))
            except ValueError:
                pass  # `2015-1-15`, `2015-01-15 8:00`, `… UTC`
        digits = text.partition(".")[0]
        if digits.isdecimal() and digits.isascii() and len(digits) in UNIX_UNITS:
            return self._local(datetime.fromtimestamp(float(text) / UNIX_UNITS[len(digits)], UTC))
        if len(digits) == SERIAL_DIGITS and digits != text and digits.isdecimal():
            return SERIAL_ZERO + timedelta(seconds=round(float(text) * 86_400))
        if text.isdecimal() and len(text) in COMPACT:
            return datetime.strptime(text, COMPACT[len(text)])
        return self._written(text)

    def _written(self, text: str) -> datetime:
        match = _WRITTEN.fullmatch(" ".join(text.split()))
        if match is None:
            raise ValueError(text)
        year, month, day = self._date(match)
        hour, minute, second = (int(match[name] or 0) for name in ("hour", "minute", "second"))
        if match["half"]:
            if not 1 <= hour <= 12:
                raise ValueError(text)
            hour = hour % 12 + (12 if match["half"].lower() == "p" else 0)
        micros = int(f"{match['part'] or '0':0<6}"[:6])
        return self._local(datetime(year, month, day, hour, minute, second, micros, _offset(match["zone"])))

    def _date(self, match: re.Match[str]) -> tuple[int, int, int]:
        """Year, month, day."""
        if match["mark"] is None:
            year, month, day = (match[name] or match[name + "_"] for name in ("year", "month", "day"))
            return _full_year(year), MONTHS.get(month[:3].lower(), 0), int(day)
        first, second, third = match["a"], int(match["b"]), match["c"]
        if len(first) == 4:
            return int(first), second, int(third)
        day_first = match["mark"] == "." or (match["mark"] == "-" if self._day_first is None else self._day_first)
        day, month = (int(first), second) if day_first else (second, int(first))
        return _full_year(third), month, day

    def _local(self, when: datetime) -> datetime:
        if when.tzinfo is None:
            return when
        if self._zone is None:
            self._zone = when.tzinfo
        return when.astimezone(self._zone).replace(tzinfo=None)


def day_comes_first(texts: Iterable[str]) -> bool | None:
    """Whether dates such as 13/2/2019 name the day first, by the first one that can be read in one way only. None: none is such."""
    for text in texts:
        match = _DAY_AND_MONTH.match(text)
        if match is None:
            continue
        first, second = int(match[1]), int(match[3])
        if (first > 12) != (second > 12):
            return first > 12
    return None


def is_ambiguous(text: str) -> bool:
    """Whether the order of day and month decides what this time is: 2/3/2019."""
    return _DAY_AND_MONTH.match(text) is not None


def _full_year(digits: str) -> int:
    """`15` is 2015: nobody has trips of the last century in a file."""
    return int(digits) + (2000 if len(digits) <= 2 else 0)


def _offset(zone: str | None) -> tzinfo | None:
    if zone is None:
        return None
    if "/" in zone:
        try:
            return ZoneInfo(zone)
        except (OSError, ZoneInfoNotFoundError):
            raise ValueError(zone) from None
    if zone.lower() in ZONES:
        return timezone(timedelta(hours=ZONES[zone.lower()]))
    digits = re.sub(r"[^\d+-]", "", zone)
    if not digits:
        raise ValueError(zone)
    sign, hours, minutes = digits[0], int(digits[1:3]), int(digits[3:5] or 0)
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if sign == "-" else offset)
