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
_NUMBER_BYTES, _SUM_BYTES = 8, 4

Limit = Annotated[int, Meta(ge=1, le=MOST_ROWS, description=f"a whole number from 1 to {MOST_ROWS}")]
Cursor = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{16}\Z", description="the `next` of the page before")]
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


def cursor_for(kind: str, number: int | None) -> str | None:
    """The cursor that goes on after this number in lists of this kind. No number, no cursor: there is no more."""
    if number is None:
        return None
    raw = number.to_bytes(_NUMBER_BYTES)
    return urlsafe_b64encode(raw + _sum(kind, raw)).decode()


def read_cursor(kind: str, cursor: str | None) -> int | None:
    """The number in a cursor that `cursor_for` made for lists of this kind; None: there is no cursor. Raises BadField for any other."""
    if not cursor:
        return None
    try:
        raw = urlsafe_b64decode(cursor)
    except (Error, ValueError):
        raw = b""
    number, told = raw[:_NUMBER_BYTES], raw[_NUMBER_BYTES:]
    if len(raw) != _NUMBER_BYTES + _SUM_BYTES or told != _sum(kind, number):
        raise BadField("cursor", "cursor must be the `next` of the page before")
    return int.from_bytes(number)


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
