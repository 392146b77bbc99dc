"""Phone numbers: one canonical form for every way of writing one. Pure; any room may use it. `masking.phones` hides them.

The canonical form is the E.164 number without its `+`: `27821234567`. Drivers and passengers are known by it. Numbers are read by the
library phonenumbers, which is imported when the first one comes: it would cost every command 50 ms at its start.
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from types import ModuleType
from typing import Final
from unicodedata import category, decimal, normalize
from urllib.parse import unquote

FEWEST_DIGITS, MOST_DIGITS = 3, 20
"""Of what a passenger may give as a phone number."""
LONGEST_TEXT: Final = 80
"""Of what is looked at at all."""
CACHED: Final = 8_192
"""Numbers that are read once: more than the drivers of a town, who all come back at once when a network was gone. They take 2.3 MB,
which is all that somebody who makes numbers up can have kept.
"""

_E164_DIGITS: Final = range(7, 16)
_LONGEST_SHORT_ID: Final = 4
_SCHEME: Final = re.compile(r"\s*(tel|callto|sms):", re.IGNORECASE)
_PARAMETERS: Final = re.compile(
    r"\s*(;.*|,+\s*[0-9*#,]{1,6}|(x|#|ext\.?|extension)\s*:?\s*[0-9]{1,6})\s*\Z", re.IGNORECASE | re.DOTALL
)
"""An extension, or what a `tel:` URI says beside its number. It is the end of the text."""
_CONTEXT: Final = re.compile(r";phone-context=\+?([0-9-]+)", re.IGNORECASE)
_SIGNS: Final = re.compile(r"[\s+(0]*\+[\s+]*")
_FIRST: Final = re.compile(r"[+0-9].*")
_STRANGE: Final = re.compile(r"[^0-9+()./-]")
_WRITTEN: Final = re.compile(r"\+?[0-9 ()./-]*[0-9][0-9 ()./-]*")
_NEXT_HOLDER: Final = re.compile(r"(\d{7,15})(_\d+)", re.ASCII)
_BY_CATEGORY: Final = {"Cf": "", "Mn": "", "Zs": " ", "Zl": " ", "Zp": " ", "Pd": "-"}
"""By category of Unicode what a sign means: marks of direction and joiners nothing, spaces a space, dashes a dash."""
_LIKE: Final = {"\u2212": "-", "\u2044": "/", "\u2215": "/", "\u00b7": ".", "\u2022": "."}
_ZERO_IN_BRACKETS: Final = re.compile(r"\(\s*0\s*\)")


def canonical(text: str, region: str = "") -> str | None:
    """The canonical form of a phone number; None for text that is none.

    Args:
        text: with `+` or `00` in front it is a number of any country; without, only if its digits are a valid number of `region`, or
            else of some country. Spaces, dashes, brackets, marks of direction, digits of other scripts and `tel:` do not count. An
            extension is not part of it.
        region: of numbers that name no country: two letters (ZA); empty: there are none.
    """
    return _canonical(text, region, _number) if len(text) <= LONGEST_TEXT else None


def identity(text: str, region: str = "") -> str:
    """The id that this text means: of a phone number the canonical form; any other one as it is, except for a leading `+`."""
    ident = text.lstrip("+")
    return canonical(text, region) or canonical(ident, region) or ident


def read_phone(text: str, region: str = "", *, afresh: bool = False) -> str | None:
    """What somebody who was asked for a phone number means: as `canonical`, and all that can be read as a number in good faith.
    `afresh`: use nothing that is remembered of numbers, so that nobody can tell by the time whether a number was read before.

    Letters that stand for digits (`+1 800 FLOWERS`) and words in front of a number are taken. A number that is not valid, or names
    no country, is its digits. An empty text is nobody's number: "". None: this is no phone number.
    """
    if len(text) > LONGEST_TEXT:
        return None
    number_of = _number.__wrapped__ if afresh else _number
    known = _canonical(text, region, number_of)
    if known is not None:
        return known
    plain = _plain(text)
    if any(map(str.isalpha, plain)):
        number = _FIRST.search(plain)
        return next(_valid(library().convert_alpha_characters_in_number(number[0]), region), None) if number else None
    tidy = _STRANGE.sub(" ", plain)
    digits = "".join(filter(str.isdigit, tidy))
    if not digits:
        return None if plain else ""
    if not FEWEST_DIGITS <= len(digits) <= MOST_DIGITS:
        return None
    return _canonical(tidy, region, number_of) or _canonical(digits, region, number_of) or digits


def is_region(name: str) -> bool:
    """Whether numbers of this region are known: two capital letters, as in ISO 3166."""
    return name in library().SUPPORTED_REGIONS


def library() -> ModuleType:
    """What numbers are read with. The first call loads it, which takes 50 ms: a server calls it before anybody waits."""
    import phonenumbers

    return phonenumbers


def beginnings(text: str, region: str = "") -> tuple[str, ...]:
    """What phones in their one form may begin with, when somebody has written this much of one."""
    plain = _plain(text)
    digits = "".join(filter(str.isdigit, plain))
    if plain.startswith(("+", "00")) or not digits:
        return (digits.removeprefix("00"),) if digits else ()
    if not region:
        return (digits,)
    trunk = library().ndd_prefix_for_region(region, True) or ""
    return str(library().country_code_for_region(region)) + digits.removeprefix(trunk), digits


def next_holder(phone: str, count: int) -> str:
    """The id of whoever has a number as the `count`-th, where an earlier holder, whose id is that number, has taken another one.

    It says the same each time that it is asked for, so that an app that nobody registered is one person from the first frame on.
    """
    return f"{phone}_{count}"


def phone_in(ident: str) -> str:
    """The phone number that an id was made of; an id that was made of none as it is."""
    return holder_of(ident)[0]


def holder_of(ident: str) -> tuple[str, str]:
    """The two parts of an id that `next_holder` made: the phone number, and what stands behind it; of every other id itself and ""."""
    made = _NEXT_HOLDER.fullmatch(ident)
    return (made[1], made[2]) if made is not None else (ident, "")


def is_written_as_phone(text: str) -> bool:
    """Whether people would take this for a phone number, also where nobody has it."""
    plain = _plain(text[:LONGEST_TEXT])
    return bool(_WRITTEN.fullmatch(plain)) and sum(map(str.isdigit, plain)) in _E164_DIGITS


# -- how it is read


def _canonical(text: str, region: str, number_of: Callable[[str, str], str | None]) -> str | None:
    plain = _plain(text)
    if len(plain) <= _LONGEST_SHORT_ID or not _WRITTEN.fullmatch(plain):
        return None  # and nothing of it stays in memory: most ids are those of rides, and each ride has another one
    return number_of(plain, region)


@lru_cache(CACHED)
def _number(plain: str, region: str) -> str | None:
    digits = _unknown_to_the_library(plain)
    # With a + there is one reading, which comes to these digits whether they are valid or not.
    sure = digits if plain.startswith("+") else None
    return next(_valid(plain, region, sure), None) or digits


def _plain(text: str) -> str:
    """The number as a keyboard without anything special would write it; what is no part of a number stays as it is."""
    if text.isascii() and text.removeprefix("+").isdigit():
        return text
    if "%" in text:
        text = unquote(text)
    plain = "".join(map(_plain_sign, normalize("NFKC", text)))
    plain = _SCHEME.sub("", plain, count=1).strip()
    context = _CONTEXT.search(plain)
    parameters = _PARAMETERS.search(plain)
    if parameters is not None:
        plain = plain[: parameters.start()]
    if plain.endswith("+"):  # as texts from right to left have it
        plain = "+" + plain.rstrip("+ ")
    if context is not None and not plain.startswith("+"):
        plain = f"+{context[1]}{plain}"
    signs = _SIGNS.match(plain)
    return "+" + plain[signs.end() :] if signs is not None else plain


def _plain_sign(sign: str) -> str:
    if sign.isascii():
        return " " if sign.isspace() else sign
    digit = decimal(sign, None)
    if digit is not None:
        return str(digit)
    return _LIKE.get(sign) or _BY_CATEGORY.get(category(sign), sign)


def _valid(plain: str, region: str, sure: str | None = None) -> Iterator[str]:
    """The numbers that exist and can be written so, the likeliest first. `sure`: a form that need not be looked up."""
    numbers = library()
    for written, of_region in _readings(plain, region):
        try:
            number = numbers.parse(written, of_region)
        except numbers.NumberParseException:
            continue
        form = numbers.format_number(number, numbers.PhoneNumberFormat.E164).removeprefix("+")
        if form == sure or numbers.is_valid_number(number):
            yield form


def _readings(plain: str, region: str) -> Iterator[tuple[str, str | None]]:
    """Each with the region that it is of, if it does not say so itself. Digits alone are a number of the region first: with the
    code of its country, as ids are written, then without; and then one of any country.
    """
    if plain.startswith("+"):
        yield plain, None
        yield "+" + plain[1:].lstrip().removeprefix("00"), None
        return
    if plain.startswith("00"):
        yield "+" + plain[2:], None
    elif region and plain.lstrip("(").startswith(str(library().country_code_for_region(region))):
        yield "+" + plain, None
    if region:
        yield plain, region
    if plain[:1] in "123456789(":
        yield "+" + plain, None


def _unknown_to_the_library(plain: str) -> str | None:
    """Whoever writes a country's code means a number, also one that nobody has given out yet."""
    if not plain.startswith(("+", "00")):
        return None
    digits = "".join(filter(str.isdigit, _ZERO_IN_BRACKETS.sub("", plain))).removeprefix("00")
    return digits if len(digits) in _E164_DIGITS and digits[0] != "0" else None
