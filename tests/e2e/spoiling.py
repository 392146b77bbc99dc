"""Files that people give to commands, as they are after an accident or somebody's malice: each way spoils one file once, by dice."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Mapping
from random import Random
from typing import Final

NUMBER: Final = re.compile(rb"-?\d+(?:\.\d+)?")
WORD: Final = re.compile(rb"[A-Za-z]{3,}")
NUMBERS: Final = (
    b"NaN",
    b"nan",
    b"inf",
    b"1e300",
    b"-1e300",
    b"1e999",
    b"-1",
    b"0",
    b"9" * 5_000,
    b"0x" + b"f" * 5_000,
)
OTHER_KINDS: Final = (b"[]", b"{}", b"null", b"true", b'"x"', b"[[1]]", b"2026-01-01T00:00:00Z")
WORDS: Final = (b"x" * 200_000, b"\x1b[2J", "\u202e".encode(), b"\x00", b"\xff\xfe", b"a\nb", b'"', b"")
DEEP: Final = b"[" * 100_000


def spoilt(data: bytes, way: str, dice: Random) -> bytes:
    """These bytes, spoilt in this way. What is packed is unpacked for the ways that look for numbers and words."""
    is_packed = data.startswith(b"\x1f\x8b") and way in _INSIDE
    inside = WAYS[way](gzip.decompress(data) if is_packed else data, dice)
    return gzip.compress(inside, 1) if is_packed else inside


def _stretch(data: bytes, dice: Random, make: Callable[[int], bytes]) -> bytes:
    at, length = dice.randrange(len(data)), min(len(data), dice.choice((1, 16, 200)))
    return data[:at] + make(length) + data[at + length :]


def _instead(pattern: re.Pattern[bytes], others: tuple[bytes, ...]) -> Callable[[bytes, Random], bytes]:
    """One place that matches, or all of them, becomes one of these."""

    def spoil(data: bytes, dice: Random) -> bytes:
        other, found = dice.choice(others), list(pattern.finditer(data))
        if not found:
            return data + other
        if dice.random() < 0.2 and len(found) * len(other) < 1_000_000:
            return pattern.sub(lambda _: other, data)
        place = dice.choice(found)
        return data[: place.start()] + other + data[place.end() :]

    return spoil


_INSIDE: Final[Mapping[str, Callable[[bytes, Random], bytes]]] = {
    "a number": _instead(NUMBER, NUMBERS),
    "another number": _instead(NUMBER, NUMBERS),
    "another kind": _instead(NUMBER, OTHER_KINDS),
    "a word": _instead(WORD, WORDS),
    "another word": _instead(WORD, WORDS),
    "deep": _instead(NUMBER, (DEEP,)),
    "deep and unknown": lambda data, dice: data.replace(b"{", b'{"unknown": ' + DEEP + b"]" * len(DEEP) + b", ", 1),
    "twice": lambda data, dice: data + data,
}
WAYS: Final[Mapping[str, Callable[[bytes, Random], bytes]]] = {
    "cut": lambda data, dice: data[: dice.randrange(len(data))],
    "empty": lambda data, dice: b"",
    "zeroed": lambda data, dice: _stretch(data, dice, bytes),
    "random": lambda data, dice: _stretch(data, dice, dice.randbytes),
    "noise": lambda data, dice: dice.randbytes(2_000),
    **_INSIDE,
}
