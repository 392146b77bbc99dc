"""One row for each setting, read from the settings classes. Flags, environment variables and TOML keys are made of them."""

from collections.abc import Callable, Iterator
from dataclasses import Field, dataclass, field
from typing import Any, ClassVar

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
class Limits:
    """The kind, the purpose and the range of an attribute, in the units of the program."""

    kind: Kind
    help: str
    low: float = float("-inf")
    high: float = float("inf")
    choices: tuple[str, ...] = ()
    name: str = ""
    also: Callable[[str], bool] | None = None
    """Which other words will do."""


def duration(default: str | None, low: str, high: str, help: str) -> Any:
    """Seconds in the program; written `30s` by people and here."""
    return _row(default, Limits(DURATION, help, float(DURATION.read(low)), float(DURATION.read(high))))


def kilometres(default: float, low: float, high: float, help: str) -> Any:
    """Metres in the program; kilometres for people and here."""
    return _row(default, Limits(KILOMETRES, help, low * 1000, high * 1000))


def number(default: float, low: float, high: float, help: str) -> Any:
    """A number whose unit stands in its name."""
    return _row(default, Limits(NUMBER, help, low, high))


def whole(default: int | None, low: int, high: int, help: str) -> Any:
    """A whole number."""
    return _row(default, Limits(WHOLE, help, low, high))


def choice(default: str, choices: str, help: str, also: Callable[[str], bool] | None = None) -> Any:
    """One of a few words, listed as `full|normal|off`, or another one that `also` admits."""
    return _row(default, Limits(TEXT, help, choices=tuple(choices.split("|")), also=also))


def written(kind: Kind, default: str | None, help: str, name: str = "") -> Any:
    """Text of this kind: a path, a time zone, a list of hosts. `name`: where the attribute's own is another setting's already."""
    return _row(default, Limits(kind, help, name=name))


def percent(default: float, help: str) -> Any:
    """A share in per cent, `5%` outside."""
    return _row(default, Limits(PERCENT, help, 0, 100))


def switch(default: bool, help: str) -> Any:
    """Yes or no."""
    return _row(default, Limits(SWITCH, help))


def _row(default: object, limits: Limits) -> Any:
    held = None if default is None else limits.kind.read(default)
    return field(default=held, metadata={Limits: limits}, repr=limits.kind is not SECRET)


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting.

    `name` is unique and makes its environment variable; `key` is its name inside its group and makes its
    flag. They differ only where two groups use the same word.
    """

    attribute: str
    group: str
    default: Value | None
    limits: Limits

    @property
    def key(self) -> str:
        return self.limits.kind.public_name(self.attribute)

    @property
    def name(self) -> str:
        return self.limits.name or self.key

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
        limits = self.limits
        if limits.choices:
            *others, last = limits.choices
            return f"{', '.join(others)} or {last}" if others else last
        if limits.high == float("inf"):
            return ""
        low, high = (self.written(_held(limits.kind, limit)) for limit in (limits.low, limits.high))
        return f"{low} to {high}"

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
        written = self.limits.kind.write(value)
        return int(written) if isinstance(written, float) and written.is_integer() else written

    def read(self, given: object, origin: str) -> Value:
        """The value that `given` means. Raises SettingError, which names the setting, what came and what is wanted."""
        try:
            return self.checked(self.limits.kind.read(given))
        except ValueError:
            raise self._refusal(f"{given!r} ({origin})") from None

    def checked(self, value: object) -> Value:
        """`value` as the program holds it; a whole number serves as a float. Raises ValueError."""
        limits = self.limits
        fits = isinstance(value, (int, float) if limits.kind.held is float else limits.kind.held)
        if not fits or (isinstance(value, bool) and limits.kind.held is not bool):
            raise ValueError(value)
        held = _held(limits.kind, value)
        if limits.choices and held not in limits.choices and not (limits.also is not None and limits.also(str(held))):
            raise ValueError(value)
        if isinstance(held, int | float) and not limits.low <= held <= limits.high:
            raise ValueError(value)
        return held

    def checked_attribute(self, value: object) -> Value | None:
        """As `checked`, for a value given in code. None passes where it is the default. Raises SettingError."""
        if value is None and self.default is None:
            return None
        try:
            return self.checked(value)
        except ValueError:
            raise self._refusal(f"{self.attribute}={value!r}") from None

    def _refusal(self, got: str) -> SettingError:
        limits = self.limits
        sort_and_range = " from ".join(filter(None, (limits.kind.wanted, self.range)))
        wanted = self.range if limits.choices else sort_and_range
        return SettingError(self.name, f"{self.name} must be {wanted}, got {got}")


def _held(kind: Kind, value: Any) -> Value:
    return float(value) if kind.held is float else value


class Checked:
    """Base of the settings classes. A value outside the limits of its row is refused, wherever it comes from."""

    group: ClassVar[str]
    rows: ClassVar[tuple[Setting, ...]] = ()

    def __init_subclass__(cls) -> None:
        bases = [base for base in reversed(cls.__bases__) if issubclass(base, Checked)]
        cls.rows = (*(row for base in bases for row in base.rows), *_own_rows(cls))

    def __post_init__(self) -> None:
        for row in self.rows:
            held = row.checked_attribute(getattr(self, row.attribute))
            object.__setattr__(self, row.attribute, held)


def _own_rows(owner: type[Checked]) -> Iterator[Setting]:
    for attribute, row in vars(owner).items():
        if isinstance(row, Field) and Limits in row.metadata:
            default: Any = row.default
            yield Setting(attribute, owner.group, default, row.metadata[Limits])
