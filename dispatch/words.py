"""Words: those of a list (types of vehicle, ways to pay, types of messages) however people write them, and how many of a thing."""

from functools import lru_cache
from unicodedata import normalize


@lru_cache(maxsize=1024)
def word(text: str) -> str:
    """The same for every spelling that differs by case, width or space alone: `sedan` for ` Sedan`."""
    return " ".join(normalize("NFKC", text).casefold().split())


def counted(count: int, thing: str, things: str = "") -> str:
    """`1 ride`, `2,000 rides`; `things` is the plural where it is not `thing` with an s."""
    return f"{count:,} {thing if count == 1 else things or thing + 's'}"
