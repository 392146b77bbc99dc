"""The list of vehicle types as people write it: `sedan: suv van, suv, van` says that a suv and a van do for a sedan."""

import re

from dispatch.text import word

_ENTRY = re.compile(r"(?P<name>[\w.-]{1,40})(?:\s*:(?P<others>(?:\s+[\w.-]{1,40})+))?", re.ASCII)


def served_by(written: str) -> dict[str, tuple[str, ...]]:
    """For each type of the list the others that do for it. An empty list is none.

    Raises ValueError: it is no such list, names a type twice, or names one as a substitute that is not on it.
    """
    types: dict[str, tuple[str, ...]] = {}
    for entry in word(written).split(",") if written.strip() else ():
        match = _ENTRY.fullmatch(entry.strip())
        if match is None or match["name"] in types:
            raise ValueError(entry)
        types[match["name"]] = tuple((match["others"] or "").split())
    if any(other not in types for others in types.values() for other in others):
        raise ValueError(written)
    return types
