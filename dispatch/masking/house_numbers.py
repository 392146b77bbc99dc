"""An address without all that numbers a house, a flat or a postal district, however people write it. Pure."""

import re
from typing import Final
from unicodedata import category, normalize, numeric

_ENGLISH: Final = "apartment apt block blk box building bldg door erf flat floor fl gate house level lot no num number plot po room rm"
_MORE_ENGLISH: Final = "shop stand stairs ste storey suite unit villa # № n° nº n.º"
_OTHERS: Final = (
    "haus nr stiege top wohnung bus huis app appartement bâtiment bât escalier étage numero número piso puerta"
)
_RUSSIAN: Final = "д дом кв квартира корп корпус подъезд стр строение этаж"
UNIT_WORDS: Final = frozenset(f"{_ENGLISH} {_MORE_ENGLISH} {_OTHERS} {_RUSSIAN}".split())
"""What stands with the number of a house or of a part of one, and means nothing without it."""
AFTER_A_NUMBER: Final = frozenset(("bis", "ter", "quater"))
"""What stands behind the number of a house that came later than its neighbour."""
_PARTS: Final = re.compile(r"([,;|\n\r]+)")
_ORDINAL: Final = re.compile(r"[0-9]{1,3}(st|nd|rd|th)", re.IGNORECASE)
"""`5th` names a street."""
_ASCII_DIGIT: Final = re.compile(r"[0-9]")
_FLOORS: Final = frozenset(("floor", "fl", "level", "storey"))
_LONGEST_PREFIX: Final = 2
"""`B12` and `No12` number a house; of `Lenina12` the name stays."""
_CHINESE_NUMERALS: Final = frozenset("〇零一二三四五六七八九十百千")
_CHINESE_COUNTERS: Final = frozenset("号號番地弄巷室楼樓棟栋座")


def without_house_number(address: str) -> str:
    """The address without all that numbers a house, a flat or a postal district, in digits of any script.

    Numbers are taken away wherever they stand, for people write them in every place: `12a Main St`, `Hauptstr. 12-14`, `Via Roma, 5`,
    `建国路88号`. What is left may say too little (`Route 66`), never too much. Ordinals of streets stay (`5th Avenue`).
    """
    parts = [_part(part) for part in _PARTS.split(normalize("NFC", address))[::2]]
    return ", ".join(filter(None, parts))


def _part(part: str) -> str:
    """One part of an address, between commas."""
    kept: list[str] = []
    was_number = False
    words = part.split()
    for at, word in enumerate(words):
        follows = words[at + 1] if at + 1 < len(words) else ""
        if _is_numbered(word) and not (_ORDINAL.fullmatch(_bare(word)) and _bare(follows) not in _FLOORS):
            rest = _before_number(word)
            if rest:
                kept.append(rest)
            else:
                _drop_unit_words(kept)
            was_number = True
            continue
        if was_number and _belongs_to_number(word, is_last=not follows):
            continue
        was_number = False
        kept.append(word)
    return " ".join(kept).strip(" \t-–—/&+:#()[]№").lstrip(".")


def _belongs_to_number(word: str, is_last: bool) -> bool:
    """Whether this word is more of the number before it: `12 bis`, `12 a` at the end, `3rd Floor`, a dash between two numbers."""
    bare = _bare(word)
    return not bare or bare in AFTER_A_NUMBER or bare in _FLOORS or (is_last and len(bare) == 1)


def _drop_unit_words(kept: list[str]) -> None:
    """Take away what stood before the number and means nothing without it."""
    while kept and (_bare(kept[-1]) in UNIT_WORDS or not _bare(kept[-1])):
        kept.pop()


def _before_number(word: str) -> str:
    """The name that a number is written onto without a space: `建国路` of `建国路88号`. Nothing of `B12`, `д.12` and `No.12`."""
    name = word[: next(at for at, sign in enumerate(word) if _is_digit(word, at, sign))].rstrip("-–—/#№.(")
    bare = _bare(name)
    is_name = len(bare) > _LONGEST_PREFIX or any(category(sign) == "Lo" for sign in bare)
    return name if is_name and bare not in UNIT_WORDS else ""


def _is_numbered(word: str) -> bool:
    if word.isascii():
        return _ASCII_DIGIT.search(word) is not None
    return any(_is_digit(word, at, sign) for at, sign in enumerate(word))


def _is_digit(word: str, at: int, sign: str) -> bool:
    """Whether this sign counts: a digit of any script, a fraction, and a Chinese numeral that a counter of houses follows."""
    if category(sign) in ("Nd", "No", "Nl"):
        return True
    if sign not in _CHINESE_NUMERALS or numeric(sign, None) is None:
        return False
    behind = word[at:].lstrip("".join(_CHINESE_NUMERALS))
    return behind[:1] in _CHINESE_COUNTERS and bool(behind)


def _bare(word: str) -> str:
    """The word in small letters, without the signs around it."""
    folded = word.casefold()
    return folded if folded in UNIT_WORDS else folded.strip(".,:;()[]'\"-–—/&+")
