"""How what fits is spoilt: its values, its fields, its writing as JSON, its bytes. All dice are those of the case."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from tests.fuzz.grammar import Dice

DEEP: Final = 2_000
HARM: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 1, 5e-324, -0.0, 91, 181, 2**31, 2**53, 2**63, 2**64, -(2**63) - 1, 10**40, 1e300, -1e300, 0.1 + 0.2,
    "", " ", "0", "5", "true", "null", "NaN", "x" * 65, "x" * 301, "x" * 9_000, "\x00", "a\x00b", "\n", "\r\nSet-Cookie: a=b",
    "\x1b[2J", "\u202eabc", "\u200f", "\u2028", "e\u0301" * 100, "\U0001f600", "\ufeff", "ſ", "İ", "٠١٢", "１２３", "../../x", "%00",
    "%s%n", "{0.__class__}", "1 OR 1=1", "'; DROP TABLE rides; --", "<script>alert(1)</script>", "=1+1",
    "$(id)", "|", "\\", '"', "/", ".", "..", "r1/../r2",
    "2026-13-01T00:00:00Z", "0000-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:60-14:00", "2026-11-23T08:00:00",
    "+" * 80, "tel:+27820000001", "00" * 40, "sedan", " SEDAN ", "p2", "d2", "ride/r1", "driver/d1", "journal", "session/1.1",
    [], {}, [[]], [None], {"": ""}, {"type": "ping"}, [1, 2, 3], {"latitude": 1}, [{"latitude": -26.2, "longitude": 28.0}] * 3,
)  # fmt: skip
"""Values that have hurt somebody somewhere."""
RAW: Final = (
    b"NaN", b"Infinity", b"-Infinity", b"1e400", b"-1e400", b"01", b"1.", b".5", b"+1", b"0x1", b"1_000", b"'a'", b"undefined", b"tru",
    b'"\\ud800"', b'"\\udc00\\ud800"', b'"\\u0000"', b'"\\x"', b'"a\tb"', b'"\xff"', b'"\xc0\xaf"', b'"\xed\xa0\x80"', b"9" * 5_000,
    b"1e-400", b"[" * DEEP, b'{"a":' * DEEP, b"[[[[[[[[1]]]]]]]]", b"", b"1 2", b"/**/1", b'"\\u202e"', b"-", b"1e", b"1E+5", b"5.0",
)  # fmt: skip
"""Writings of a value that only a parser meets."""
MARK: Final = "\ufffe!"
"""Stands where a raw writing is put in."""


def spoilt_value(dice: Dice) -> Any:
    """A value that fits hardly anywhere."""
    if dice.others and dice.random() < 0.1:
        return dice.choice(dice.others)
    return dice.choice(HARM)


def spoil(said: dict[str, Any], dice: Dice, types: tuple[str, ...] = ()) -> bytes:
    """This object as JSON, changed in one to three ways; one in three goes as it is."""
    raw: bytes | None = None
    for _ in range(dice.choice((0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 3))):
        raw = dice.choice(_CHANGES)(said, dice, types) or raw
    text = json.dumps(said, ensure_ascii=dice.random() < 0.3).encode("utf-8", "surrogatepass")
    if raw is not None:
        text = text.replace(json.dumps(MARK).encode(), raw, 1).replace(
            json.dumps(MARK, ensure_ascii=False).encode(), raw, 1
        )
    return spoil_bytes(text, dice) if dice.random() < 0.12 else text


Change = Callable[[dict[str, Any], Dice, tuple[str, ...]], bytes | None]


def _field(said: dict[str, Any], dice: Dice) -> str:
    return dice.choice([*said]) if said else "type"


def _other_value(said: dict[str, Any], dice: Dice, types: tuple[str, ...]) -> None:
    said[_field(said, dice)] = spoilt_value(dice)


def _raw_value(said: dict[str, Any], dice: Dice, types: tuple[str, ...]) -> bytes:
    said[_field(said, dice)] = MARK
    return dice.choice(RAW)


def _less(said: dict[str, Any], dice: Dice, types: tuple[str, ...]) -> None:
    said.pop(_field(said, dice), None)


def _misspelt(said: dict[str, Any], dice: Dice, types: tuple[str, ...]) -> None:
    name = _field(said, dice)
    value, at = said.pop(name, 1), dice.randrange(len(name) + 1)
    said[dice.choice((name[:at], name[:at] + "x" + name[at:], name.upper(), name.replace("_", ""), name + " "))] = value


def _more(said: dict[str, Any], dice: Dice, types: tuple[str, ...]) -> None:
    name = dice.choice(
        ("x", "", "principal", "__proto__", "ride_id", "driver_id", "passenger_id", "role", "type ", "a" * 2_000)
    )
    said[name] = spoilt_value(dice)


def _other_type(said: dict[str, Any], dice: Dice, types: tuple[str, ...]) -> None:
    said["type"] = dice.choice((*types, "snapshot", "ride_request", "acept_ride", "PING", " ping ", "ping\x00"))


def _own_id(said: dict[str, Any], dice: Dice, types: tuple[str, ...]) -> None:
    said["id"] = dice.choice((1, 7.0, "k", "k" * 64, -1, 1e15, "k" * 65))


def _others(said: dict[str, Any], dice: Dice, types: tuple[str, ...]) -> None:
    names = [name for name in said if name.endswith("_id") or name in ("phone", "passenger_phone")]
    if names:
        said[dice.choice(names)] = dice.choice(dice.others or dice.rides)


def _many(said: dict[str, Any], dice: Dice, types: tuple[str, ...]) -> None:
    if isinstance(said.get("positions"), list):
        said["positions"] = said["positions"] * dice.choice((0, 2, 60, 70))
    else:
        said.update({f"f{number}": number for number in range(dice.choice((10, 20, 40, 80, 500)))})


_CHANGES: Final[tuple[Change, ...]] = (
    _other_value, _other_value, _other_value, _raw_value, _less, _misspelt, _more, _other_type, _own_id, _others, _many,
)  # fmt: skip


def spoil_bytes(data: bytes, dice: Dice) -> bytes:
    """These bytes, changed in one to three places."""
    for _ in range(dice.choice((1, 1, 2, 3))):
        data = dice.choice(_BYTES)(data, dice)
    return data


def _flipped(data: bytes, dice: Dice) -> bytes:
    if not data:
        return b"\x00"
    at = dice.randrange(len(data))
    return data[:at] + bytes((data[at] ^ 1 << dice.randrange(8),)) + data[at + 1 :]


def _replaced(data: bytes, dice: Dice) -> bytes:
    at = dice.randrange(len(data) + 1)
    return (
        data[:at]
        + dice.choice((b"\x00", b"\xff", b'"', b"{", b"}", b"[", b",", b":", b"\\", b"\r\n", b" ", b"9"))
        + data[at + 1 :]
    )


def _inserted(data: bytes, dice: Dice) -> bytes:
    at = dice.randrange(len(data) + 1)
    return data[:at] + dice.randbytes(dice.randint(1, 8)) + data[at:]


def _cut(data: bytes, dice: Dice) -> bytes:
    return data[: dice.randrange(len(data) + 1)]


def _without_start(data: bytes, dice: Dice) -> bytes:
    return data[dice.randrange(len(data) + 1) :]


def _twice(data: bytes, dice: Dice) -> bytes:
    return data + data if len(data) < 20_000 else data


def _as_other_text(data: bytes, dice: Dice) -> bytes:
    text = data.decode(errors="replace")
    return text.encode(dice.choice(("utf-16", "utf-32", "utf-8-sig", "utf-7")), "replace")


_BYTES: Final = (_flipped, _flipped, _replaced, _replaced, _inserted, _cut, _without_start, _twice, _as_other_text)
