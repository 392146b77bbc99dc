"""The root of every message, and the name of a command that an app may repeat."""

from typing import Any

import msgspec

from dispatch.ids import DriverId, Number


class Message(msgspec.Struct, frozen=True, gc=False, tag=True, omit_defaults=True):
    """Anything that can lie in a mailbox. Its canonical bytes are its JSON, with the class name as `type`."""


class Recorded(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What the actor at `address` had recorded in this incarnation when it spoke: so many events, on disk or on their way to it."""

    address: str
    incarnation: Number
    through: int


class SentBeforeCommit(Message, frozen=True, gc=False, kw_only=True):
    """May be delivered before the sender's events are committed. `after` names those events; the receiver must not announce anything
    until they are. None: they are.
    """

    after: Recorded | None = None


class Undelivered(Message, frozen=True, gc=False):
    """Runtime -> the address that the sender named for this: nobody handles `message`, which was told to `address`.

    `is_gone`: nobody is there, or it is out of service. Otherwise it is too busy or could not be made anew, and may be told again.
    """

    address: str
    message: Any
    is_gone: bool


class Command(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """The idempotency key of a command: the app's own `id`, and a fingerprint of the body that tells another body under the same id.

    `driver_id`: the driver whose app gave the id; `staff_id`: the member of staff who did. Neither: the passenger of the ride did.
    Equal ids of two people are two commands.
    """

    id: str
    fingerprint: int
    driver_id: DriverId | None = None
    staff_id: str = ""

    @property
    def name(self) -> tuple[str | None, str, str]:
        """What no other command on this ride, or of this driver, is called."""
        return self.driver_id, self.staff_id, self.id
