"""Bytes to messages and back: one decoder for each kind of app, one encoder for all."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from dispatch.errors import BadJson
from dispatch.messages.notices import Refused
from dispatch.transport.wire.client import (
    DRIVER_FRAMES,
    PASSENGER_FRAMES,
    STAFF_FRAMES,
    Authenticate,
    ClientMessage,
    FromDriver,
    FromPassenger,
    FromStaff,
)
from dispatch.transport.wire.errors import BYTE_ORDER_MARK, error_frame, examine
from dispatch.transport.wire.server import ToDriver, ToPassenger, ToStaff
from dispatch.values import UNDECODABLE


class Incoming:
    """What one kind of app may send. `elsewhere`: messages of another socket, and which one takes them."""

    def __init__(
        self, union: Any, frames: tuple[type[ClientMessage], ...], elsewhere: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self.decode: Callable[[str], ClientMessage] = msgspec.json.Decoder(union).decode
        """The message in the usual form of a frame. Raises one of UNDECODABLE: `read` then says more."""
        self.known = {tag_of(frame): frame for frame in frames}
        self._elsewhere = elsewhere

    def read(self, data: str | bytes) -> ClientMessage | Refused:
        """The message in a frame, or what to answer instead. Raises nothing, whatever comes."""
        try:
            # Ignored fields are skipped unread: only this makes sure that they are UTF-8 too.
            text = data if isinstance(data, str) else data.decode()
        except UnicodeDecodeError:
            return error_frame(BadJson("the frame is not UTF-8 text"))
        try:
            message = self.decode(text)
        except UNDECODABLE:
            return self._read_unusual(text)
        return message

    def _read_unusual(self, text: str) -> ClientMessage | Refused:
        """Behind a byte-order mark most frames are as usual; any other is looked at closely."""
        if text.startswith(BYTE_ORDER_MARK):
            text = text[1:]
            try:
                message = self.decode(text)
            except UNDECODABLE:
                pass
            else:
                return message
        return examine(text, self.known, self._elsewhere)


def tag_of(frame: type[ClientMessage]) -> str:
    """What stands in the `type` of such a frame."""
    return str(frame.__struct_config__.tag)


_OF_DRIVERS = dict.fromkeys(map(tag_of, DRIVER_FRAMES), "a driver's socket, /ws/driver/<driver_id>/")
_OF_PASSENGERS = dict.fromkeys(map(tag_of, PASSENGER_FRAMES), "a ride's socket, /ws/ride/<ride_id>/")
FROM_PASSENGER = Incoming(FromPassenger, PASSENGER_FRAMES, _OF_DRIVERS)
FROM_DRIVER = Incoming(FromDriver, DRIVER_FRAMES, _OF_PASSENGERS)
FROM_STAFF = Incoming(FromStaff, STAFF_FRAMES, {**_OF_DRIVERS, **_OF_PASSENGERS})
_FIRST = Incoming(Authenticate, (Authenticate,))


def read_authenticate(data: bytes) -> Authenticate | None:
    """The `authenticate` in this frame; None: it is anything else."""
    message = _FIRST.read(data)
    return message if isinstance(message, Authenticate) else None


encode = msgspec.json.Encoder().encode
"""Any message as the bytes of its frame."""
to_passenger = msgspec.json.Decoder[ToPassenger](ToPassenger).decode
"""The message in a frame that a passenger's app got. Raises msgspec.DecodeError."""
to_driver = msgspec.json.Decoder[ToDriver](ToDriver).decode
"""The message in a frame that a driver's app got. Raises msgspec.DecodeError."""
to_staff = msgspec.json.Decoder[ToStaff](ToStaff).decode
"""The message in a frame that a desk got. Raises msgspec.DecodeError."""
