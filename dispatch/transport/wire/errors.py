"""What to say about a frame that is no message: looked at closely, once the fast decoder has refused it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple, TypeVar, get_args

import msgspec
from msgspec import Meta

from dispatch.errors import BadField, BadJson, BadMessage, FrameError, UnknownType, nearest
from dispatch.transport.wire.client import ClientMessage
from dispatch.transport.wire.fields import FrameId, RideIdText
from dispatch.transport.wire.server import Error

UNDECODABLE = (msgspec.DecodeError, UnicodeError, RecursionError)
MOST_KEYS_COMPARED = 32
"""Spelling is compared with so many of the sender's own fields: a frame of thousands must not cost much."""
LONGEST_EXCERPT = 40
T = TypeVar("T", bound=msgspec.Struct)

# Infinities pass here, so that the field they stand in can be named; no field takes one.
_parse = msgspec.json.Decoder(float_hook=float).decode
_encode = msgspec.json.Encoder().encode


def examine(text: str, known: Mapping[str, type[ClientMessage]]) -> ClientMessage | Error:
    """What is wrong with `text`; or the message after all, where only a field that came twice was wrong the first time."""
    try:
        raw = _parsed(text)
    except FrameError as error:
        return error_frame(error)
    try:
        return _message(raw, known)
    except FrameError as error:
        named = raw if isinstance(raw, dict) else {}
        return error_frame(error, _fitting(named.get("id"), FrameId), _fitting(named.get("ride_id"), RideIdText))


def error_frame(error: FrameError, frame_id: str | None = None, ride_id: str | None = None) -> Error:
    """The answer that tells an app about `error`."""
    return Error(error.code, str(error), error.field, frame_id, ride_id, error.retry_after_ms)


def read_body(body: bytes, wanted: type[T]) -> T:
    """The body of a request, which has no `type`. Raises FrameError (BadJson, BadMessage, BadField) as a frame would be answered."""
    try:
        raw = _parsed(body.decode())
    except UnicodeDecodeError:
        raise BadJson("the body is not UTF-8 text") from None
    except BadJson as error:
        raise BadJson(str(error).replace("the frame", "the body", 1)) from None
    if not isinstance(raw, dict):
        raise BadMessage(f"the body must be a JSON object, got {excerpt(raw)}")
    return _converted(raw, wanted)


def excerpt(value: object) -> str:
    """What came, as the end of a sentence: `91.0`, `"one"`, `null`, `an array`."""
    if isinstance(value, str) and len(value) > LONGEST_EXCERPT:
        return f"text of {len(value)} characters"
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "an array"
    if isinstance(value, float):
        return repr(value)
    written = _encode(value).decode()
    return written if len(written) <= 2 * LONGEST_EXCERPT else "a very long number"


def _parsed(text: str) -> Any:
    try:
        return _parse(text)
    except RecursionError:
        raise BadJson("the frame is nested too deeply") from None
    except UnicodeError:
        raise BadJson("the frame is not UTF-8 text") from None
    except msgspec.DecodeError as error:
        raise BadJson(f"the frame is not JSON: {_JSON_FAULTS.get(str(error)) or _plain(error)}") from None


_JSON_FAULTS = {
    "Input data was truncated": "it ends early, or has half of a surrogate pair",
    "Integer value out of range": "a number in it has too many digits",
}


def _plain(error: msgspec.DecodeError) -> str:
    return str(error).removeprefix("JSON is malformed: ").partition(" - at ")[0]


def _message(raw: Any, known: Mapping[str, type[ClientMessage]]) -> ClientMessage:
    if not isinstance(raw, dict):
        raise BadMessage(f"{BadMessage.says}, got {excerpt(raw)}")
    name = raw.get("type")
    if not isinstance(name, str):
        raise BadMessage(f"{BadMessage.says}, got {excerpt(name)}" if "type" in raw else "")
    if name not in known:
        raise UnknownType(name, known)
    return _converted(raw, known[name])


def _converted(raw: Mapping[str, Any], wanted: type[T]) -> T:
    """Raises BadField for the first field that does not fit."""
    for field in _fields(wanted):
        _check(field, raw, _fields(wanted))
    return msgspec.convert(raw, wanted)


class _Field(NamedTuple):
    """One field of a message: what may stand in it, in types and in words."""

    name: str
    type: Any
    wanted: str
    required: bool


@cache
def _fields(message_type: type[msgspec.Struct]) -> tuple[_Field, ...]:
    return tuple(
        _Field(field.name, field.type, _words_for(field.type), field.required)
        for field in msgspec.structs.fields(message_type)
    )


def _words_for(field_type: Any) -> str:
    """The description of an annotated type, or of the one of a union that has any."""
    inner = get_args(field_type)
    descriptions = (part.description if isinstance(part, Meta) else _words_for(part) for part in inner)
    return next(filter(None, descriptions), "")


def _check(field: _Field, raw: Mapping[str, Any], fields: tuple[_Field, ...]) -> None:
    if field.name not in raw:
        if field.required:
            raise BadField(field.name, f"{field.name} is missing{_likely(field.name, raw, fields)}")
        return
    value = raw[field.name]
    try:
        msgspec.convert(value, field.type)
    except msgspec.ValidationError:
        wanted = field.wanted
        if isinstance(value, int | float) and not isinstance(value, bool):
            wanted = wanted.removeprefix("a number ")
        raise BadField(field.name, f"{field.name} must be {wanted}, got {excerpt(value)}") from None


def _likely(missing: str, raw: Mapping[str, Any], fields: tuple[_Field, ...]) -> str:
    """`; you sent pickup_lat` where one of the sender's own fields looks like a misspelling or the beginning of the missing one."""
    meant = {field.name for field in fields} | {"type"}
    others = [key for key in raw if key not in meant and len(key) <= LONGEST_EXCERPT][:MOST_KEYS_COMPARED]
    sent = nearest(missing, others) or next((key for key in others if len(key) > 2 and missing.startswith(key)), None)
    return f"; you sent {sent}" if sent else ""


def _fitting(value: object, field_type: Any) -> str | None:
    try:
        fitting: str = msgspec.convert(value, field_type)
    except msgspec.ValidationError:
        return None
    return fitting
