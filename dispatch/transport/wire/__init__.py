"""The contract with apps: every frame as a typed struct, and the way between structs and bytes. Pure; docs/PROTOCOL.md describes it.

Apps meet these names. Actors tell theirs most of it in the same structs, the notices; sessions turn the rest into messages and back.
"""

# ruff: noqa: F403  # whoever adds a frame need not name it here once more
from dispatch.messages.notices import (
    Ack,
    Board,
    BoardChanged,
    BoardMoved,
    DocumentExpiring,
    DriverCancelled,
    DriverLocation,
    DriverUnreachable,
    DriverWarned,
    FareNews,
    NoDrivers,
    NoOffers,
    NoteNews,
    OfferClosed,
    PaymentChanged,
    Refused,
    RideEnded,
    Searching,
)
from dispatch.transport.wire.bodies import *
from dispatch.transport.wire.client import *
from dispatch.transport.wire.codec import (
    FROM_DRIVER,
    FROM_PASSENGER,
    FROM_STAFF,
    Incoming,
    encode,
    read_authenticate,
    to_driver,
    to_passenger,
    to_staff,
)
from dispatch.transport.wire.desk import *
from dispatch.transport.wire.errors import error_frame, read_body
from dispatch.transport.wire.server import *
from dispatch.values import UNDECODABLE

__all__ = [
    "FROM_DRIVER",
    "FROM_PASSENGER",
    "FROM_STAFF",
    "UNDECODABLE",
    "Ack",
    "Board",
    "BoardChanged",
    "BoardMoved",
    "DocumentExpiring",
    "DriverCancelled",
    "DriverLocation",
    "DriverUnreachable",
    "DriverWarned",
    "FareNews",
    "Incoming",
    "NoDrivers",
    "NoOffers",
    "NoteNews",
    "OfferClosed",
    "PaymentChanged",
    "Refused",
    "RideEnded",
    "Searching",
    "encode",
    "error_frame",
    "read_authenticate",
    "read_body",
    "to_driver",
    "to_passenger",
    "to_staff",
]
