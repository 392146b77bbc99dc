"""Text: how words are compared, counted and quoted, and the one way out for text that others wrote.

Others write names, addresses, notes, reasons, ids and file names. Where such a text goes to a terminal, a log or a pipe it must not
move the reader's cursor, hide or reorder what stands beside it, or forge a line. Characters that would do so are spelled out, as
Python does in a string: `\\x1b`, `\\u202e`, `\\n`.
"""

import json
import re
import sys
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final
from unicodedata import normalize

LONGEST_EXCERPT: Final = 40
"""Characters of a text that an error message still quotes."""
LONGEST_REMEMBERED: Final = 64
"""Characters of a text whose form as a word is remembered. What programs mean is shorter; and whoever made longer ones up, as long as a
frame may be, would have a hundred megabytes of them kept.
"""
_UNSEEN: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
"""Letters and marks of no width. Whatever else Unicode calls a control, a format, a separator or no character, Python tells."""
_ESCAPED: Final = re.compile(r"[^ -~]")


def word(text: str) -> str:
    """One form for all spellings that differ only in case, width or spaces: `sedan` for ` Sedan`."""
    return _remembered(text) if len(text) <= LONGEST_REMEMBERED else _in_one_form(text)


def _in_one_form(text: str) -> str:
    return " ".join(normalize("NFKC", text).casefold().split())


_remembered: Final = lru_cache(maxsize=1024)(_in_one_form)


def counted(count: int, thing: str, things: str = "") -> str:
    """`1 ride`, `2,000 rides`; `things` is the plural where it is not `thing` with an s."""
    return f"{count:,} {thing if count == 1 else things or thing + 's'}"


def excerpt(value: object) -> str:
    """A value of somebody's JSON as the end of a sentence: `91.0`, `"one"`, `null`, `an array`."""
    if isinstance(value, str) and len(value) > LONGEST_EXCERPT:
        return f"text of {len(value)} characters"
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "an array"
    if isinstance(value, float):
        return repr(value)
    written = json.dumps(value, ensure_ascii=False)
    return written if len(written) <= 2 * LONGEST_EXCERPT else "a very long number"


def plain(text: object) -> str:
    """The text on one line, with every sign spelled out that is not simply seen. Half of a surrogate pair is one too."""
    return _spelled_out(str(text), lambda sign: sign.encode("unicode_escape").decode())


def json_line(value: Any) -> str:
    """The value as JSON on one line; signs that `plain` would spell out are escaped as JSON has it, all others stand as they are."""
    return _spelled_out(json.dumps(value, ensure_ascii=False), lambda sign: json.dumps(sign)[1:-1])


def say(text: object, *, error: bool = False) -> None:
    """Print one line, to standard output or, of an `error`, to standard error, for people or for a program."""
    # In one piece, also where nothing is buffered.
    print(f"{plain(text)}\n", end="", file=sys.stderr if error else sys.stdout, flush=True)


def plain_lines(text: str) -> str:
    """A text of several lines, such as a traceback: as `plain`, and its ends of lines stay."""
    return "\n".join(map(plain, text.split("\n")))


def _spelled_out(text: str, spell: Callable[[str], str]) -> str:
    """The text with every sign that is not simply seen as `spell` writes it."""

    def seen(match: re.Match[str]) -> str:
        sign = match[0]
        return sign if sign.isprintable() and sign not in _UNSEEN else spell(sign)

    return text if text.isprintable() and _UNSEEN.isdisjoint(text) else _ESCAPED.sub(seen, text)
