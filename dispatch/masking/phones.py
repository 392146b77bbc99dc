"""How a phone number is hidden: by itself, in an id that was made of one, and within a text."""

import re
from typing import Final
from unicodedata import decimal

from dispatch.phones import holder_of, is_written_as_phone

HIDDEN: Final = "•••"
_SHOWN_OF_A_LONG_ONE, _LONG = 4, 11
_IN_A_TEXT: Final = re.compile(r"\+?\d{7,15}|\+\d[\d ().-]{5,20}\d|(?<![\d.])0\d{1,3}([ -]\d{2,4}){2,3}(?!\d)")
"""As digits alone, as people write it after a `+`, or in groups after a 0."""


def masked(phone: str) -> str:
    """`2782•••4567`: enough to know one's own by. Of ten digits or fewer at most half are shown, and at least four are hidden."""
    is_plain = phone.isascii() and phone.isdigit()
    digits = phone if is_plain else "".join(str(decimal(sign)) for sign in phone if decimal(sign, None) is not None)
    if not digits:
        return ""
    count = len(digits)
    if count >= _LONG:
        return f"{digits[:_SHOWN_OF_A_LONG_ONE]}{HIDDEN}{digits[-_SHOWN_OF_A_LONG_ONE:]}"
    shown = max(0, min(count // 2, count - 4))
    head = shown // 2
    return f"{digits[:head]}{HIDDEN}{digits[count - shown + head :]}"


def masked_id(ident: str) -> str:
    """An id of a person as people may read it: masked where it is a phone number, whole where it is none."""
    phone, behind = holder_of(ident)
    return masked(phone) + behind if behind or is_written_as_phone(phone) else ident


def mask_within(text: str) -> str:
    """The text with everything masked that could be a phone number."""
    return _IN_A_TEXT.sub(lambda match: masked(match[0]), text)
