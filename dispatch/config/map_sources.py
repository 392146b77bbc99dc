"""Where a map of another maker comes from, as people write it: a URL of some host, or a file."""

import re
from typing import Final

_URL: Final = re.compile(r"(https?://[a-z0-9.-]+(?::\d{1,5})?)(/[^\s\"'<>\\^`{|};,]*)?", re.ASCII | re.IGNORECASE)
_IS_URL: Final = re.compile(r"[a-z][a-z0-9+.-]*://", re.ASCII | re.IGNORECASE)


def origin_of(written: str) -> str:
    """The scheme and host of this URL, as a policy names them; empty for a file and for the empty text.

    Raises:
        ValueError: it is a URL, but of neither http nor https, or with signs that no policy could hold.
    """
    if not _IS_URL.match(written):
        return ""
    found = _URL.fullmatch(written)
    if found is None:
        raise ValueError(written)
    return found[1].lower()


def is_url_or_empty(written: str) -> None:
    """Raises ValueError for anything but a URL that `origin_of` reads, and the empty text."""
    if written and not origin_of(written):
        raise ValueError(written)
