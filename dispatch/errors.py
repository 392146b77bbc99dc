"""The one tree of errors: each is a sentence fit to show and a stable `code`. Any room may raise these.

`FrameError`s are answers to a frame: their `code` is the wire's (docs/PROTOCOL.md) and their text names the
field, what came and what was wanted. The others end a command of the command line.
"""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import ClassVar, Final

from dispatch.words import RefusalCode

ALIKE: Final = 0.75
"""So much of two words must be the same: `acept_ride` is close to `accept_ride`, and `cancel_ride` is not."""
LONGEST_COMPARED: Final = 64
_PART = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z0-9]+")


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` most likely stands for, or None when nothing is close.

    It is the same words in another order or style (`updateLocation`), a misspelling, or the beginning of the only one that has it.
    """
    word, known = word[:LONGEST_COMPARED], sorted(known)
    parts = _parts(word)
    same = next((each for each in known if _parts(each) == parts), None)
    begun = [each for each in known if len(word) > 2 and each.startswith(word)]
    return same or next(iter(get_close_matches(word, known, n=1, cutoff=ALIKE)), begun[0] if len(begun) == 1 else None)


def _parts(word: str) -> list[str]:
    return sorted(part.lower() for part in _PART.findall(word))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`"; did you mean 'find_driver'?"`, or nothing when no known word is close: made to end a sentence."""
    likely = nearest(word, known)
    return f"; did you mean {likely!r}?" if likely else ""


class DispatchError(Exception):
    """Base of all. `code` is stable; `says` is the sentence of an error raised without one. The head of a class names both."""

    code: ClassVar[str] = "internal"
    says: ClassVar[str] = "something went wrong inside"

    def __init_subclass__(cls, code: str = "", says: str = "") -> None:
        cls.code = code or cls.code
        cls.says = says or cls.says

    def __init__(self, message: str = "") -> None:
        super().__init__(message or self.says)


class FrameError(DispatchError, code=RefusalCode.INTERNAL):
    """A frame that cannot be done. It is answered with `error`; the socket stays open."""

    code: ClassVar[RefusalCode]
    field: str | None = None
    retry_after_ms: int | None = None


class BadJson(FrameError, code=RefusalCode.BAD_JSON, says="the frame is not JSON text"):
    """The frame cannot be read at all."""


class BadMessage(
    FrameError, code=RefusalCode.BAD_MESSAGE, says="a message is a JSON object with a string field `type`"
):
    """The frame is JSON, but no message."""


class UnknownType(FrameError, code=RefusalCode.UNKNOWN_TYPE):
    """`type` names no message of this socket. The text says which socket takes it, if one does, or the nearest one of `known`."""

    def __init__(self, name: str, known: Iterable[str] = (), belongs_to: str = "") -> None:
        elsewhere = f"{name} belongs on {belongs_to}, not on this one" if belongs_to else ""
        super().__init__(elsewhere or f"unknown type {name[:64]!r}{did_you_mean(name, known)}")
        self.field = "type"


class BadField(FrameError, code=RefusalCode.BAD_FIELD):
    """A field is missing, mistyped or out of range; `message` is the whole sentence, the field in it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class NoSuchRide(FrameError, code=RefusalCode.NO_SUCH_RIDE, says="there is no such ride"):
    """Unknown and foreign rides and offers alike: one text, so that all answers match."""


class Forbidden(
    FrameError, code=RefusalCode.FORBIDDEN, says="driver_id must be the driver of this socket, or be left out"
):
    """A driver's frame names another driver."""

    field = "driver_id"


class IdReused(FrameError, code=RefusalCode.ID_REUSED, says="this id was already used for another message"):
    """The `id` of a command belongs to an earlier, different one."""


class RateLimited(FrameError, code=RefusalCode.RATE_LIMITED):
    """Too many messages came. `retry_after_ms`: milliseconds until one may be sent again."""

    def __init__(self, retry_after_ms: int) -> None:
        super().__init__(f"too many messages; send again in {retry_after_ms} ms")
        self.retry_after_ms = retry_after_ms


class IllegalTransition(FrameError, code=RefusalCode.ILLEGAL_NOW, says="this is not possible now"):
    """The rules do not allow this now: `cannot start a ride that is pending`."""


class NoTariff(
    FrameError, code=RefusalCode.NO_TARIFF, says="this server sets no fares; the fare_amount of find_driver holds"
):
    """The server sets no fares: the app's own hold."""


class OutsideArea(FrameError, code=RefusalCode.OUTSIDE_AREA):
    """A ride would begin or end where this town does not drive. `field`: the latitude of that end."""

    def __init__(self, end: str) -> None:
        super().__init__(f"the {end} lies outside the area that is served")
        self.field = f"{end}_latitude"


class QuoteExpired(FrameError, code=RefusalCode.QUOTE_EXPIRED, says="this quote cannot be booked"):
    """A quote is too old, somebody else's, another ride's, for another trip, or was never made."""


class Unavailable(FrameError, code=RefusalCode.UNAVAILABLE, says="nothing was done; please try again"):
    """Something that is needed does not answer now."""


class InternalError(FrameError):
    """A bug met while a frame was handled: tells an id to find it by in the log, nothing of the inside."""

    def __init__(self, error_id: str) -> None:
        super().__init__(f"{self.says}; error id {error_id}")
        self.error_id = error_id


class SettingError(DispatchError, code="bad_setting"):
    """A setting, `name` as a user writes it, is unknown or wrong; `message` is the whole sentence."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


class DatabaseError(DispatchError, code="bad_database"):
    """The database file cannot be used."""
