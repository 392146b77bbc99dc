"""Speed profiles as files: JSON made by `dispatch eta fit`. One is shipped, fitted to the odd rows of the shipped New York day."""

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import msgspec

from dispatch.domain.places.geo import Curve
from dispatch.errors import DispatchError
from dispatch.files import regular
from dispatch.values import UNDECODABLE

SHIPPED = "new-york.json"


class ProfileError(DispatchError):
    """The profile cannot be read."""

    code = "bad_profile"


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How fast a city is, hour by hour. `made_of`: in words, the trips that it was fitted to."""

    made_of: str
    air: Curve
    """Over kilometres of air."""
    roads: Curve | None = None
    """Over minutes of empty streets on a map, where it was fitted with one."""

    def as_json(self) -> bytes:
        """The text of its file."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2) + b"\n"


def read_profile(path: str | None) -> Profile:
    """The profile in this file; None for the one that is shipped.

    Raises:
        ProfileError: the file cannot be read, or holds no profile; the sentence names the file and the place in it.
    """
    source: Traversable = files("dispatch.travel").joinpath("data", SHIPPED) if path is None else Path(path)
    try:
        if path is not None:
            regular(path)
        return msgspec.json.decode(source.read_bytes(), type=Profile)
    except OSError as cause:
        raise ProfileError(f"cannot read {source}: {cause.strerror}") from cause
    except UNDECODABLE as cause:
        raise ProfileError(f"{source} is no profile of `dispatch eta fit`: {cause}") from cause
