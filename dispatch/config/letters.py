"""Letters that a terminal does not know are shown by plain ones, and never end a command. Only the command line imports this."""

import codecs
import sys
from unicodedata import combining, normalize

PLAIN = {"·": "/", "–": "-", "—": "-", "…": "...", "×": "x", "→": "->", "•": "*", "°": " deg"}
UNKNOWN = "?"


def use_plain_letters() -> None:
    """From now on what is printed fits the encodings of standard output and standard error, whatever is printed."""
    codecs.register_error("plain", _plain)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)  # a stand-in of a test has none
        if reconfigure is not None:
            reconfigure(errors="plain")


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    letters = error.object[error.start : error.end]
    return "".join(PLAIN.get(letter) or _base(letter) for letter in letters), error.end


def _base(letter: str) -> str:
    """`e` for `é`; a question mark where nothing is like it."""
    base = "".join(part for part in normalize("NFKD", letter) if not combining(part))
    return base if base.isascii() else UNKNOWN
