"""What fits: the fields of every frame and body, read off the wire's own types, and values that they take."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterator
from functools import cache
from random import Random
from typing import Annotated, Any, Final, NamedTuple

import msgspec
from msgspec import Meta, Struct

PICKUP: Final = (-26.2041, 28.0473)
PHONES: Final = ("27820000001", "+27 82 000 0002", "0820000003", "27830000001", "27830000009")


class Dice(Random):
    """The dice of one episode. `rides`: ids that its cases may name. `others`: what belongs to witnesses, and nobody may get at."""

    rides: tuple[str, ...] = ("r0",)
    others: tuple[str, ...] = ()

    def choice(self, seq: Any) -> Any:
        """One of these. A million cases choose fifty million times: half the price of the library's, and as fair as is needed."""
        return seq[int(self.random() * len(seq))]


SESSION_KEY: Final = "f" * 32
WORDS: Final[dict[str, tuple[Any, ...]]] = {
    "driver_id": ("d1", "d2", "d3", "27830000001", "nobody"),
    "staff": ("s1", "s2"),
    "person": ("p1", "d1", "s1"),
    "token": ("e30.e30.e30", ""),
    "id": ("1", "2", "3", "k", "ü"),
    "offer_id": ("o-1", "r1-1-1-1"),
    "quote_id": ("q1", "q2"),
    "epoch": ("", "1", "e"),
    "vehicle_type": ("sedan", "suv", ""),
    "payment_method": ("cash", "card", ""),
    "pickup_at": ("2031-01-01T08:00:00Z", "2026-11-23T08:00:00+02:00", "2026-12-01 08:00:00Z"),
    "recorded_at": ("2026-11-23T08:00:00Z", "2031-01-01T08:00:00.123456789Z"),
    "passenger_name": ("Ann", "Zoë", ""),
    "passenger_phone": PHONES,
    "name": ("Ann", "Ben Botha"),
    "phone": PHONES,
    "pin": ("0000", "42"),
    "role": ("passenger", "driver", "staff"),
    "request_id": ("0" * 32, SESSION_KEY),
    "code": ("000000", "123456"),
    "refresh_token": ("x", "a.b.c"),
    "cursor": ("AAAAAAAA", "abcdefgh12"),
    "day": ("2026-11-30", "2026-02-29", "9999-12-31", "0001-01-01"),
    "expires": ("2027-03-31", "0001-01-01", "9999-12-31"),
    "kind": ("licence", "permit"),
    "number": ("A1", ""),
    "registration": ("CA 1",),
    "csv": ("name,phone\nAnn,27820000031\n", "name,phone\nAnn\n", "phone;name\n1;2\n"),
    "state": ("open", "all", "completed", "live"),
    "find": ("Main", "27"),
    "format": ("json", "csv"),
    "open": ("0", "1"),
    "reason": ("late", ""),
    "comment": ("good", ""),
    "note": ("gate 4", ""),
}
"""Of fields whose words mean something here; any other text may be anything."""


class Field(NamedTuple):
    """One field: its name, the kind of its values, and their limits. `of`: the struct that it holds, or a list of."""

    name: str
    kind: type
    low: float
    high: float
    required: bool
    of: type[Struct] | None


@cache
def fields_of(struct: type[Struct]) -> tuple[Field, ...]:
    """The fields of this frame or body."""
    return tuple(_field(field) for field in msgspec.structs.fields(struct))


def _field(field: msgspec.structs.FieldInfo) -> Field:
    parts = [*_parts(field.type)]
    metas = [part for part in parts if isinstance(part, Meta)]
    kinds = [part for part in parts if isinstance(part, type)]
    of = next((kind for kind in kinds if issubclass(kind, Struct)), None)
    kind = next((kind for kind in (bool, int, float, str) if kind in kinds), str)
    low = next((meta.ge for meta in metas if meta.ge is not None), 0)
    high = next((meta.le for meta in metas if meta.le is not None), 1_000)
    return Field(field.name, kind, low, high, field.required, of)


def _parts(kind: Any) -> Iterator[Any]:
    """The types and the notes that a type is made of."""
    if typing.get_origin(kind) is Annotated:
        yield from kind.__metadata__
        yield from _parts(kind.__origin__)
    elif isinstance(kind, types.UnionType) or typing.get_origin(kind) is not None:
        for part in typing.get_args(kind):
            yield from _parts(part)
    else:
        yield kind


def fitting(field: Field, dice: Dice) -> Any:
    """A value that this field takes, most of the time."""
    if field.of is not None:
        return [filled(field.of, dice) for _ in range(dice.randint(1, 3))]
    maker = _NUMBERS.get(field.kind)
    if maker is not None:
        return maker(field, dice)
    if field.name in ("ride_id", "ride"):
        return dice.choice(dice.rides)
    return dice.choice(WORDS.get(field.name, ("text", "Main St 1", "x" * 40)))


def _number(field: Field, dice: Dice) -> float:
    near = PICKUP[0] if "latitude" in field.name else PICKUP[1] if "longitude" in field.name else None
    if near is not None and dice.random() < 0.9:
        return round(near + dice.uniform(-0.02, 0.02), 5)
    return dice.choice((field.low, field.high, round(dice.uniform(field.low, min(field.high, 1e6)), 3)))


_NUMBERS: Final[dict[type, Callable[[Field, Dice], Any]]] = {
    bool: lambda field, dice: dice.random() < 0.7,
    int: lambda field, dice: dice.randint(int(field.low), int(min(field.high, 100))),
    float: _number,
}


def filled(struct: type[Struct], dice: Dice) -> dict[str, Any]:
    """A frame or body that is fit to be read: what it needs, and some of the rest."""
    tag = struct.__struct_config__.tag
    said: dict[str, Any] = {"type": tag} if isinstance(tag, str) else {}
    for field in fields_of(struct):
        if field.required or dice.random() < 0.25:
            said[field.name] = fitting(field, dice)
    return said
