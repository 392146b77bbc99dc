"""What people have done to a file, whoever owns it: by the process of the command itself, or by the server that serves the file.

An order is a line of JSON on the server's control socket: `{"do": "block", "passenger": "…", "driver": "…"}`.
"""

from collections.abc import Callable
from typing import Annotated, Any, Final

import msgspec

from dispatch.errors import DispatchError
from dispatch.storage.log.on_file import Writer
from dispatch.storage.tools.blocks import block, unblock
from dispatch.storage.tools.people_orders import (
    AddPerson,
    AnyPeopleOrder,
    ChangePerson,
    ImportPeople,
    KeepDocument,
    MovePhone,
    SetStatus,
    add_person,
    change_person,
    import_people,
    keep_document,
    move_phone,
    once,
    set_status,
)
from dispatch.storage.tools.privacy_orders import PurgeOld, RemovePerson, purge_old, remove_person
from dispatch.storage.tools.seed import DEMO_FLEET, seed_into


class NotServed(DispatchError, code="not_served", says="nobody serves this file: there is nothing to look at"):
    """Only a server can answer this."""


_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class _Order(msgspec.Struct, frozen=True, tag_field="do", forbid_unknown_fields=True):
    pass


class SeedPeople(_Order, frozen=True, tag="seed"):
    """Put the people of the walkthrough and a fleet into the file. Answer: how many `passengers` and `drivers` are new."""

    fleet: Annotated[int, msgspec.Meta(ge=0, le=100_000)] = DEMO_FLEET


class BlockPair(_Order, frozen=True, tag="block"):
    """Keep a passenger and a driver apart. Answer: whether that is `news`."""

    passenger: _Name
    driver: _Name
    phone_region: str = ""


class UnblockPair(_Order, frozen=True, tag="unblock"):
    """Let a passenger and a driver meet again. Answer: whether that is `news`."""

    passenger: _Name
    driver: _Name
    phone_region: str = ""


class Overlook(_Order, frozen=True, tag="overlook"):
    """Let whoever may use the control socket look at the server. Answer: its `url`, where its `metrics_url` is, and a `token` of staff,
    empty where nobody has to log in; and the file of its `certificate`, if it has one.
    """


Order = SeedPeople | BlockPair | UnblockPair | RemovePerson | PurgeOld | AnyPeopleOrder | Overlook
Answer = dict[str, Any]

decode: Final = msgspec.json.Decoder(Order).decode
"""The order of a line. Raises msgspec.MsgspecError, which names what is wrong."""
encode: Final = msgspec.json.Encoder().encode


def perform(writer: Writer, order: Order, now: float) -> Answer:
    """Do it, and say what came of it. `now`: unix time. Raises DispatchError, and then nothing was done."""
    return _DO[type(order)](writer, order, now)


def _nobody_serves(writer: Writer, order: Overlook, now: float) -> Answer:
    raise NotServed


_DO: Final[dict[type[msgspec.Struct], Callable[[Writer, Any, float], Answer]]] = {
    SeedPeople: lambda writer, order, now: seed_into(writer, order.fleet, now)._asdict(),
    BlockPair: lambda writer, order, now: {
        "news": block(writer, order.passenger, order.driver, now=now, phone_region=order.phone_region)
    },
    UnblockPair: lambda writer, order, now: {
        "news": unblock(writer, order.passenger, order.driver, phone_region=order.phone_region)
    },
    AddPerson: once(add_person),
    ImportPeople: once(import_people),
    ChangePerson: once(change_person),
    SetStatus: once(set_status),
    MovePhone: once(move_phone),
    KeepDocument: once(keep_document),
    RemovePerson: remove_person,
    PurgeOld: purge_old,
    Overlook: _nobody_serves,
}
