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
    """Base of all. `code` is stable; `says` is the sentence of an error raised without one of its own."""

    code: ClassVar[str] = "internal"
    says: ClassVar[str] = "something went wrong inside"

    def __init__(self, message: str = "") -> None:
        super().__init__(message or self.says)


class FrameError(DispatchError):
    """A frame that cannot be done. It is answered with `error`; the socket stays open."""

    code: ClassVar[RefusalCode] = RefusalCode.INTERNAL
    field: str | None = None
    retry_after_ms: int | None = None


class BadJson(FrameError):
    code = RefusalCode.BAD_JSON
    says = "the frame is not JSON text"


class BadMessage(FrameError):
    code = RefusalCode.BAD_MESSAGE
    says = "a message is a JSON object with a string field `type`"


class UnknownType(FrameError):
    """`type` names no message of this socket. The text says which socket takes it, if one does, or the nearest one of `known`."""

    code = RefusalCode.UNKNOWN_TYPE

    def __init__(self, name: str, known: Iterable[str] = (), belongs_to: str = "") -> None:
        elsewhere = f"{name} belongs on {belongs_to}, not on this one" if belongs_to else ""
        super().__init__(elsewhere or f"unknown type {name[:64]!r}{did_you_mean(name, known)}")
        self.field = "type"


class BadField(FrameError):
    """A field is missing, mistyped or out of range; `message` is the whole sentence, the field in it."""

    code = RefusalCode.BAD_FIELD

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class NoSuchRide(FrameError):
    """Unknown and foreign rides and offers alike: one text, so that all answers match."""

    code = RefusalCode.NO_SUCH_RIDE
    says = "there is no such ride"


class Forbidden(FrameError):
    code = RefusalCode.FORBIDDEN
    says = "driver_id must be the driver of this socket, or be left out"
    field = "driver_id"


class IdReused(FrameError):
    code = RefusalCode.ID_REUSED
    says = "this id was already used for another message"


class RateLimited(FrameError):
    code = RefusalCode.RATE_LIMITED

    def __init__(self, retry_after_ms: int) -> None:
        super().__init__(f"too many messages; send again in {retry_after_ms} ms")
        self.retry_after_ms = retry_after_ms


class IllegalTransition(FrameError):
    """The rules do not allow this now: `cannot start a ride that is pending`."""

    code = RefusalCode.ILLEGAL_NOW
    says = "this is not possible now"


class NoTariff(FrameError):
    """The server sets no fares: the app's own hold."""

    code = RefusalCode.NO_TARIFF
    says = "this server sets no fares; the fare_amount of find_driver holds"


class QuoteExpired(FrameError):
    """A quote is too old, somebody else's, another ride's, for another trip, or was never made."""

    code = RefusalCode.QUOTE_EXPIRED
    says = "this quote cannot be booked"


class Unavailable(FrameError):
    code = RefusalCode.UNAVAILABLE
    says = "nothing was done; please try again"


class InternalError(FrameError):
    """A bug met while a frame was handled: tells an id to find it by in the log, nothing of the inside."""

    def __init__(self, error_id: str) -> None:
        super().__init__(f"{self.says}; error id {error_id}")
        self.error_id = error_id


class SettingError(DispatchError):
    """A setting, `name` as a user writes it, is unknown or wrong; `message` is the whole sentence."""

    code = "bad_setting"

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


class DatabaseError(DispatchError):
    """The database file cannot be used."""

    code = "bad_database"


class NotADatabase(DatabaseError):
    def __init__(self, path: str) -> None:
        super().__init__(f"{path} is not an SQLite database of dispatch; name another file")


class NewerSchema(DatabaseError):
    def __init__(self, path: str, found: str) -> None:
        super().__init__(f"{path} was written by a newer dispatch (its schema has {found!r}); upgrade dispatch first")
