"""Liberal about form, strict about meaning: in which other ways a value may be written. Each type in `fields` names its form.

The fast decoder takes what is written as docs/PROTOCOL.md has it. Whatever it refuses is read by these rules, field by field.
"""

from collections.abc import Callable
from typing import Annotated, Any, Final, NamedTuple

from msgspec import Meta

from dispatch.text import word

LONGEST_WORD: Final = 40
PIN_DIGITS: Final = 4
CODE_DIGITS: Final = 6


class Form(NamedTuple):
    """`read`: the value that is meant. `fits`: what that must be, where it is not the field's own type.

    `dropped`: what does not fit counts as not said, because the message is worth more than this field.
    """

    read: Callable[[Any], Any]
    fits: Any = None
    dropped: bool = False


def form(of: Form) -> dict[str, Form]:
    """The `extra` of a type whose values may be written in this form."""
    return {"form": of}


def _whole(value: Any) -> Any:
    """7.0 is 7: many languages write every number with a point."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _digits(value: Any) -> Any:
    """7 is "7": what names something may be a number."""
    whole = _whole(value)
    return str(whole) if isinstance(whole, int) and not isinstance(whole, bool) else value


def _padded(count: int) -> Callable[[Any], Any]:
    """42 is "0042" where there are four digits: a number has lost the zeros in front."""

    def read(value: Any) -> Any:
        digits = _digits(value)
        return digits.zfill(count) if digits is not value else value

    return read


def _word(value: Any) -> Any:
    """ " Sedan " is "sedan"."""
    return word(value) if isinstance(value, str) else value


def _as_it_is(value: Any) -> Any:
    return value


PLAIN: Final = Form(_as_it_is)
WHOLE: Final = Form(_whole)
NAME: Final = Form(_digits)
PIN: Final = Form(_padded(PIN_DIGITS))
CODE: Final = Form(_padded(CODE_DIGITS))
WORD: Final = Form(_word, Annotated[str, Meta(max_length=LONGEST_WORD)] | None)
CHOICE: Final = Form(_word)
"""A word that must be one of a few."""
ORNAMENT: Final = Form(_as_it_is, dropped=True)
