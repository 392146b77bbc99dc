"""One row for each setting, read from the settings classes. Flags, environment variables and TOML keys are made of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import Field, dataclass, field, replace
from functools import partial
from typing import Any, ClassVar, cast

from dispatch.config.kinds import (
    DURATION,
    KILOMETRES,
    NUMBER,
    PERCENT,
    SECRET,
    SWITCH,
    TEXT,
    WHOLE,
    Kind,
    Value,
)
from dispatch.errors import SettingError


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: the kind, the purpose, the default and the range of an attribute, in the units of the program.

    `name` is unique and makes its environment variable; `key` is its name inside its group and makes its
    flag. They differ only where two groups use the same word.
    """

    kind: Kind
    help: str
    default: Value | None
    low: float = float("-inf")
    high: float = float("inf")
    choices: tuple[str, ...] = ()
    also: Callable[[str], bool] | None = None
    """Which other words will do."""
    name: str = ""
    attribute: str = ""
    group: str = ""

    def of(self, group: str, attribute: str) -> Setting:
        """The row as it stands at this attribute of the class of a group."""
        return replace(self, group=group, attribute=attribute, name=self.name or self.kind.public_name(attribute))

    @property
    def key(self) -> str:
        return self.kind.public_name(self.attribute)

    @property
    def flag(self) -> str:
        return "--" + self.key.replace("_", "-")

    @property
    def negative_flag(self) -> str:
        """The flag that turns a switch off."""
        return "--no-" + self.flag.removeprefix("--")

    @property
    def env(self) -> str:
        return "DISPATCH_" + self.name.upper()

    @property
    def range(self) -> str:
        """`50ms to 5m`, `full, normal or off`, or nothing for a value that has no limits."""
        if self.choices:
            *others, last = self.choices
            return f"{', '.join(others)} or {last}" if others else last
        return "" if self.high == float("inf") else f"{self.written(self.low)} to {self.written(self.high)}"

    def written(self, value: Value | None) -> str:
        """The value as people write it; empty for None."""
        outside = self.outside(value)
        return "" if outside is None else str(outside).lower() if isinstance(outside, bool) else str(outside)

    def given_as_flag(self, value: Value) -> str:
        """The command line argument that sets this value."""
        if isinstance(value, bool):
            return self.flag if value else self.negative_flag
        return f"{self.flag}={self.written(value)}"

    def outside(self, value: Value | None) -> Value | None:
        """The value as in a TOML file: a number, a boolean or a text with its unit."""
        if value is None:
            return None
        written = self.kind.write(value)
        return int(written) if isinstance(written, float) and written.is_integer() else written

    def read(self, given: object, origin: str) -> Value:
        """The value that `given` means. Raises SettingError, which names the setting, what came and what is wanted."""
        try:
            return self.checked(self.kind.read(given))
        except ValueError:
            raise self._refusal(f"{_shown(given)} ({origin})") from None

    def checked(self, value: object) -> Value:
        """`value` as the program holds it; a whole number serves as a float. Raises ValueError."""
        is_number = self.kind.held is float
        fits = isinstance(value, (int, float) if is_number else self.kind.held)
        if not fits or (isinstance(value, bool) and self.kind.held is not bool):
            raise ValueError(value)
        held: Any = float(cast("float", value)) if is_number else value
        if self.choices and held not in self.choices and not (self.also is not None and self.also(held)):
            raise ValueError(value)
        if isinstance(held, int | float) and not self.low <= held <= self.high:
            raise ValueError(value)
        return cast("Value", held)

    def checked_attribute(self, value: object) -> Value | None:
        """As `checked`, for a value given in code. None passes where it is the default. Raises SettingError."""
        if value is None and self.default is None:
            return None
        try:
            return self.checked(value)
        except ValueError:
            raise self._refusal(f"{self.attribute}={_shown(value)}") from None

    def _refusal(self, got: str) -> SettingError:
        sort_and_range = " from ".join(filter(None, (self.kind.wanted, self.range)))
        wanted = self.range if self.choices else sort_and_range
        return SettingError(self.name, f"{self.name} must be {wanted}, got {got}")


def _shown(given: object) -> str:
    try:
        return repr(given)
    except ValueError:  # Python writes no number of thousands of digits
        return "a very long number"


# -- the rows of a settings class


def choice(default: str, choices: str, help: str, also: Callable[[str], bool] | None = None) -> Any:
    """One of a few words, listed as `full|normal|off`, or another one that `also` admits."""
    return _row(TEXT, default, help, choices=tuple(choices.split("|")), also=also)


def written(kind: Kind, default: object, help: str, name: str = "") -> Any:
    """A value of this kind: a path, a time zone, a list of hosts. `name`: where the attribute's own is another setting's already."""
    return _row(kind, default, help, name=name)


def ranged(kind: Kind, default: object, low: object, high: object, help: str) -> Any:
    """A number of this kind, from `low` to `high`, all as people write it."""
    return _row(kind, default, help, low=float(kind.read(low)), high=float(kind.read(high)))


def _row(kind: Kind, default: object, help: str, **more: Any) -> Any:
    held = None if default is None else kind.read(default)
    return field(default=held, metadata={Setting: Setting(kind, help, held, **more)}, repr=kind is not SECRET)


duration = partial(ranged, DURATION)
"""Seconds in the program; written `30s` by people and here."""
kilometres = partial(ranged, KILOMETRES)
"""Metres in the program; kilometres for people and here."""
percent = partial(ranged, PERCENT)
"""A share in per cent, `5%` outside."""
number = partial(ranged, NUMBER)
"""A number whose unit stands in its name."""
whole = partial(ranged, WHOLE)
switch = partial(written, SWITCH)


class Checked:
    """Base of the settings classes. A value outside the limits of its row is refused, wherever it comes from."""

    group: ClassVar[str]
    rows: ClassVar[tuple[Setting, ...]] = ()

    def __init_subclass__(cls) -> None:
        inherited = (row for base in reversed(cls.__bases__) if issubclass(base, Checked) for row in base.rows)
        fields = ((name, held) for name, held in vars(cls).items() if isinstance(held, Field))
        own = (held.metadata[Setting].of(cls.group, name) for name, held in fields if Setting in held.metadata)
        cls.rows = (*inherited, *own)

    def __post_init__(self) -> None:
        for row in self.rows:
            held = row.checked_attribute(getattr(self, row.attribute))
            object.__setattr__(self, row.attribute, held)
