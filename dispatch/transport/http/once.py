"""The `Idempotency-Key` of a request: what is asked again under the same key is done once, and answered again."""

import re
from hashlib import blake2b
from typing import Final

import msgspec
from starlette.requests import Request

from dispatch.errors import BadField
from dispatch.ids import DriverId
from dispatch.messages.base import Command
from dispatch.principals import Principal, Role

HEADER: Final = "Idempotency-Key"
_FORM: Final = re.compile(r'"?([\x21\x23-\x7e]{1,200})"?')
_ID_BYTES: Final = 16
_SUM_BYTES: Final = 6


def key_of(request: Request) -> str | None:
    """The key of this request; None: it has none. Raises BadField for one that is no key."""
    key = request.headers.get(HEADER)
    if key is None:
        return None
    form = _FORM.fullmatch(key.strip())
    if form is None:
        raise BadField(HEADER, f"{HEADER} must be 1 to 200 printable characters without spaces")
    return form[1]


def id_of(key: str, who: Principal) -> str:
    """What the key of this person stands for. Nobody reads the key in it, which may say whom the request is about."""
    return blake2b(f"{who.id}\n{key}".encode(), digest_size=_ID_BYTES).hexdigest()


def sum_of(asked: msgspec.Struct, *more: str) -> int:
    """The fingerprint of a request."""
    told = "\n".join(more).encode() + msgspec.json.encode(asked)
    return int.from_bytes(blake2b(told, digest_size=_SUM_BYTES).digest())


def command_of(request: Request, who: Principal, asked: msgspec.Struct) -> Command | None:
    """The command that this request is, by its key, its method and path, and what it asks for; None: it has no key. Raises BadField."""
    key = key_of(request)
    if key is None:
        return None
    name, fingerprint = id_of(key, who), sum_of(asked, request.method, request.url.path)
    if who.role is Role.STAFF:
        return Command(name, fingerprint, staff_id=who.id)
    return Command(name, fingerprint, DriverId(who.id) if who.role is Role.DRIVER else None)
