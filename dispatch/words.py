"""Words of a list (types of vehicle, ways to pay, types of messages), however people write them."""

from functools import lru_cache
from unicodedata import normalize


@lru_cache(maxsize=1024)
def word(text: str) -> str:
    """The same for every spelling that differs by case, width or space alone: `sedan` for ` Sedan`."""
    return " ".join(normalize("NFKC", text).casefold().split())
