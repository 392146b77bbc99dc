"""Events as rows of the journal and back. One encoder, one decoder; fields that this version does not know are passed over."""

from __future__ import annotations

from typing import Final

import msgspec

from dispatch.messages.events import Event
from dispatch.storage.failures import StorageDamaged

BODY: Final = "CAST(body AS BLOB)"
"""How a body is selected: as text it could not even be fetched once a byte of it is damaged."""

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
