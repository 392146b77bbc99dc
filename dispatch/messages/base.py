"""The root of every message, and the name of a command that an app may repeat."""

from __future__ import annotations

import msgspec

from dispatch.types import DriverId


class Message(msgspec.Struct, frozen=True, gc=False, tag=True, omit_defaults=True):
    """Anything that can lie in a mailbox. Its canonical bytes are its JSON, with the class name as `type`."""


class Command(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """An app's own `id` for what it asked, and a fingerprint of the body, so that another body under the same id is seen.

    `driver_id`: whose app it was; None: the passenger's of the ride. Ids of different people have nothing to do with each other.
    """

    id: str
    fingerprint: int
    driver_id: DriverId | None = None
