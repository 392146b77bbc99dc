"""The kinds of values a setting can have: how people write each one and how the program holds it. Pure."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time
from functools import partial
from typing import cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dispatch.config.authority import hosts_in, networks_in, origins_in
from dispatch.config.bounds import bounds_in
from dispatch.config.map_sources import is_url_or_empty, origin_of
from dispatch.config.trip_columns import columns_named
from dispatch.config.vehicle_types import served_by
from dispatch.phones import is_region

Value = str | int | float | bool
HIDDEN = "•••"
"""What is shown of a secret that is set."""

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)?", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d+", re.ASCII)
_NUMBER = re.compile(r"([+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)", re.ASCII)
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*%?", re.ASCII)
_SECONDS = {"h": 3600, "m": 60, "s": 1, "ms": 0.001}
_SWITCH = {
    **dict.fromkeys(("1", "true", "yes", "on"), True),
    **dict.fromkeys(("0", "false", "no", "off"), False),
}


@dataclass(frozen=True, slots=True)
class Kind:
    """One sort of value.

    `read` takes what a flag, the environment or a TOML file holds and raises ValueError when it is nothing of
    this kind; `write` is its reverse, for people and for TOML. `unit` is how the attribute's name ends and
    what the public name has instead: `offer_timeout_s` is `offer_timeout`, and `radius_m` is `radius_km`.
    """

    metavar: str
    wanted: str
    held: type[Value]
    read: Callable[[object], Value]
    write: Callable[[Value], Value] = lambda value: value
    unit: tuple[str, str] = ("", "")

    def public_name(self, attribute: str) -> str:
        """The name people use for the setting that the program holds in `attribute`."""
        held_unit, public_unit = self.unit
        return attribute.removesuffix(held_unit) + public_unit if attribute.endswith(held_unit) else attribute


def _is_number(given: object) -> bool:
    return isinstance(given, int | float) and not isinstance(given, bool)


def _matched(pattern: re.Pattern[str], given: object) -> re.Match[str]:
    match = pattern.fullmatch(given.strip()) if isinstance(given, str) else None
    if match is None:
        raise ValueError(given)
    return match


def _read_number(given: object, pattern: re.Pattern[str] = _NUMBER) -> float:
    return float(str(given)) if _is_number(given) else float(_matched(pattern, given)[1])


def _read_whole(given: object) -> int:
    if isinstance(given, int) and not isinstance(given, bool):
        return given
    return int(_matched(_WHOLE, given)[0])


def _read_duration(given: object) -> float:
    if _is_number(given):
        return float(str(given))
    number, unit = _matched(_DURATION, given).groups()
    # Division keeps 500ms at exactly 0.5 and 30ms at exactly 0.03; multiplying by 0.001 would not.
    return float(number) / 1000 if unit == "ms" else float(number) * _SECONDS[unit or "s"]


def _write_duration(seconds: Value) -> str:
    """In the largest unit that is whole: 0.05 is `50ms`, 180 is `3m`, 5400 is `90m`; else as `1.5s`."""
    held = float(seconds)
    for unit, size in (("h", 3600), ("m", 60), ("s", 1)):
        if held and held % size == 0:
            return f"{held / size:.0f}{unit}"
    return f"{held * 1000:.0f}ms" if 0 < held < 1 and (held * 1000).is_integer() else f"{held!r}s".replace(".0s", "s")


def _read_switch(given: object) -> bool:
    held = given if isinstance(given, bool) else _SWITCH.get(_read_text(given).strip().lower())
    if held is None:
        raise ValueError(given)
    return held


def _read_text(given: object) -> str:
    if not isinstance(given, str):
        raise ValueError(given)
    return given


def _read_path(given: object) -> str:
    text = _read_text(given)
    if not text.strip() or "\0" in text:
        raise ValueError(given)
    return text


def _read_moment(given: object) -> str:
    """An ISO date, date and time, or time of day, all local and without an offset; TOML's own dates too."""
    text = given.isoformat() if isinstance(given, datetime | time) else str(given)
    held = time.fromisoformat(text) if re.match(r"\d\d:", text) else datetime.fromisoformat(text)
    if held.tzinfo is not None:
        raise ValueError(given)
    return held.isoformat()


def _read_clock(given: object) -> str:
    """A time of day, `22:00`; TOML's own times too."""
    held = given if isinstance(given, time) else time.fromisoformat(_read_text(given))
    if held.tzinfo is not None or held.second or held.microsecond:
        raise ValueError(given)
    return held.isoformat("minutes")


def _read_zone(given: object) -> str:
    name = _read_text(given)
    try:
        return ZoneInfo(name).key
    except (OSError, ValueError, ZoneInfoNotFoundError):
        raise ValueError(given) from None


def _read_region(given: object) -> str:
    """A country by its two letters; the empty text is none."""
    name = _read_text(given).strip().upper()
    if name and not is_region(name):
        raise ValueError(given)
    return name


def _listed(check: Callable[[str], object]) -> Callable[[object], Value]:
    """Read a list, of which `check` raises ValueError where it is none of its kind. A TOML array of texts is as good as commas."""

    def reads(given: object) -> Value:
        is_array = isinstance(given, list) and all(isinstance(word, str) for word in given)
        text = _read_text(", ".join(cast("list[str]", given)) if is_array else given)
        check(text)
        return text

    return reads


DURATION = Kind("DURATION", "a duration (30s, 500ms, 2m, 4h)", float, _read_duration, _write_duration, ("_s", ""))
KILOMETRES = Kind(
    "KM",
    "a number of kilometres",
    float,
    lambda given: _read_number(given) * 1000,
    lambda metres: float(metres) / 1000,
    ("_m", "_km"),
)
NUMBER = Kind("NUMBER", "a number", float, _read_number)
WHOLE = Kind("N", "a whole number", int, _read_whole)
SWITCH = Kind("", "true or false", bool, _read_switch)
TEXT = Kind("TEXT", "text", str, _read_text)
PATH = Kind("FILE", "a file name", str, _read_path)
MOMENT = Kind("TIME", "a local time (08:00, 2015-01-15T08:00)", str, _read_moment, unit=("_time", ""))
CLOCK = Kind("HH:MM", "a time of day (22:00)", str, _read_clock)
VEHICLES = Kind("LIST", "a list of types (sedan: suv van, suv, van)", str, _listed(served_by))
HOSTS = Kind("HOSTS", "a list of host names (cars.example, desk.cars.example)", str, _listed(hosts_in))
ORIGINS = Kind(
    "ORIGINS",
    "a list of origins (https://app.example, http://localhost:5173; * is none)",
    str,
    _listed(origins_in),
)
NETWORKS = Kind("CIDRS", "a list of IP addresses and networks (127.0.0.1, 10.0.0.0/8)", str, _listed(networks_in))
COLUMNS = Kind(
    "COLUMNS",
    "a list of columns (pickup_time=Start,pickup_lat=Latitude, …)",
    str,
    _listed(columns_named),
)
PERCENT = Kind(
    "PERCENT", "a share (5%)", float, partial(_read_number, pattern=_PERCENT), lambda share: f"{float(share):g}%"
)
ZONE = Kind("ZONE", "a time zone (UTC, Africa/Johannesburg)", str, _read_zone)
BOUNDS = Kind("BOUNDS", "south, west, north and east in degrees (-34.4, 18.2, -33.4, 19.1)", str, _listed(bounds_in))
STYLE_URL = Kind("URL", "an http or https URL", str, _listed(is_url_or_empty))
TILES = Kind("FILE|URL", "a file name, or an http or https URL", str, _listed(origin_of))
REGION = Kind("REGION", "two letters of a country (ZA, US, DE)", str, _read_region)
SECRET = Kind("SECRET", "text", str, _read_text, lambda value: HIDDEN if value else "")
