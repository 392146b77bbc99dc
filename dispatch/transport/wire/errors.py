"""A frame that the fast decoder has refused, looked at closely: read after all where only its form was unusual (`forms`), or what to
say about it.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Annotated, Any, NamedTuple, TypeVar, get_args

import msgspec
from msgspec import Meta

from dispatch.errors import BadField, BadJson, BadMessage, FrameError, UnknownType, nearest
from dispatch.messages.notices import Refused
from dispatch.text import LONGEST_EXCERPT, excerpt, word
from dispatch.transport.wire.client import ClientMessage
from dispatch.transport.wire.fields import FrameId, RideIdText
from dispatch.transport.wire.forms import PLAIN, Form
from dispatch.values import UNDECODABLE

MOST_KEYS_COMPARED = 32
"""Spelling is compared with so many of the sender's own fields: a frame of thousands must not cost much."""
BYTE_ORDER_MARK = "\ufeff"
"""What some writers begin a text with; a reader ignores it."""
T = TypeVar("T", bound=msgspec.Struct)

# Infinities pass here, so that the field they stand in can be named; no field takes one.
_parse = msgspec.json.Decoder(float_hook=float).decode


def examine(
    text: str, known: Mapping[str, type[ClientMessage]], elsewhere: Mapping[str, str]
) -> ClientMessage | Refused:
    """The message that `text` is after all, or what is wrong with it. `elsewhere`: where messages of the other side belong."""
    try:
        raw = _parsed(text)
    except FrameError as error:
        return error_frame(error)
    try:
        return _message(raw, known, elsewhere)
    except FrameError as error:
        named = raw if isinstance(raw, dict) else {}
        return error_frame(error, _fitting(named.get("id"), FrameId), _fitting(named.get("ride_id"), RideIdText))


def error_frame(error: FrameError, frame_id: str | None = None, ride_id: str | None = None) -> Refused:
    """The answer that tells an app about `error`."""
    return Refused(error.code, str(error), error.field, frame_id, ride_id, error.retry_after_ms)


def read_body(body: bytes, wanted: type[T]) -> T:
    """The body of a request, which has no `type`. Raises FrameError (BadJson, BadMessage, BadField) as a frame would be answered."""
    try:
        return _decoder(wanted).decode(body.decode())  # type: ignore[no-any-return]
    except UNDECODABLE:
        return _read_closely(body, wanted)


@cache
def _decoder(wanted: type[msgspec.Struct]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(wanted)


def _read_closely(body: bytes, wanted: type[T]) -> T:
    try:
        raw = _parsed(body.decode().removeprefix(BYTE_ORDER_MARK))
    except UnicodeDecodeError:
        raise BadJson("the body is not UTF-8 text") from None
    except BadJson as error:
        raise BadJson(str(error).replace("the frame", "the body", 1)) from None
    if not isinstance(raw, dict):
        raise BadMessage(f"the body must be a JSON object, got {excerpt(raw)}")
    return _converted(raw, wanted)


def _parsed(text: str) -> Any:
    try:
        return _parse(text)
    except RecursionError:
        raise BadJson("the frame is nested too deeply") from None
    except UnicodeError:
        raise BadJson("the frame is not UTF-8 text") from None
    except msgspec.DecodeError as error:
        plain = str(error).removeprefix("JSON is malformed: ").partition(" - at ")[0]
        raise BadJson(f"the frame is not JSON: {_JSON_FAULTS.get(str(error)) or plain}") from None


_JSON_FAULTS = {
    "Input data was truncated": "it ends early, or has half of a surrogate pair",
    "Integer value out of range": "a number in it has too many digits",
}


def _message(raw: Any, known: Mapping[str, type[ClientMessage]], elsewhere: Mapping[str, str]) -> ClientMessage:
    if not isinstance(raw, dict):
        raise BadMessage(f"{BadMessage.says}, got {excerpt(raw)}")
    said = raw.get("type")
    if not isinstance(said, str):
        raise BadMessage(f"{BadMessage.says}, got {excerpt(said)}" if "type" in raw else "")
    name = word(said) if len(said) <= LONGEST_EXCERPT else said
    if name not in known:
        raise UnknownType(said, known, elsewhere.get(name, ""))
    return _converted(raw, known[name])


def _converted(raw: Mapping[str, Any], wanted: type[T], path: str = "") -> T:
    """Raises BadField for the first field that does not fit. `path`: of the object inside its message."""
    fields = _fields(wanted)
    read = ((field.name, _read(field, raw, fields, path)) for field in fields)
    return wanted(**{name: value for name, value in read if value is not msgspec.UNSET})


class _Field(NamedTuple):
    """One field of a message: what may stand in it, in types, words and forms. `of`: the objects in it, if it is a list of such."""

    name: str
    type: Any
    wanted: str
    required: bool
    form: Form
    of: type[msgspec.Struct] | None


@cache
def _fields(message_type: type[msgspec.Struct]) -> tuple[_Field, ...]:
    return tuple(_field(field) for field in msgspec.structs.fields(message_type))


def _field(field: msgspec.structs.FieldInfo) -> _Field:
    metas = [*_metas(field.type)]
    words = next((meta.description for meta in metas if meta.description), "")
    form = next((meta.extra["form"] for meta in metas if meta.extra), PLAIN)
    of = next(_structs(field.type), None)
    fits = Annotated[list[Any], metas[0]] if of is not None else form.fits or field.type
    return _Field(field.name, fits, words, field.required, form, of)


def _metas(field_type: Any) -> Iterator[Meta]:
    """What the parts of an annotated type, or of a union, say of it, from the outside in."""
    if isinstance(field_type, Meta):
        yield field_type
    else:
        for part in reversed(get_args(field_type)):
            yield from _metas(part)


def _structs(field_type: Any) -> Iterator[type[msgspec.Struct]]:
    if isinstance(field_type, type) and issubclass(field_type, msgspec.Struct):
        yield field_type
    for part in get_args(field_type):
        yield from _structs(part)


def _read(field: _Field, raw: Mapping[str, Any], fields: tuple[_Field, ...], path: str) -> Any:
    """What this field says, UNSET where it says nothing."""
    name = path + field.name
    if field.name not in raw:
        if field.required:
            raise BadField(name, f"{name} is missing{_likely(field.name, raw, fields)}")
        return msgspec.UNSET
    said = raw[field.name]
    try:
        value = msgspec.convert(field.form.read(said), field.type)
    except msgspec.ValidationError:
        if field.form.dropped:
            return msgspec.UNSET
        raise _unfit(field, said, name) from None
    if field.of is None:
        return value
    return tuple(_object(one, field.of, f"{name}[{number}]") for number, one in enumerate(value))


def _object(said: Any, wanted: type[T], name: str) -> T:
    if not isinstance(said, dict):
        raise BadField(name, f"{name} must be an object, got {excerpt(said)}")
    return _converted(said, wanted, f"{name}.")


def _unfit(field: _Field, said: Any, name: str) -> BadField:
    wanted = field.wanted
    if isinstance(said, int | float) and not isinstance(said, bool):
        wanted = wanted.removeprefix("a number ")
    got = f"{len(said)} of them" if field.of is not None and isinstance(said, list) else excerpt(said)
    return BadField(name, f"{name} must be {wanted}, got {got}")


def _likely(missing: str, raw: Mapping[str, Any], fields: tuple[_Field, ...]) -> str:
    """`; you sent pickup_lat` where one of the sender's own fields looks like a misspelling or the beginning of the missing one."""
    meant = {field.name for field in fields} | {"type"}
    others = [key for key in raw if key not in meant and len(key) <= LONGEST_EXCERPT][:MOST_KEYS_COMPARED]
    sent = nearest(missing, others) or next((key for key in others if len(key) > 2 and missing.startswith(key)), None)
    return f"; you sent {sent}" if sent else ""


def _fitting(value: object, field_type: Any) -> str | None:
    """What an answer may repeat of a frame that could not be read."""
    form = next((meta.extra["form"] for meta in _metas(field_type) if meta.extra), PLAIN)
    try:
        fitting: str = msgspec.convert(form.read(value), field_type)
    except msgspec.ValidationError:
        return None
    return fitting
