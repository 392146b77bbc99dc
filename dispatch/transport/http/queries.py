"""What stands in the query of a request: read as the fields of a struct; and lists in pages, by a cursor that only we can read.

Pure.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from hashlib import blake2b
from typing import Annotated, Any, Final, TypeVar

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request

from dispatch.errors import BadField
from dispatch.text import excerpt

T = TypeVar("T", bound=Struct)
MOST_ROWS: Final = 200
USUAL_ROWS: Final = 50
_SUM_BYTES = 4

Limit = Annotated[int, Meta(ge=1, le=MOST_ROWS, description=f"a whole number from 1 to {MOST_ROWS}")]
Cursor = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{7,400}\Z", description="the `next` of the page before")]
Day = Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\d\Z", description="a day such as 2026-11-23")]
YesNo = Annotated[str, Meta(pattern=r"^[01]\Z", description="0 or 1")]


class Page(Struct, frozen=True, kw_only=True):
    """Which part of a list."""

    cursor: Cursor | None = None
    limit: Limit = USUAL_ROWS


def read_query(request: Request, wanted: type[T]) -> T:
    """The query as this struct; what it does not name is not looked at. Raises BadField, about the first field that does not fit."""
    said, read = request.query_params, {}
    for field in msgspec.structs.fields(wanted):
        if field.name not in said:
            if field.required:
                raise BadField(field.name, f"{field.name} is missing in the query")
            continue
        try:
            read[field.name] = msgspec.convert(said[field.name], field.type, strict=False)
        except msgspec.ValidationError:
            text = f"{field.name} must be {_description(field.type)}, got {excerpt(said[field.name])}"
            raise BadField(field.name, text) from None
    return wanted(**read)


def cursor_for(kind: str, last: int | str | None) -> str | None:
    """The cursor that goes on behind this number or id in lists of this kind. None, no cursor: there is no more."""
    if last is None:
        return None
    raw = str(last).encode()
    return urlsafe_b64encode(_sum(kind, raw) + raw).decode().rstrip("=")


def read_text_cursor(kind: str, cursor: str | None) -> str | None:
    """The id in a cursor that `cursor_for` made for lists of this kind; None: there is no cursor. Raises BadField for any other."""
    if not cursor:
        return None
    try:
        raw = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        told = raw[_SUM_BYTES:].decode()
    except (Error, ValueError):
        raise _not_ours() from None
    if raw[:_SUM_BYTES] != _sum(kind, raw[_SUM_BYTES:]):
        raise _not_ours()
    return told


def read_cursor(kind: str, cursor: str | None) -> int | None:
    """The same, of a list that goes on behind a number."""
    told = read_text_cursor(kind, cursor)
    if told is None:
        return None
    if not told.isdecimal():
        raise _not_ours()
    return int(told)


def _not_ours() -> BadField:
    return BadField("cursor", "cursor must be the `next` of the page before")


def _sum(kind: str, raw: bytes) -> bytes:
    """By it a cursor of another list, or one that somebody typed, is seen to be that. It hides nothing: who may read is decided
    elsewhere.
    """
    return blake2b(raw, digest_size=_SUM_BYTES, person=kind.encode()).digest()


def _description(kind: Any) -> str:
    """What the type says must stand there."""
    for part in getattr(kind, "__metadata__", ()):
        if part.description:
            return str(part.description)
    return next(filter(None, map(_description, getattr(kind, "__args__", ()))), "")
