"""A map of streets: places, and links between them with their length and time."""

from typing import NamedTuple

from dispatch.errors import DispatchError
from dispatch.values import Point


class MapError(DispatchError):
    """The map cannot be read, or holds no street."""

    code = "bad_map"


class RoadsNotInstalled(DispatchError):
    """What reads maps and finds ways is not installed."""

    code = "missing_extra"

    def __init__(self, cause: ImportError) -> None:
        super().__init__(
            f"roads need packages that are not installed: pip install 'dispatch-ridehail[roads]' ({cause})"
        )


class StreetLink(NamedTuple):
    """A street in one direction, between two places named by their numbers on the map; seconds without traffic."""

    source: int
    target: int
    metres: float
    seconds: float


class StreetMap(NamedTuple):
    """Places that links join."""

    places: list[Point]
    links: list[StreetLink]
