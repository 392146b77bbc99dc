"""The root of every message, and the name of a command that an app may repeat."""

from __future__ import annotations

import msgspec

from dispatch.ids import DriverId


class Message(msgspec.Struct, frozen=True, gc=False, tag=True, omit_defaults=True):
    """Anything that can lie in a mailbox. Its canonical bytes are its JSON, with the class name as `type`."""


class Recorded(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What the actor at `address` had recorded in this incarnation when it spoke: so many events, on disk or on their way to it."""

    address: str
    incarnation: int
    through: int


class Forerunner(Message, frozen=True, gc=False, kw_only=True):
    """May come before what it tells of is on disk: then `after` says what. Whoever hears it speaks only once that is kept."""

    after: Recorded | None = None


class Command(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """An app's own `id` for what it asked, and a fingerprint of the body, so that another body under the same id is seen.

    `driver_id`: whose app it was; None: the passenger's of the ride. Ids of different people have nothing to do with each other.
    """

    id: str
    fingerprint: int
    driver_id: DriverId | None = None
