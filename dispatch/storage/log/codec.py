"""Events as rows of the journal and back. One encoder, one decoder; fields that this version does not know are passed over.

Actors live on the runtime's clock, which starts anew with every process; rows live on the wall clock. `shifted` moves an event
from one to the other.
"""

from __future__ import annotations

from typing import Final

import msgspec

from dispatch.messages.base import Message
from dispatch.messages.events import EVENT_TYPES, Event
from dispatch.storage.failures import StorageDamaged

BODY: Final = "CAST(body AS BLOB)"
"""How a body is selected: as text it could not even be fetched once a byte of it is damaged."""
TIMES: Final[dict[type[Message], tuple[str, ...]]] = {
    event_type: tuple(name for name in event_type.__struct_fields__ if name == "at" or name.endswith("_at"))
    for event_type in EVENT_TYPES
}
"""The fields of each event that hold runtime seconds: those named `at` or `…_at`."""

_encode = msgspec.json.Encoder().encode
_decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


def encode(event: Event) -> tuple[str, str]:
    """`(kind, body)`: the class name, and the JSON that `decode` reads. Raises ValueError for text that is not Unicode."""
    return type(event).__name__, _encode(event).decode()


def decode(body: str | bytes) -> Event:
    """The event of this body. Raises msgspec.DecodeError for one that no version of this journal wrote."""
    try:
        return _decoder.decode(body)
    except UnicodeDecodeError as error:
        raise msgspec.DecodeError(f"it is not Unicode: {error.reason} (byte {error.start})") from error


def read(path: str, n: int, body: bytes) -> Event:
    """Event `n` of this file. Raises StorageDamaged, which names both."""
    try:
        return decode(body)
    except msgspec.MsgspecError as error:
        raise StorageDamaged(path, f"event {n} cannot be read: {error}") from error


def shifted(event: Event, by_s: float) -> Event:
    """The same event on a clock that shows `by_s` more. Times keep microseconds: there and back differs by less than one."""
    fields = TIMES[type(event)]
    if not fields or not by_s:
        return event
    times = {name: getattr(event, name) for name in fields}
    moved = {name: round(time + by_s, 6) for name, time in times.items() if time is not None}
    return msgspec.structs.replace(event, **moved)
